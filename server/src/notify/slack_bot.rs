//! Slack by a bot: the first message is edited as things change, the news goes into its thread, clicks come back.
//!
//! What may have arrived is looked for before it is said again; where that is not allowed, it is said again and marked.

use reqwest::header::{AUTHORIZATION, HeaderName};
use serde_json::{Value, json};

use super::{
    blocks,
    errand::{Buttons, Carriers, Errand, Sent, Verdict, answered, heard},
    facts::Act,
};

/// The bot and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bot<'a> {
    pub(super) carriers: Carriers<'a>,
    pub(super) token: &'a str,
    pub(super) channel: &'a str,
}

/// The message that opened the lane, as Slack calls it.
struct Root<'a> {
    channel: &'a str,
    ts: &'a str,
}

impl<'a> Root<'a> {
    fn read(value: Option<&'a Value>) -> Option<Self> {
        let value = value?;
        Some(Self { channel: value.get("channel")?.as_str()?, ts: value.get("ts")?.as_str()? })
    }
}

/// Delivers one message.
pub(super) async fn deliver(bot: Bot<'_>, errand: &Errand<'_>) -> Sent {
    let root = Root::read(errand.root);
    match (errand.notice.act, root) {
        (Act::Update | Act::Acknowledge, Some(root)) => {
            let edited = edit(bot, &root, errand).await;
            let late = errand.notice.act == Act::Update && lost(&edited);
            if late { reply(bot, &root, errand, false).await } else { forgive(edited) }
        }
        // Nothing to edit: that somebody took it is on the page.
        (Act::Acknowledge, None) => Sent::plain(Verdict::Delivered, None),
        (Act::Close, Some(root)) if errand.own => {
            // An edit can be repeated, a reply cannot: so the edit goes first.
            let edited = edit(bot, &root, errand).await;
            if !lost(&edited) && edited.verdict != Verdict::Delivered {
                return edited;
            }
            reply(bot, &root, errand, false).await
        }
        (Act::Close, Some(root)) => reply(bot, &root, errand, false).await,
        (Act::Open, Some(root)) => reply(bot, &root, errand, true).await,
        (Act::Open | Act::Update | Act::Close | Act::Say, _) => first(bot, errand).await,
    }
}

async fn first(bot: Bot<'_>, errand: &Errand<'_>) -> Sent {
    if errand.possible_repeat
        && let Some(found) = find(bot, errand).await
    {
        let mut sent = Sent::plain(Verdict::Delivered, Some(200));
        sent.reference = Some(found);
        return sent;
    }
    let mut body = body(errand, errand.buttons);
    put(&mut body, "channel", json!(bot.channel));
    post(bot, "chat.postMessage", &body).await
}

async fn reply(bot: Bot<'_>, root: &Root<'_>, errand: &Errand<'_>, aloud: bool) -> Sent {
    let mut body = body(errand, None);
    put(&mut body, "channel", json!(root.channel));
    put(&mut body, "thread_ts", json!(root.ts));
    put(&mut body, "reply_broadcast", json!(aloud));
    let sent = post(bot, "chat.postMessage", &body).await;
    // The lane goes on under its first message.
    Sent { reference: None, ..sent }
}

async fn edit(bot: Bot<'_>, root: &Root<'_>, errand: &Errand<'_>) -> Sent {
    let mut body = body(errand, errand.buttons);
    put(&mut body, "channel", json!(root.channel));
    put(&mut body, "ts", json!(root.ts));
    let sent = post(bot, "chat.update", &body).await;
    Sent { reference: None, ..sent }
}

/// The message of an earlier try, if Slack has it: looked for once, by the delivery's id.
async fn find(bot: Bot<'_>, errand: &Errand<'_>) -> Option<Value> {
    let wanted = errand.delivery.to_string();
    let body = json!({"channel": bot.channel, "oldest": errand.owed_at.timestamp().to_string(),
        "include_all_metadata": true, "limit": 50});
    let answer = call(bot, "conversations.history", &body).await.ok()?;
    answer.get("messages")?.as_array()?.iter().find_map(|message| {
        let id = message.pointer("/metadata/event_payload/delivery_id")?.as_str()?;
        let ts = message.get("ts")?.as_str()?;
        (id == wanted).then(|| json!({"channel": bot.channel, "ts": ts}))
    })
}

fn body(errand: &Errand<'_>, clicks: Option<&Buttons>) -> Value {
    let mut body = blocks::layout(&errand.notice.message, clicks);
    let metadata = json!({"event_type": "alert_delivery",
        "event_payload": {"delivery_id": errand.delivery.to_string()}});
    put(&mut body, "metadata", metadata);
    put(&mut body, "unfurl_links", json!(false));
    body
}

fn put(body: &mut Value, name: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

async fn post(bot: Bot<'_>, method: &str, body: &Value) -> Sent {
    match call(bot, method, body).await {
        Ok(answer) => {
            let mut sent = Sent::plain(Verdict::Delivered, Some(200));
            let channel = answer.get("channel").and_then(Value::as_str);
            let ts = answer.get("ts").and_then(Value::as_str);
            sent.reference =
                channel.zip(ts).map(|(channel, ts)| json!({"channel": channel, "ts": ts}));
            sent
        }
        Err(sent) => sent,
    }
}

/// One call of the Web API. HTTP 200 is said of failures, too: only `ok` is yes.
async fn call(bot: Bot<'_>, method: &str, body: &Value) -> Result<Value, Sent> {
    let target = bot.carriers.client.service(&format!("https://slack.com/api/{method}"));
    let target = target.map_err(|refused| Sent::never(refused.to_string()))?;
    let headers: [(HeaderName, String); 1] = [(AUTHORIZATION, format!("Bearer {}", bot.token))];
    let answer = bot.carriers.client.post(&target, &headers, body.to_string().into_bytes()).await;
    let (code, after, said, bytes) = heard(answer)?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if code == 200 && answer.get("ok") == Some(&Value::Bool(true)) {
        return Ok(answer);
    }
    let error = answer.get("error").and_then(Value::as_str).unwrap_or(&said);
    let why = answered("Slack", code, error);
    let verdict = match (code, error) {
        (429, _) | (_, "ratelimited" | "rate_limited") => Verdict::Retry { after, why },
        // Part of it may have been done, says Slack.
        (_, "internal_error" | "fatal_error") => Verdict::Ambiguous { why },
        (500.., _) | (_, "service_unavailable" | "request_timeout" | "team_added_to_org") => {
            Verdict::Retry { after, why }
        }
        (_, gone) if GONE.contains(&gone) => Verdict::Permanent { why, disable: true },
        (200, error) if !answer.is_object() || error.is_empty() => {
            Verdict::Retry { after: None, why }
        }
        _ => Verdict::Permanent { why, disable: false },
    };
    Err(Sent::plain(verdict, Some(code)))
}

/// Whether the message that should be edited cannot be any more.
fn lost(sent: &Sent) -> bool {
    let Verdict::Permanent { why, disable: false } = &sent.verdict else { return false };
    ["message_not_found", "cant_update_message", "edit_window_closed"]
        .iter()
        .any(|word| why.ends_with(word))
}

/// That an old message cannot be edited is no failure of this one: what it says is on the page.
fn forgive(sent: Sent) -> Sent {
    if lost(&sent) { Sent { verdict: Verdict::Delivered, ..sent } } else { sent }
}

/// Answers after which this bot will never reach this channel again without a person's help.
const GONE: [&str; 12] = [
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "account_inactive",
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "restricted_action",
    "ekm_access_denied",
    "team_access_not_granted",
];
