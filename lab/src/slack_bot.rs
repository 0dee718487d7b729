//! A strict fake of Slack's Web API for bots: posts, edits, threads and the look-up of what was posted.
//!
//! Messages are judged by the same rules as those of incoming webhooks.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    journal::Journal,
    receiver::{Bucket, Call, Contract, Receiver, Reply, lock},
    slack,
};

/// Starts it. It knows the channel `C0LAB` (`#lab`); `#gone` is archived; tokens begin with `xoxb-`, `xoxb-revoked` is.
pub async fn start(listen: SocketAddr, journal: Journal) -> io::Result<Receiver> {
    Receiver::start(listen, journal, Bot::default()).await
}

struct Bot {
    next: AtomicU64,
    posted: Mutex<Vec<(String, Value)>>,
    rate: Bucket,
}

impl Default for Bot {
    fn default() -> Self {
        Self { next: AtomicU64::new(1), posted: Mutex::default(), rate: Bucket::new(3.0, 1.0) }
    }
}

fn refuse(error: &str) -> Reply {
    Reply::no(200, json!({"ok": false, "error": error}).to_string(), error)
}

impl Contract for Bot {
    fn judge(&self, call: &Call<'_>) -> Reply {
        let token = call.headers.get("authorization").and_then(|value| value.to_str().ok());
        match token.and_then(|token| token.strip_prefix("Bearer ")) {
            Some(token) if token.starts_with("xoxb-revoked") => return refuse("token_revoked"),
            Some(token) if token.starts_with("xoxb-") => {}
            _ => return refuse("invalid_auth"),
        }
        let channel = call.json.get("channel").and_then(Value::as_str).unwrap_or_default();
        match channel {
            "C0LAB" | "#lab" => {}
            "#gone" => return refuse("is_archived"),
            _ => return refuse("channel_not_found"),
        }
        match call.path {
            "/api/chat.postMessage" => self.post(call.json),
            "/api/chat.update" => self.update(call.json),
            "/api/conversations.history" => {
                let posted = lock(&self.posted);
                let messages: Vec<Value> = posted
                    .iter()
                    .rev()
                    .map(|(ts, message)| json!({"ts": ts, "metadata": message.get("metadata")}))
                    .collect();
                Reply::yes(200, json!({"ok": true, "messages": messages}).to_string())
            }
            _ => refuse("unknown_method"),
        }
    }
}

impl Bot {
    fn post(&self, message: &Value) -> Reply {
        if !self.rate.take("channel") {
            let mut reply = Reply::no(
                429,
                json!({"ok": false, "error": "ratelimited"}).to_string(),
                "too fast",
            );
            reply.retry_after_s = Some(1);
            return reply;
        }
        if let Err(refusal) = slack::check(message) {
            return refuse(refusal.code);
        }
        let mut posted = lock(&self.posted);
        if let Some(thread) = message.get("thread_ts").and_then(Value::as_str)
            && !posted.iter().any(|(ts, _)| ts == thread)
        {
            return refuse("thread_not_found");
        }
        let ts = format!("1700000000.{:06}", self.next.fetch_add(1, Ordering::SeqCst));
        posted.push((ts.clone(), message.clone()));
        Reply::yes(200, json!({"ok": true, "channel": "C0LAB", "ts": ts}).to_string())
    }

    fn update(&self, message: &Value) -> Reply {
        if let Err(refusal) = slack::check(message) {
            return refuse(refusal.code);
        }
        if message.get("channel").and_then(Value::as_str) != Some("C0LAB") {
            return refuse("channel_not_found");
        }
        let ts = message.get("ts").and_then(Value::as_str).unwrap_or_default();
        let mut posted = lock(&self.posted);
        match posted.iter_mut().find(|(own, _)| own == ts) {
            Some((_, old)) => {
                *old = message.clone();
                Reply::yes(200, json!({"ok": true, "channel": "C0LAB", "ts": ts}).to_string())
            }
            None => refuse("message_not_found"),
        }
    }
}
