//! Slack incoming webhooks: how a message is laid out, what an answer means.
//!
//! Takes every text as data: `&`, `<` and `>` are escaped after cutting, so no host name can call a whole channel.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    client::{Answer, GuardedClient},
    render::{Message, State, cut},
};
use crate::domain::severity::Severity;

/// What an answer means for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Not now.
    Retry {
        /// The receiver said when.
        after: Option<Duration>,
        /// In words.
        why: String,
    },
    /// Never.
    Permanent {
        /// In words.
        why: String,
        /// The channel itself is gone.
        disable: bool,
    },
    /// It may have arrived.
    Ambiguous {
        /// In words.
        why: String,
    },
}

/// What may be shown of a webhook's address, or why it cannot be one.
pub fn hint(client: &GuardedClient, url: &str) -> Result<String, String> {
    let target = client.target(url).map_err(|refused| refused.to_string())?;
    let host = target.url().host_str().unwrap_or_default();
    let path = target.url().path();
    if path.len() < 2 {
        return Err("this is no webhook of Slack: copy its whole address".to_owned());
    }
    let skip = path.chars().count().saturating_sub(HINT_TAIL_CHARS);
    let tail: String = path.chars().skip(skip).collect();
    Ok(format!("{host}/…{tail}"))
}

/// The body of the call.
pub fn layout(message: &Message) -> Value {
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
        blocks.push(json!({"type": "actions", "elements": buttons(message.state, link)}));
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

/// Links only: an incoming webhook hears of no click.
fn buttons(state: State, link: &str) -> Value {
    let button = |text: &str, id: &str| {
        json!({"type": "button", "action_id": id, "url": link,
            "text": {"type": "plain_text", "text": text}})
    };
    match state {
        State::Open(_) => {
            json!([button("Acknowledge", "acknowledge"), button("Open incident", "open")])
        }
        State::Over | State::Passed => json!([button("Open incident", "open")]),
        State::Test => json!([button("Open Mailvane", "open")]),
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
        State::Open(Severity::Info) | State::Test => "#0b62a5",
        State::Over | State::Passed => "#0a6b5a",
    }
}

/// What Slack's answer means. Only `ok` is yes: a 200 with other words is a proxy's, not Slack's.
pub fn verdict(answer: Answer) -> Verdict {
    let (code, retry_after, body) = match answer {
        Answer::NotSent(why) => return Verdict::Retry { after: None, why },
        Answer::Ambiguous(why) => return Verdict::Ambiguous { why },
        Answer::Status { code, retry_after, excerpt } => (code, retry_after, excerpt),
    };
    let why =
        format!("Slack answered {code}: {}", if body.is_empty() { "(nothing)" } else { &body });
    match (code, body.as_str()) {
        (200, "ok") => Verdict::Delivered,
        (429 | 503, _) => Verdict::Retry { after: retry_after, why },
        (200..300 | 408 | 425 | 500.., _) => Verdict::Retry { after: None, why },
        (404 | 410, _) | (403, "action_prohibited") | (400, "invalid_token") => {
            Verdict::Permanent { why, disable: true }
        }
        _ => Verdict::Permanent { why, disable: false },
    }
}

/// Of some 24 random characters: enough to tell two webhooks apart, useless to send.
const HINT_TAIL_CHARS: usize = 4;
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
