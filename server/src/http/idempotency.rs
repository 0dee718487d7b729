//! `Idempotency-Key`: a create that is sent twice happens once, and is answered twice alike.
//!
//! A key belongs to whoever sent it, in their tenant and for one operation: nobody meets another's. The answer rests
//! sealed for a day, for it may show a key that is shown only once.

use axum::{
    body::{Body, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    api::{Api, Shared},
    error::Problem,
    session,
};
use crate::secrets::Place;

/// Serves a request once for each key.
pub async fn once(State(api): State<Shared>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(KEY).filter(|_| request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let key = key.as_bytes();
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.iter().all(u8::is_ascii_graphic) {
        let what = "Idempotency-Key: use 1 to 128 printable characters without spaces.";
        return Problem::Malformed(what.to_owned()).into_response();
    }
    let key = key.to_vec();
    served(&api, request, &key, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn served(
    api: &Shared,
    request: Request,
    key: &[u8],
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes =
        to_bytes(body, super::input::BODY_BYTES_MAX).await.map_err(|_| Problem::TooLarge)?;
    let Some(owner) = session::owner(api, &parts).await? else {
        // Nobody in particular: the handler says what that means.
        return Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await);
    };
    let slot = slot(&owner, &parts, key);
    let now = api.clock.now();
    let mut system = api.store.system_web().await?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let kept = system.take_slot(&slot, &digest, (now - LIFE, now)).await?;
    system.commit().await?;
    if let Some(kept) = kept {
        if kept.body != digest {
            let what = "This Idempotency-Key was sent with another body before: use a new one.";
            return Err(Problem::Conflict(what.to_owned()));
        }
        let Some((status, sealed)) = kept.answer else {
            let what = "The first request with this Idempotency-Key is still being served.";
            return Err(Problem::Conflict(what.to_owned()));
        };
        let plain = api.vault.open(place(&slot), &sealed)?;
        return Ok(again(status, plain.to_vec()));
    }
    let answer = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(api, &slot, answer).await
}

/// Keeps what succeeded; what failed may be tried again under the same key.
async fn keep(api: &Api, slot: &[u8; 32], answer: Response) -> Result<Response, Problem> {
    let (parts, body) = answer.into_parts();
    if !parts.status.is_success() || parts.headers.contains_key(header::SET_COOKIE) {
        let mut system = api.store.system_web().await?;
        system.free_slot(slot).await?;
        system.commit().await?;
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|_| Problem::Internal)?;
    let sealed = api.vault.seal(place(slot), &bytes, &*api.dice)?;
    let status = i16::try_from(parts.status.as_u16()).unwrap_or(200);
    let mut system = api.store.system_web().await?;
    system.keep_answer(slot, status, &sealed).await?;
    system.commit().await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(status: i16, body: Vec<u8>) -> Response {
    let status = u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let mut answer = (status.unwrap_or(StatusCode::OK), body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    answer
}

fn slot(owner: &str, parts: &Parts, key: &[u8]) -> [u8; 32] {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let mut hash = Sha256::new();
    for part in [owner.as_bytes(), route.as_bytes(), parts.uri.path().as_bytes(), key] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn place(slot: &[u8; 32]) -> Place<'static> {
    let row = slot.first_chunk().copied().map(Uuid::from_bytes).unwrap_or_default();
    Place { table: "idempotency", column: "sealed", tenant: 0, row }
}

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const KEY_BYTES_MAX: usize = 128;
const LIFE: TimeDelta = TimeDelta::days(1);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
