//! `POST /session`: address and password to a session. The answer never tells whether the address is known.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{IDLE, LIFE, Session, cookies::Cookie, peer, same_site, token, wire};
use crate::{
    domain::{
        ids::{self, PublicId, TenantId},
        member::Email,
    },
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        input::Body,
    },
    secrets::Secret,
    store::{
        Scoped,
        people::Person,
        sessions::{LiveSession, NewSession},
    },
};

/// What a person types.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub struct Request {
    /// Address.
    email: String,
    /// Password.
    password: String,
}

/// Headers and peer of a request.
#[derive(Debug)]
pub struct From {
    headers: HeaderMap,
    peer: std::net::IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { headers: parts.headers.clone(), peer: peer(parts) })
    }
}

/// Signs in.
#[utoipa::path(post, path = "/session", operation_id = "session.sign_in", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 200, body = Session, description = "Signed in; sets cookies"),
        (status = 401, body = ProblemBody, description = "Wrong address or password"),
        (status = 429, body = ProblemBody, description = "Too many tries")))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    same_site(&from.headers)?;
    let now = api.clock.now();
    let account = request.email.trim().to_lowercase();
    if let Some(wait) = api.throttle.wait(&account, from.peer, now) {
        return Err(Problem::TooMany(wait));
    }
    // Counted before the password is checked: a hundred tries at once are a hundred tries.
    api.throttle.failed(&account, from.peer, now);
    let person = check(&api, &account, Secret::new(request.password)).await?;
    let tenant = first_tenant(&api, &person).await?;
    api.throttle.succeeded(&account);
    let agent = from.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let agent: String = agent.unwrap_or_default().chars().take(USER_AGENT_CHARS_MAX).collect();
    let (mut scoped, live, refresh) = open(&api, tenant, &person, &agent).await?;
    let actor = live.person_ref.to_string();
    scoped.audit(&actor, "session.sign_in", &live.public_id.to_string(), json!({})).await?;
    let answer = answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    Ok(answer)
}

async fn check(api: &Api, account: &str, password: Secret) -> Result<Person, Problem> {
    let email = Email::parse(account);
    let person = match &email {
        Some(email) => api.store.system_web().await?.person_by_email(email).await?,
        None => None,
    };
    let too_long = password.expose().len() > PASSWORD_BYTES_MAX;
    let stored = person.as_ref().filter(|_| !too_long).and_then(|p| p.password_hash.clone());
    let password = if too_long { Secret::new(String::new()) } else { password };
    let fits = api
        .passwords
        .verify(password, stored)
        .await
        .map_err(|_| Problem::Unavailable("Too many people sign in at once.", 3))?;
    person.filter(|_| fits).ok_or(Problem::WrongPassword)
}

async fn first_tenant(api: &Api, person: &Person) -> Result<TenantId, Problem> {
    let memberships = api.store.system_web().await?.find_memberships(person.id).await?;
    memberships.into_iter().min_by_key(|tenant| tenant.get()).ok_or(Problem::WrongPassword)
}

async fn open(
    api: &Api,
    tenant: TenantId,
    person: &Person,
    user_agent: &str,
) -> Result<(Scoped, LiveSession, String), Problem> {
    let now = api.clock.now();
    let (refresh, refresh_hash) = super::refresh::mint(&*api.dice);
    let public_id = PublicId::<ids::Session>::make(now, &*api.dice);
    let mut scoped = api.store.web(tenant).await?;
    let new = NewSession {
        public_id,
        person: person.id,
        refresh_hash,
        user_agent,
        now,
        expires_at: now + LIFE,
    };
    if !scoped.open_session(&new).await? {
        return Err(Problem::WrongPassword);
    }
    let live = scoped.live_session(public_id, now, now - IDLE).await?;
    Ok((scoped, live.ok_or(Problem::Internal)?, refresh))
}

/// The session as JSON, with both cookies set.
pub(super) async fn answer(
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
    let view = Session::view(api, scoped, live).await?;
    let mut answer = Json(view).into_response();
    let cookies = [
        Cookie::Access.set(wire, &access, token::LIFE.num_seconds()),
        Cookie::Refresh.set(wire, refresh, left_s),
    ];
    for (name, value) in cookies.into_iter().flatten() {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

const USER_AGENT_CHARS_MAX: usize = 200;
const PASSWORD_BYTES_MAX: usize = 1_024;
