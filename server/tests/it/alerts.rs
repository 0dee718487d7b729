//! Samples that fire: incidents open and end, and every channel is owed the news, for its own tenant only.

use std::time::Duration;

use chrono::TimeDelta;
use mailvane_proto::{
    catalogue::{self, delivery, queue},
    v1,
};
use mailvane_server::{
    clock::{Clock as _, Dice as _},
    domain::ids::{PublicId, TenantId},
    lifecycle::Loop as _,
    store::triggers::TriggerDraft,
    timers::Timers,
};
use serde_json::{Value, json};

use crate::harness::{
    Db,
    fleet::{Agent, Door},
    noon,
};

impl Db {
    pub(crate) async fn trigger(&self, tenant: TenantId, name: &str, spec: Value) {
        let id = PublicId::<mailvane_server::domain::ids::Trigger>::make(noon(), &*self.dice);
        sqlx::query!(
            "insert into trigger (tenant_id, public_id, name, severity, spec) values ($1, $2, $3, 'critical', $4)",
            tenant.get(),
            id.uuid(),
            name,
            spec
        )
        .execute(&mut self.behind().await)
        .await
        .unwrap();
    }

    pub(crate) async fn channel(&self, tenant: TenantId, name: &str) {
        let id = PublicId::<mailvane_server::domain::ids::Channel>::make(noon(), &*self.dice);
        sqlx::query!(
            "insert into channel (tenant_id, public_id, kind, name, secret) values ($1, $2, 'slack', $3, ''::bytea)",
            tenant.get(),
            id.uuid(),
            name
        )
        .execute(&mut self.behind().await)
        .await
        .unwrap();
    }

    /// What each tenant is owed, in order: tenant, channel, kind.
    pub(crate) async fn owed(&self) -> Vec<(i32, String, String)> {
        let rows = sqlx::query!(
            "select d.tenant_id, c.name, d.kind from delivery d
             join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id order by 1, d.incident_id, d.seq, 2"
        );
        let rows = rows.fetch_all(&mut self.behind().await).await.unwrap();
        rows.into_iter().map(|row| (row.tenant_id, row.name, row.kind)).collect()
    }

    async fn sweep_timers(&self) {
        let timers = Timers::new(self.store.clone(), self.dice.clone(), std::sync::Arc::default());
        timers.tick(self.clock.now()).await.unwrap();
    }
}

fn limited(domain: &str, deferred: u64) -> v1::BreakdownEntry {
    v1::BreakdownEntry {
        dimension: u32::from(delivery::REPLY_CLASS_DOMAIN.0),
        key: format!("gmail.ratelimit\t{domain}"),
        key_id: 0,
        count: vec![deferred],
    }
}

pub(crate) fn deferred(hold_s: u64, clear_hold_s: u64) -> Value {
    json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": 50.0, "clear": 30.0,
        "hold_s": hold_s, "clear_hold_s": clear_hold_s})
}

#[tokio::test]
async fn two_tenants_fire_in_the_same_moment_and_each_hears_of_its_own() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let mut lines = Vec::new();
    for name in ["Kestrel Mail", "Heron Post"] {
        let tenant = db.tenant(name).await;
        db.trigger(tenant, "deferred", deferred(0, 0)).await;
        db.channel(tenant, &format!("ops of {name}")).await;
        let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
        let line = agent.connect(&door).await.unwrap();
        lines.push((tenant, agent, line));
    }
    for (seq, figure) in [(1, 40), (2, 60), (3, 80), (4, 40), (5, 20), (6, 70)] {
        for (_, agent, line) in &lines {
            line.send(agent.batch(seq, &[(queue::DEFERRED_MESSAGES, figure)])).await;
        }
    }
    for (_, _, line) in &mut lines {
        line.acked(6).await.unwrap();
    }
    let owed = |tenant: TenantId, name: &str| {
        ["opened", "resolved", "opened"]
            .map(|kind| (tenant.get(), format!("ops of {name}"), kind.into()))
    };
    let mut all = owed(lines[0].0, "Kestrel Mail").to_vec();
    all.extend(owed(lines[1].0, "Heron Post"));
    assert_eq!(db.owed().await, all);
    let peaks =
        sqlx::query_scalar!(r#"select peak as "peak!" from incident where closed_at is not null"#);
    assert_eq!(peaks.fetch_all(&mut db.behind().await).await.unwrap(), [80.0, 80.0]);
}

#[tokio::test]
async fn a_hold_is_waited_out_by_a_timer_and_a_stale_timer_does_nothing() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.trigger(tenant, "deferred", deferred(1, 1)).await;
    db.channel(tenant, "ops").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    let figure =
        |agent: &Agent, seq, figure| agent.batch(seq, &[(queue::DEFERRED_MESSAGES, figure)]);

    // Bad and good again within the hold: nobody hears of it.
    line.send(figure(&agent, 1, 60)).await;
    line.send(figure(&agent, 2, 10)).await;
    line.acked(2).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    db.sweep_timers().await;
    assert!(db.owed().await.is_empty());

    let mut stuck = figure(&agent, 3, 60);
    stuck.instances[0].breakdowns = vec![limited("gmail.com", 40), limited("example.org", 2)];
    stuck.instances[0].events.push(v1::Event {
        at_ms: stuck.start_ms,
        kind: u32::from(catalogue::event::CONFIG_CHANGED.0),
        subject: "main.cf".into(),
        ..v1::Event::default()
    });
    line.send(stuck).await;
    line.acked(3).await.unwrap();
    db.sweep_timers().await;
    assert!(db.owed().await.is_empty(), "fired before its hold was over");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    db.sweep_timers().await;
    db.sweep_timers().await;
    assert_eq!(db.owed().await, [(tenant.get(), "ops".into(), "opened".into())]);

    let cause = sqlx::query_scalar!("select cause from incident");
    let cause = cause.fetch_one(&mut db.behind().await).await.unwrap();
    assert_eq!(
        cause["headline"],
        "95 % of failed tries are for gmail.com: Gmail limits our sending rate"
    );
    assert_eq!(cause["rows"][1]["domain"], "example.org");
    assert_eq!(cause["changed"][0]["text"], "config.changed main.cf");

    line.send(figure(&agent, 4, 10)).await;
    line.acked(4).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    db.sweep_timers().await;
    assert_eq!(db.owed().await.last().unwrap().2, "resolved");
}

#[tokio::test]
async fn history_neither_fires_nor_resolves() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(30));
    let tenant = db.tenant("Kestrel Mail").await;
    db.trigger(tenant, "deferred", deferred(0, 0)).await;
    db.channel(tenant, "ops").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    for seq in 1..=10 {
        line.send(agent.batch(seq, &[(queue::DEFERRED_MESSAGES, 900)])).await;
    }
    // Thirty minutes later the queue is empty: what was, was.
    line.send(agent.batch(11, &[])).await;
    let mut now = agent.batch(12, &[]);
    (now.start_ms, now.end_ms) = (now.start_ms + 1_680_000, now.end_ms + 1_680_000);
    line.send(now).await;
    line.acked(12).await.unwrap();
    assert!(db.owed().await.is_empty());
}

#[tokio::test]
async fn a_trigger_that_is_switched_off_ends_its_incident_and_says_so() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.trigger(tenant, "deferred", deferred(0, 0)).await;
    db.channel(tenant, "ops").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[(queue::DEFERRED_MESSAGES, 60)])).await;
    line.acked(1).await.unwrap();
    let mut scoped = db.store.web(tenant).await.unwrap();
    let trigger = scoped.triggers(None).await.unwrap().remove(0);
    scoped.remove_trigger(trigger.public_id, trigger.version).await.unwrap();
    scoped.commit().await.unwrap();
    db.sweep_timers().await;
    assert_eq!(db.owed().await.last().unwrap().2, "closed");
    let reason = sqlx::query_scalar!(r#"select close_reason as "reason!" from incident"#);
    let reason = reason.fetch_one(&mut db.behind().await).await.unwrap();
    assert_eq!(reason, "the trigger was deleted");
}

#[tokio::test]
async fn a_trigger_that_is_renamed_keeps_its_incident_and_one_that_is_retuned_ends_it() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.trigger(tenant, "deferred", deferred(0, 0)).await;
    db.channel(tenant, "ops").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[(queue::DEFERRED_MESSAGES, 60)])).await;
    line.acked(1).await.unwrap();
    for (name, spec, told) in
        [("renamed", deferred(0, 0), "opened"), ("renamed", deferred(5, 0), "closed")]
    {
        let mut scoped = db.store.web(tenant).await.unwrap();
        let trigger = scoped.triggers(None).await.unwrap().remove(0);
        let draft = TriggerDraft { name, enabled: true, severity: "critical", spec: &spec };
        scoped.change_trigger(trigger.public_id, trigger.version, &draft, noon()).await.unwrap();
        scoped.commit().await.unwrap();
        db.sweep_timers().await;
        assert_eq!(db.owed().await.last().unwrap().2, told);
    }
}

#[tokio::test]
async fn a_silent_host_is_told_once_unless_we_were_deaf_ourselves() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.trigger(tenant, "agent.silent", json!({"kind": "silent", "after_s": 60})).await;
    db.channel(tenant, "ops").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    let mut behind = db.behind().await;
    let listen = async |behind: &mut sqlx::PgConnection| {
        sqlx::query!("update timer set due_at = now() where kind = 'host_silent'")
            .execute(behind)
            .await
            .unwrap();
        db.sweep_timers().await;
    };
    sqlx::query!("update cursor set received_at = now() - interval '5 minutes'")
        .execute(&mut behind)
        .await
        .unwrap();
    listen(&mut behind).await;
    assert!(db.owed().await.is_empty(), "our own outage was told as the host's");

    sqlx::query!(
        "insert into ingest_heartbeat select date_bin('10 seconds', now() - n * interval '10 seconds', 'epoch'), 1
         from generate_series(0, 30) n on conflict do nothing"
    )
    .execute(&mut behind)
    .await
    .unwrap();
    listen(&mut behind).await;
    listen(&mut behind).await;
    assert_eq!(db.owed().await, [(tenant.get(), "ops".into(), "opened".into())]);

    line.send(agent.batch(2, &[])).await;
    line.acked(2).await.unwrap();
    listen(&mut behind).await;
    sqlx::query!("update timer set due_at = now() where kind = 'hold'")
        .execute(&mut behind)
        .await
        .unwrap();
    db.sweep_timers().await;
    assert_eq!(db.owed().await.last().unwrap().2, "resolved");
}

/// What a server remembers may be old; the database decides. One agent stays on its server, the other comes to another
/// one with every few batches, and both must be judged alike, whatever the figures are.
#[tokio::test]
async fn an_agent_that_hops_between_servers_is_judged_like_one_that_stays() {
    let db = Db::new().await;
    let doors = [Door::open(&db).await, Door::open(&db).await];
    db.clock.advance(TimeDelta::minutes(8));
    for round in 0..3 {
        let mut agents = Vec::new();
        for name in ["stays", "hops"] {
            let tenant = db.tenant(name).await;
            db.trigger(tenant, "deferred", deferred(0, 0)).await;
            agents.push((tenant, Agent::new(&db, &doors[0], tenant, "mx1.example").await));
        }
        let mut figures = [0_u8; 24];
        db.dice.fill(&mut figures);
        let mut staying = agents[0].1.connect(&doors[0]).await.unwrap();
        for (seq, figure) in (31..).zip(figures) {
            // Stamps begin five minutes after noon, so that all samples are recent.
            let figure = [(queue::DEFERRED_MESSAGES, u64::from(figure % 90))];
            let batch = |agent: &Agent| v1::Batch { seq: seq - 30, ..agent.batch(seq, &figure) };
            staying.send(batch(&agents[0].1)).await;
            staying.acked(seq - 30).await.unwrap();
            let door = &doors[usize::from(figures[0].wrapping_add(u8::try_from(seq).unwrap()) % 2)];
            let mut hopping = agents[1].1.connect(door).await.unwrap();
            hopping.send(batch(&agents[1].1)).await;
            hopping.acked(seq - 30).await.unwrap();
        }
        let mut stories = Vec::new();
        for (tenant, _) in &agents {
            let story = sqlx::query!(
                "select e.kind, i.value, i.peak, i.opened_at from incident_event e
                 join incident i on i.tenant_id = e.tenant_id and i.id = e.incident_id
                 where e.tenant_id = $1 order by i.id, e.seq",
                tenant.get()
            );
            let story = story.fetch_all(&mut db.behind().await).await.unwrap();
            let story: Vec<_> = story
                .into_iter()
                .map(|line| (line.kind, line.value, line.peak, line.opened_at))
                .collect();
            stories.push(story);
        }
        assert!(!stories[0].is_empty(), "round {round}: nothing fired, nothing was compared");
        assert_eq!(stories[0], stories[1], "round {round}");
    }
}
