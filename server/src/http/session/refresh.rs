//! `POST /session/refresh`: a refresh secret for the next one. A secret that comes twice ends the session.
//!
//! Within ten seconds of its replacement a spent secret is a second tab or a lost answer, and is served.

use axum::{extract::State, http::HeaderMap, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{IDLE, SPENT_GRACE, Session, cookies::Cookie, mac, open, same_site, wire};
use crate::{
    clock::Dice,
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
    },
    secrets::{digest, roll},
};

/// Rotates.
#[utoipa::path(post, path = "/session/refresh", operation_id = "session.refresh", tag = "session",
    extensions(("x-min-role" = json!("public"))),
    responses((status = 200, body = Session, description = "Goes on; sets cookies"),
        (status = 401, body = ProblemBody, description = "Over: sign in")))]
pub async fn handle(State(api): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    same_site(&headers)?;
    let now = api.clock.now();
    let secret = Cookie::Refresh.read(wire(&headers), &headers).ok_or(Problem::SignedOut)?;
    let hash = digest(secret.as_bytes());
    let found = api.store.system_web().await?.find_session(&hash).await?;
    let (tenant, id) = found.ok_or(Problem::SignedOut)?;
    let mut scoped = api.store.web(tenant).await?;
    let presented = scoped.presented_session(id, &hash).await?.ok_or(Problem::SignedOut)?;
    let over =
        presented.revoked || presented.expires_at <= now || presented.last_used_at <= now - IDLE;
    if over {
        return Err(Problem::SignedOut);
    }
    let (fresh, fresh_hash) = successor(&api, secret);
    let unused = scoped.presented_session(id, &fresh_hash).await?.is_some_and(|next| !next.spent);
    let late_tab = unused && presented.spent_at.is_some_and(|at| now - at <= SPENT_GRACE);
    if presented.spent && !late_tab {
        scoped.revoke_session(id, now).await?;
        let session = presented.public_id.to_string();
        scoped.audit("system", "session.reused_secret", &session, json!({})).await?;
        scoped.commit().await?;
        return Err(Problem::SignedOut);
    }
    if !presented.spent {
        scoped.rotate_session(id, (&hash, &fresh_hash), now).await?;
    }
    let live = scoped.live_session(presented.public_id, now, now - IDLE).await?;
    let live = live.ok_or(Problem::SignedOut)?;
    let answer = open::answer(&api, &mut scoped, &headers, (live, &fresh), now).await?;
    scoped.commit().await?;
    Ok(answer)
}

/// The one secret that follows `spent`, with its hash: two tabs that rotate at once get the same one.
fn successor(api: &Api, spent: &str) -> (String, [u8; 32]) {
    let secret = mac(&api.vault.derive("refresh"), spent.as_bytes());
    let hash = digest(secret.as_bytes());
    (secret, hash)
}

/// The first refresh secret of a session, with its hash.
pub(super) fn mint(dice: &dyn Dice) -> (String, [u8; 32]) {
    let secret = URL_SAFE_NO_PAD.encode(roll::<32>(dice));
    let hash = digest(secret.as_bytes());
    (secret, hash)
}
