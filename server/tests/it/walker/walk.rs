//! The walk itself: one operation as everybody, with ids that are ours, another tenant's and nobody's, in path, query,
//! body and header. Answers for what is another's and for what does not exist must be one, byte for byte.

use axum::http::StatusCode;
use mailvane_server::domain::member::Role;

use super::{
    contract::Operation,
    town::{CANARY, NOBODYS, OURS, Row, THEIRS, Town},
};
use crate::harness::api::{Reply, Visitor};

/// Headers in which somebody might name what is another's.
const HEADERS: [&str; 6] = [
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "x-tenant-id",
    "x-request-id",
];

/// What a walk over one operation found, and how many pairs it tried.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<String>,
    pub(super) pairs: usize,
    route: String,
    /// Whether each good answer is a new one.
    fresh: bool,
}

impl Findings {
    fn expect(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.pairs += 1;
        if !right {
            self.faults.push(format!("{}: {}", self.route, what()));
        }
    }

    /// Two answers must be one; neither may hold a word of the other tenant.
    fn same(&mut self, (one, of_one): (&Reply, Row), (two, of_two): (&Reply, Row), what: &str) {
        // Two that were made are two: their ids and secrets differ.
        let both = [one, two];
        let both_made = both.iter().all(|reply| reply.status == StatusCode::CREATED)
            || self.fresh && both.iter().all(|reply| reply.status.is_success());
        // Asked too often: one came before the limit, the other behind it.
        let limited = both.iter().any(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS);
        self.expect(both_made || limited || plain(one, of_one) == plain(two, of_two), || {
            format!("{what} is told from an unknown one: {one:?} and {two:?}")
        });
        self.quiet(one, what);
    }

    fn quiet(&mut self, reply: &Reply, who: &str) {
        let heard =
            reply.text.contains(CANARY) || reply.head.iter().any(|line| line.contains(CANARY));
        self.expect(!heard, || format!("{who} heard of another tenant: {}", reply.text));
    }
}

/// An answer without what differs from request to request, and with the ids that the question named taken out.
fn plain(reply: &Reply, named: Row) -> (u16, Vec<String>, String) {
    let (status, mut body) = reply.shape();
    if body.is_null() {
        body = reply.text.clone().into();
    }
    let text = body.to_string().replace(&named.uuid().simple().to_string(), "…");
    (status.as_u16(), reply.head.clone(), text)
}

impl Town {
    /// Everything about one operation.
    pub(super) async fn walk(&self, operation: &Operation) -> Findings {
        let mut findings = Findings {
            route: operation.route(),
            fresh: operation.is_fresh(),
            ..Findings::default()
        };
        self.as_everybody(operation, &mut findings).await;
        if operation.changes() && operation.needs.is_some() {
            self.forged(operation, &mut findings).await;
        }
        self.in_address(operation, &mut findings).await;
        self.in_body(operation, &mut findings).await;
        self.in_headers(operation, &mut findings).await;
        findings
    }

    async fn as_everybody(&self, operation: &Operation, findings: &mut Findings) {
        for (name, role, visitor) in self.visitors().await {
            let reply = self.ask(&visitor, operation, (NOBODYS, NOBODYS), &[]).await;
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
            findings.expect(right, || format!("{name} was answered {status}: {}", reply.text));
            findings.quiet(&reply, &name);
        }
    }

    /// A change without the proof of our own page, with another's, and with two identities at once.
    async fn forged(&self, operation: &Operation, findings: &mut Findings) {
        let (ours, theirs) = (self.member(Role::Owner).await, self.their_owner().await);
        let (Visitor::Session { token, .. }, Visitor::Session { proof, .. }) = (&ours, &theirs)
        else {
            unreachable!("members have sessions")
        };
        for (what, proof) in [("no proof", ""), ("a stranger's proof", proof), ("junk", "junk")] {
            let visitor = Visitor::Session { token: token.clone(), proof: proof.to_owned() };
            let reply = self.ask(&visitor, operation, (NOBODYS, NOBODYS), &[]).await;
            findings
                .expect(reply.status == 403, || format!("{what} was answered {}", reply.status));
        }
        let Visitor::Token(foreign) = self.site.token(self.theirs, Role::Admin, false).await else {
            unreachable!("a token was asked for")
        };
        let mut replies = Vec::new();
        for bearer in [format!("Bearer {foreign}"), "Bearer mv_api_junk".to_owned()] {
            let headers = [("authorization", bearer.as_str())];
            replies.push(self.ask(&ours, operation, (NOBODYS, NOBODYS), &headers).await);
        }
        if let [one, two] = replies.as_slice() {
            findings.expect(one.status == 401, || format!("two identities: {}", one.status));
            findings.same((one, NOBODYS), (two, NOBODYS), "a second identity");
        }
    }

    async fn in_address(&self, operation: &Operation, findings: &mut Findings) {
        if !operation.names_a_row() {
            return;
        }
        for role in [Role::Viewer, Role::Owner] {
            let member = self.member(role).await;
            let foreign = self.ask(&member, operation, (THEIRS, NOBODYS), &[]).await;
            let unknown = self.ask(&member, operation, (NOBODYS, NOBODYS), &[]).await;
            if operation.needs.is_none_or(|needed| role.covers(needed)) {
                let status = unknown.status;
                findings.expect(status == 404, || format!("an unknown id was answered {status}"));
            }
            findings.same((&foreign, THEIRS), (&unknown, NOBODYS), "a foreign id in the address");
        }
    }

    async fn in_body(&self, operation: &Operation, findings: &mut Findings) {
        let fields = operation.ids_in_body();
        if fields.is_empty() {
            return;
        }
        let owner = self.member(Role::Owner).await;
        let foreign = self.ask(&owner, operation, (OURS, THEIRS), &[]).await;
        let unknown = self.ask(&owner, operation, (OURS, NOBODYS), &[]).await;
        findings.same((&foreign, THEIRS), (&unknown, NOBODYS), "a foreign id in the body");
        // One that is kept without a look hits nothing later, like the name of somebody who never existed.
        let looked_at = unknown.status.is_client_error();
        let own = self.ask(&owner, operation, (OURS, OURS), &[]).await;
        findings.expect(!looked_at || plain(&own, OURS) != plain(&unknown, NOBODYS), || {
            format!("nobody looks at {fields:?}: say in walker/contract.rs how a good body looks")
        });
    }

    async fn in_headers(&self, operation: &Operation, findings: &mut Findings) {
        let owner = self.member(Role::Owner).await;
        for header in HEADERS {
            let mut replies = Vec::new();
            for row in [THEIRS, NOBODYS] {
                let value = format!("\"{}\"", row.uuid());
                // Signing out ends the session that the next question needs.
                let visitor = if operation.id.starts_with("session.") {
                    self.member(Role::Owner).await
                } else {
                    owner.clone()
                };
                let headers = [(header, value.as_str())];
                replies.push(self.ask(&visitor, operation, (NOBODYS, NOBODYS), &headers).await);
            }
            if let [one, two] = replies.as_slice() {
                findings.same((one, THEIRS), (two, NOBODYS), header);
            }
        }
    }

    /// What an owner of ours sees by looking at everything, with our own ids and with theirs.
    pub(super) async fn look_around(&self, operations: &[Operation]) -> Vec<String> {
        let mut findings = Findings { route: "looking around".to_owned(), ..Findings::default() };
        let owner = self.member(Role::Owner).await;
        for operation in operations.iter().filter(|one| !one.changes()) {
            findings.route = operation.route();
            let own = self.ask(&owner, operation, (OURS, OURS), &[]).await;
            findings.quiet(&own, "our owner");
            if operation.names_a_row() {
                let foreign = self.ask(&owner, operation, (THEIRS, OURS), &[]).await;
                let unknown = self.ask(&owner, operation, (NOBODYS, OURS), &[]).await;
                findings.same((&foreign, THEIRS), (&unknown, NOBODYS), "a foreign id");
            }
        }
        findings.faults
    }
}
