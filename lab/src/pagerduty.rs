//! A strict fake of `PagerDuty`'s Events API v2: refuses unknown severities, long summaries and strange keys, and flags
//! an end without a beginning, which the real one drops in silence.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    sync::Mutex,
};

use serde_json::{Value, json};

use crate::{
    journal::Journal,
    receiver::{Bucket, Call, Contract, Receiver, Reply, lock},
};

const EVENT_BYTES_MAX: usize = 512_000;
const SUMMARY_CHARS_MAX: usize = 1_024;
const DEDUP_CHARS_MAX: usize = 255;

/// Starts it.
pub async fn start(listen: SocketAddr, journal: Journal) -> io::Result<Receiver> {
    Receiver::start(listen, journal, PagerDuty::default()).await
}

/// Alerts that are open, by routing key and dedup key.
struct PagerDuty {
    open: Mutex<HashMap<String, HashSet<String>>>,
    rate: Bucket,
}

impl Default for PagerDuty {
    fn default() -> Self {
        // 120 a minute, with some room at the start of a minute.
        Self { open: Mutex::default(), rate: Bucket::new(30.0, 2.0) }
    }
}

impl Contract for PagerDuty {
    fn judge(&self, call: &Call<'_>) -> Reply {
        if call.path != "/v2/enqueue" {
            return Reply::no(404, "{}", format!("path {}", call.path));
        }
        if call.body.len() > EVENT_BYTES_MAX {
            return Reply::no(413, "{}", format!("{} bytes", call.body.len()));
        }
        if let Err(problem) = check(call.json) {
            let body = json!({"status": "invalid event", "message": "Event object is invalid", "errors": [problem]});
            return Reply::no(400, body.to_string(), problem);
        }
        let text = |name: &str| call.json.get(name).and_then(Value::as_str).unwrap_or_default();
        let (key, dedup) = (text("routing_key"), text("dedup_key"));
        if !self.rate.take(key) {
            let mut reply = Reply::no(429, "{}", "more than 120 events a minute");
            reply.retry_after_s = Some(1);
            return reply;
        }
        let mut open = lock(&self.open);
        let open = open.entry(key.to_owned()).or_default();
        let known = open.contains(dedup);
        let mut reply = Reply::yes(
            202,
            json!({"status": "success", "message": "Event processed", "dedup_key": dedup})
                .to_string(),
        );
        match text("event_action") {
            "trigger" if known => reply.problem = Some("repeated".to_owned()),
            "trigger" => drop(open.insert(dedup.to_owned())),
            "resolve" if known => drop(open.remove(dedup)),
            "acknowledge" if known => {}
            _ => reply.problem = Some("dropped: no open alert of this key".to_owned()),
        }
        reply
    }
}

/// Checks one event against all rules.
pub fn check(event: &Value) -> Result<(), String> {
    let Some(fields) = event.as_object() else { return Err("not a JSON object".to_owned()) };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let key = text("routing_key");
    if key.len() != 32 || !key.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("routing_key is not of 32 letters and digits".to_owned());
    }
    let dedup = text("dedup_key");
    if dedup.is_empty() || dedup.chars().count() > DEDUP_CHARS_MAX {
        return Err("dedup_key is empty or longer than 255".to_owned());
    }
    let known = [
        "routing_key",
        "event_action",
        "dedup_key",
        "payload",
        "client",
        "client_url",
        "links",
        "images",
    ];
    if let Some(strange) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("unknown field {strange}"));
    }
    match text("event_action") {
        "acknowledge" | "resolve" => Ok(()),
        "trigger" => payload(fields.get("payload").unwrap_or(&Value::Null)),
        other => Err(format!("event_action {other:?}")),
    }
}

fn payload(payload: &Value) -> Result<(), String> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default();
    let summary = text("summary");
    if summary.is_empty() || summary.chars().count() > SUMMARY_CHARS_MAX {
        return Err(format!("summary of {} characters", summary.chars().count()));
    }
    if summary.chars().any(char::is_control) {
        return Err("summary with control characters: a phone reads it aloud".to_owned());
    }
    if text("source").is_empty() {
        return Err("no source".to_owned());
    }
    if !matches!(text("severity"), "critical" | "error" | "warning" | "info") {
        return Err(format!("severity {:?}", text("severity")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: &str) -> Value {
        json!({"routing_key": "0123456789abcdef0123456789abcdef", "event_action": action, "dedup_key": "k",
            "payload": {"summary": "x", "source": "y", "severity": "error"}})
    }

    #[test]
    fn what_the_real_one_refuses_is_refused() {
        assert_eq!(check(&event("trigger")), Ok(()));
        let broken = |change: fn(&mut Value)| {
            let mut event = event("trigger");
            change(&mut event);
            check(&event).is_err()
        };
        assert!(broken(|e| e["payload"]["severity"] = json!("fatal")));
        assert!(broken(|e| e["payload"]["summary"] = json!("x".repeat(1_025))));
        assert!(broken(|e| e["payload"]["source"] = json!("")));
        assert!(broken(|e| e["routing_key"] = json!("short")));
        assert!(broken(|e| e["event_action"] = json!("close")));
        assert!(broken(|e| e["dedup_key"] = json!("x".repeat(256))));
    }

    #[test]
    fn an_end_without_a_beginning_is_flagged() {
        let fake = PagerDuty::default();
        let headers = axum::http::HeaderMap::new();
        let say = |action: &str| {
            let json = event(action);
            let body = json.to_string();
            let call =
                Call { path: "/v2/enqueue", headers: &headers, body: body.as_bytes(), json: &json };
            fake.judge(&call).problem
        };
        assert!(say("resolve").is_some_and(|problem| problem.starts_with("dropped")));
        assert_eq!(say("trigger"), None);
        assert_eq!(say("trigger").as_deref(), Some("repeated"));
        assert_eq!(say("resolve"), None);
    }
}
