//! Machines that want in: many at once, from elsewhere, copied, killed in the wrong moment, come back as new.

use std::time::Duration;

use mailvane_proto::v1::{agent_message, server_message};
use mailvane_server::domain::{ids::TenantId, member::Role};
use serde_json::{Value, json};
use tonic::Code;

use crate::harness::{
    api::{Reply, Site, Visitor},
    fleet::{Agent, Door, Line},
};

struct Yard {
    site: Site,
    door: Door,
    tenant: TenantId,
    admin: Visitor,
}

impl Yard {
    async fn build() -> Self {
        let site = Site::open().await;
        let door = Door::open(&site.db).await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        site.person(tenant, "admin@kestrel.example", Role::Admin, "").await;
        let admin = site.session(tenant, "admin@kestrel.example").await;
        Self { site, door, tenant, admin }
    }

    async fn ask(&self, what: (&str, &str), body: &Value) -> Reply {
        let path = format!("/api/v1{}", what.1);
        self.site.ask(&self.admin, (what.0, &path), Some(body), &[]).await
    }

    async fn key(&self, wish: &Value) -> String {
        let made = self.ask(("POST", "/enrolment-keys"), wish).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["key"].as_str().unwrap().to_owned()
    }

    async fn host(&self, id: &str) -> Value {
        self.site.get(&self.admin, &format!("/api/v1/hosts/{id}")).await.json()
    }

    async fn audited(&self, action: &str) -> usize {
        let path = format!("/api/v1/audit?action={action}");
        self.site.get(&self.admin, &path).await.json()["items"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn fifty_hosts_race_for_a_key_for_one() {
    let yard = Yard::build().await;
    let key = yard.key(&json!({})).await;
    let names: Vec<String> = (0..50).map(|n| format!("mx{n}.kestrel.example")).collect();
    let race = names.iter().map(|name| Agent::enrol(&yard.site.db, &yard.door, &key, name));
    let results = futures_util::future::join_all(race).await;
    let admitted = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(admitted, 1);
    let hosts = yard.site.get(&yard.admin, "/api/v1/hosts").await.json();
    assert_eq!(hosts["items"].as_array().unwrap().len(), 1);
    for refused in results.into_iter().filter_map(Result::err) {
        assert!(refused.message().contains("used already"), "{refused}");
    }
}

#[tokio::test]
async fn a_key_brings_its_tags_and_admits_from_its_networks_only() {
    let yard = Yard::build().await;
    let near = json!({"tags": ["eu", "edge"], "networks": ["127.0.0.0/8"], "uses": 2});
    let key = yard.key(&near).await;
    let agent = Agent::enrol(&yard.site.db, &yard.door, &key, "mx1.kestrel.example").await;
    let host = yard.host(&agent.unwrap().host_id).await;
    assert_eq!(host["tags"], json!(["eu", "edge"]));
    assert_eq!(host["state"], "active");
    let far = yard.key(&json!({"networks": ["192.0.2.0/24", "2001:db8::/32"]})).await;
    let refused = Agent::enrol(&yard.site.db, &yard.door, &far, "mx2.kestrel.example").await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("network"), "{refused}");
    let keys = yard.site.get(&yard.admin, "/api/v1/enrolment-keys").await.json();
    assert_eq!(keys["items"][0]["uses_left"], 1, "a refused host spends nothing");
    assert_eq!(keys["items"][1]["uses_left"], 1);
    assert_eq!(keys["items"][1]["last_used_ip"], "127.0.0.1");
    for (wish, field) in [
        (json!({"networks": ["192.0.2.0/33"]}), "networks"),
        (json!({"tags": [" "]}), "tags"),
        (json!({"uses": 0}), "uses"),
        (json!({"uses": 1_001}), "uses"),
        (json!({"expires_in_s": 59}), "expires_in_s"),
    ] {
        let reply = yard.ask(("POST", "/enrolment-keys"), &wish).await;
        assert!(reply.json()["fields"][field].is_string(), "{wish}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_host_that_needs_approval_says_nothing_before_it_has_it() {
    let yard = Yard::build().await;
    let key = yard.key(&json!({"approve": true})).await;
    let agent = Agent::enrol(&yard.site.db, &yard.door, &key, "mx1.kestrel.example").await;
    let mut agent = agent.unwrap();
    assert_eq!(yard.host(&agent.host_id).await["state"], "pending");
    let refused = agent.connect(&yard.door).await.err().unwrap();
    assert!(refused.message().contains("waits for approval"), "{refused}");
    // Nobody gets round it by switching the host on.
    let path = format!("/hosts/{}", agent.host_id);
    let tried = yard.ask(("PATCH", &path), &json!({"state": "active"})).await;
    assert_eq!(tried.status, 409, "{}", tried.text);
    let approved = yard.ask(("POST", &format!("{path}/approve")), &json!({})).await;
    assert_eq!(approved.json()["state"], "active");
    let mut line = agent.connect(&yard.door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
}

/// The agent's machine was copied while it ran. Both go on; within seconds one of them is unmasked.
#[tokio::test]
async fn of_a_machine_and_its_copy_exactly_one_goes_on_and_nothing_is_mixed() {
    let yard = Yard::build().await;
    let begun = std::time::Instant::now();
    let mut agent = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&yard.door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    let mut copy = agent.clone();
    let mut copys = copy.connect(&yard.door).await.unwrap();
    // What the older stream sends now is not committed: its number is free for the newer one.
    line.send(agent.batch(2, &[])).await;
    let over = line.acked(2).await.unwrap_err();
    assert_eq!(over.code(), Code::Aborted);
    copys.send(copy.batch(2, &[])).await;
    copys.acked(2).await.unwrap();
    for _ in 0..3 {
        let refused = knock(&agent, &yard.door).await;
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains("copy"), "{refused}");
    }
    copys.send(copy.batch(3, &[])).await;
    copys.acked(3).await.unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_mins(1), "{took:?}");
    println!("the copy was unmasked within {took:?}");
    assert!(yard.host(&agent.host_id).await["agent"]["cloned_at"].is_string());
    assert_eq!(yard.audited("agent.cloned").await, 1, "a knock is written down once");
}

async fn knock(agent: &Agent, door: &Door) -> tonic::Status {
    agent.call(door, |_| ()).await.unwrap().answer().await.unwrap_err()
}

/// Killed between the offer of a generation and its confirmation, before or after it was written down: an honest
/// agent comes back as itself, however often.
#[tokio::test]
async fn a_kill_between_offer_and_confirmation_makes_nobody_a_copy() {
    let yard = Yard::build().await;
    let mut agent = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&yard.door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    drop(line);
    for round in 0..8_u32 {
        let mut line = agent.call(&yard.door, |_| ()).await.unwrap();
        let offer = offered(&mut line).await;
        assert!(offer > agent.generation);
        if round % 2 == 0 {
            // Written down, not yet confirmed.
            agent.generation = offer;
        }
        drop(line);
    }
    let mut line = agent.connect(&yard.door).await.unwrap();
    line.send(agent.batch(2, &[])).await;
    line.acked(2).await.unwrap();
    assert_eq!(yard.audited("agent.cloned").await, 0);
    // A generation that nobody offered is no agent of ours.
    let mut forger = agent.clone();
    forger.generation += 100;
    assert_eq!(knock(&forger, &yard.door).await.code(), Code::Unauthenticated);
}

async fn offered(line: &mut Line) -> u64 {
    match line.answer().await.unwrap().kind {
        Some(server_message::Kind::Welcome(welcome)) => welcome.offer_generation,
        other => panic!("a welcome was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_machine_that_was_installed_anew_takes_over_its_own_past_and_nobody_elses() {
    let yard = Yard::build().await;
    let mut old = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx1.kestrel.example").await;
    let mut line = old.connect(&yard.door).await.unwrap();
    line.send(old.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    let mut new = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx1.kestrel.example").await;
    let stranger = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx2.kestrel.example").await;
    let hash = |id: &str, byte: &str| {
        let uuid = id.trim_start_matches("host_");
        format!(
            "update host set machine_hash = decode(repeat('{byte}', 32), 'hex') where public_id = '{uuid}';"
        )
    };
    let hashes =
        hash(&old.host_id, "0a") + &hash(&new.host_id, "0a") + &hash(&stranger.host_id, "0b");
    yard.site.behind(hashes).await;
    assert_eq!(yard.host(&new.host_id).await["adoptable"], json!([old.host_id]));
    let mut lines = new.connect(&yard.door).await.unwrap();
    let path = format!("/hosts/{}/adopt", stranger.host_id);
    let refused = yard.ask(("POST", &path), &json!({"from": old.host_id})).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let path = format!("/hosts/{}/adopt", new.host_id);
    let adopted = yard.ask(("POST", &path), &json!({"from": old.host_id})).await;
    assert_eq!(adopted.status, 200, "{}", adopted.text);
    assert_eq!(adopted.json()["id"], old.host_id.as_str());
    assert_eq!(adopted.json()["agent"]["id"], new.id.as_str());
    assert_eq!(yard.host(&new.host_id).await["state"], "retired");
    assert_eq!(
        line.answer().await.unwrap_err().code(),
        Code::Unauthenticated,
        "the old agent is out"
    );
    assert_eq!(
        lines.answer().await.unwrap_err().code(),
        Code::Unavailable,
        "the new one comes back"
    );
    let mut lines = new.connect(&yard.door).await.unwrap();
    // Its first batch, of a time that the old agent has not told of.
    let first = mailvane_proto::v1::Batch { seq: 1, ..new.batch(2, &[]) };
    lines.send(first).await;
    lines.say(agent_message::Kind::Bye(mailvane_proto::v1::Bye::default())).await;
    lines.acked(1).await.unwrap();
    let host = yard.host(&old.host_id).await;
    assert_eq!(
        host["instances"].as_array().unwrap().len(),
        1,
        "one instance, with one history: {host}"
    );
}

#[tokio::test]
async fn a_full_plan_admits_nobody_and_says_what_to_do() {
    let yard = Yard::build().await;
    yard.site.behind("update tenant set plan = 'free'".to_owned()).await;
    let key = yard.key(&json!({"uses": 3})).await;
    for n in 0..2 {
        let name = format!("mx{n}.kestrel.example");
        Agent::enrol(&yard.site.db, &yard.door, &key, &name).await.unwrap();
    }
    let refused = Agent::enrol(&yard.site.db, &yard.door, &key, "mx3.kestrel.example").await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("covers 2 hosts"), "{refused}");
    let trial = "update tenant set plan = 'trial', trial_ends_at = '2026-11-01'";
    yard.site.behind(trial.to_owned()).await;
    let late = Agent::enrol(&yard.site.db, &yard.door, &key, "mx3.kestrel.example").await;
    assert!(late.err().unwrap().message().contains("trial ended on 1 November 2026"));
}

#[tokio::test]
async fn a_tenant_that_ends_cuts_its_machines_and_people_off() {
    let yard = Yard::build().await;
    let mut agent = Agent::new(&yard.site.db, &yard.door, yard.tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&yard.door).await.unwrap();
    yard.site.person(yard.tenant, "owner@kestrel.example", Role::Owner, "").await;
    let owner = yard.site.session(yard.tenant, "owner@kestrel.example").await;
    let end = |name: &str| json!({"name": name});
    let delete = |body: Value| {
        let (site, owner) = (&yard.site, &owner);
        async move { site.ask(owner, ("DELETE", "/api/v1/tenant"), Some(&body), &[]).await }
    };
    assert_eq!(delete(end("Kestrel mail")).await.status, 422);
    let gone = delete(end("Kestrel Mail")).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(yard.site.get(&owner, "/api/v1/hosts").await.status, 401);
    assert_eq!(yard.site.get(&yard.admin, "/api/v1/hosts").await.status, 401);
    assert_eq!(line.answer().await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(agent.connect(&yard.door).await.err().unwrap().code(), Code::Unauthenticated);
}
