//! Opening a session for somebody who has proved who it is, and answering with its cookies.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use super::{IDLE, LIFE, Session, cookies::Cookie, peer, token, wire};
use crate::{
    domain::ids::{self, PersonId, PublicId},
    http::{api::Api, error::Problem},
    store::{
        Scoped,
        sessions::{LiveSession, NewSession},
    },
};

/// Headers and peer of a request that comes without a session.
#[derive(Debug)]
pub struct From {
    /// Its headers.
    pub headers: HeaderMap,
    /// The other end of its connection.
    pub peer: std::net::IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { headers: parts.headers.clone(), peer: peer(parts) })
    }
}

impl From {
    /// What the browser says it is, cut.
    fn user_agent(&self) -> String {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        agent.unwrap_or_default().chars().take(USER_AGENT_CHARS_MAX).collect()
    }
}

/// A new session of `person` in the tenant of this door, with its refresh secret. None: no member of it.
pub async fn open(
    api: &Api,
    scoped: &mut Scoped,
    person: PersonId,
    from: &From,
) -> Result<Option<(LiveSession, String)>, Problem> {
    let now = api.clock.now();
    let (refresh, refresh_hash) = super::refresh::mint(&*api.dice);
    let public_id = PublicId::<ids::Session>::make(now, &*api.dice);
    let (user_agent, ip) = (from.user_agent(), from.peer.to_string());
    let new = NewSession {
        public_id,
        person,
        refresh_hash,
        user_agent: &user_agent,
        ip: &ip,
        now,
        expires_at: now + LIFE,
    };
    if !scoped.open_session(&new).await? {
        return Ok(None);
    }
    let live = scoped.live_session(public_id, now, now - IDLE).await?;
    Ok(Some((live.ok_or(Problem::Internal)?, refresh)))
}

/// The session as JSON, with its cookies set.
pub async fn answer(
    api: &Api,
    scoped: &mut Scoped,
    headers: &HeaderMap,
    (live, refresh): (LiveSession, &str),
    now: DateTime<Utc>,
) -> Result<Response, Problem> {
    let wire = wire(headers);
    let bearer =
        token::Bearer { tenant: scoped.tenant(), session: live.public_id, person: live.person_ref };
    let left_s = (live.expires_at - now).num_seconds().max(0);
    let access = api.tokens.sign(&bearer, now).ok_or(Problem::Internal)?;
    let known = api.known_mark(&live.email);
    let view = Session::view(api, scoped, live).await?;
    let mut answer = Json(view).into_response();
    let cookies = [
        Cookie::Access.set(wire, &access, token::LIFE.num_seconds()),
        Cookie::Refresh.set(wire, refresh, left_s),
        Cookie::Known.set(wire, &known, KNOWN_LIFE_S),
    ];
    for (name, value) in cookies.into_iter().flatten() {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

const USER_AGENT_CHARS_MAX: usize = 200;
/// A browser that was let in is known for so long.
const KNOWN_LIFE_S: i64 = 180 * 86_400;
