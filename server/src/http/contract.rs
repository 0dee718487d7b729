//! The served contract, completed: every operation that is not public says which scope of an API token it needs.

use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, extensions::Extensions, path::Operation};

/// Writes `x-scope` where an operation does not say it: what a viewer may do is `read`, what changes is `write`, what
/// an owner does no token may.
pub fn complete(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            if let Some(scope) = scope_of(operation) {
                let said = operation.extensions.get_or_insert_with(Extensions::default);
                said.entry("x-scope".to_owned()).or_insert_with(|| json!(scope));
            }
        }
    }
}

/// The contract as a text, keys in order: the same router always writes the same text.
pub fn text() -> String {
    let document = serde_json::to_value(super::openapi()).unwrap_or_default();
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn scope_of(operation: &Operation) -> Option<&'static str> {
    let said = operation.extensions.as_ref()?;
    match said.get("x-min-role").and_then(Value::as_str)? {
        "viewer" => Some("read"),
        "operator" | "admin" => Some("write"),
        "owner" | "staff" => Some("none"),
        _ => None,
    }
}
