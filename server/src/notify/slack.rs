//! Slack incoming webhooks: one message for each piece of news, what an answer means.

use std::time::Duration;

use super::{
    blocks,
    client::GuardedClient,
    errand::{Carriers, Errand, Sent, Verdict, answered, heard},
    facts::Act,
};

/// What may be shown of a webhook's address, or why it cannot be one.
pub(super) fn hint(client: &GuardedClient, url: &str) -> Result<String, String> {
    let target = client.target(url).map_err(|refused| refused.to_string())?;
    let host = target.url().host_str().unwrap_or_default();
    let path = target.url().path();
    if path.len() < 2 {
        return Err("this is no webhook: copy its whole address".to_owned());
    }
    let skip = path.chars().count().saturating_sub(HINT_TAIL_CHARS);
    let tail: String = path.chars().skip(skip).collect();
    Ok(format!("{host}/…{tail}"))
}

/// Delivers one message. What would only change an earlier one is not sent: a webhook cannot edit.
pub(super) async fn deliver(
    carriers: Carriers<'_>,
    webhook_url: &str,
    errand: &Errand<'_>,
) -> Sent {
    if errand.notice.act == Act::Acknowledge {
        return Sent::plain(Verdict::Delivered, None);
    }
    let target = match carriers.client.target(webhook_url) {
        Ok(target) => target,
        Err(refused) => return Sent::never(refused.to_string()),
    };
    let body = blocks::layout(&errand.notice.message, None).to_string().into_bytes();
    match heard(carriers.client.post_json(&target, body).await) {
        Ok((code, after, said, _)) => Sent::plain(verdict(code, after, &said), Some(code)),
        Err(silent) => silent,
    }
}

/// What Slack's answer means. Only `ok` is yes: a 200 with other words is a proxy's, not Slack's.
fn verdict(code: u16, after: Option<Duration>, said: &str) -> Verdict {
    let why = answered("Slack", code, said);
    match (code, said) {
        (200, "ok") => Verdict::Delivered,
        (429 | 503, _) => Verdict::Retry { after, why },
        (200..300 | 408 | 425 | 500.., _) => Verdict::Retry { after: None, why },
        (404 | 410, _) | (403, "action_prohibited") | (400, "invalid_token") => {
            Verdict::Permanent { why, disable: true }
        }
        (400, said) => {
            tracing::error!(answer = %said, "Slack refused the form of a message; please report this");
            Verdict::Permanent { why, disable: false }
        }
        _ => Verdict::Permanent { why, disable: false },
    }
}

/// Of some 24 random characters: enough to tell two webhooks apart, useless to send.
const HINT_TAIL_CHARS: usize = 4;

#[cfg(test)]
mod tests;
