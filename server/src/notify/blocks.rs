//! How a message looks in Slack, the same by webhook and by bot.
//!
//! Takes every text as data: `&`, `<` and `>` are escaped after cutting, so no host name can call a whole channel.

use serde_json::{Value, json};

use super::{
    errand::Buttons,
    render::{Message, State, cut},
};
use crate::domain::severity::Severity;

/// Text, colour and blocks. With `clicks`, buttons of a bot; without, links only: a webhook hears of no click.
pub(super) fn layout(message: &Message, clicks: Option<&Buttons>) -> Value {
    let mut blocks =
        vec![json!({"type": "header", "text": plain(&message.title, HEADER_CHARS_MAX)})];
    blocks.push(section(&message.summary));
    let fields: Vec<Value> = message
        .facts
        .iter()
        .map(|(label, value)| {
            markup(&format!("*{label}*\n{}", escape(&cut(value, FIELD_CHARS_MAX))))
        })
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    let details = details(message);
    if !details.is_empty() {
        blocks.push(json!({"type": "section", "text": markup(&details)}));
    }
    if let Some(example) = &message.example {
        let quote = format!("> {}", escape(&cut(&one_line(example), EXAMPLE_CHARS_MAX)));
        blocks.push(json!({"type": "context", "elements": [markup(&quote)]}));
    }
    if let Some(remark) = &message.remark {
        blocks.push(json!({"type": "context", "elements": [markup(&escape(remark))]}));
    }
    if let Some(link) = &message.link {
        blocks.push(json!({"type": "actions", "elements": buttons(message, link, clicks)}));
    }
    let remark = message.remark.as_deref().map(|remark| format!(" {remark}")).unwrap_or_default();
    json!({
        "text": escape(&cut(&format!("{}{remark}", message.title), FALLBACK_CHARS_MAX)),
        "attachments": [{"color": colour(message.state), "blocks": blocks}],
    })
}

/// Cause, what changed, first step: what is further down goes first where space ends.
fn details(message: &Message) -> String {
    let mut lines = Vec::new();
    let mut part = |label: &str, rows: &[String]| {
        for (place, row) in rows.iter().enumerate() {
            let label = if place == 0 { format!("*{label}*  ") } else { String::new() };
            lines.push(format!("{label}{}", escape(&cut(&one_line(row), LINE_CHARS_MAX))));
        }
    };
    part("Cause", &message.cause);
    part("Changed", &message.changed);
    part("Grouped", &message.grouped);
    part("First", message.first_step.as_slice());
    let mut text = String::new();
    for line in lines {
        if text.chars().count() + line.chars().count() >= SECTION_CHARS_MAX {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

fn buttons(message: &Message, link: &str, clicks: Option<&Buttons>) -> Value {
    let button = |text: &str, id: &str| {
        json!({"type": "button", "action_id": id, "url": link,
            "text": {"type": "plain_text", "text": text}})
    };
    let click = |text: &str, id: &str, value: &str| {
        json!({"type": "button", "action_id": id, "value": value,
            "text": {"type": "plain_text", "text": text}})
    };
    let silence = |value: &str| click("Silence 1 h", "silence", value);
    match (message.state, clicks) {
        (State::Open(_), Some(clicks)) if message.taken => {
            json!([silence(&clicks.silence), button("Open incident", "open")])
        }
        (State::Open(_), Some(clicks)) => json!([
            click("Acknowledge", "acknowledge", &clicks.acknowledge),
            silence(&clicks.silence),
            button("Open incident", "open")
        ]),
        (State::Open(_), None) => {
            json!([button("Acknowledge", "acknowledge"), button("Open incident", "open")])
        }
        (State::Over | State::Passed, _) => json!([button("Open incident", "open")]),
        (State::Test | State::Word, _) => json!([button("Open Mailvane", "open")]),
    }
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": markup(&escape(&cut(text, SUMMARY_CHARS_MAX)))})
}

fn markup(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text})
}

fn plain(text: &str, max: usize) -> Value {
    json!({"type": "plain_text", "text": cut(text, max), "emoji": false})
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The three characters with which a text could become a command.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

const fn colour(state: State) -> &'static str {
    match state {
        State::Open(Severity::Critical) => "#b3202b",
        State::Open(Severity::Error) => "#a2430c",
        State::Open(Severity::Warning) => "#7f5600",
        State::Open(Severity::Info) | State::Test | State::Word => "#0b62a5",
        State::Over | State::Passed => "#0a6b5a",
    }
}

const HEADER_CHARS_MAX: usize = 150;
const FALLBACK_CHARS_MAX: usize = 250;
/// Escaping may make five characters of one; these leave room for that.
const SUMMARY_CHARS_MAX: usize = 550;
const SECTION_CHARS_MAX: usize = 2_900;
const FIELD_CHARS_MAX: usize = 300;
const LINE_CHARS_MAX: usize = 300;
const EXAMPLE_CHARS_MAX: usize = 400;

#[cfg(test)]
mod tests;
