//! Any program, by Standard Webhooks: signed, numbered, the same id over all tries.
//!
//! Never prose to be parsed: the facts are fields.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use reqwest::header::HeaderName;
use serde_json::{Value, json};
use sha2::Sha256;

use super::errand::{Carriers, Errand, Sent, Verdict, answered, heard};

/// Delivers one message, signed with each of `secrets`.
pub(super) async fn deliver(
    carriers: Carriers<'_>,
    url: &str,
    secrets: &[&str],
    errand: &Errand<'_>,
) -> Sent {
    let target = match carriers.client.target(url) {
        Ok(target) => target,
        Err(refused) => return Sent::never(refused.to_string()),
    };
    let (id, at) = (errand.delivery.to_string(), errand.now.timestamp());
    let body = body(errand).to_string();
    let signatures: Vec<String> =
        secrets.iter().filter_map(|secret| sign(secret, &id, at, body.as_bytes())).collect();
    if signatures.is_empty() {
        return Sent::never("the secret of this channel is no whsec_ secret: enter it again");
    }
    let headers = [
        (HeaderName::from_static("webhook-id"), id),
        (HeaderName::from_static("webhook-timestamp"), at.to_string()),
        (HeaderName::from_static("webhook-signature"), signatures.join(" ")),
    ];
    let answer = carriers.client.post(&target, &headers, body.into_bytes()).await;
    let (code, after, said, _) = match heard(answer) {
        Ok(spoken) => spoken,
        Err(silent) => return silent,
    };
    let why = answered("The receiver", code, &said);
    let verdict = match code {
        200..300 => Verdict::Delivered,
        410 => Verdict::Permanent { why, disable: true },
        408 | 425 | 429 | 500.. => Verdict::Retry { after, why },
        _ => Verdict::Permanent { why, disable: false },
    };
    Sent::plain(verdict, Some(code))
}

/// `v1,<base64>` of HMAC-SHA256 over `id.timestamp.body`; none if the secret is not one.
pub fn sign(secret: &str, id: &str, at: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// The event, under 20 KB: facts are cut where they are made.
pub(super) fn body(errand: &Errand<'_>) -> Value {
    let (notice, message) = (errand.notice, &errand.notice.message);
    match &notice.facts {
        Some(facts) => {
            let mut data = facts.json();
            if let Some(fields) = data.as_object_mut() {
                fields.insert("kind".to_owned(), json!(notice.kind));
            }
            let at = if notice.act == super::facts::Act::Close {
                facts.closed_at.unwrap_or(errand.now)
            } else {
                facts.opened_at
            };
            json!({"type": notice.act.event(), "timestamp": at, "data": data})
        }
        None => json!({"type": notice.kind, "timestamp": errand.owed_at,
            "data": {"title": message.title, "text": message.summary}}),
    }
}

#[cfg(test)]
mod tests;
