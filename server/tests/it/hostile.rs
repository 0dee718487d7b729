//! What clumsy and hostile clients send to REST and pages: each group of cases, each with its stated answer. Never a
//! failure of the server, never a word of its insides, never another tenant's byte.

mod bodies;
mod people;
mod rest;
mod tokens;
mod wire;

use mailvane_server::domain::{ids::TenantId, member::Role};
use serde_json::{Value, json};

use crate::harness::api::{Reply, Site, Visitor};

/// A tenant with members of every role, and another one whose words nobody of the first may hear.
pub(crate) struct Fort {
    pub(crate) site: Site,
    pub(crate) tenant: TenantId,
    pub(crate) heron: TenantId,
}

pub(crate) const CANARY: &str = "canary-51c0de";

impl Fort {
    pub(crate) async fn build() -> Self {
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        let heron = site.db.tenant(&format!("Heron {CANARY}")).await;
        for role in Role::ALL {
            site.person(tenant, &format!("{role}@kestrel.example"), role, "").await;
        }
        site.person(heron, &format!("owner-{CANARY}@heron.example"), Role::Owner, "").await;
        Self { site, tenant, heron }
    }

    pub(crate) async fn admin(&self) -> Visitor {
        self.site.session(self.tenant, "admin@kestrel.example").await
    }

    pub(crate) async fn owner(&self) -> Visitor {
        self.site.session(self.tenant, "owner@kestrel.example").await
    }

    /// Asks, and holds every answer against the rule for all cases.
    pub(crate) async fn ask(
        &self,
        who: &Visitor,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Reply {
        let reply = self.site.ask(who, (method, path), body, &[]).await;
        sane(&reply, &format!("{method} {path} {body:?}"));
        reply
    }

    pub(crate) async fn post(&self, who: &Visitor, path: &str, body: &Value) -> Reply {
        self.ask(who, ("POST", &format!("/api/v1{path}")), Some(body)).await
    }
}

/// No failure of ours, no insides, nothing of another's.
pub(crate) fn sane(reply: &Reply, what: &str) {
    assert!(reply.status.as_u16() < 500, "{what}: {} {}", reply.status, reply.text);
    for inside in ["panicked", "src/", "sqlx", "SELECT ", "postgres", "stack backtrace", CANARY] {
        assert!(!reply.text.contains(inside), "{what} shows {inside}: {}", reply.text);
    }
}

/// A trigger as good as they come, for cases that spoil one thing of it.
pub(crate) fn trigger() -> Value {
    json!({"name": "t", "severity": "info", "spec": {"kind": "silent", "after_s": 300}})
}
