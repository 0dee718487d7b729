//! The stored form of a trigger's rule: JSON to `domain::trigger::Rule` and back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::trigger::{RawThreshold, Rule, Scope, SpecFault};

/// As stored and as the API speaks; unknown fields are refused, for a misspelt one must not look set.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Stored {
    /// See [`crate::domain::trigger::Threshold`].
    Threshold {
        metric: String,
        op: String,
        fire: f64,
        clear: f64,
        #[serde(default)]
        hold_s: u64,
        #[serde(default)]
        clear_hold_s: u64,
        #[serde(default)]
        scope: StoredScope,
    },
    /// See [`crate::domain::trigger::Silent`].
    Silent { after_s: u64 },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredScope {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    instances: Vec<String>,
}

/// Reads a rule, or says which part is wrong.
pub fn from_json(spec: &Value) -> Result<Rule, SpecFault> {
    let stored = Stored::deserialize(spec)
        .map_err(|error| SpecFault { field: "spec", why: error.to_string() })?;
    match stored {
        Stored::Threshold { metric, op, fire, clear, hold_s, clear_hold_s, scope } => {
            let StoredScope { tags, hosts, instances } = scope;
            let scope = Scope { tags, hosts, instances };
            let (metric, op) = (&metric, &op);
            Rule::threshold(RawThreshold { metric, op, fire, clear, hold_s, clear_hold_s, scope })
        }
        Stored::Silent { after_s } => Rule::silent(after_s),
    }
}

/// The stored form of a rule.
pub fn to_json(rule: &Rule) -> Value {
    let stored = match rule {
        Rule::Threshold(threshold) => Stored::Threshold {
            metric: threshold.metric.name.to_owned(),
            op: threshold.op.sign().to_owned(),
            fire: threshold.fire,
            clear: threshold.clear,
            hold_s: threshold.hold.as_secs(),
            clear_hold_s: threshold.clear_hold.as_secs(),
            scope: StoredScope {
                tags: threshold.scope.tags.clone(),
                hosts: threshold.scope.hosts.clone(),
                instances: threshold.scope.instances.clone(),
            },
        },
        Rule::Silent(silent) => Stored::Silent { after_s: silent.after.as_secs() },
    };
    serde_json::to_value(stored).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::trigger::defaults;

    #[test]
    fn default_triggers_read_back_as_stored() {
        for template in defaults() {
            let stored = to_json(&template.rule);
            assert_eq!(to_json(&from_json(&stored).unwrap()), stored);
        }
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
