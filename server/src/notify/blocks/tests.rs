//! The message as Slack takes it, with hosts that were named by an enemy.

use super::*;
use crate::{
    notify::render::{
        Circumstances, incident,
        tests::{around, at, row},
    },
    store::incidents::IncidentRow,
};

fn clicks() -> Buttons {
    Buttons { acknowledge: "a1".into(), silence: "s1".into() }
}

fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        // Plain text is shown as it is.
        Value::Object(fields) if fields.get("type") == Some(&json!("plain_text")) => {}
        Value::Object(fields) => fields.values().for_each(|field| strings(field, into)),
        _ => {}
    }
}

fn accepted(message: &Value) {
    if let Err(refusal) = mailvane_lab::slack::check(message) {
        panic!("{refusal:?} in {message:#}");
    }
}

#[test]
fn an_incident_reads_as_the_golden_message() {
    let message = layout(&incident(&row(), &around()), None);
    accepted(&message);
    insta::assert_json_snapshot!("opened", message);
}

#[test]
fn its_end_is_a_second_message_in_green() {
    let row =
        IncidentRow { closed_at: Some(at(11, 6)), close_reason: Some("recovered".into()), ..row() };
    let around = Circumstances { now: at(11, 6), over: true, ..around() };
    let message = layout(&incident(&row, &around), None);
    accepted(&message);
    insta::assert_json_snapshot!("resolved", message);
}

#[test]
fn hostile_names_stay_data_and_fit() {
    for name in [
        "<!channel>",
        "<https://evil.example|click>",
        "a&b<c>d",
        "*bold*_it_~no~`code`",
        "@here",
        &"x".repeat(5_000),
        &"&".repeat(5_000),
        "line\nbreak\r\n> quoted",
        "\u{202e}gpj.exe",
    ] {
        let mut hostile = row();
        name.clone_into(&mut hostile.host_name);
        name.clone_into(&mut hostile.title);
        name.clone_into(&mut hostile.trigger_name);
        hostile.cause = json!({"headline": name, "first_step": name,
            "changed": [{"at": "2026-11-23T09:02:00Z", "text": name}],
            "rows": [{"share": 0.5, "count": 1.0, "domain": name, "class": name, "example": name}]});
        let message = layout(&incident(&hostile, &around()), Some(&clicks()));
        accepted(&message);
        let mut texts = Vec::new();
        strings(&message, &mut texts);
        assert!(
            !texts.iter().any(|text| text.contains("<!") || text.contains("<http")),
            "{texts:?}"
        );
        assert!(message.to_string().chars().count() < 13_000, "{name:.20}");
    }
}

#[test]
fn a_bot_offers_clicks_and_a_taken_incident_no_second_taking() {
    let mut message = incident(&row(), &around());
    let ids = |message: &Message| {
        let layout = layout(message, Some(&clicks()));
        accepted(&layout);
        let text = layout.to_string();
        ["acknowledge", "silence", "open"]
            .map(|id| text.contains(&format!("\"action_id\":\"{id}\"")))
    };
    assert_eq!(ids(&message), [true, true, true]);
    message.taken = true;
    assert_eq!(ids(&message), [false, true, true]);
}
