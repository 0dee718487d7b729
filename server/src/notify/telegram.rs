//! Telegram by a bot: HTML, edited in place, with buttons; a chat that moved is followed.
//!
//! Takes every text as data: `&`, `<`, `>` and `"` are escaped after cutting. A message that Telegram cannot read is
//! sent once more as plain text, and we hear of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    errand::{Carriers, Errand, Sent, Verdict, answered, heard},
    facts::Act,
    render::{Message, State, cut},
};
use crate::domain::{channel::Address, severity::Severity};

/// The bot and its chat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bot<'a> {
    pub(super) carriers: Carriers<'a>,
    pub(super) token: &'a str,
    pub(super) chat: &'a str,
    pub(super) thread: Option<i64>,
}

/// What Telegram said no with.
struct No {
    code: u16,
    said: String,
    retry_after: Option<Duration>,
    moved_to: Option<i64>,
}

enum Fail {
    No(No),
    Silent(Sent),
}

/// Delivers one message.
pub(super) async fn deliver(bot: Bot<'_>, errand: &Errand<'_>) -> Sent {
    match attempt(bot, errand).await {
        Ok(sent) | Err(Fail::Silent(sent)) => sent,
        Err(Fail::No(no)) => match followed(bot, &no) {
            Some((chat, thread)) => {
                let there = Bot { chat: &chat, thread, ..bot };
                let mut sent = match attempt(there, errand).await {
                    Ok(sent) | Err(Fail::Silent(sent)) => sent,
                    Err(Fail::No(no)) => Sent::plain(verdict(&no), Some(no.code)),
                };
                sent.moved = Some(Address::Telegram {
                    bot_token: bot.token.to_owned(),
                    chat_id: chat.clone(),
                    thread_id: thread,
                });
                sent
            }
            None => Sent::plain(verdict(&no), Some(no.code)),
        },
    }
}

/// Tells Telegram where clicks go. What it answers is of no matter to the message: buttons then lead nowhere.
pub(super) async fn listen(bot: Bot<'_>, hook: &str, secret: &str) {
    let body = json!({"url": hook, "secret_token": secret, "allowed_updates": ["callback_query"],
        "max_connections": 4});
    if let Err(Fail::No(no)) = call(bot, "setWebhook", &body).await {
        tracing::info!(answer = %no.said, "Telegram does not send clicks to this server");
    }
}

/// The chat became another one, or its topic is gone: where to send instead.
fn followed(bot: Bot<'_>, no: &No) -> Option<(String, Option<i64>)> {
    if let Some(chat) = no.moved_to {
        return Some((chat.to_string(), bot.thread));
    }
    let lost = bot.thread.is_some() && no.said.contains("message thread not found");
    lost.then(|| (bot.chat.to_owned(), None))
}

async fn attempt(bot: Bot<'_>, errand: &Errand<'_>) -> Result<Sent, Fail> {
    let root = errand.root.and_then(|root| root.get("message_id")?.as_i64());
    let (act, quiet) = (errand.notice.act, quiet(&errand.notice.message));
    match (act, root) {
        (Act::Acknowledge, None) => Ok(Sent::plain(Verdict::Delivered, None)),
        (Act::Update | Act::Acknowledge, Some(root)) => {
            if edit(bot, errand, root).await? || act == Act::Acknowledge {
                Ok(Sent::plain(Verdict::Delivered, Some(200)))
            } else {
                send(bot, errand, Some(root), quiet).await
            }
        }
        (Act::Close, Some(root)) => {
            // An edit makes no sound and can be repeated: it goes first, then the short new one.
            if errand.own {
                edit(bot, errand, root).await?;
            }
            send(bot, errand, Some(root), quiet).await
        }
        (Act::Open, root @ Some(_)) => send(bot, errand, root, quiet).await,
        (Act::Open | Act::Update | Act::Close | Act::Say, _) => {
            send(bot, errand, None, quiet).await
        }
    }
}

async fn send(
    bot: Bot<'_>,
    errand: &Errand<'_>,
    behind: Option<i64>,
    quiet: bool,
) -> Result<Sent, Fail> {
    let mut body = body(bot, errand, behind.is_none());
    put(&mut body, "disable_notification", json!(quiet));
    if let Some(thread) = bot.thread {
        put(&mut body, "message_thread_id", json!(thread));
    }
    if let Some(message_id) = behind {
        let reply = json!({"message_id": message_id, "allow_sending_without_reply": true});
        put(&mut body, "reply_parameters", reply);
    }
    let answer = readable(bot, "sendMessage", body).await?;
    let mut sent = Sent::plain(Verdict::Delivered, Some(200));
    // The lane goes on under its first message.
    if behind.is_none() {
        sent.reference = answer
            .pointer("/result/message_id")
            .and_then(Value::as_i64)
            .map(|id| json!({"message_id": id}));
    }
    Ok(sent)
}

/// False: the message is not there any more or too old.
async fn edit(bot: Bot<'_>, errand: &Errand<'_>, message_id: i64) -> Result<bool, Fail> {
    let mut body = body(bot, errand, true);
    put(&mut body, "message_id", json!(message_id));
    match readable(bot, "editMessageText", body).await {
        Ok(_) => Ok(true),
        Err(Fail::No(no)) if no.said.contains("message is not modified") => Ok(true),
        Err(Fail::No(no))
            if no.said.contains("message to edit not found")
                || no.said.contains("message can't be edited") =>
        {
            Ok(false)
        }
        Err(fail) => Err(fail),
    }
}

/// The call; once more as plain text if Telegram cannot read our HTML.
async fn readable(bot: Bot<'_>, method: &str, mut body: Value) -> Result<Value, Fail> {
    match call(bot, method, &body).await {
        Err(Fail::No(no)) if no.code == 400 && no.said.contains("can't parse entities") => {
            tracing::error!(answer = %no.said, "Telegram cannot read a message; please report this");
            let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
            let text = bare(text);
            put(&mut body, "text", json!(text));
            if let Some(fields) = body.as_object_mut() {
                fields.remove("parse_mode");
            }
            call(bot, method, &body).await
        }
        other => other,
    }
}

async fn call(bot: Bot<'_>, method: &str, body: &Value) -> Result<Value, Fail> {
    let address = format!("https://api.telegram.org/bot{}/{method}", bot.token);
    let target = bot.carriers.client.service(&address);
    let target = target.map_err(|refused| Fail::Silent(Sent::never(refused.to_string())))?;
    let answer = bot.carriers.client.post_json(&target, body.to_string().into_bytes()).await;
    let (code, after, said, bytes) = heard(answer).map_err(Fail::Silent)?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if code == 200 && answer.get("ok") == Some(&Value::Bool(true)) {
        return Ok(answer);
    }
    let seconds = answer.pointer("/parameters/retry_after").and_then(Value::as_u64);
    Err(Fail::No(No {
        code,
        said: answer.get("description").and_then(Value::as_str).unwrap_or(&said).to_owned(),
        retry_after: seconds.map(Duration::from_secs).or(after),
        moved_to: answer.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64),
    }))
}

#[expect(clippy::match_same_arms, reason = "one row a status, in the order of the contract")]
fn verdict(no: &No) -> Verdict {
    let why = answered("Telegram", no.code, &cut(&no.said, 150));
    let gone = GONE.iter().any(|words| no.said.contains(words));
    match no.code {
        429 => Verdict::Retry { after: no.retry_after, why },
        401 | 404 => Verdict::Permanent { why, disable: true },
        400 | 403 if gone => Verdict::Permanent { why, disable: true },
        200 | 408 | 500.. => Verdict::Retry { after: no.retry_after, why },
        _ => Verdict::Permanent { why, disable: false },
    }
}

fn body(bot: Bot<'_>, errand: &Errand<'_>, with_buttons: bool) -> Value {
    let mut body = json!({"chat_id": chat(bot.chat), "text": text(&errand.notice.message),
        "parse_mode": "HTML", "link_preview_options": {"is_disabled": true}});
    if with_buttons && let Some(keys) = keyboard(errand) {
        put(&mut body, "reply_markup", json!({"inline_keyboard": keys}));
    }
    body
}

fn chat(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
}

fn keyboard(errand: &Errand<'_>) -> Option<Value> {
    let message = &errand.notice.message;
    let link = message.link.as_ref()?;
    // Telegram refuses buttons that lead to a machine's own address.
    let open =
        link.starts_with("https://").then(|| json!([{"text": "Open incident", "url": link}]));
    let mut rows = Vec::new();
    if let (State::Open(_), Some(clicks)) = (message.state, errand.buttons) {
        let mut row = Vec::new();
        if !message.taken {
            row.push(json!({"text": "Acknowledge", "callback_data": clicks.acknowledge}));
        }
        row.push(json!({"text": "Silence 1 h", "callback_data": clicks.silence}));
        rows.push(Value::Array(row));
    }
    rows.extend(open);
    (!rows.is_empty()).then_some(Value::Array(rows))
}

/// The words as HTML, at most 4,096 UTF-16 units; what is further down goes first where space ends.
pub(super) fn text(message: &Message) -> String {
    let (title, place) = message.title.split_once(" – ").unwrap_or((&message.title, ""));
    let mut pieces = vec![format!("<b>{}</b>", escape(&cut(title, TITLE_CHARS_MAX)))];
    if !place.is_empty() {
        pieces.push(format!("\n{}", escape(&cut(place, TITLE_CHARS_MAX))));
    }
    for (label, value) in &message.facts {
        if *label == "Since" {
            pieces.push(format!(" · since {}", escape(&cut(value, 80))));
        }
    }
    pieces.push(format!("\n\n{}", escape(&cut(&message.summary, SUMMARY_CHARS_MAX))));
    if let Some(remark) = &message.remark {
        pieces.push(format!("\n<i>{}</i>", escape(remark)));
    }
    let mut list = |label: &str, rows: &[String]| {
        if !rows.is_empty() {
            pieces.push(format!("\n\n<b>{label}</b>"));
            pieces
                .extend(rows.iter().map(|row| format!("\n{}", escape(&cut(row, LINE_CHARS_MAX)))));
        }
    };
    list("Cause", &message.cause);
    list("Changed", &message.changed);
    list("Grouped", &message.grouped);
    if let Some(step) = &message.first_step {
        pieces.push(format!("\n\n<b>First</b> {}", escape(&cut(step, LINE_CHARS_MAX))));
    }
    if let Some(example) = &message.example {
        pieces.push(format!("\n<code>{}</code>", escape(&cut(example, LINE_CHARS_MAX))));
    }
    let mut text = String::new();
    let mut units = 0;
    for piece in pieces {
        // Counted with its marks: a little too much, never too little.
        units += piece.encode_utf16().count();
        if units > TEXT_UNITS_MAX {
            break;
        }
        text.push_str(&piece);
    }
    text
}

fn quiet(message: &Message) -> bool {
    matches!(message.state, State::Open(Severity::Info))
}

/// The four characters with which a text could become a tag.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The text without our tags and escapes.
fn bare(html: &str) -> String {
    let mut text = html.to_owned();
    for tag in ["<b>", "</b>", "<i>", "</i>", "<code>", "</code>"] {
        text = text.replace(tag, "");
    }
    for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(escaped, plain);
    }
    text
}

fn put(body: &mut Value, name: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

/// Answers after which this bot will never reach this chat again without a person's help.
const GONE: [&str; 7] = [
    "bot was blocked by the user",
    "user is deactivated",
    "the group chat was deleted",
    "bot was kicked from the",
    "chat not found",
    "bot is not a member of the",
    "need administrator rights",
];
const TITLE_CHARS_MAX: usize = 150;
const SUMMARY_CHARS_MAX: usize = 700;
const LINE_CHARS_MAX: usize = 250;
const TEXT_UNITS_MAX: usize = 4_000;

#[cfg(test)]
mod tests;
