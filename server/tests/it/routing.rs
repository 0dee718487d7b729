//! Whom news is owed to: routes, mutes, groups, storms, steps; and that an end always follows what was told.

use std::time::Duration;

use mailvane_server::{
    clock::Clock as _,
    domain::{
        ids::{IncidentId, PublicId, TenantId},
        severity::Severity,
    },
    lifecycle::Loop as _,
    store::openings::Told,
    timers::Timers,
};
#[expect(clippy::disallowed_types, reason = "a story's own rows, formed from its own texts")]
use sqlx::AssertSqlSafe;
use sqlx::{Executor as _, Row as _};

use crate::harness::Db;

pub(crate) struct Tenant {
    pub(crate) db: Db,
    pub(crate) id: TenantId,
}

impl Tenant {
    /// Two channels: a chat that people read, and a pager.
    pub(crate) async fn new() -> Self {
        let db = Db::new().await;
        let id = db.tenant("Kestrel Mail").await;
        let tenant = Self { db, id };
        let t = id.get();
        tenant
            .run(&format!(
                "insert into host (tenant_id, public_id, name, tags)
                    values ({t}, '{}', 'mx1.kestrel.example', '{{edge}}');
                 insert into channel (tenant_id, public_id, kind, name, secret)
                    values ({t}, '{}', 'slack_bot', 'chat', ''), ({t}, '{}', 'pagerduty', 'pager', '')",
                uuid(1),
                uuid(2),
                uuid(3)
            ))
            .await;
        tenant
    }

    pub(crate) async fn run(&self, statements: &str) {
        self.db.behind().await.execute(AssertSqlSafe(statements.to_owned())).await.unwrap();
    }

    pub(crate) async fn route(&self, name: &str, position: i32, rest: &str) {
        let t = self.id.get();
        let values = format!("values ({t}, gen_random_uuid(), '{name}', {position},");
        let row = format!("insert into route (tenant_id, public_id, name, position, {rest}");
        self.run(&row.replace("VALUES", &values)).await;
    }

    /// An incident that has just opened, and what is owed for it.
    pub(crate) async fn open(&self, severity: Severity) -> IncidentId {
        let row = format!(
            "insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title, opened_at,
                 next_seq)
             select {}, gen_random_uuid(), gen_random_uuid()::text, 'deferred', id, '{}', 'Mail piles up', now(), 2
             from host returning id",
            self.id.get(),
            severity.name()
        );
        let row = self.db.behind().await.fetch_one(AssertSqlSafe(row)).await.unwrap();
        let incident = IncidentId::from_row(row.get(0));
        let told = Told { incident, seq: 1, severity };
        let mut scoped = self.db.store.loops(self.id).await.unwrap();
        let outside = (self.db.clock.now(), &*self.db.dice);
        scoped.desk().owe_opened(told, (outside.0, outside.1)).await.unwrap();
        scoped.commit().await.unwrap();
        incident
    }

    pub(crate) async fn end(&self, incident: IncidentId) {
        let mut scoped = self.db.store.loops(self.id).await.unwrap();
        let mut desk = scoped.desk();
        let told = desk.close(incident, "resolved", "recovered").await.unwrap().unwrap();
        desk.owe_end(told, "resolved", (self.db.clock.now(), &*self.db.dice)).await.unwrap();
        scoped.commit().await.unwrap();
    }

    /// Channel, kind and status of what is owed for an incident, in the order in which it was.
    async fn owed(&self, incident: IncidentId) -> Vec<String> {
        let ask = format!(
            "select c.name || ' ' || d.kind || ' ' || d.status from delivery d join channel c on c.id = d.channel_id
             where d.incident_id = {incident} order by d.id"
        );
        let rows = self.db.behind().await.fetch_all(AssertSqlSafe(ask)).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// As if all timers had become due.
    async fn later(&self) {
        self.run("update timer set due_at = now() - interval '1 second'").await;
        self.tick().await;
    }

    /// As if the timers of this kind had become due.
    async fn later_of(&self, kind: &str) {
        let due = "update timer set due_at = now() - interval '1 second' where kind =";
        self.run(&format!("{due} '{kind}'")).await;
        self.tick().await;
    }

    pub(crate) async fn tick(&self) {
        let timers =
            Timers::new(self.db.store.clone(), self.db.dice.clone(), std::sync::Arc::default());
        timers.tick(self.db.clock.now()).await.unwrap();
    }
}

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

fn channel(n: u128) -> String {
    PublicId::<mailvane_server::domain::ids::Channel>::from_row(uuid(n)).to_string()
}

#[tokio::test]
async fn without_a_route_everybody_is_told_and_with_one_only_whom_it_names() {
    let tenant = Tenant::new().await;
    let first = tenant.open(Severity::Error).await;
    assert_eq!(tenant.owed(first).await, ["chat opened ready", "pager opened ready"]);
    let steps = format!(r#"[{{"after_s": 0, "channels": ["{}"]}}]"#, channel(2));
    tenant
        .route(
            "chat",
            1,
            &format!("matcher, steps) VALUES '{{\"severity_min\": \"error\"}}', '{steps}')"),
        )
        .await;
    let second = tenant.open(Severity::Error).await;
    assert_eq!(tenant.owed(second).await, ["chat opened ready"]);
    let third = tenant.open(Severity::Info).await;
    assert_eq!(tenant.owed(third).await, Vec::<String>::new());
}

#[tokio::test]
async fn later_steps_come_until_somebody_has_taken_it() {
    let tenant = Tenant::new().await;
    let steps = format!(
        r#"[{{"after_s": 0, "channels": ["{}"]}}, {{"after_s": 300, "channels": ["{}"]}}]"#,
        channel(2),
        channel(3)
    );
    tenant.route("all", 1, &format!("steps, repeat_s) VALUES '{steps}', 600)")).await;
    let incident = tenant.open(Severity::Critical).await;
    assert_eq!(tenant.owed(incident).await, ["chat opened ready"]);
    tenant.later_of("escalate").await;
    assert_eq!(tenant.owed(incident).await, ["chat opened ready", "pager escalated ready"]);
    tenant.later_of("repeat").await;
    let mut owed = tenant.owed(incident).await;
    owed.sort();
    let reminded = ["chat reminded ready", "pager escalated ready", "pager reminded ready"];
    assert_eq!(
        (owed.remove(0).as_str(), owed.as_slice()),
        ("chat opened ready", &reminded.map(str::to_owned)[..])
    );
    tenant
        .run("update incident set acked_at = now(), acked_until = now() + interval '8 hours'")
        .await;
    tenant.later().await;
    assert_eq!(tenant.owed(incident).await.len(), 4, "nobody is told while somebody has taken it");
    tenant.end(incident).await;
    let owed = tenant.owed(incident).await;
    assert!(owed.contains(&"chat resolved ready".to_owned()), "{owed:?}");
    assert!(owed.contains(&"pager resolved ready".to_owned()), "{owed:?}");
}

#[tokio::test]
async fn what_is_silenced_is_held_back_and_comes_out_if_it_lasts() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    tenant
        .run(&format!(
            "insert into silence (tenant_id, public_id, matcher, starts_at, ends_at)
             values ({t}, gen_random_uuid(), '{{\"tags\": [\"edge\"]}}', now() - interval '1 minute',
                now() + interval '1 hour')"
        ))
        .await;
    let short = tenant.open(Severity::Error).await;
    let long = tenant.open(Severity::Error).await;
    assert_eq!(tenant.owed(short).await, ["chat opened suppressed", "pager opened suppressed"]);
    tenant.end(short).await;
    tenant.later().await;
    assert_eq!(tenant.owed(long).await, ["chat opened suppressed", "pager opened suppressed"]);
    tenant.run("update silence set ends_at = now()").await;
    tenant.later().await;
    assert_eq!(tenant.owed(long).await, ["chat opened ready", "pager opened ready"]);
    assert_eq!(
        tenant.owed(short).await,
        ["chat opened suppressed", "pager opened suppressed"],
        "nobody hears of what began and ended in a silence"
    );
}

#[tokio::test]
async fn an_end_comes_through_a_silence_that_began_after_the_beginning_was_told() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    let incident = tenant.open(Severity::Error).await;
    tenant.run("update delivery set status = 'delivered', finished_at = now()").await;
    tenant
        .run(&format!(
            "insert into silence (tenant_id, public_id, matcher, starts_at, ends_at)
             values ({t}, gen_random_uuid(), '{{}}', now(), now() + interval '1 hour')"
        ))
        .await;
    tenant.end(incident).await;
    assert_eq!(
        tenant.owed(incident).await,
        [
            "chat opened delivered",
            "pager opened delivered",
            "chat resolved ready",
            "pager resolved ready"
        ]
    );
}

#[tokio::test]
async fn one_message_tells_a_group_but_the_pager_hears_each() {
    let tenant = Tenant::new().await;
    let steps = format!(r#"[{{"after_s": 0, "channels": ["{}", "{}"]}}]"#, channel(2), channel(3));
    tenant.route("all", 1, &format!("steps, group_by) VALUES '{steps}', 'host')")).await;
    let first = tenant.open(Severity::Error).await;
    let second = tenant.open(Severity::Critical).await;
    assert_eq!(tenant.owed(first).await, ["chat opened ready", "pager opened ready"]);
    assert_eq!(tenant.owed(second).await, ["chat grouped ready", "pager opened ready"]);
    tenant.end(second).await;
    let lanes = "select count(distinct lane) from delivery d join channel c on c.id = d.channel_id
                 where c.name = 'chat'";
    let lanes: i64 = tenant.db.behind().await.fetch_one(lanes).await.unwrap().get(0);
    assert_eq!(lanes, 1, "what is told in one message keeps one order");
}

#[tokio::test]
async fn a_storm_is_gathered_for_people_and_every_incident_keeps_its_row() {
    let tenant = Tenant::new().await;
    let mut last = None;
    for _ in 0..30 {
        last = Some(tenant.open(Severity::Warning).await);
    }
    let last = last.unwrap();
    assert_eq!(tenant.owed(last).await, ["chat opened collapsed", "pager opened ready"]);
    tenant.end(last).await;
    assert_eq!(
        tenant.owed(last).await,
        [
            "chat opened collapsed",
            "pager opened ready",
            "chat resolved collapsed",
            "pager resolved ready"
        ]
    );
    let digests = "select count(*) from delivery where kind = 'digest'";
    let digests: i64 = tenant.db.behind().await.fetch_one(digests).await.unwrap().get(0);
    assert_eq!(digests, 1);
}

/// Rows that are dead but that somebody's old snapshot still holds must not slow a claim.
#[tokio::test]
async fn a_claim_does_not_walk_over_what_is_dead_and_held() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    let incident = tenant.open(Severity::Error).await;
    // One who looks for ten minutes.
    let mut idle = tenant.db.behind().await;
    idle.execute(
        "begin transaction isolation level repeatable read; select count(*) from delivery",
    )
    .await
    .unwrap();
    tenant
        .run(&format!(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane, created_at)
             select {t}, gen_random_uuid(), c.id, {incident}, n, 'opened', 0, n, now() - interval '5 minutes'
             from channel c, generate_series(1000, 100999) n where c.name = 'pager';
             update delivery set status = 'leased' where seq >= 1000;
             update delivery set status = 'delivered', finished_at = now() where seq >= 1000;
             update channel set next_send_at = now() - interval '1 hour'"
        ))
        .await;
    let pager = "select id from channel where name = 'pager'";
    let pager: i64 = tenant.db.behind().await.fetch_one(pager).await.unwrap().get(0);
    let pager = mailvane_server::domain::ids::ChannelId::from_row(pager);
    let mut scoped = tenant.db.store.loops(tenant.id).await.unwrap();
    scoped.advance_marks(pager).await.unwrap();
    scoped.commit().await.unwrap();
    let mut took = Vec::new();
    for round in 0..500_u32 {
        let begun = std::time::Instant::now();
        let mut scoped = tenant.db.store.loops(tenant.id).await.unwrap();
        let token = uuid::Uuid::from_u128(u128::from(round) + 1);
        let claim = (Duration::from_secs(45), Duration::ZERO);
        let claim = scoped.claim_delivery(pager, token, claim).await.unwrap();
        took.push(begun.elapsed());
        // The first opening of the pager is older than all that is dead: found once, then held by its lease.
        assert_eq!(claim.is_some(), round == 0, "{round}");
        scoped.commit().await.unwrap();
    }
    took.sort();
    let (p50, p99) = (took[250], took[495]);
    println!("claim p50 {p50:?}, p99 {p99:?}, worst {:?} beside 200,000 dead versions", took[499]);
    assert!(p50 < Duration::from_millis(10), "p50 {p50:?}, p99 {p99:?}");
    idle.execute("rollback").await.unwrap();
}
