//! A strict fake of Telegram's Bot API: refuses HTML that it cannot parse, texts and buttons that are too long, edits of
//! what it never sent, and more than one message a second.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    journal::Journal,
    receiver::{Bucket, Call, Contract, Receiver, Reply, lock},
};

const TEXT_UNITS_MAX: usize = 4_096;
const CALLBACK_BYTES_MAX: usize = 64;
const TAGS: [&str; 9] = ["b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"];

/// Starts it. Chats: `-1` was deleted, `-2` moved to `-1002`; all others exist.
pub async fn start(listen: SocketAddr, journal: Journal) -> io::Result<Receiver> {
    Receiver::start(listen, journal, Telegram::default()).await
}

struct Telegram {
    next: AtomicI64,
    sent: Mutex<HashMap<i64, String>>,
    rate: Bucket,
}

impl Default for Telegram {
    fn default() -> Self {
        Self { next: AtomicI64::new(1), sent: Mutex::default(), rate: Bucket::new(3.0, 1.0) }
    }
}

fn refuse(code: u16, description: &str, parameters: &Value) -> Reply {
    let body = json!({"ok": false, "error_code": code, "description": description, "parameters": parameters});
    Reply::no(code, body.to_string(), description)
}

impl Contract for Telegram {
    fn judge(&self, call: &Call<'_>) -> Reply {
        let mut parts = call.path.trim_start_matches('/').splitn(2, '/');
        let (bot, method) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !bot.strip_prefix("bot").is_some_and(|token| token.contains(':')) {
            return refuse(404, "Not Found", &Value::Null);
        }
        let none = Value::Null;
        match method {
            "setWebhook" => Reply::yes(200, json!({"ok": true, "result": true}).to_string()),
            "sendMessage" | "editMessageText" => {
                let chat = call.json.get("chat_id").unwrap_or(&none).to_string();
                match chat.as_str() {
                    "-1" => return refuse(403, "Forbidden: the group chat was deleted", &none),
                    "-2" => {
                        let moved = json!({"migrate_to_chat_id": -1002});
                        let text = "Bad Request: group chat was upgraded to a supergroup chat";
                        return refuse(400, text, &moved);
                    }
                    _ => {}
                }
                if !self.rate.take(&chat) {
                    let text = "Too Many Requests: retry after 1";
                    return refuse(429, text, &json!({"retry_after": 1}));
                }
                if let Err(problem) = check(call.json) {
                    return refuse(400, &format!("Bad Request: {problem}"), &none);
                }
                self.keep(method, call.json)
            }
            _ => refuse(404, "Not Found: method not found", &none),
        }
    }
}

impl Telegram {
    fn keep(&self, method: &str, message: &Value) -> Reply {
        let text = message.to_string();
        let mut sent = lock(&self.sent);
        let id = if method == "sendMessage" {
            self.next.fetch_add(1, Ordering::SeqCst)
        } else {
            let id = message.get("message_id").and_then(Value::as_i64).unwrap_or(0);
            match sent.get(&id) {
                None => return refuse(400, "Bad Request: message to edit not found", &Value::Null),
                Some(old) if *old == text => {
                    return refuse(400, "Bad Request: message is not modified", &Value::Null);
                }
                Some(_) => id,
            }
        };
        sent.insert(id, text);
        let result = json!({"message_id": id, "chat": {"id": message.get("chat_id")}});
        Reply::yes(200, json!({"ok": true, "result": result}).to_string())
    }
}

fn check(message: &Value) -> Result<(), String> {
    let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
    match message.get("parse_mode").and_then(Value::as_str) {
        Some("HTML") => check_html(text)?,
        None if text.encode_utf16().count() <= TEXT_UNITS_MAX && !text.is_empty() => {}
        other => return Err(format!("parse mode {other:?} or length of the text")),
    }
    let rows = message.pointer("/reply_markup/inline_keyboard").and_then(Value::as_array);
    for button in rows.into_iter().flatten().filter_map(Value::as_array).flatten() {
        let data = button.get("callback_data").and_then(Value::as_str);
        if data.is_some_and(|data| data.is_empty() || data.len() > CALLBACK_BYTES_MAX) {
            return Err("BUTTON_DATA_INVALID".to_owned());
        }
        let url = button.get("url").and_then(Value::as_str);
        if data.is_none() && !url.is_some_and(|url| url.starts_with("https://")) {
            return Err("BUTTON_URL_INVALID".to_owned());
        }
    }
    Ok(())
}

/// Whether a text is HTML as Telegram reads it: known tags, closed in order, everything else escaped; 1 to 4,096 UTF-16
/// units as people see it.
pub fn check_html(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut units = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (taken, shown) = match c {
            '<' => (tag(rest, &mut open)?, 0),
            '>' => return Err("can't parse entities: a bare >".to_owned()),
            '&' => {
                let end = rest.find(';').ok_or("can't parse entities: a bare &")?;
                let entity = rest.get(..=end).unwrap_or_default();
                if !["&amp;", "&lt;", "&gt;", "&quot;"].contains(&entity) {
                    return Err(format!("can't parse entities: {entity:.20}"));
                }
                (end + 1, 1)
            }
            c => (c.len_utf8(), c.len_utf16()),
        };
        units += shown;
        rest = rest.get(taken..).unwrap_or_default();
    }
    if !open.is_empty() {
        return Err(format!("can't parse entities: {open:?} not closed"));
    }
    if units == 0 || units > TEXT_UNITS_MAX {
        return Err(format!("message is too long: {units}"));
    }
    Ok(())
}

/// Takes one tag; its length.
fn tag<'t>(text: &'t str, open: &mut Vec<&'t str>) -> Result<usize, String> {
    let end = text.find('>').ok_or("can't parse entities: an unclosed tag")?;
    let inside = text.get(1..end).unwrap_or_default();
    if let Some(name) = inside.strip_prefix('/') {
        if open.pop() != Some(name) {
            return Err(format!("can't parse entities: unexpected </{name:.20}>"));
        }
    } else {
        let name = inside.split(' ').next().unwrap_or_default();
        if !TAGS.contains(&name) {
            return Err(format!("can't parse entities: unsupported tag {name:.20}"));
        }
        open.push(name);
    }
    Ok(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_read_as_the_real_one_does() {
        for good in ["<b>x</b>", "a &amp; b &lt;c&gt;", "<b>a<i>b</i></b>", &"x".repeat(4_096)] {
            assert_eq!(check_html(good), Ok(()), "{good:.40}");
        }
        for bad in [
            "",
            "a<b",
            "<b>x",
            "x</b>",
            "<b><i>x</b></i>",
            "a & b",
            "&nbsp;",
            "<script>x</script>",
            "a > b",
            &"x".repeat(4_097),
            &"\u{1F4A5}".repeat(2_049),
        ] {
            assert!(check_html(bad).is_err(), "{bad:.40}");
        }
    }
}
