//! Two tenants with a row of every kind, the second one's full of canaries, and everybody who may come to the door.

use std::sync::Arc;

use mailvane_server::{
    domain::{ids::TenantId, member::Role},
    http::gate::Gate,
};
use uuid::Uuid;

use crate::harness::{
    Db,
    api::{Reply, Site, Visitor},
};

use super::contract::Operation;

/// One row of each kind, all with the same number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row(pub(super) u128);

/// The part of a path before an id, and the prefix of the id that belongs there.
const KINDS: &[(&str, &str)] = &[
    ("hosts", "host"),
    ("instances", "inst"),
    ("incidents", "inc"),
    ("triggers", "trig"),
    ("channels", "chan"),
    ("enrolment-keys", "ekey"),
    ("members", "user"),
    ("invitations", "inv"),
    ("api-tokens", "token"),
    ("sessions", "sess"),
    ("grants", "grant"),
    ("routes", "route"),
    ("silences", "sil"),
    ("maintenance", "mnt"),
    ("deliveries", "dlv"),
    ("tenants", "tenant"),
];

impl Row {
    pub(super) fn uuid(self) -> Uuid {
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.0)
    }

    pub(super) fn named(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.uuid().simple())
    }

    /// The prefix of an id behind this part of a path.
    pub(super) fn kind_below(part: &str) -> &'static str {
        let kind = KINDS.iter().find(|(known, _)| *known == part);
        let (_, prefix) = kind.unwrap_or_else(|| {
            panic!("no row has ids behind /{part}/: say in walker/town.rs which one does")
        });
        prefix
    }

    /// Puts ids where `{host}`, `{inst}` and the like stand.
    pub(super) fn fill(self, text: &str) -> String {
        KINDS.iter().fold(text.to_owned(), |text, (_, prefix)| {
            text.replace(&format!("{{{prefix}}}"), &self.named(prefix))
        })
    }
}

pub(super) const OURS: Row = Row(1);
pub(super) const THEIRS: Row = Row(2);
pub(super) const NOBODYS: Row = Row(9);
/// In every text of the second tenant, and nowhere else in the world.
pub(super) const CANARY: &str = "canary-e7f2b9";

/// A tenant's own rows, with its mark in every text.
async fn furnish(site: &Site, tenant: TenantId, row: Row, mark: &str) {
    let (id, t, n) = (row.uuid(), tenant.get(), row.0);
    site.behind(format!(
        "update tenant set public_id = '{id}' where id = {t};
         insert into host (tenant_id, public_id, name, tags) values ({t}, '{id}', 'host {mark}', '{{tag {mark}}}');
         insert into agent (tenant_id, public_id, host_id, public_key, version)
            select {t}, '{id}', id, decode(repeat('00', 32), 'hex'), 'v {mark}' from host where public_id = '{id}';
         insert into host_facts (tenant_id, host_id, facts)
            select {t}, id, '{{\"os\": \"os {mark}\"}}' from host where public_id = '{id}';
         insert into instance (tenant_id, public_id, host_id, config_directory, container, name)
            select {t}, '{id}', id, '/etc/{mark}', 'c {mark}', 'i {mark}' from host where public_id = '{id}';
         insert into trigger (tenant_id, public_id, name, severity, spec)
            values ({t}, '{id}', 't {mark}', 'info', '{{\"kind\": \"silent\", \"after_s\": 300}}');
         insert into channel (tenant_id, public_id, kind, name, hint, secret, disabled_reason, enabled)
            values ({t}, '{id}', 'slack', 'ch {mark}', 'hint {mark}', '\\x00', 'why {mark}', false);
         insert into enrolment_key (tenant_id, public_id, key_id, secret_hash, comment, expires_at, uses_left)
            values ({t}, '{id}', lpad('{n}', 10, '0'), decode(repeat('00', 32), 'hex'), 'key {mark}', now(), 1);
         insert into route (tenant_id, public_id, name, position, matcher, steps)
            values ({t}, '{id}', 'route {mark}', 1, '{{}}', '[]');
         insert into maintenance (tenant_id, public_id, name, zone, starts_at, ends_at)
            values ({t}, '{id}', 'window {mark}', 'UTC', '2026-11-02 10:00+00', '2026-11-02 11:00+00');
         insert into silence (tenant_id, public_id, matcher, starts_at, ends_at, comment)
            values ({t}, '{id}', '{{}}', '2026-11-02 10:00+00', '2026-11-03 11:00+00', 'silence {mark}');
         insert into invitation (tenant_id, public_id, key_id, secret_hash, email, role, invited_by, expires_at)
            values ({t}, '{id}', lpad('{n}', 10, '0'), decode(repeat('00', 32), 'hex'), 'guest@{mark}', 'viewer', 1,
                '2027-01-01');
         insert into api_token (tenant_id, public_id, key_id, secret_hash, comment, role, expires_at)
            values ({t}, '{id}', lpad('{n}', 10, '0'), decode(repeat('00', 32), 'hex'), 'token {mark}', 'viewer', now());
         insert into incident (tenant_id, public_id, alert_key, trigger_id, trigger_name, host_id, severity, title,
                opened_at, cause)
            select {t}, '{id}', 'k{n}', tr.id, 'tn {mark}', h.id, 'info', 'title {mark}', now(),
                '{{\"headline\": \"cause {mark}\"}}'
            from host h, trigger tr where h.public_id = '{id}' and tr.public_id = '{id}';
         insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
            select {t}, id, 1, now(), 'opened', '{{\"x\": \"body {mark}\"}}' from incident where public_id = '{id}';
         insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, status, last_error)
            select {t}, '{id}', c.id, i.id, 1, 'opened', 'dead', 'error {mark}'
            from channel c, incident i where c.public_id = '{id}' and i.public_id = '{id}';
         insert into event (tenant_id, instance_id, at, kind, subject, text, count)
            select {t}, id, '2026-11-02 11:30+00', 1, 'subject {mark}', 'text {mark}', 1
            from instance where public_id = '{id}';
         insert into gap (tenant_id, host_id, from_at, to_at, kind)
            select {t}, id, '2026-11-02 11:30+00', '2026-11-02 11:31+00', 'kind {mark}'
            from host where public_id = '{id}';
         insert into sso (tenant_id, public_id, issuer, client_id, client_secret, domains)
            select {t}, '{id}', 'https://{mark}.example', 'client {mark}', '\\x00', '{{{mark}.example}}'
            where '{mark}' = '{CANARY}'; -- A tenant has one at most: where a wall falls, there must be room for it.
         insert into audit (tenant_id, actor, action, detail)
            values ({t}, 'a {mark}', 'x {mark}', '{{\"d\": \"detail {mark}\"}}');"
    ))
    .await;
}

/// Everything that a walk needs besides the gate.
pub(super) struct Town {
    pub(super) site: Site,
    pub(super) ours: TenantId,
    pub(super) theirs: TenantId,
}

impl Town {
    pub(super) async fn build(gate: Arc<dyn Gate>) -> Self {
        let site = Site::guarded(Db::new().await, gate);
        let ours = site.db.tenant("Kestrel Mail").await;
        let theirs = site.db.tenant(&format!("Heron {CANARY}")).await;
        furnish(&site, ours, OURS, "kestrel").await;
        furnish(&site, theirs, THEIRS, CANARY).await;
        for role in Role::ALL {
            site.person(ours, &format!("{role}@kestrel.example"), role, "").await;
        }
        site.person(theirs, &format!("{CANARY}@heron.example"), Role::Owner, "").await;
        let town = Self { site, ours, theirs };
        town.their_owner().await;
        let known = format!(
            "update person set public_id = '{0}' where email like '{CANARY}%';
             update session set public_id = '{0}' where tenant_id = {1}",
            THEIRS.uuid(),
            theirs.get()
        );
        town.site.behind(known).await;
        town
    }

    pub(super) async fn operations(&self) -> Vec<Operation> {
        let document = self.site.get(&Visitor::Nobody, "/api/openapi.json").await.json();
        super::contract::operations(document)
    }

    pub(super) async fn member(&self, role: Role) -> Visitor {
        self.site.session(self.ours, &format!("{role}@kestrel.example")).await
    }

    /// The owner of the second tenant.
    pub(super) async fn their_owner(&self) -> Visitor {
        self.site.session(self.theirs, &format!("{CANARY}@heron.example")).await
    }

    /// A fresh visitor for each request: some operations end the session.
    pub(super) async fn visitors(&self) -> Vec<(String, Option<Role>, Visitor)> {
        let mut all = vec![("nobody".to_owned(), None, Visitor::Nobody)];
        for role in Role::ALL {
            all.push((format!("{role} with a session"), Some(role), self.member(role).await));
        }
        for role in [Role::Viewer, Role::Operator, Role::Admin] {
            let token = self.site.token(self.ours, role, false).await;
            all.push((format!("{role} token"), Some(role), token));
        }
        let expired = self.site.token(self.ours, Role::Admin, true).await;
        all.push(("expired token".to_owned(), None, expired));
        let revoked = self.site.token(self.ours, Role::Admin, false).await;
        let end =
            "update api_token set revoked_at = now() where id = (select max(id) from api_token)";
        self.site.behind(end.to_owned()).await;
        all.push(("revoked token".to_owned(), None, revoked));
        let Visitor::Session { token, .. } = self.member(Role::Owner).await else { unreachable!() };
        let end = "update session set revoked_at = now() where id = (select max(id) from session)";
        self.site.behind(end.to_owned()).await;
        let ended = Visitor::Session { token, proof: String::new() };
        all.push(("ended session".to_owned(), None, ended));
        all.push(("junk token".to_owned(), None, Visitor::Token("mv_api_junk".to_owned())));
        let machine = self.site.db.enrolment_key(self.ours, 1).await;
        all.push(("enrolment key".to_owned(), None, Visitor::Token(machine)));
        all
    }

    pub(super) async fn ask(
        &self,
        who: &Visitor,
        operation: &Operation,
        (in_address, in_body): (Row, Row),
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "if-match") {
            headers.push(("if-match", "\"1\""));
        }
        let (address, body) = (operation.address(in_address), operation.body(in_body));
        self.site.ask(who, (&operation.method, &address), body.as_ref(), &headers).await
    }
}
