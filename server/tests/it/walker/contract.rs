//! The served contract as the walk reads it: each operation with its least role, its parameters and its body, filled
//! with ids of whatever row the walk wants to try.
//!
//! A value is found by the name of its field. What a name cannot tell is said in [`GOOD`], one line for an operation.

use std::sync::Arc;

use mailvane_server::domain::member::Role;
use serde_json::{Map, Value, json};

use super::town::{NOBODYS, Row};

/// Bodies that a name-by-name guess would not make good enough to be looked at; `{host}` stands for the row's host.
const GOOD: &[(&str, &str)] = &[
    ("session.sign_in", r#"{"email": "nobody@example.org", "password": "wrong"}"#),
    (
        "channels.create",
        r#"{"kind": "slack", "name": "walk {chan}", "fallback_channel": "{chan}",
            "slack": {"webhook_url": "https://hooks.slack.com/services/T/B/x"}}"#,
    ),
    ("channels.change", r#"{"name": "walked", "fallback_channel": "{chan}"}"#),
    ("hosts.change", r#"{"name": "walked.example"}"#),
    ("hosts.adopt", r#"{"from": "{host}"}"#),
    (
        "routes.create",
        r#"{"name": "walk {host}", "match": {"hosts": ["{host}"], "triggers": ["{trig}"]},
            "steps": [{"after_s": 0, "channels": ["{chan}"]}]}"#,
    ),
    (
        "routes.change",
        r#"{"match": {"hosts": ["{host}"]}, "steps": [{"after_s": 0, "channels": ["{chan}"]}]}"#,
    ),
    ("routes.order", r#"{"ids": ["{route}"]}"#),
    (
        "routes.preview",
        r#"{"severity": "info", "host": "{host}", "instance": "{inst}", "trigger": "{trig}",
            "at": "2026-11-02T12:00:00Z"}"#,
    ),
    (
        "silences.create",
        r#"{"comment": "walk", "match": {"hosts": ["{host}"], "triggers": ["{trig}"]},
            "ends_at": "2026-11-03T12:00:00Z"}"#,
    ),
    ("incidents.silence", r#"{"for_s": 600}"#),
    (
        "maintenance.create",
        r#"{"name": "walk {host}", "zone": "UTC", "kind": "once", "match": {"hosts": ["{host}"]},
            "starts_at": "2026-11-03T12:00:00Z", "ends_at": "2026-11-03T13:00:00Z"}"#,
    ),
    ("maintenance.change", r#"{"match": {"hosts": ["{host}"]}}"#),
    (
        "triggers.preview",
        r#"{"severity": "info", "days": 1, "spec": {"kind": "threshold", "metric": "queue.deferred.messages",
            "op": ">", "fire": 5.0, "clear": 5.0, "hold_s": 0, "clear_hold_s": 0,
            "scope": {"hosts": ["{host}"], "instances": ["{inst}"]}}}"#,
    ),
    (
        "config.apply",
        r#"{"yaml": "version: 1\nroutes:\n- name: walk\n  match: {hosts: [{host}]}\n  steps: [{after_s: 0, channels: [{chan}]}]"}"#,
    ),
    ("session.switch", r#"{"tenant": "{tenant}"}"#),
    ("members.change", r#"{"role": "viewer"}"#),
    (
        "triggers.create",
        r#"{"name": "walk", "severity": "info", "spec": {"kind": "threshold", "metric": "queue.deferred.messages",
            "op": ">", "fire": 5.0, "clear": 5.0, "hold_s": 0, "clear_hold_s": 0,
            "scope": {"hosts": ["{host}"], "instances": ["{inst}"]}}}"#,
    ),
    (
        "triggers.change",
        r#"{"spec": {"kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": 5.0, "clear": 5.0,
            "hold_s": 0, "clear_hold_s": 0, "scope": {"hosts": ["{host}"], "instances": ["{inst}"]}}}"#,
    ),
];

/// Names of fields and parameters that carry an id, and the prefix of that id.
const IDS: &[(&str, &str)] = &[
    ("instance", "inst"),
    ("instances", "inst"),
    ("host", "host"),
    ("hosts", "host"),
    ("trigger", "trig"),
    ("triggers", "trig"),
    ("channel", "chan"),
    ("channels", "chan"),
    ("fallback_channel", "chan"),
    ("incident", "inc"),
    ("ids", "route"),
];

/// Operations that answer something new each time: a secret, the proof of a session, the time of day.
const FRESH: &[&str] = &["session.get", "me.totp.begin", "tenant.export"];

/// Fields of such a name that hold no id of ours.
const ELSEWHERE: &[&str] = &["slack_bot.channel"];

/// One operation of the contract.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) needs: Option<Role>,
    /// No API token may do it, whatever its scope.
    pub(super) people_only: bool,
    /// Query parameters: name, whether it must be there, schema.
    query: Vec<(String, bool, Value)>,
    /// Schema of the body, and whether there is one.
    body: Option<Value>,
    document: Arc<Value>,
}

impl Operation {
    /// As the gate hears of it.
    pub(super) fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(super) fn is_fresh(&self) -> bool {
        FRESH.contains(&self.id.as_str())
    }

    pub(super) fn changes(&self) -> bool {
        self.method != "GET"
    }

    /// Whether the address names a row.
    pub(super) fn names_a_row(&self) -> bool {
        self.path.contains('{') || self.query.iter().any(|(name, _, _)| prefix_of(name).is_some())
    }

    /// Where in the body rows are named, e.g. `spec.scope.hosts`.
    pub(super) fn ids_in_body(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.good().is_some_and(|text| NOBODYS.fill(text) != text) {
            found.push("the body".to_owned());
        }
        if let Some(schema) = &self.body {
            self.search(schema, "", &mut found, 0);
        }
        found
    }

    /// The address, with ids of this row in path and query.
    pub(super) fn address(&self, row: Row) -> String {
        let mut path = String::new();
        let mut before = "";
        for part in self.path.split('/').skip(1) {
            path.push('/');
            if part.starts_with('{') {
                path.push_str(&row.named(Row::kind_below(before)));
            } else {
                path.push_str(part);
                before = part;
            }
        }
        let mut query = Vec::new();
        for (name, required, schema) in &self.query {
            let value = match prefix_of(name) {
                Some(prefix) => row.named(prefix),
                None if *required || schema["format"] == "date-time" => self.word(name, schema),
                None if name == "metric" => "delivery.sent".to_owned(),
                None => continue,
            };
            query.push(format!("{name}={value}"));
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// A body that is right in form and names this row wherever a row can be named.
    pub(super) fn body(&self, row: Row) -> Option<Value> {
        if let Some(text) = self.good() {
            let text = row.fill(text);
            return Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e} in {text}")));
        }
        match &self.body {
            Some(schema) => Some(self.example("", schema, row, 0)),
            // A change without a body still has to say that it is one.
            None => self.changes().then(|| json!({})),
        }
    }

    fn good(&self) -> Option<&'static str> {
        GOOD.iter().find(|(id, _)| *id == self.id).map(|(_, text)| *text)
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(name) = schema["$ref"].as_str() else { return schema };
        let pointer = name.trim_start_matches('#');
        self.document.pointer(pointer).unwrap_or_else(|| panic!("{name} is nowhere"))
    }

    /// The schema behind references and choices; the first choice that is not null.
    fn plain<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve(schema);
        for choice in ["oneOf", "anyOf", "allOf"] {
            let first = schema[choice].as_array().into_iter().flatten();
            if let Some(first) = first.into_iter().find(|one| one["type"] != "null") {
                return self.plain(first);
            }
        }
        schema
    }

    fn example(&self, name: &str, schema: &Value, row: Row, depth: usize) -> Value {
        let schema = self.plain(schema);
        if let Some(value) = schema["enum"].as_array().and_then(|all| all.first()) {
            return value.clone();
        }
        match kind(schema) {
            "object" if depth < DEPTH_MAX => self.object(schema, row, depth),
            "array" => match prefix_of(name) {
                Some(prefix) => json!([row.named(prefix)]),
                None => json!([]),
            },
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(60)),
            "boolean" => json!(true),
            "string" => match prefix_of(name) {
                Some(prefix) => json!(row.named(prefix)),
                None => json!(self.word(name, schema)),
            },
            _ => Value::Null,
        }
    }

    /// What must be there, and whatever names a row.
    fn object(&self, schema: &Value, row: Row, depth: usize) -> Value {
        let required = schema["required"].as_array().into_iter().flatten().collect::<Vec<_>>();
        let mut object = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut ids = Vec::new();
            self.search(field, name, &mut ids, depth);
            if required.iter().any(|needed| *needed == name) || !ids.is_empty() {
                object.insert(name.clone(), self.example(name, field, row, depth + 1));
            }
        }
        Value::Object(object)
    }

    fn search(&self, schema: &Value, name: &str, found: &mut Vec<String>, depth: usize) {
        let resolved = self.resolve(schema);
        let last = name.rsplit('.').next().unwrap_or(name);
        let leaf = matches!(kind(self.plain(resolved)), "string" | "array");
        if leaf && prefix_of(last).is_some() && !ELSEWHERE.contains(&name) {
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
            return;
        }
        if depth >= DEPTH_MAX {
            return;
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            for one in resolved[choice].as_array().into_iter().flatten() {
                self.search(one, name, found, depth + 1);
            }
        }
        if kind(resolved) == "array" {
            self.search(&resolved["items"], name, found, depth + 1);
        }
        for (field, schema) in resolved["properties"].as_object().into_iter().flatten() {
            let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
            self.search(schema, &name, found, depth + 1);
        }
    }

    /// A good word for a field of this name.
    fn word(&self, name: &str, schema: &Value) -> String {
        let first = self.plain(schema)["enum"].as_array().and_then(|all| all.first()?.as_str());
        let text = match name {
            "metric" => "delivery.sent",
            "dimension" => "recipient_domain",
            "from" | "starts_at" => "2026-11-02T11:00:00Z",
            "to" | "ends_at" | "at" => "2026-11-02T12:00:00Z",
            "severity" | "severity_min" => "info",
            "email" => "someone@kestrel.example",
            "role" => "viewer",
            "zone" => "Europe/Berlin",
            "until" => "2026-11-03T12:00:00Z",
            _ => first.unwrap_or("walk"),
        };
        text.to_owned()
    }
}

/// How deep a body is looked into.
const DEPTH_MAX: usize = 8;

fn prefix_of(name: &str) -> Option<&'static str> {
    IDS.iter().find(|(known, _)| *known == name).map(|(_, prefix)| *prefix)
}

/// `type`, which may be a list with `null` in it.
fn kind(schema: &Value) -> &str {
    let named = schema["type"].as_array().into_iter().flatten().find(|one| *one != "null");
    named.or(Some(&schema["type"])).and_then(Value::as_str).unwrap_or("")
}

/// Every operation of a served document.
pub(super) fn operations(document: Value) -> Vec<Operation> {
    let document = Arc::new(document);
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let role = operation["x-min-role"].as_str();
            let role = role.unwrap_or_else(|| panic!("{method} {path} declares no role"));
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters.filter(|one| one["in"] == "query").map(|one| {
                let name = one["name"].as_str().unwrap().to_owned();
                (name, one["required"] == true, one["schema"].clone())
            });
            let body = operation.pointer("/requestBody/content/application~1json/schema");
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                people_only: operation["x-scope"] == "none",
                needs: if role == "public" { None } else { Some(role.parse().unwrap()) },
                query: query.collect(),
                body: body.cloned(),
                document: Arc::clone(&document),
            });
        }
    }
    operations
}
