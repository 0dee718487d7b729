//! `POST /hooks/slack/{channel}`: a click in Slack, signed with the app's signing secret over the raw body.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::{Spoken, channel_id};
use crate::{
    domain::channel::Address,
    http::{api::Shared, error::Problem},
};

/// Answers within Slack's three seconds; the message itself is changed by the loop that delivers.
pub(super) async fn handle(
    State(api): State<Shared>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let spoken = Spoken::open(&api, channel_id(&channel)?).await?;
    let Address::SlackBot { signing_secret, .. } = &spoken.address else {
        return Err(Problem::SignedOut);
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (at, given) = header("x-slack-request-timestamp")
        .zip(header("x-slack-signature"))
        .ok_or(Problem::SignedOut)?;
    let stamped: i64 = at.parse().map_err(|_| Problem::SignedOut)?;
    let fresh = spoken.now.timestamp().abs_diff(stamped) <= AGE_S_MAX;
    let right = signature(signing_secret, at, &body).ok_or(Problem::Internal)?;
    if !fresh || !bool::from(right.as_bytes().ct_eq(given.as_bytes())) {
        return Err(Problem::SignedOut);
    }
    let Some((data, who)) = pressed(&body) else { return Ok(StatusCode::OK) };
    spoken.press(&api, &data, &who).await?;
    Ok(StatusCode::OK)
}

/// `v0=<hex>` over `v0:<timestamp>:<body>`.
fn signature(secret: &str, at: &str, body: &[u8]) -> Option<String> {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("v0:{at}:").as_bytes());
    mac.update(body);
    Some(format!("v0={:x}", mac.finalize().into_bytes()))
}

/// The value of the button and who pressed it; none if it was a mere link.
fn pressed(body: &[u8]) -> Option<(String, String)> {
    let payload = url::form_urlencoded::parse(body).find(|(name, _)| name == "payload")?.1;
    let payload: Value = serde_json::from_str(&payload).ok()?;
    if payload.get("type")?.as_str()? != "block_actions" {
        return None;
    }
    let value = payload.pointer("/actions/0/value")?.as_str()?.to_owned();
    let name = payload.pointer("/user/username").or_else(|| payload.pointer("/user/name"));
    let id = payload.pointer("/user/id").and_then(Value::as_str).unwrap_or_default();
    let name = name.and_then(Value::as_str).unwrap_or_default();
    Some((value, format!("Slack user {name} {id}").trim().to_owned()))
}

/// Older and newer calls are somebody's copies.
const AGE_S_MAX: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of Slack's own documentation.
    #[test]
    fn the_published_vector_comes_out() {
        let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
            channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
            response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
            trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body).unwrap(),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
