//! Default triggers in earnest: they are seeded, they improve, they find what they are for, and what must not be is found.

use chrono::TimeDelta;
use mailvane_proto::{
    catalogue::{delivery, queue},
    v1,
};
use mailvane_server::{
    clock::Clock as _,
    domain::{
        defaults,
        ids::{PublicId, TenantId},
    },
    lifecycle::Loop as _,
    store::Admin,
    timers::{Timers, audit::Audit},
};

#[expect(
    clippy::disallowed_types,
    reason = "a tenant's number goes into a statement of a test"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Executor as _, Row as _};

use crate::harness::{
    Db,
    fleet::{Agent, Door},
    noon,
};

impl Db {
    async fn seed(&self, tenant: TenantId, name: &str) {
        let mut admin = Admin::begin(&self.administrator).await.unwrap();
        let id = PublicId::make(noon(), &*self.dice);
        admin.seed_trigger(tenant, id, defaults::named(name).unwrap()).await.unwrap();
        admin.commit().await.unwrap();
    }

    async fn behind_the_walls(&self, statement: &'static str) {
        self.behind().await.execute(statement).await.unwrap();
    }

    async fn sweep(&self) {
        let timers = Timers::new(self.store.clone(), self.dice.clone(), std::sync::Arc::default());
        timers.tick(self.clock.now()).await.unwrap();
    }

    /// Titles of incidents with what is behind them, whether they are told, oldest first.
    async fn incidents(&self) -> Vec<(String, String, bool)> {
        let question = "select title, coalesce(cause->>'headline', ''), held_by is null from incident order by id";
        let rows = self.behind().await.fetch_all(question).await.unwrap();
        rows.into_iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }
}

fn entry(dimension: u16, key: &str, count: &[u64]) -> v1::BreakdownEntry {
    v1::BreakdownEntry {
        dimension: u32::from(dimension),
        key: key.into(),
        key_id: 0,
        count: count.to_vec(),
    }
}

#[tokio::test]
async fn gmail_limits_us_and_the_incident_says_so_with_the_first_batch_that_shows_it() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.seed(tenant, "reputation.gmail.limited").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    let limited = |seq, messages: u64| {
        let mut batch = agent.batch(seq, &[(delivery::SENT, 100)]);
        batch.instances[0].breakdowns = vec![
            entry(delivery::REPLY_CLASS.0, "gmail.ratelimit", &[messages, 0, messages]),
            entry(delivery::REPLY_CLASS_DOMAIN.0, "gmail.ratelimit\tgmail.com", &[messages]),
            entry(delivery::PROVIDER.0, "gmail", &[20, messages]),
        ];
        batch
    };
    line.send(limited(1, 4)).await;
    line.acked(1).await.unwrap();
    assert_eq!(db.incidents().await, []);
    line.send(limited(2, 3)).await;
    line.acked(2).await.unwrap();
    assert_eq!(
        db.incidents().await,
        [(
            "Gmail limits our sending rate".to_owned(),
            "100 % of failed tries are for gmail.com: Gmail limits our sending rate".to_owned(),
            true
        )]
    );
}

#[tokio::test]
async fn what_opens_behind_a_silent_host_is_told_when_it_is_back_and_still_bad() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.seed(tenant, "agent.silent").await;
    db.seed(tenant, "queue.corrupt.any").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    db.behind_the_walls(
        "update cursor set received_at = now() - interval '5 minutes';
         update timer set due_at = now();
         insert into ingest_heartbeat select date_bin('10 seconds', now() - n * interval '10 seconds', 'epoch'), 1
         from generate_series(0, 30) n on conflict do nothing",
    )
    .await;
    db.sweep().await;
    line.send(agent.batch(2, &[(queue::CORRUPT_MESSAGES, 1)])).await;
    line.acked(2).await.unwrap();
    let told: Vec<bool> = db.incidents().await.into_iter().map(|(.., told)| told).collect();
    assert_eq!(told, [true, false]);

    db.behind_the_walls("update timer set due_at = now()").await;
    db.sweep().await;
    db.behind_the_walls("update timer set due_at = now()").await;
    db.sweep().await;
    line.send(agent.batch(3, &[(queue::CORRUPT_MESSAGES, 1)])).await;
    line.acked(3).await.unwrap();
    db.behind_the_walls("update timer set due_at = now()").await;
    db.sweep().await;
    let told: Vec<bool> = db.incidents().await.into_iter().map(|(.., told)| told).collect();
    assert_eq!(told, [true, true]);
}

#[tokio::test]
async fn new_defaults_come_once_and_what_a_tenant_changed_stays() {
    let db = Db::new().await;
    let tenant = db.tenant("Kestrel Mail").await;
    db.seed(tenant, "queue.deferred.high").await;
    db.seed(tenant, "agent.silent").await;
    // As the first edition left them; one was changed since.
    db.behind_the_walls(
        "update tenant set template_edition = 1;
         update trigger set template_version = 1, spec = '{\"kind\": \"silent\", \"after_s\": 60}';
         update trigger set changed = true where name = 'agent.silent'",
    )
    .await;
    let bring = async || {
        let mut admin = Admin::begin(&db.administrator).await.unwrap();
        let served = admin.bring_templates((noon(), &*db.dice)).await.unwrap();
        admin.commit().await.unwrap();
        served
    };
    assert_eq!(bring().await, 1);
    let mut scoped = db.store.web(tenant).await.unwrap();
    let triggers = scoped.triggers(None).await.unwrap();
    drop(scoped);
    assert_eq!(triggers.len(), defaults::all().len());
    let kind = |name: &str| {
        let found = triggers.iter().find(|one| one.name == name).unwrap();
        found.spec["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind("queue.deferred.high"), "threshold");
    assert_eq!(kind("agent.silent"), "silent");
    db.behind_the_walls("delete from trigger where name = 'config.changed'").await;
    assert_eq!(bring().await, 0);
    let mut scoped = db.store.web(tenant).await.unwrap();
    assert_eq!(scoped.triggers(None).await.unwrap().len(), defaults::all().len() - 1);
}

#[tokio::test]
async fn the_auditor_is_quiet_in_a_sound_deployment_and_finds_what_was_broken() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    db.clock.advance(TimeDelta::minutes(2));
    let tenant = db.tenant("Kestrel Mail").await;
    db.seed(tenant, "queue.corrupt.any").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[(queue::CORRUPT_MESSAGES, 1)])).await;
    line.acked(1).await.unwrap();
    let audit = Audit::new(db.store.clone());
    let broken = async || {
        let (asked, found) = audit.offences().await.unwrap();
        assert_eq!(asked, 1);
        let broken = found.into_iter().filter(|(_, count)| *count > 0);
        broken.map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    assert!(broken().await.is_empty());
    db.behind_the_walls("update alert_state set state = 'ok'").await;
    assert_eq!(broken().await, ["I-3 incident that no alert watches"]);
    db.behind_the_walls(
        "update alert_state set state = 'firing', incident_id = null, judged_at = now() - interval '1 hour';
         update timer set due_at = now() - interval '1 hour'",
    )
    .await;
    assert_eq!(
        broken().await,
        ["I-1 alert without incident", "I-3 incident that no alert watches", "timer long overdue"]
    );
}

#[tokio::test]
async fn what_is_usual_at_an_hour_is_the_median_of_its_days() {
    let db = Db::new().await;
    let tenant = db.tenant("Kestrel Mail").await;
    let statement = format!(
        "select make_partition('hour_queue_scan', '2026-10-01', '2026-11-01');
         select make_partition('hour_queue_scan', '2026-11-01', '2026-12-01');
         insert into hour_queue_scan (tenant_id, instance_id, ts, n, span_ms, queue_deferred_messages_sum)
         select {}, 7, '2026-11-02 12:00Z'::timestamptz - d * interval '1 day', 360, 3600000, 360 * (100 + d)
         from generate_series(1, 5) d",
        tenant.get()
    );
    let mut behind = db.behind().await;
    behind.execute(AssertSqlSafe(statement)).await.unwrap();
    let usual = mailvane_server::upkeep::usual::Usual::new(db.store.clone());
    assert_eq!(usual.compute(noon()).await.unwrap(), 1);
    assert_eq!(usual.compute(noon()).await.unwrap(), 0, "computed twice within the hour");
    let kept = behind.fetch_one("select metric_id, hour, usual, days from baseline").await.unwrap();
    assert_eq!(kept.get::<i16, _>(0), i16::try_from(queue::DEFERRED_MESSAGES.0).unwrap());
    assert_eq!(
        (kept.get::<i16, _>(1), kept.get::<f64, _>(2), kept.get::<i16, _>(3)),
        (12, 103.0, 5)
    );
}
