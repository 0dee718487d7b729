//! Much at once: deliveries a second, a page of one tenant beside the storm of another, a million timers after an outage.

use std::time::{Duration, Instant};

use mailvane_server::{
    clock::{Clock as _, SystemClock},
    domain::ids::{ChannelId, TenantId},
    lifecycle::Loop as _,
    timers::Timers,
};
use serde_json::{Map, Value, json};
#[expect(clippy::disallowed_types, reason = "a story's own rows, formed from its own texts")]
use sqlx::AssertSqlSafe;
use sqlx::Executor as _;

use super::{
    Stage, notifier,
    receivers::{Manner, Receiver},
};
use crate::{alerts::deferred, harness::Db};

type Figures = Map<String, Value>;

fn figures(value: Value) -> Figures {
    let Value::Object(figures) = value else { return Figures::new() };
    figures
}

impl Stage {
    /// Owes `each` messages to every channel of the tenant, each in a lane of its own.
    async fn owe(&self, each: usize) {
        let t = self.tenant.get();
        self.run(&format!(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane)
             select {t}, gen_random_uuid(), c.id, i.id, 100 + n, 'updated', 0, 1000000 + n * 100 + c.id
             from channel c, incident i, generate_series(1, {each}) n where c.tenant_id = {t} and i.tenant_id = {t}"
        ))
        .await;
    }
}

/// Deliveries a second of one replica in this process, and how long claims take beside it, ms.
pub(super) async fn pace() -> Figures {
    const CHANNELS: usize = 40;
    const EACH: usize = 250;
    let stage = Stage::build(&[Manner::Keyed; CHANNELS]).await;
    stage.open(0).await;
    stage.owe(EACH).await;
    let begun = Instant::now();
    let life = notifier(&stage.db.administrator, &stage.allow()).await;
    let mut claims = Vec::new();
    while stage.number(&stage.waiting()).await > 0 && begun.elapsed() < Duration::from_mins(3) {
        let asked = Instant::now();
        let mut scoped = stage.db.store.loops(stage.tenant).await.unwrap();
        let claim = (Duration::from_millis(1), Duration::ZERO);
        // Looked at and given back: the transaction is dropped.
        let nobody = ChannelId::from_row(1);
        scoped.claim_delivery(nobody, uuid::Uuid::from_u128(1), claim).await.unwrap();
        claims.push(asked.elapsed().as_secs_f64() * 1_000.0);
        drop(scoped);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    life.stop(Duration::from_secs(5)).await;
    claims.sort_by(f64::total_cmp);
    let p99 = claims.get(claims.len() * 99 / 100).or(claims.last()).copied().unwrap_or(0.0);
    let rate = (CHANNELS * (EACH + 1)) as f64 / seconds;
    figures(json!({"deliveries_per_s": rate.round(), "claim_under_load_p99_ms": p99}))
}

/// How long pages of one tenant take while 50,000 messages of another wait.
pub(super) async fn storm() -> Figures {
    const CHANNELS: usize = 40;
    const EACH: usize = 1_250;
    let stage = Stage::build(&[Manner::Keyed; CHANNELS]).await;
    stage.open(0).await;
    stage.owe(EACH).await;
    let other = stage.db.tenant("Heron Post").await;
    let pager = Receiver::start(Manner::Keyed).await;
    stage.channel(other, 0, &pager).await;
    let t = other.get();
    let host = "insert into host (tenant_id, public_id, name)";
    stage.run(&format!("{host} values ({t}, gen_random_uuid(), 'mx1.heron.example')")).await;
    let allow = format!("{},{}", stage.allow(), pager.address());
    let life = notifier(&stage.db.administrator, &allow).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut took = Vec::new();
    for n in 0..10 {
        page(&stage, other, n).await;
        let begun = Instant::now();
        while pager.taken().len() <= n && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        took.push(begun.elapsed().as_secs_f64());
    }
    let left = stage.number("select count(*) from delivery where status = 'ready'").await;
    life.stop(Duration::from_secs(5)).await;
    took.sort_by(f64::total_cmp);
    figures(
        json!({"storm_messages": CHANNELS * EACH, "storm_left": left, "page_beside_storm_median_s": took[5],
        "page_beside_storm_worst_s": took[9]}),
    )
}

async fn page(stage: &Stage, tenant: TenantId, n: usize) {
    let t = tenant.get();
    stage
        .run(&format!(
            "with i as (insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title,
                    opened_at) select {t}, gen_random_uuid(), 'k{n}', 'deferred', id, 'critical', 'Incident {n}', now()
                from host where tenant_id = {t} returning id)
             insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane)
             select {t}, gen_random_uuid(), c.id, i.id, 1, 'opened', 0, i.id from channel c, i where c.tenant_id = {t}"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn a_storm_of_one_tenant_does_not_delay_the_page_of_another() {
    let figures = storm().await;
    println!("{figures:?}");
    assert!(figures["page_beside_storm_worst_s"].as_f64().unwrap() < 2.0, "{figures:?}");
    assert!(figures["storm_left"].as_i64().unwrap() > 0, "the storm was over before: {figures:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn one_replica_delivers_five_hundred_a_second() {
    let figures = pace().await;
    println!("{figures:?}");
    assert!(figures["deliveries_per_s"].as_f64().unwrap() >= 500.0, "{figures:?}");
}

const TENANTS: i32 = 10;
/// Of each tenant: holds of alerts that have moved on, holds whose alert is gone, hosts that are heard, transitions.
const MOVED_ON: i32 = 49_000;
const GONE: i32 = 49_000;
const HEARD: i32 = 1_000;
const FIRING: i32 = 1_000;

/// A million timers that became due while nobody looked.
pub(super) async fn timers() -> Figures {
    let db = Db::new().await;
    let mut tenants = Vec::new();
    for n in 0..TENANTS {
        let tenant = db.tenant(&format!("Tenant {n}")).await;
        db.trigger(tenant, "bad", deferred(60, 60)).await;
        db.channel(tenant, "ops").await;
        tenants.push(tenant);
    }
    let run = async |text: String| {
        db.behind().await.execute(AssertSqlSafe(text)).await.unwrap();
    };
    for tenant in &tenants {
        run(due_at_once(*tenant)).await;
    }
    run("analyze".into()).await;
    let timers = Timers::new(db.store.clone(), db.dice.clone(), std::sync::Arc::default());
    let begun = Instant::now();
    let (mut done, mut critical_s) = (0, 0.0);
    loop {
        let report = timers.tick(SystemClock.now()).await.unwrap();
        done += report.done;
        if critical_s == 0.0 && opened(&db, "critical").await == i64::from(TENANTS * FIRING / 2) {
            critical_s = begun.elapsed().as_secs_f64();
        }
        if !report.more && report.done == 0 || begun.elapsed() > Duration::from_mins(5) {
            break;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let early = sqlx::query_scalar!(
        r#"select count(*) as "count!" from incident where severity = 'info'
           and fired_at < (select max(fired_at) from incident where severity = 'critical')"#
    );
    let early = early.fetch_one(&mut db.behind().await).await.unwrap();
    let twice = sqlx::query_scalar!(
        r#"select count(*) - count(distinct (tenant_id, alert_key)) as "count!" from incident"#
    );
    let twice = twice.fetch_one(&mut db.behind().await).await.unwrap();
    figures(json!({"timers_due": TENANTS * (MOVED_ON + GONE + HEARD + FIRING), "timers_done": done,
        "timers_fired": opened(&db, "critical").await + opened(&db, "info").await, "timers_fired_twice": twice,
        "timers_caught_up_s": seconds, "timers_critical_s": critical_s, "timers_info_before_critical": early}))
}

async fn opened(db: &Db, severity: &str) -> i64 {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from incident where severity = $1"#,
        severity
    );
    count.fetch_one(&mut db.behind().await).await.unwrap()
}

fn due_at_once(tenant: TenantId) -> String {
    let t = tenant.get();
    let fires = "jsonb_set(spec, '{hold_s}', '60')";
    let later = "clock_timestamp() - random() * interval '1 minute'";
    format!(
        "insert into trigger (tenant_id, public_id, name, severity, spec)
             select {t}, gen_random_uuid(), 'mild', 'info', {fires} from trigger where tenant_id = {t};
         insert into trigger (tenant_id, public_id, name, severity, spec)
             values ({t}, gen_random_uuid(), 'agent.silent', 'critical', '{{\"kind\": \"silent\", \"after_s\": 180}}');
         insert into host (tenant_id, public_id, name)
             select {t}, gen_random_uuid(), 'mx' || n || '.example' from generate_series(1, {HEARD}) n;
         insert into agent (tenant_id, public_id, host_id, public_key, first_batch_at)
             select {t}, gen_random_uuid(), id, decode(repeat('00', 32), 'hex'), now() from host where tenant_id = {t};
         insert into cursor (tenant_id, agent_id, epoch, last_seq, received_at)
             select {t}, id, 1, 1, now() + interval '5 minutes' from agent where tenant_id = {t};
         insert into alert_state (tenant_id, key, trigger_id, host_id, state, since, generation)
             select {t}, 'moved-' || n, g.id, h.id, 'ok', now(), 2
             from generate_series(1, {MOVED_ON}) n,
                 (select id from trigger where tenant_id = {t} order by id limit 1) g,
                 (select id from host where tenant_id = {t} order by id limit 1) h;
         insert into timer (tenant_id, due_at, kind, ref, generation, priority)
             select {t}, {later}, 'hold', 'moved-' || n, 1, n % 4 from generate_series(1, {MOVED_ON}) n;
         insert into timer (tenant_id, due_at, kind, ref, generation, priority)
             select {t}, {later}, 'hold', 'gone-' || n, 1, n % 4 from generate_series(1, {GONE}) n;
         insert into timer (tenant_id, due_at, kind, ref, generation)
             select {t}, {later}, 'host_silent', id::text, 1 from host where tenant_id = {t};
         insert into alert_state (tenant_id, key, trigger_id, host_id, state, since, generation, value, severity,
                 judged_at)
             select {t}, 'bad-' || n, g.id, h.id, 'pending', now() - interval '2 minutes', 1, 90, g.severity,
                 now() + interval '5 minutes'
             from generate_series(1, {FIRING}) n
             join (select id, severity, row_number() over (order by id) - 1 as place from trigger
                   where tenant_id = {t} and name in ('bad', 'mild')) g on g.place = n % 2,
                 (select id from host where tenant_id = {t} order by id limit 1) h;
         insert into timer (tenant_id, due_at, kind, ref, generation, priority)
             select {t}, {later}, 'hold', key, 1, case severity when 'critical' then 0 else 3 end
             from alert_state where tenant_id = {t} and key like 'bad-%'"
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_million_timers_are_caught_up_in_a_minute_the_worst_first() {
    let figures = timers().await;
    println!("{figures:?}");
    assert_eq!(figures["timers_fired"], TENANTS * FIRING, "{figures:?}");
    assert_eq!(figures["timers_fired_twice"], 0, "{figures:?}");
    assert!(figures["timers_caught_up_s"].as_f64().unwrap() < 60.0, "{figures:?}");
    assert!(figures["timers_info_before_critical"].as_i64().unwrap() < 20, "{figures:?}");
}
