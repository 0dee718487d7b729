//! `PagerDuty`, Events API v2: trigger, acknowledge, resolve, told apart by the incident's own key.
//!
//! One incident of ours is one of theirs: the key is the incident's, so a late end never closes the next opening, and
//! a repeat is no second page.

use serde_json::{Value, json};

use super::{
    errand::{Carriers, Errand, Sent, Verdict, answered, heard},
    facts::{Act, Facts},
    render::cut,
};

/// Delivers one message.
#[expect(clippy::match_same_arms, reason = "one row a status, in the order of the contract")]
pub(super) async fn deliver(
    carriers: Carriers<'_>,
    (routing_key, eu): (&str, bool),
    errand: &Errand<'_>,
) -> Sent {
    // An end through another key is dropped by PagerDuty: the key that opened the lane closes it.
    let key = errand.pinned.unwrap_or(routing_key);
    let body = body(key, errand);
    let host = if eu { "events.eu.pagerduty.com" } else { "events.pagerduty.com" };
    let target = match carriers.client.service(&format!("https://{host}/v2/enqueue")) {
        Ok(target) => target,
        Err(refused) => return Sent::never(refused.to_string()),
    };
    let answer = carriers.client.post_json(&target, fitted(body)).await;
    let (code, after, said, _) = match heard(answer) {
        Ok(spoken) => spoken,
        Err(silent) => return silent,
    };
    let why = answered("PagerDuty", code, &said);
    let verdict = match code {
        202 => Verdict::Delivered,
        429 => Verdict::Retry { after, why },
        400 => {
            tracing::error!(answer = %said, "PagerDuty refused the form of an event; please report this");
            Verdict::Permanent { why, disable: false }
        }
        200..300 | 408 | 500.. => Verdict::Retry { after, why },
        401 | 403 | 404 => Verdict::Permanent { why, disable: true },
        _ => Verdict::Permanent { why, disable: false },
    };
    Sent::plain(verdict, Some(code))
}

/// The event.
pub(super) fn body(routing_key: &str, errand: &Errand<'_>) -> Value {
    let Some(facts) = &errand.notice.facts else { return plain(routing_key, errand) };
    let action = match errand.notice.act {
        Act::Open | Act::Update | Act::Say => "trigger",
        Act::Acknowledge => "acknowledge",
        Act::Close => "resolve",
    };
    let mut body = json!({"routing_key": routing_key, "event_action": action,
        "dedup_key": format!("mailvane-{}", facts.incident_id)});
    if action == "trigger"
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("payload".to_owned(), payload(facts, errand));
        fields.insert("client".to_owned(), json!("Mailvane"));
        if let Some(url) = &facts.url {
            fields.insert("client_url".to_owned(), json!(url));
            fields.insert("links".to_owned(), json!([{"href": url, "text": "Open incident"}]));
        }
    }
    body
}

fn payload(facts: &Facts, errand: &Errand<'_>) -> Value {
    let message = &errand.notice.message;
    let place = match &facts.instance {
        Some(instance) => format!("{} / {}", facts.host.name, instance.name),
        None => facts.host.name.clone(),
    };
    let first = message.summary.replace('\n', " ");
    let since = facts.opened_at.format("%H:%M UTC");
    // It is what the phone speaks at night: one sentence, the figures before the shares.
    let summary = format!("{} – {place}: {first} Since {since}", facts.title);
    json!({
        "summary": line(&summary, SUMMARY_CHARS_MAX),
        "source": line(&place, 255),
        "severity": facts.severity,
        "timestamp": facts.opened_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "component": line(facts.instance.as_ref().map_or("host", |one| one.name.as_str()), 255),
        "group": line(&facts.host.name, 255),
        "class": line(&facts.trigger.name, 255),
        "custom_details": {
            "value": facts.value, "threshold": facts.threshold,
            "cause": message.cause, "changed": message.changed, "first_step": facts.first_step,
            "example": facts.example, "remark": message.remark,
        },
    })
}

/// A test, or a word to the owner: information under a key of its own, not a page for each.
fn plain(routing_key: &str, errand: &Errand<'_>) -> Value {
    let message = &errand.notice.message;
    let summary = format!("{}: {}", message.title, message.summary.replace('\n', " "));
    json!({"routing_key": routing_key, "event_action": "trigger",
        "dedup_key": format!("mailvane-{}", errand.delivery),
        "payload": {"summary": line(&summary, SUMMARY_CHARS_MAX), "source": "Mailvane", "severity": "info"},
        "client": "Mailvane", "client_url": message.link})
}

fn line(text: &str, max: usize) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let flat = cut(flat.trim(), max);
    if flat.is_empty() { "unknown".to_owned() } else { flat }
}

/// Details go first where an event would be too large.
fn fitted(mut body: Value) -> Vec<u8> {
    let bytes = body.to_string().into_bytes();
    if bytes.len() <= EVENT_BYTES_MAX {
        return bytes;
    }
    if let Some(payload) = body.get_mut("payload").and_then(Value::as_object_mut) {
        payload.remove("custom_details");
    }
    body.to_string().into_bytes()
}

const SUMMARY_CHARS_MAX: usize = 1_024;
const EVENT_BYTES_MAX: usize = 500_000;

#[cfg(test)]
mod tests;
