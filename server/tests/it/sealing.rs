//! Hours are sealed, late rows find their hour, whoever is interrupted changes nothing: the totals at the door are the
//! totals that the agents sent, at any moment.

#![expect(clippy::cast_possible_truncation, reason = "counts of a story are small")]

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::{
    catalogue::{self, Metric, MetricId, delivery, group, queue},
    v1::{Batch, BreakdownEntry},
};
use mailvane_server::{
    domain::{
        grid::Grid,
        ids::{InstanceId, TenantId},
    },
    store::{Scoped, series::Tier},
    upkeep::Sealer,
};

use crate::harness::{
    Db,
    fleet::{Agent, Door, Line},
    noon,
};

fn metrics(ids: &[MetricId]) -> Vec<&'static Metric> {
    ids.iter().map(|id| catalogue::metric(*id).unwrap()).collect()
}

/// A host whose batches each count `seq` deliveries and the same number of deferrals to one domain.
struct Host {
    agent: Agent,
    line: Line,
    tenant: TenantId,
    instance: InstanceId,
    seq: u64,
    sent: i64,
}

impl Host {
    async fn new(db: &Db, door: &Door, tenant: TenantId, name: &str) -> Self {
        let mut agent = Agent::new(db, door, tenant, name).await;
        let mut line = agent.connect(door).await.unwrap();
        let mut first = agent.batch(1, &[(delivery::SENT, 1), (queue::DEFERRED_MESSAGES, 1)]);
        first.instances[0].visibility &= !group::SASL.bit();
        line.send(first).await;
        line.acked(1).await.unwrap();
        let mut scoped = db.store.web(tenant).await.unwrap();
        let id = agent.host_id.parse().unwrap();
        let hosts = scoped.hosts(None, None, 100).await.unwrap();
        let host = hosts.into_iter().find(|host| host.public_id == id).unwrap();
        let instance = scoped.instances(&[host.id], None).await.unwrap().remove(0).id;
        Self { agent, line, tenant, instance, seq: 1, sent: 1 }
    }

    /// The next batch, for the ten seconds that end at `end`.
    async fn say(&mut self, end: DateTime<Utc>) {
        self.seq += 1;
        let mut batch = self.batch();
        (batch.start_ms, batch.end_ms) = (end.timestamp_millis() - 10_000, end.timestamp_millis());
        self.line.send(batch).await;
        self.line.acked(self.seq).await.unwrap();
        self.sent += i64::try_from(self.seq).unwrap();
    }

    fn batch(&self) -> Batch {
        let figures = [(delivery::SENT, self.seq), (queue::DEFERRED_MESSAGES, self.seq)];
        let mut batch = self.agent.batch(self.seq, &figures);
        let sample = &mut batch.instances[0];
        sample.visibility &= !group::SASL.bit();
        let mut count = vec![0; delivery::recipient::DEFERRED + 1];
        count[delivery::recipient::DEFERRED] = self.seq;
        let dimension = u32::from(delivery::RECIPIENT_DOMAIN.0);
        sample.breakdowns =
            vec![BreakdownEntry { dimension, key: "gmail.com".into(), key_id: 0, count }];
        batch
    }

    async fn door(&self, db: &Db) -> Scoped {
        let mut scoped = db.store.web(self.tenant).await.unwrap();
        scoped.freeze().await.unwrap();
        scoped
    }

    /// All that the API says was delivered between two times.
    async fn told(&self, db: &Db, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        let mut scoped = self.door(db).await;
        let wanted = metrics(&[delivery::SENT]);
        scoped.totals(&[self.instance], &wanted, (from, to)).await.unwrap()[&self.instance][0]
    }

    /// All that the API says of the first two days.
    async fn told_all(&self, db: &Db) -> i64 {
        self.told(db, noon() - TimeDelta::days(1), noon() + TimeDelta::days(2)).await
    }
}

fn at(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

async fn late_left(db: &Db) -> i64 {
    let mut behind = db.behind().await;
    let left = sqlx::query_scalar!(r#"select count(*) as "late!" from late"#);
    left.fetch_one(&mut behind).await.unwrap()
}

async fn partitions_left(db: &Db) -> i64 {
    let mut behind = db.behind().await;
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!" from pg_class where relname = 'sample_2026110212'"#
    );
    left.fetch_one(&mut behind).await.unwrap()
}

async fn seal(db: &Db, now: DateTime<Utc>) -> u64 {
    Sealer::new(&db.store, now).run().await.unwrap()
}

#[tokio::test]
async fn an_hour_is_sealed_an_hour_after_its_end_and_reads_as_before() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let stranger = db.tenant("Heron Post").await;
    db.clock.set(at(6));
    let mut host = Host::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut other = Host::new(&db, &door, stranger, "mx1.heron.example").await;
    for minute in [1, 2, 3, 5] {
        host.say(at(minute)).await;
        other.say(at(minute)).await;
    }
    let wanted = metrics(&[delivery::SENT, queue::DEFERRED_MESSAGES, catalogue::sasl::FAILED]);
    let grid = Grid::cover((noon(), at(6)), 10_000, 6).unwrap();
    let before = host.door(&db).await.series(&[host.instance], &wanted, grid, at(6)).await.unwrap();
    assert_eq!(before.tier, Tier::Raw);

    assert_eq!(seal(&db, at(119)).await, 0, "its time has not come");
    assert_eq!(seal(&db, at(120)).await, 2);
    assert_eq!(seal(&db, at(122)).await, 0, "once is enough");
    assert_eq!(partitions_left(&db).await, 0);
    let after = host.door(&db).await.series(&[host.instance], &wanted, grid, at(6)).await.unwrap();
    for (one, two) in before.series.iter().zip(&after.series) {
        assert_eq!((&one.values, &one.min, &one.max), (&two.values, &two.min, &two.max));
        assert_eq!(one.span_ms, two.span_ms, "{}", one.metric.name);
    }
    assert_eq!(before.gaps, after.gaps);
    assert!(
        after.gaps.iter().any(|gap| gap.kind == "not_visible" && gap.group == Some(group::SASL))
    );
    assert_eq!(host.told(&db, at(0), at(60)).await, host.sent);
    assert_eq!(host.told(&db, at(2), at(4)).await, 3 + 4, "a part of the hour, from its block");
    assert_eq!(other.told_all(&db).await, other.sent);

    let hours = Grid::cover((noon(), at(180)), 3_600_000, 10).unwrap();
    let answer =
        host.door(&db).await.series(&[host.instance], &wanted, hours, at(180)).await.unwrap();
    assert_eq!(answer.tier, Tier::Hourly);
    assert_eq!(answer.series[0].values, [Some(15.0), None, None]);
    assert_eq!(answer.series[1].max[0], Some(5.0));
    assert_eq!(answer.series[2].values, [None, None, None], "not visible is never zero");
    let gaps: Vec<_> =
        answer.gaps.iter().map(|gap| (gap.kind.as_str(), gap.from, gap.to)).collect();
    assert_eq!(gaps, [("no_data", at(60), at(180)), ("not_visible", at(0), at(60))]);
    let latest = host.door(&db).await.latest(&[host.instance], &wanted, at(180)).await.unwrap();
    assert_eq!(latest[&host.instance].values, [Some(5), Some(5), None]);

    // The same questions of another tenant find nothing, though it knows the number.
    let mut foreign = other.door(&db).await;
    let answer = foreign.series(&[host.instance], &wanted, hours, at(180)).await.unwrap();
    assert!(answer.series.iter().all(|series| series.values.iter().all(Option::is_none)));
}

#[tokio::test]
async fn what_comes_late_counts_at_once_and_is_sealed_again_every_ten_minutes() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    db.clock.set(at(6));
    let mut host = Host::new(&db, &door, tenant, "mx1.kestrel.example").await;
    host.say(at(5)).await;
    db.clock.set(at(121));
    assert_eq!(seal(&db, at(121)).await, 1);
    for minute in [7, 8] {
        host.say(at(minute)).await;
        assert_eq!(host.told(&db, at(0), at(60)).await, host.sent, "before it is sealed again");
    }
    assert_eq!(seal(&db, at(125)).await, 0, "it was sealed four minutes ago");
    assert_eq!((seal(&db, at(131)).await, late_left(&db).await), (1, 0));
    assert_eq!(host.told(&db, at(0), at(60)).await, host.sent);
    assert_eq!(host.told(&db, at(6), at(8)).await, 3);

    // A day later the day's sums are there; a spool from before them still finds its way in.
    db.clock.set(at(60 * 26));
    seal(&db, at(60 * 26)).await;
    host.say(at(9)).await;
    let days = |scoped: Scoped| async {
        let mut scoped = scoped;
        let grid = Grid::cover((at(-720), at(720)), 86_400_000, 10).unwrap();
        scoped.series(&[host.instance], &metrics(&[delivery::SENT]), grid, at(720)).await.unwrap()
    };
    let total = Some(host.sent as f64);
    let answer = days(host.door(&db).await).await;
    assert_eq!((answer.tier, answer.series[0].values[0]), (Tier::Daily, total));
    assert_eq!(seal(&db, at(60 * 26 + 11)).await, 1);
    assert_eq!(late_left(&db).await, 0);
    assert_eq!(days(host.door(&db).await).await.series[0].values[0], total);
    assert_eq!(host.told_all(&db).await, host.sent);
}

#[tokio::test]
async fn sealing_is_interrupted_at_every_step_and_changes_nothing() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    db.clock.set(at(130));
    let mut hosts = Vec::new();
    for name in ["mx1.kestrel.example", "mx2.kestrel.example"] {
        let mut host = Host::new(&db, &door, tenant, name).await;
        for minute in [5, 65, 125] {
            host.say(at(minute)).await;
        }
        hosts.push(host);
    }
    let (mut turn, mut interrupted) = (0, 0);
    let mut now = at(300);
    db.clock.set(now);
    loop {
        // Later and later, so that what waits for its time is done as well; each time a few steps further.
        turn += 1;
        now += TimeDelta::minutes(1);
        let steps = 1 + turn * 4;
        let mut sealer = Sealer::new(&db.store, now);
        let ended = Interrupted { inner: Box::pin(sealer.run()), steps }.await;
        for host in &hosts {
            assert_eq!(host.told_all(&db).await, host.sent, "after {steps} steps at {now}");
        }
        let done = matches!(ended, Some(Ok(0))) && late_left(&db).await == 0;
        if done && turn > 40 && partitions_left(&db).await == 0 {
            break;
        }
        interrupted += i32::from(ended.is_none());
        if turn % 9 == 4 && turn < 40 {
            let host = &mut hosts[usize::try_from(turn % 2).unwrap()];
            host.say(at(30) + TimeDelta::seconds(10 * i64::from(turn))).await;
        }
        assert!(turn < 400, "it comes to an end");
    }
    println!("interrupted {interrupted} times");
    assert!(interrupted > 10, "{interrupted}");
    let grid = Grid::cover((noon(), at(180)), 3_600_000, 10).unwrap();
    for host in &hosts {
        let answer = host
            .door(&db)
            .await
            .series(&[host.instance], &metrics(&[delivery::SENT]), grid, at(180))
            .await;
        let hourly: f64 = answer.unwrap().series[0].values.iter().flatten().sum();
        assert_eq!(hourly as i64, host.sent);
    }
}

#[tokio::test]
async fn an_hour_waits_for_the_batch_that_is_being_written_into_it() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    db.clock.set(at(6));
    let host = Host::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut writing = db.store.ingest_tx().await.unwrap();
    assert_eq!(writing.open_hours(&[noon()]).await.unwrap(), [noon()]);
    assert!(Sealer::new(&db.store, at(120)).run().await.unwrap_err().is_transient());
    writing.commit().await.unwrap();
    assert_eq!(seal(&db, at(120)).await, 1);
    let mut writing = db.store.ingest_tx().await.unwrap();
    assert!(
        writing.open_hours(&[noon()]).await.unwrap().is_empty(),
        "nothing lands in it any more"
    );
    assert_eq!(host.told_all(&db).await, host.sent);
}

#[tokio::test]
async fn a_clock_far_back_or_a_sealing_in_the_future_freezes_nothing() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    db.clock.set(at(6));
    let mut host = Host::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let long_ago = noon() - TimeDelta::days(20 * 365);
    host.say(long_ago).await;
    host.say(at(5)).await;
    // The server's own clock was a year ahead while it sealed.
    assert_eq!(seal(&db, at(120) + TimeDelta::days(365)).await, 1);
    db.clock.set(at(121));
    host.say(at(8)).await;
    assert_eq!(seal(&db, at(122)).await, 1, "late rows do not wait for next year");
    assert_eq!(partitions_left(&db).await, 0, "neither do partitions");
    let long_ago =
        host.told(&db, long_ago - TimeDelta::hours(1), long_ago + TimeDelta::hours(1)).await;
    assert_eq!(long_ago, 2, "it is kept and shown where its host says it belongs");
    assert_eq!(host.told_all(&db).await + long_ago, host.sent);
}

/// Polls a future so many times, then drops it where it stands.
struct Interrupted<F> {
    inner: Pin<Box<F>>,
    steps: u32,
}

impl<F: Future> Future for Interrupted<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.steps == 0 {
            return Poll::Ready(None);
        }
        self.steps -= 1;
        match self.inner.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => Poll::Pending,
        }
    }
}
