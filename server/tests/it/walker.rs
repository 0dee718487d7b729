//! Walks every operation of the served contract as everybody there is, with ids that are another tenant's, and holds
//! the answers against the declared roles. Then breaks the checks one by one and sees that the walk notices.

use std::sync::Arc;

use mailvane_server::{
    domain::{ids::TenantId, member::Role},
    http::gate::{Gate, Strict},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Db,
    api::{Reply, Site, Visitor},
};

/// One operation of the contract.
#[derive(Debug, Clone)]
struct Operation {
    id: String,
    method: String,
    path: String,
    needs: Option<Role>,
    /// No API token may do it, whatever its scope.
    people_only: bool,
    query: Vec<String>,
}

impl Operation {
    /// As the gate hears of it.
    fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn changes(&self) -> bool {
        self.method != "GET"
    }

    /// A body that is right in form.
    fn body(&self) -> Option<Value> {
        let spec = json!({"kind": "silent", "after_s": 300});
        self.changes().then(|| match self.id.as_str() {
            "session.sign_in" => json!({"email": "nobody@example.org", "password": "wrong"}),
            "channels.create" => json!({"kind": "slack", "name": "walk",
                "slack": {"webhook_url": "https://hooks.slack.com/services/T/B/x"}}),
            "triggers.create" => json!({"name": "walk", "severity": "info", "spec": spec}),
            "hosts.adopt" => json!({"from": NOBODYS.named("host")}),
            "members.change" => json!({"role": "viewer"}),
            "triggers.preview" => {
                json!({"severity": "info", "days": 1, "spec": {"kind": "threshold",
                "metric": "queue.deferred.messages", "fire": 10.0}})
            }
            "incidents.note" => json!({"text": "seen"}),
            _ => json!({}),
        })
    }

    /// The address, with this id in the path and in the query.
    fn address(&self, row: &Row) -> String {
        let path = self.path.replace("{id}", &row.id_for(&self.path));
        let value = |name: &str| match name {
            "instance" => row.instance(),
            "metric" => "delivery.sent".to_owned(),
            "dimension" => "recipient_domain".to_owned(),
            "from" => "2026-11-02T11:00:00Z".to_owned(),
            _ => "2026-11-02T12:00:00Z".to_owned(),
        };
        let wanted = self.query.iter().filter(|name| {
            matches!(name.as_str(), "instance" | "metric" | "dimension" | "from" | "to")
        });
        let query: Vec<String> = wanted.map(|name| format!("{name}={}", value(name))).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

/// One row of each kind, all with the same number.
#[derive(Debug, Clone, Copy)]
struct Row(u128);

impl Row {
    fn uuid(self) -> Uuid {
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.0)
    }

    fn named(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.uuid().simple())
    }

    fn instance(self) -> String {
        self.named("inst")
    }

    fn id_for(self, path: &str) -> String {
        let kinds = [
            ("/hosts/", "host"),
            ("/instances/", "inst"),
            ("/incidents/", "inc"),
            ("/triggers/", "trig"),
            ("/channels/", "chan"),
            ("/enrolment-keys/", "ekey"),
            ("/members/", "user"),
            ("/invitations/", "inv"),
            ("/api-tokens/", "token"),
            ("/sessions/", "sess"),
            ("/grants/", "grant"),
        ];
        let kind = kinds.iter().find(|(part, _)| path.contains(part));
        self.named(kind.map_or("none", |(_, prefix)| prefix))
    }
}

/// A tenant's own rows, with its mark in every text.
async fn furnish(site: &Site, tenant: TenantId, row: Row, mark: &str) {
    let (id, t, n) = (row.uuid(), tenant.get(), row.0);
    site.behind(format!(
        "insert into host (tenant_id, public_id, name, tags) values ({t}, '{id}', 'host {mark}', '{{tag {mark}}}');
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
         insert into audit (tenant_id, actor, action, detail)
            values ({t}, 'a {mark}', 'x {mark}', '{{\"d\": \"detail {mark}\"}}');"
    ))
    .await;
}

async fn contract(site: &Site) -> Vec<Operation> {
    let document = site.get(&Visitor::Nobody, "/api/openapi.json").await.json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let role = operation["x-min-role"].as_str();
            let role = role.unwrap_or_else(|| panic!("{method} {path} declares no role"));
            let query = operation["parameters"].as_array().into_iter().flatten();
            let query = query.filter(|parameter| parameter["in"] == "query");
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                people_only: operation["x-scope"] == "none",
                needs: if role == "public" { None } else { Some(role.parse().unwrap()) },
                query: query.map(|p| p["name"].as_str().unwrap().to_owned()).collect(),
            });
        }
    }
    operations
}

const OURS: Row = Row(1);
const THEIRS: Row = Row(2);
const NOBODYS: Row = Row(9);
const CANARY: &str = "canary-e7f2b9";

/// Everything that a walk needs besides the gate.
struct Town {
    site: Site,
    ours: TenantId,
}

impl Town {
    async fn build(gate: Arc<dyn Gate>) -> Self {
        let site = Site::guarded(Db::new().await, gate);
        let (ours, theirs) =
            (site.db.tenant("Kestrel Mail").await, site.db.tenant("Heron Post").await);
        furnish(&site, ours, OURS, "kestrel").await;
        furnish(&site, theirs, THEIRS, CANARY).await;
        for role in Role::ALL {
            site.person(ours, &format!("{role}@kestrel.example"), role, "").await;
        }
        site.person(theirs, &format!("{CANARY}@heron.example"), Role::Owner, "").await;
        Self { site, ours }
    }

    async fn member(&self, role: Role) -> Visitor {
        self.site.session(self.ours, &format!("{role}@kestrel.example")).await
    }

    /// A fresh visitor for each request: some operations end the session.
    async fn visitors(&self) -> Vec<(String, Option<Role>, Visitor)> {
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
        let Visitor::Session { token, .. } = self.member(Role::Owner).await else { unreachable!() };
        self.site
            .behind(
                "update session set revoked_at = now() where id = (select max(id) from session)"
                    .to_owned(),
            )
            .await;
        let revoked = Visitor::Session { token, proof: String::new() };
        all.push(("ended session".to_owned(), None, revoked));
        all.push(("junk token".to_owned(), None, Visitor::Token("mv_api_junk".to_owned())));
        all
    }

    async fn ask(
        &self,
        who: &Visitor,
        operation: &Operation,
        row: Row,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut headers = headers.to_vec();
        headers.push(("if-match", "\"1\""));
        let (address, body) = (operation.address(&row), operation.body());
        self.site.ask(who, (&operation.method, &address), body.as_ref(), &headers).await
    }

    /// What is wrong with one operation, and how many pairs were tried.
    async fn walk(&self, operation: &Operation) -> (Vec<String>, usize) {
        let (mut faults, mut pairs) = (Vec::new(), 0);
        let mut check = |right: bool, what: String| {
            if !right {
                faults.push(format!("{}: {what}", operation.route()));
            }
        };
        for (name, role, visitor) in self.visitors().await {
            pairs += 1;
            let reply = self.ask(&visitor, operation, NOBODYS, &[]).await;
            let status = reply.status.as_u16();
            let right = match (operation.needs, role) {
                (None, _) => !matches!(status, 403 | 500..),
                (Some(_), None) => status == 401,
                (Some(_), Some(_)) if operation.people_only && name.ends_with(" token") => {
                    status == 403
                }
                (Some(needed), Some(role)) if !role.covers(needed) => status == 403,
                _ => !matches!(status, 401 | 403 | 500..),
            };
            check(right, format!("{name} was answered {status}"));
            check(!reply.text.contains(CANARY), format!("{name} heard of another tenant"));
        }
        let owner = self.member(Role::Owner).await;
        if operation.changes() && operation.needs.is_some() {
            let forged = self.ask(&owner, operation, NOBODYS, &[("x-mailvane-csrf", "")]).await;
            check(forged.status == 403, format!("a forged request was answered {}", forged.status));
        }
        if operation.path.contains("{id}") || operation.query.iter().any(|name| name == "instance")
        {
            let foreign = self.ask(&owner, operation, THEIRS, &[]).await;
            let unknown = self.ask(&owner, operation, NOBODYS, &[]).await;
            check(unknown.status == 404, format!("an unknown id was answered {}", unknown.status));
            check(
                foreign.shape() == unknown.shape(),
                "a foreign id is told from an unknown one".to_owned(),
            );
        }
        (faults, pairs)
    }
}

#[tokio::test]
async fn nobody_gets_further_than_the_contract_says_and_no_byte_crosses() {
    let town = Town::build(Arc::new(Strict)).await;
    let operations = contract(&town.site).await;
    let (mut faults, mut pairs) = (Vec::new(), 0);
    for operation in &operations {
        let (found, tried) = town.walk(operation).await;
        faults.extend(found);
        pairs += tried;
    }
    println!("walked {pairs} pairs of operation and visitor over {} operations", operations.len());
    assert!(operations.len() >= 39, "{}", operations.len());
    assert_eq!(faults, Vec::<String>::new());
    let owner = town.member(Role::Owner).await;
    for path in [
        "hosts",
        "incidents",
        "triggers",
        "channels",
        "enrolment-keys",
        "audit",
        "fleet",
        "members",
        "invitations",
    ] {
        let reply = town.site.get(&owner, &format!("/api/v1/{path}")).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(!reply.text.contains(CANARY), "{path}: {}", reply.text);
        assert!(reply.text.contains("kestrel"), "{path}: {}", reply.text);
    }
    // The rows are there for those they belong to: the walk looked for something that exists.
    for (operation, path) in
        [("hosts", "host"), ("incidents", "inc"), ("triggers", "trig"), ("channels", "chan")]
    {
        let reply =
            town.site.get(&owner, &format!("/api/v1/{operation}/{}", OURS.named(path))).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text);
    }
    let body = json!({"name": "scoped", "severity": "info", "spec": {"kind": "threshold",
        "metric": "queue.deferred.messages", "op": ">", "fire": 5.0, "clear": 5.0, "scope": {}}});
    let mut answers = Vec::new();
    for row in [THEIRS, NOBODYS] {
        let mut body = body.clone();
        body["spec"]["scope"] =
            json!({"hosts": [row.named("host")], "instances": [row.instance()]});
        let reply = town.site.ask(&owner, ("POST", "/api/v1/triggers"), Some(&body), &[]).await;
        answers.push(reply.shape());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 422);
}

/// A gate with one check taken out.
struct Broken {
    route: String,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    AnyRole,
    NoProof,
}

impl Gate for Broken {
    fn admits(&self, operation: &str, role: Role, needed: Role) -> bool {
        (self.fault == Fault::AnyRole && operation == self.route) || role.covers(needed)
    }

    fn door(&self, _: &str, tenant: TenantId) -> TenantId {
        tenant
    }

    fn wants_proof(&self, operation: &str) -> bool {
        !(self.fault == Fault::NoProof && operation == self.route)
    }
}

#[tokio::test]
async fn the_walk_notices_each_check_that_is_taken_out() {
    let mut town = Town::build(Arc::new(Strict)).await;
    let operations = contract(&town.site).await;
    let mut mutants = 0;
    for operation in operations {
        let mut faults = Vec::new();
        if operation.needs.is_some_and(|needed| needed > Role::Viewer) {
            faults.push(Fault::AnyRole);
        }
        if operation.changes() && operation.needs.is_some() {
            faults.push(Fault::NoProof);
        }
        for fault in faults {
            let gate = Arc::new(Broken { route: operation.route(), fault });
            town.site = Site::guarded(town.site.db, gate);
            let (found, _) = town.walk(&operation).await;
            assert!(!found.is_empty(), "the walk missed a mutant of {}", operation.route());
            mutants += 1;
        }
    }
    println!("found each of {mutants} mutants");
    assert!(mutants >= 30, "{mutants}");
}
