//! The same walk over what agents call: each method of the wire's descriptor as nobody, with a wrong key, with another
//! tenant's ids, with what was revoked. A foreign agent and one that does not exist are one answer.

use std::time::{Duration, Instant};

use mailvane_proto::{
    DESCRIPTOR_SET,
    catalogue::delivery,
    v1::{Hello, server_message},
};
use mailvane_server::domain::ids::TenantId;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use sqlx::Executor as _;
use tonic::{Code, Status};

use super::town::CANARY;
use crate::harness::{
    Db,
    fleet::{Agent, Door},
};

/// Two tenants with an agent each, the second one's named by the canary, and one that was revoked.
struct Fleet {
    db: Db,
    door: Door,
    ours: TenantId,
    theirs: TenantId,
    our_agent: Agent,
    their_agent: Agent,
    revoked: Agent,
}

/// One question: who asks, and what came of it.
type Asked = (&'static str, Result<String, Status>);

impl Fleet {
    async fn gather() -> Self {
        let db = Db::new().await;
        let door = Door::open(&db).await;
        let ours = db.tenant("Kestrel Mail").await;
        let theirs = db.tenant(&format!("Heron {CANARY}")).await;
        let our_agent = Agent::new(&db, &door, ours, "mx1.kestrel.example").await;
        let revoked = Agent::new(&db, &door, ours, "mx2.kestrel.example").await;
        let their_agent = Agent::new(&db, &door, theirs, &format!("{CANARY}.heron.example")).await;
        let mut scoped = db.store.web(ours).await.unwrap();
        let host = revoked.host_id.parse().unwrap();
        scoped.retire_host(host, crate::harness::noon()).await.unwrap();
        scoped.commit().await.unwrap();
        Self { db, door, ours, theirs, our_agent, their_agent, revoked }
    }

    /// Every question that somebody may ask of a method, by its name in the descriptor.
    async fn ask(&self, method: &str) -> Vec<Asked> {
        match method {
            "mailvane.v1.Enrolment/Enrol" => self.ask_enrol().await,
            "mailvane.v1.Ingest/Stream" => self.ask_stream().await,
            other => panic!("nobody walks {other}: say here who may call it"),
        }
    }

    async fn ask_enrol(&self) -> Vec<Asked> {
        let key = async |tenant, change: &str| {
            let text = self.db.enrolment_key(tenant, 1).await;
            let id = text.split('_').nth(2).unwrap().to_owned();
            self.behind(&format!("update enrolment_key set {change} where key_id = '{id}'")).await;
            text
        };
        let other_secret = "secret_hash = decode(repeat('77', 32), 'hex')";
        let never = key(self.ours, "uses_left = 1").await;
        self.behind("delete from enrolment_key where id = (select max(id) from enrolment_key)")
            .await;
        let questions = [
            ("nobody", String::new()),
            ("junk", "mv_enr_junk".to_owned()),
            ("an unknown key", never),
            ("our key, wrong secret", key(self.ours, other_secret).await),
            ("their key, wrong secret", key(self.theirs, other_secret).await),
            ("a revoked key", key(self.ours, "revoked_at = now()").await),
            ("an expired key", key(self.ours, "expires_at = '2026-11-01'").await),
            ("a used key", key(self.ours, "uses_left = 0").await),
            ("our key", key(self.ours, "uses_left = 1").await),
        ];
        let mut asked = Vec::new();
        for (who, key) in questions {
            let outcome = Agent::enrol(&self.db, &self.door, &key, "mx9.kestrel.example").await;
            asked.push((who, outcome.map(|agent| agent.id)));
        }
        asked
    }

    async fn ask_stream(&self) -> Vec<Asked> {
        let nobodys = "agent_01900000000070008000000000000009".to_owned();
        let with = |id: &String, from: &Agent| Agent { id: id.clone(), ..from.clone() };
        let questions = [
            ("nobody", Agent { id: String::new(), ..self.our_agent.clone() }),
            ("junk", Agent { id: "agent_junk".to_owned(), ..self.our_agent.clone() }),
            ("an agent that does not exist", with(&nobodys, &self.our_agent)),
            ("their agent, our key", with(&self.their_agent.id, &self.our_agent)),
            ("our agent, their key", with(&self.our_agent.id, &self.their_agent)),
            ("a host instead of an agent", with(&self.our_agent.host_id, &self.our_agent)),
            ("a revoked agent", self.revoked.clone()),
            ("our agent", self.our_agent.clone()),
        ];
        let mut asked = Vec::new();
        for (who, agent) in questions {
            asked.push((who, self.stream_as(&agent, |_| ()).await));
        }
        asked.push((
            "no hello",
            self.stream_as(&self.our_agent, |hello| *hello = Hello::default()).await,
        ));
        asked
    }

    /// Opens a stream; what the server said after the hello.
    async fn stream_as(
        &self,
        agent: &Agent,
        change: impl FnOnce(&mut Hello),
    ) -> Result<String, Status> {
        let mut line = agent.call(&self.door, change).await?;
        match line.answer().await?.kind {
            Some(server_message::Kind::Welcome(_)) => Ok("welcome".to_owned()),
            other => panic!("a welcome was expected, not {other:?}"),
        }
    }

    async fn behind(&self, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        self.db.behind().await.execute(statement).await.unwrap();
    }

    /// What is wrong with the answers of one method, and how many there were.
    async fn walk(&self, method: &str) -> (Vec<String>, usize) {
        let asked = self.ask(method).await;
        let mut faults = Vec::new();
        for (who, outcome) in &asked {
            let text = format!("{outcome:?}");
            if outcome.is_ok() != WELCOME.contains(who) {
                faults.push(format!("{method}: {who} was answered {text}"));
            }
            if text.contains(CANARY) {
                faults.push(format!("{method}: {who} heard of another tenant: {text}"));
            }
            if outcome.as_ref().is_err_and(|status| !REFUSALS.contains(&status.code())) {
                faults.push(format!("{method}: {who} was refused with {text}"));
            }
        }
        for pair in ALIKE {
            let answer = |who: &str| {
                let (_, outcome) = asked.iter().find(|(known, _)| *known == who)?;
                Some(outcome.as_ref().map_err(|s| (s.code(), s.message().to_owned())).cloned())
            };
            let (one, two) = (answer(pair[0]), answer(pair[1]));
            if one != two {
                faults.push(format!(
                    "{method}: {} is told from {}: {one:?} {two:?}",
                    pair[0], pair[1]
                ));
            }
        }
        (faults, asked.len())
    }
}

/// Who is let in.
const WELCOME: [&str; 2] = ["our key", "our agent"];
/// How the others are refused.
const REFUSALS: [Code; 4] = [
    Code::Unauthenticated,
    Code::InvalidArgument,
    Code::PermissionDenied,
    Code::FailedPrecondition,
];
/// Two who must get one answer.
const ALIKE: [[&str; 2]; 4] = [
    ["an unknown key", "our key, wrong secret"],
    ["an unknown key", "their key, wrong secret"],
    ["an agent that does not exist", "their agent, our key"],
    ["an agent that does not exist", "our agent, their key"],
];

/// Every method of the descriptor, `package.Service/Method`.
fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                methods.push(format!("{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    methods
}

#[tokio::test]
async fn each_method_lets_in_only_whom_it_should_and_tells_strangers_apart_by_nothing() {
    let fleet = Fleet::gather().await;
    let (mut faults, mut pairs) = (Vec::new(), 0);
    for method in methods() {
        let (found, asked) = fleet.walk(&method).await;
        faults.extend(found);
        pairs += asked;
    }
    println!("walked {pairs} pairs of method and caller over {} methods", methods().len());
    assert_eq!(faults, Vec::<String>::new());
    assert!(pairs >= 18, "{pairs}");
}

/// Each check falls once: the signature, the revocation, what a key is worth.
#[tokio::test]
async fn the_walk_over_methods_notices_each_check_that_falls() {
    let mutants = [
        ("a strange signature counts", "mailvane.v1.Ingest/Stream", "
            update agent set public_key = (select public_key from agent order by id limit 1)"),
        ("revocation is forgotten", "mailvane.v1.Ingest/Stream", "
            update agent set revoked_at = null; update host set state = 'active'"),
        ("an unknown agent is taken for another", "mailvane.v1.Ingest/Stream", "
            create or replace function find_agent(wanted uuid) returns table (tenant_id int4, id int8)
            language sql stable security definer set search_path = public, pg_temp as
            'select tenant_id, id from agent order by public_id = wanted desc, id limit 1'"),
        ("keys last for ever", "mailvane.v1.Enrolment/Enrol", "
            create function forever() returns trigger language plpgsql as $$ begin
                new.revoked_at := null; new.expires_at := '2027-01-01'; return new; end $$;
            create trigger forever before update on enrolment_key for each row execute function forever()"),
    ];
    for (what, method, statement) in mutants {
        let fleet = Fleet::gather().await;
        fleet.behind(statement).await;
        let (found, _) = fleet.walk(method).await;
        assert!(!found.is_empty(), "missed: {what}");
    }
    println!("found each of {} mutants of the agents' checks", mutants.len());
}

/// A foreign agent's id takes no longer to refuse than one that does not exist.
#[tokio::test]
async fn a_foreign_agent_is_refused_as_fast_as_one_that_does_not_exist() {
    const ROUNDS: usize = 30;
    let fleet = Fleet::gather().await;
    let foreign = Agent { id: fleet.their_agent.id.clone(), ..fleet.our_agent.clone() };
    let nobody = Agent {
        id: "agent_01900000000070008000000000000009".to_owned(),
        ..fleet.our_agent.clone()
    };
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (agent, times) in [&foreign, &nobody].into_iter().zip(&mut times) {
            let mut line = agent.call(&fleet.door, |_| ()).await.unwrap();
            let begun = Instant::now();
            assert_eq!(line.answer().await.unwrap_err().code(), Code::Unauthenticated);
            times.push(begun.elapsed());
        }
    }
    let [foreign, nobody]: [Duration; 2] = times.map(|mut times| super::median(&mut times));
    println!("a foreign agent is refused in {foreign:?}, an unknown one in {nobody:?} (medians)");
    assert!(foreign.max(nobody) < foreign.min(nobody) * 2 + Duration::from_millis(2));
}

/// What an agent says of other tenants' things stays its own: names and numbers in a batch reach nobody else's rows.
#[tokio::test]
async fn what_an_agent_names_is_its_own_hosts_or_nothing() {
    let mut fleet = Fleet::gather().await;
    let mut their_line = fleet.their_agent.connect(&fleet.door).await.unwrap();
    their_line.send(fleet.their_agent.batch(1, &[(delivery::SENT, 5)])).await;
    their_line.acked(1).await.unwrap();
    let mut our_line = fleet.our_agent.connect(&fleet.door).await.unwrap();
    // The same configuration directory on another host is another instance.
    our_line.send(fleet.our_agent.batch(1, &[(delivery::SENT, 7)])).await;
    our_line.acked(1).await.unwrap();
    let mut behind = fleet.db.behind().await;
    let sums = sqlx::query_scalar!(
        r#"select array_agg(delivery_sent order by tenant_id) as "sums!: Vec<i32>" from sample"#
    );
    assert_eq!(sums.fetch_one(&mut behind).await.unwrap(), [7, 5]);
    let mut foreign_epoch = fleet.our_agent.batch(2, &[(delivery::SENT, 7)]);
    foreign_epoch.epoch = fleet.their_agent.epoch + 1;
    our_line.send(foreign_epoch).await;
    assert_eq!(our_line.answer().await.unwrap_err().code(), Code::InvalidArgument);
}
