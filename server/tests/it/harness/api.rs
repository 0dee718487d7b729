//! The API without a network: a router over a real database, with members of every role and tokens of every scope.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use mailvane_server::{
    clock::Clock as _,
    domain::{
        channel::{Address, AddressFault},
        ids::{self, PublicId, TenantId},
        member::{Email, Role},
    },
    edge::headers::{Way, secure},
    http::{
        self,
        api::{Api, Offers, Outward, Parts, Shared, Site as Place},
        gate::{Gate, Strict},
        session::{IDLE, token::Bearer},
    },
    lifecycle::Lifecycle,
    secrets::{
        Vault,
        key::{KeyKind, mint},
    },
    store::{Admin, sessions::NewSession},
};
use serde_json::Value;
#[expect(clippy::disallowed_types, reason = "a story's own rows, formed from its own texts")]
use sqlx::AssertSqlSafe;
use sqlx::Executor as _;
use tower::ServiceExt as _;

use super::Db;

/// A server as people meet it.
pub(crate) struct Site {
    pub(crate) db: Db,
    pub(crate) api: Shared,
    pub(crate) life: Lifecycle,
    router: Router,
}

/// Somebody at the door.
#[derive(Debug, Clone)]
pub(crate) enum Visitor {
    Nobody,
    Session { token: String, proof: String },
    Token(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// Header lines, but those that differ from request to request.
    pub(crate) head: Vec<String>,
    pub(crate) cookies: Vec<String>,
    /// Content type.
    pub(crate) kind: String,
    /// Where to go on; empty: nowhere.
    pub(crate) location: String,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {self:?}"))
    }

    /// Without what differs from request to request.
    pub(crate) fn shape(&self) -> (StatusCode, Value) {
        let mut body = serde_json::from_str(&self.text).unwrap_or(Value::Null);
        if let Some(fields) = body.as_object_mut() {
            fields.remove("request_id");
        }
        (self.status, body)
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::guarded(Db::new().await, Arc::new(Strict))
    }

    /// With another gate; the database stays.
    pub(crate) fn guarded(db: Db, gate: Arc<dyn Gate>) -> Self {
        Self::build(db, gate, nobody(), Arc::new(Vault::new([7; 32])))
    }

    /// With master keys of its own.
    pub(crate) fn with_vault(db: Db, vault: Arc<Vault>) -> Self {
        Self::build(db, Arc::new(Strict), nobody(), vault)
    }

    /// With another world outside.
    pub(crate) fn with_outward(db: Db, outward: Outward) -> Self {
        Self::build(db, Arc::new(Strict), outward, Arc::new(Vault::new([7; 32])))
    }

    fn build(db: Db, gate: Arc<dyn Gate>, outward: Outward, vault: Arc<Vault>) -> Self {
        let life = Lifecycle::new();
        let api = Api::new(Parts {
            store: db.store.clone(),
            clock: db.clock.clone(),
            dice: db.dice.clone(),
            vault,
            site: Place {
                public_url: "https://mailvane.test".parse().unwrap(),
                ca_sha256: None,
                ca_pem: None,
                pin: None,
                release: None,
            },
            gate,
            address_rule: Arc::new(|address| match address {
                Address::Slack { webhook_url }
                    if !webhook_url.starts_with("https://hooks.slack.com/") =>
                {
                    Err(AddressFault {
                        field: "slack.webhook_url".to_owned(),
                        why: "no".to_owned(),
                    })
                }
                other => other.check().map(|()| "hooks.slack.com/…".to_owned()),
            }),
            sample: Arc::new(|kind, _| (Some(kind.name().to_owned()), None, None)),
            wake_notify: Arc::default(),
            figures: Arc::new(String::new),
            life: life.clone(),
            offers: Offers { mail: true, sign_up: true },
            wake_post: Arc::default(),
            outward,
        });
        let router = secure(http::router(Arc::clone(&api), false), Way::Tls);
        Self { db, api, life, router }
    }

    /// A new person with this role.
    pub(crate) async fn person(&self, tenant: TenantId, email: &str, role: Role, hash: &str) {
        let now = self.db.clock.now();
        let mut admin = Admin::begin(&self.db.administrator).await.unwrap();
        let person = (PublicId::make(now, &*self.db.dice), &Email::parse(email).unwrap(), hash);
        admin.add_member(tenant, person, role).await.unwrap();
        admin.commit().await.unwrap();
    }

    /// A session of a person of this address.
    pub(crate) async fn session(&self, tenant: TenantId, email: &str) -> Visitor {
        let now = self.db.clock.now();
        let mut system = self.db.store.system_web().await.unwrap();
        let person =
            system.people().by_email(&Email::parse(email).unwrap()).await.unwrap().unwrap();
        drop(system);
        let mut refresh_hash = [0; 32];
        mailvane_server::clock::Dice::fill(&*self.db.dice, &mut refresh_hash);
        let public_id = PublicId::<ids::Session>::make(now, &*self.db.dice);
        let new = NewSession {
            public_id,
            person: person.id,
            refresh_hash,
            user_agent: "",
            ip: "",
            now,
            expires_at: now + TimeDelta::days(30),
        };
        let mut scoped = self.db.store.web(tenant).await.unwrap();
        assert!(scoped.open_session(&new).await.unwrap());
        let live = scoped.live_session(public_id, now, now - IDLE).await.unwrap().unwrap();
        scoped.commit().await.unwrap();
        let bearer = Bearer { tenant, session: public_id, person: live.person_ref };
        Visitor::Session {
            token: self.api.tokens.sign(&bearer, now).unwrap(),
            proof: self.api.proof(public_id),
        }
    }

    /// An API token of every scope, bounded by this role, `expired` or not.
    pub(crate) async fn token(&self, tenant: TenantId, role: Role, expired: bool) -> Visitor {
        let key = mint(KeyKind::Api, &*self.db.dice);
        let hash = STANDARD.encode(key.hash);
        let id = PublicId::<ids::ApiToken>::make(self.db.clock.now(), &*self.db.dice).uuid();
        let ends = self.db.clock.now() + TimeDelta::hours(if expired { -1 } else { 1 });
        self.behind(format!(
            "insert into api_token (tenant_id, public_id, key_id, secret_hash, role, expires_at, scopes)
             values ({}, '{id}', '{}', decode('{hash}', 'base64'), '{role}', '{}',
                '{{read,write,scrape,ingest-admin}}')",
            tenant.get(),
            key.id,
            ends.to_rfc3339()
        ))
        .await;
        Visitor::Token(key.text.expose().to_owned())
    }

    /// Statements as the administrator.
    pub(crate) async fn behind(&self, statements: String) {
        self.db.behind().await.execute(AssertSqlSafe(statements)).await.unwrap();
    }

    /// Whether a row of this table has this text in it.
    pub(crate) async fn holds(&self, table: &str, text: &str) -> bool {
        let ask = format!("select 1 from {table} where {table}::text like '%{text}%' limit 1");
        self.db.behind().await.fetch_optional(AssertSqlSafe(ask)).await.unwrap().is_some()
    }

    /// One request, with headers beside those of the visitor.
    pub(crate) async fn ask(
        &self,
        visitor: &Visitor,
        (method, path): (&str, &str),
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let kind = body.map_or("", |_| "application/json");
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        self.send(visitor, (method, path), (body, kind), headers).await
    }

    /// The same with any bytes of any content type; empty: none is said.
    pub(crate) async fn ask_as(
        &self,
        visitor: &Visitor,
        what: (&str, &str),
        body: Vec<u8>,
        kind: &str,
    ) -> Reply {
        self.send(visitor, what, (body, kind), &[]).await
    }

    async fn send(
        &self,
        visitor: &Visitor,
        (method, path): (&str, &str),
        (body, kind): (Vec<u8>, &str),
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        match visitor {
            Visitor::Nobody => {}
            Visitor::Token(token) => {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            Visitor::Session { token, proof } => {
                request = request.header(header::COOKIE, format!("__Host-at={token}"));
                if !headers.iter().any(|(name, _)| *name == "x-mailvane-csrf") {
                    request = request.header("x-mailvane-csrf", proof);
                }
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.map(|value| value.to_str().unwrap().to_owned()).collect();
        let head = answer.headers().iter();
        let head = head
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "set-cookie"))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let location = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let location = location.unwrap_or_default().to_owned();
        let streams = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        // A stream has no end to wait for.
        let bytes = if streams {
            axum::body::Bytes::new()
        } else {
            to_bytes(answer.into_body(), 1 << 22).await.unwrap()
        };
        Reply {
            status,
            head,
            cookies,
            kind,
            location,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Opens a stream of news and reads nothing of it; it ends when dropped.
    pub(crate) async fn open_live(&self, visitor: &Visitor) -> (u16, Body) {
        let Visitor::Session { token, .. } = visitor else { panic!("only people watch") };
        let request = Request::builder().uri("/api/v1/live");
        let request = request.header(header::COOKIE, format!("__Host-at={token}"));
        let answer =
            self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (answer.status().as_u16(), answer.into_body())
    }

    /// What a stream says within this time.
    pub(crate) async fn hear(&self, visitor: &Visitor, path: &str, time: Duration) -> String {
        let request = Request::builder().uri(path);
        let request = match visitor {
            Visitor::Session { token, .. } => {
                request.header(header::COOKIE, format!("__Host-at={token}"))
            }
            Visitor::Token(token) => {
                request.header(header::AUTHORIZATION, format!("Bearer {token}"))
            }
            Visitor::Nobody => request,
        };
        let request = request.body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let mut frames = answer.into_body().into_data_stream();
        let mut heard = String::new();
        let ends = tokio::time::Instant::now() + time;
        while let Ok(Some(Ok(frame))) = tokio::time::timeout_at(ends, frames.next()).await {
            heard.push_str(&String::from_utf8_lossy(&frame));
        }
        heard
    }

    /// One request of somebody outside, with a body as it is.
    pub(crate) async fn raw(
        &self,
        (method, path): (&str, &str),
        body: String,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply {
            status,
            head: Vec::new(),
            cookies: Vec::new(),
            kind: String::new(),
            location: String::new(),
            text,
        }
    }

    /// A plain look.
    pub(crate) async fn get(&self, visitor: &Visitor, path: &str) -> Reply {
        self.ask(visitor, ("GET", path), None, &[]).await
    }
}

/// A world outside in which nobody answers.
fn nobody() -> Outward {
    Arc::new(|_| Box::pin(async { Err("nobody answers".to_owned()) }))
}
