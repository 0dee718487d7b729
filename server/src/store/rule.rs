//! The stored form of a trigger's rule: JSON to [`Spec`], and from there to [`Rule`].

use serde::Deserialize as _;
use serde_json::Value;

use crate::domain::trigger::{Rule, Spec, SpecFault};

/// Reads a rule, or says which part is wrong. The spec comes back as it is to be stored.
pub fn from_json(spec: &Value) -> Result<(Spec, Rule), SpecFault> {
    // An unknown part is refused: a misspelt one must not look set.
    let spec = Spec::deserialize(spec)
        .map_err(|error| SpecFault { field: "spec", why: error.to_string() })?;
    let rule = Rule::new(&spec)?;
    Ok((spec, rule))
}

/// The stored form of a rule.
pub fn to_json(spec: &Spec) -> Value {
    serde_json::to_value(spec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::defaults;

    #[test]
    fn default_triggers_read_back_as_stored() {
        for template in defaults::all() {
            let stored = to_json(&template.spec);
            assert_eq!(from_json(&stored).unwrap().0, template.spec, "{}", template.name);
        }
    }

    #[test]
    fn what_earlier_editions_stored_is_still_read() {
        let threshold = json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": 1000.0,
            "clear": 700.0, "hold_s": 300, "clear_hold_s": 600, "scope": {}});
        assert!(from_json(&threshold).is_ok());
        assert!(from_json(&json!({"kind": "silent", "after_s": 180})).is_ok());
    }

    #[test]
    fn a_misspelt_part_is_refused_and_named() {
        let spec = json!({"kind": "silent", "after_s": 180, "afterr_s": 1});
        assert!(from_json(&spec).unwrap_err().why.contains("afterr_s"));
        let spec = json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">",
            "fire": 5.0, "clear": 9.0});
        assert_eq!(from_json(&spec).unwrap_err().field, "clear");
    }
}
