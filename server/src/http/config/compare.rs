//! What would have to be done so that what is there becomes what is wanted.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Document;
use crate::store::rule;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConfigChange)]
pub struct Change {
    /// `channel`, `trigger`, `route` or `silence`.
    pub(super) kind: &'static str,
    /// Its name; of a silence its comment.
    pub(super) name: String,
    /// `create`, `change`, `remove` or `order`.
    pub(super) action: &'static str,
    /// What of it changes.
    pub(super) fields: Vec<String>,
}

/// All that differs; with `prune` also what is there and not wanted.
pub(super) fn differences(present: &Document, wanted: &Document, prune: bool) -> Vec<Change> {
    let (present, wanted) = (values(present), values(wanted));
    let mut changes = Vec::new();
    for (kind, part) in PARTS {
        let Some(wanted) = wanted.get(part).and_then(Value::as_array) else { continue };
        let none = Vec::new();
        let present = present.get(part).and_then(Value::as_array).unwrap_or(&none);
        for one in wanted {
            match present.iter().find(|other| key(kind, other) == key(kind, one)) {
                None => changes.push(change(kind, one, "create", Vec::new())),
                Some(other) if other != one => {
                    changes.push(change(kind, one, "change", fields(other, one)));
                }
                Some(_) => {}
            }
        }
        let gone = |other: &&Value| !wanted.iter().any(|one| key(kind, one) == key(kind, other));
        if prune {
            let gone = present.iter().filter(gone);
            changes.extend(gone.map(|other| change(kind, other, "remove", Vec::new())));
        }
        let names = |list: &[Value]| list.iter().map(|one| name(kind, one)).collect::<Vec<_>>();
        let (before, after) = (names(present), names(wanted));
        let kept: Vec<_> = before.iter().filter(|name| after.contains(name)).collect();
        let moved: Vec<_> = after.iter().filter(|name| before.contains(name)).collect();
        if kind == "route" && kept != moved {
            let all = Value::Null;
            changes
                .push(Change { name: after.join(", "), ..change(kind, &all, "order", Vec::new()) });
        }
    }
    changes
}

/// A document whose rules are in the form in which they are stored.
fn values(document: &Document) -> Value {
    let mut document = document.clone();
    for trigger in document.triggers.iter_mut().flatten() {
        if let Ok((spec, _)) = rule::from_json(&trigger.spec) {
            trigger.spec = rule::to_json(&spec);
        }
    }
    serde_json::to_value(document).unwrap_or_default()
}

fn change(kind: &'static str, one: &Value, action: &'static str, fields: Vec<String>) -> Change {
    Change { kind, name: name(kind, one), action, fields }
}

fn name(kind: &str, one: &Value) -> String {
    let field = if kind == "silence" { "comment" } else { "name" };
    one.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What tells one from another: the name, and of a silence all of it.
fn key(kind: &str, one: &Value) -> Value {
    if kind == "silence" { one.clone() } else { Value::from(name(kind, one)) }
}

fn fields(before: &Value, after: &Value) -> Vec<String> {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    };
    let all = &names(before) | &names(after);
    all.into_iter().filter(|field| before.get(field) != after.get(field)).collect()
}

/// In the order in which they are made: routes name channels and triggers.
const PARTS: [(&str, &str); 4] = [
    ("channel", "channels"),
    ("trigger", "triggers"),
    ("route", "routes"),
    ("silence", "silences"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENT: &str = "
version: 1
channels:
- {name: ops, kind: slack}
- {name: boss, kind: email, severity_min: critical}
triggers:
- name: deferred
  severity: warning
  spec: {kind: threshold, metric: queue.deferred.messages, op: '>', fire: 50.0, clear: 30.0}
routes:
- {name: a, steps: [{after_s: 0, channels: [ops]}]}
- {name: b, steps: [{after_s: 0, channels: [boss]}]}
";

    fn told(wanted: &str, prune: bool) -> Vec<String> {
        let (present, wanted) = (Document::read(PRESENT).unwrap(), Document::read(wanted).unwrap());
        let changes = differences(&present, &wanted, prune);
        changes
            .into_iter()
            .map(|one| format!("{} {} {} {}", one.action, one.kind, one.name, one.fields.join("+")))
            .collect()
    }

    #[test]
    fn the_same_text_changes_nothing_and_a_part_that_is_left_out_is_left_alone() {
        assert!(told(PRESENT, true).is_empty());
        assert!(told("version: 1", true).is_empty());
    }

    #[test]
    fn what_differs_is_named_field_by_field() {
        let wanted = PRESENT.replace("fire: 50.0", "fire: 60.0").replace("critical", "error");
        assert_eq!(
            told(&wanted, true),
            ["change channel boss severity_min", "change trigger deferred spec"]
        );
    }

    #[test]
    fn only_pruning_removes() {
        let wanted = "version: 1\nchannels:\n- {name: ops, kind: slack}\nsilences: []";
        assert!(told(wanted, false).is_empty());
        assert_eq!(told(wanted, true), ["remove channel boss "]);
    }

    #[test]
    fn the_order_of_routes_is_theirs_in_the_text() {
        let wanted = "version: 1\nroutes:
- {name: b, steps: [{after_s: 0, channels: [boss]}]}
- {name: a, steps: [{after_s: 0, channels: [ops]}]}";
        assert_eq!(told(wanted, false), ["order route b, a "]);
    }

    #[test]
    fn a_misspelt_field_is_a_fault_and_says_where() {
        let Err(crate::http::error::Problem::Invalid(faults)) =
            Document::read("version: 1\nchannels:\n- {name: ops, kind: slack, severty_min: info}")
        else {
            panic!("it was read")
        };
        assert!(faults["yaml"].contains("severty_min"), "{faults:?}");
    }
}
