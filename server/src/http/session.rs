//! Cookie or API token to a caller with an open door: a handler that takes a [`Caller`] cannot be reached without
//! being somebody, having the role, and being in one's own tenant.
//!
//! The session row is read with every request: signing out, losing a role or being removed acts at once.

pub mod cookies;
pub mod get;
pub mod open;
pub mod refresh;
pub mod sign_in;
pub mod sign_out;
pub mod switch;
pub mod token;

use std::{
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use self::{
    cookies::{Cookie, Wire},
    token::Bearer,
};
use super::{
    api::{Api, Shared},
    error::Problem,
};
use crate::{
    domain::{
        ids::{self, PersonId, PublicId, TenantId},
        member::Role,
        rights::{Right, Scope, table},
    },
    secrets::key::{self, KeyKind},
    store::{Scoped, StoreError, sessions::LiveSession, tokens::LiveToken as Token},
};

/// The right that an operation needs, as a type.
pub trait Needs: Send + Sync {
    /// That right.
    const RIGHT: Right;
}

macro_rules! needs {
    ($($name:ident = $right:ident),* $(,)?) => {$(
        #[doc = concat!("Needs the right `", stringify!($right), "`.")]
        #[derive(Debug)]
        pub struct $name;
        impl Needs for $name {
            const RIGHT: Right = table::$right;
        }
    )*};
}
needs!(
    Viewer = LOOK,
    Myself = MYSELF,
    Scraper = SCRAPE,
    Operator = OPERATE,
    Admin = CHANGE,
    Machines = MACHINES,
    Personnel = PEOPLE,
    Owner = OWN,
);

/// Somebody who may do what is asked, with the door of their own tenant open.
#[derive(Debug)]
pub struct Caller<R> {
    /// Everything is read and written through this.
    pub scoped: Scoped,
    /// Who it is.
    pub who: Who,
    /// When the request is served.
    pub now: DateTime<Utc>,
    /// Address of whoever asks.
    pub peer: IpAddr,
    role: PhantomData<fn() -> R>,
}

/// A person with a session, or an API token.
#[derive(Debug)]
pub enum Who {
    /// A person.
    Person(Box<LiveSession>),
    /// A script.
    Token {
        /// Public id of the token.
        token: PublicId<ids::ApiToken>,
        /// The role that bounds what it may do.
        role: Role,
        /// What it may do within it.
        scopes: Vec<Scope>,
    },
}

impl Who {
    /// Role in the tenant.
    pub fn role(&self) -> Role {
        match self {
            Self::Person(session) => session.role,
            Self::Token { role, .. } => *role,
        }
    }

    /// The person, unless it is a script.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person(session) => Some(session.person),
            Self::Token { .. } => None,
        }
    }

    /// As the audit log names them.
    pub fn actor(&self) -> String {
        match self {
            Self::Person(session) => session.person_ref.to_string(),
            Self::Token { token, .. } => token.to_string(),
        }
    }
}

impl<R> Caller<R> {
    /// Whose door it is.
    pub fn tenant(&self) -> TenantId {
        self.scoped.tenant()
    }

    /// Writes down what was done and makes it durable.
    pub async fn done(mut self, action: &str, object: &str, detail: Value) -> Result<(), Problem> {
        self.note(action, object, detail).await?;
        Ok(self.scoped.commit().await?)
    }

    /// Writes down what was done; something else makes it durable.
    pub async fn note(&mut self, action: &str, object: &str, detail: Value) -> Result<(), Problem> {
        let (ip, actor) = (self.peer.to_string(), self.who.actor());
        Ok(self.scoped.audit_from(&ip, &actor, (action, object), detail).await?)
    }

    /// The person and the session. API tokens have neither, and find nothing here.
    pub fn live(&self) -> Result<&LiveSession, Problem> {
        match &self.who {
            Who::Person(live) => Ok(live),
            Who::Token { .. } => Err(Problem::OutOfScope(None)),
        }
    }
}

impl<R: Needs> FromRequestParts<Shared> for Caller<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        let now = api.clock.now();
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let operation = format!("{} {route}", parts.method);
        let (scoped, who) = identify(api, parts, &operation, now).await?;
        if let Who::Person(session) = &who
            && !matches!(parts.method, Method::GET | Method::HEAD)
            && api.gate.wants_proof(&operation)
        {
            api.check_proof(&parts.headers, session.public_id)?;
        }
        if let Who::Token { scopes, .. } = &who
            && !api.gate.lets_token(&operation, scopes, R::RIGHT)
        {
            return Err(Problem::OutOfScope(R::RIGHT.scope));
        }
        if !api.gate.admits(&operation, who.role(), R::RIGHT.role) {
            return Err(Problem::Forbidden(R::RIGHT.role));
        }
        Ok(Self { scoped, who, now, peer: peer(parts), role: PhantomData })
    }
}

async fn identify(
    api: &Api,
    parts: &Parts,
    operation: &str,
    now: DateTime<Utc>,
) -> Result<(Scoped, Who), Problem> {
    let headers = &parts.headers;
    let cookie = Cookie::Access.read(wire(headers), headers);
    match (headers.get(header::AUTHORIZATION), cookie) {
        // Two identities in one request: whichever is meant, somebody else could have added the other.
        (Some(_), Some(_)) | (None, None) => Err(Problem::SignedOut),
        (None, Some(token)) => {
            let bearer = api.tokens.read(token, now).ok_or(Problem::SignedOut)?;
            let mut scoped = api.store.web(api.gate.door(operation, bearer.tenant)).await?;
            let session = api.live(&mut scoped, &bearer, now).await?;
            Ok((scoped, Who::Person(Box::new(session.ok_or(Problem::SignedOut)?))))
        }
        (Some(value), None) => {
            let text = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
            let presented = text
                .and_then(|text| key::parse(KeyKind::Api, text).ok())
                .ok_or(Problem::SignedOut)?;
            let mut system = api.store.system_web().await?;
            let found = system.find_api_token(&presented.id).await?;
            drop(system);
            let (tenant, id) = found.ok_or(Problem::SignedOut)?;
            let mut scoped = api.store.web(tenant).await?;
            let token: Token = scoped.live_token(id, now).await?.ok_or(Problem::SignedOut)?;
            if !bool::from(token.secret_hash.as_slice().ct_eq(presented.hash.as_slice())) {
                return Err(Problem::SignedOut);
            }
            api.note_use(&token, peer(parts), now).await?;
            let Token { public_id, role, scopes, .. } = token;
            Ok((scoped, Who::Token { token: public_id, role, scopes }))
        }
    }
}

/// Who sends a request, in one word for each tenant; none: nobody who may speak.
pub async fn owner(api: &Api, parts: &Parts) -> Result<Option<String>, Problem> {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match identify(api, parts, &format!("{} {route}", parts.method), api.clock.now()).await {
        Ok((scoped, who)) => Ok(Some(format!("{}|{}", scoped.tenant().get(), who.actor()))),
        Err(Problem::SignedOut) => Ok(None),
        Err(other) => Err(other),
    }
}

impl Api {
    /// Writes when and where a token was used, at most once a minute.
    async fn note_use(
        &self,
        token: &Token,
        peer: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if token.last_used_at.is_some_and(|at| now - at < TimeDelta::minutes(1)) {
            return Ok(());
        }
        let mut scoped = self.store.web(token.tenant).await?;
        scoped.token_used(token.id, &peer.to_string(), now).await?;
        scoped.commit().await
    }

    /// The session that a token speaks for, if its row still allows it.
    pub async fn live(
        &self,
        scoped: &mut Scoped,
        bearer: &Bearer,
        now: DateTime<Utc>,
    ) -> Result<Option<LiveSession>, StoreError> {
        let session = scoped.live_session(bearer.session, now, now - IDLE).await?;
        Ok(session.filter(|session| session.person_ref == bearer.person))
    }

    /// The proof that a request comes from our own page, bound to its session.
    pub fn proof(&self, session: PublicId<ids::Session>) -> String {
        mac(&self.vault.derive("csrf"), session.to_string().as_bytes())
    }

    fn check_proof(
        &self,
        headers: &HeaderMap,
        session: PublicId<ids::Session>,
    ) -> Result<(), Problem> {
        same_site(headers)?;
        let given = headers.get("x-mailvane-csrf").map(HeaderValue::as_bytes);
        let right = self.proof(session);
        let fits = given.is_some_and(|given| given.ct_eq(right.as_bytes()).into());
        if fits { Ok(()) } else { Err(Problem::Forged) }
    }
}

/// Proof of `message` under `key`, for a cookie or a header.
fn mac(key: &[u8; 32], message: &[u8]) -> String {
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else {
        // HMAC takes keys of any length.
        std::process::abort();
    };
    mac.update(message);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// A browser says where a request was made; what says nothing is no browser of today.
pub fn same_site(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Problem::Forged),
    }
}

/// Plain text only where the browser itself says that it speaks to this machine.
pub fn wire(headers: &HeaderMap) -> Wire {
    let host = headers.get(PLAIN_MARK).map(HeaderValue::as_bytes);
    if host.is_some() { Wire::Plain } else { Wire::Secure }
}

/// Who is at the other end of the connection.
pub fn peer(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(peer)| peer.ip())
}

/// Who is signed in, where, and as what.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    person: PersonView,
    tenant: TenantView,
    /// `owner`, `admin`, `operator` or `viewer`.
    role: &'static str,
    /// Goes into `X-Mailvane-CSRF` with every change.
    csrf: String,
    /// When it ends whatever happens.
    expires_at: DateTime<Utc>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    /// `user_…`
    pub id: String,
    /// Address.
    pub email: String,
    /// Name, or empty.
    pub name: String,
}

/// The tenant of the session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub struct TenantView {
    /// `tenant_…`
    id: String,
    /// Name.
    name: String,
    /// Sampling interval, seconds.
    interval_s: i32,
}

impl Session {
    /// For whoever holds it.
    async fn view(api: &Api, scoped: &mut Scoped, live: LiveSession) -> Result<Self, Problem> {
        let tenant = scoped.tenant_row().await?;
        Ok(Self {
            csrf: api.proof(live.public_id),
            person: PersonView {
                id: live.person_ref.to_string(),
                email: live.email,
                name: live.name,
            },
            tenant: TenantView {
                id: tenant.public_id.to_string(),
                name: tenant.name,
                interval_s: tenant.interval_ms / 1_000,
            },
            role: live.role.word(),
            expires_at: live.expires_at,
        })
    }
}

/// Set by the edge on requests that came in plain text from a browser on this machine; it removes what a client sends.
pub const PLAIN_MARK: &str = "x-mailvane-plain";
/// A session that was not used for so long is over.
pub const IDLE: TimeDelta = TimeDelta::days(7);
/// A session is over after so long, whatever happens.
pub const LIFE: TimeDelta = TimeDelta::days(30);
/// A spent secret that comes again within this time is a second tab or a lost answer, not a thief.
pub const SPENT_GRACE: TimeDelta = TimeDelta::seconds(10);
