//! What was measured can be read: over time, in sum, now and by key; what was not measured is a gap, never zero.

use chrono::TimeDelta;
use mailvane_proto::{
    catalogue::{self, Metric, MetricId, delivery, group, queue},
    v1::{self, BreakdownEntry},
};
use mailvane_server::domain::{grid::Grid, ids::InstanceId};

use crate::harness::{
    Db,
    fleet::{Agent, Door},
    noon,
};

fn metrics(ids: &[MetricId]) -> Vec<&'static Metric> {
    ids.iter().map(|id| catalogue::metric(*id).unwrap()).collect()
}

fn domain(key: &str, deferred: u64) -> BreakdownEntry {
    let dimension = u32::from(delivery::RECIPIENT_DOMAIN.0);
    let mut count = vec![0; delivery::recipient::DEFERRED + 1];
    count[delivery::recipient::DEFERRED] = deferred;
    BreakdownEntry { dimension, key: key.into(), key_id: 0, count }
}

#[tokio::test]
async fn a_minute_of_batches_reads_back_with_its_hole() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let stranger = db.tenant("Heron Post").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    db.clock.advance(TimeDelta::minutes(2));
    for seq in 1..=6 {
        let mut batch = agent.batch(seq, &[(delivery::SENT, seq), (queue::DEFERRED_MESSAGES, 100)]);
        let sample = &mut batch.instances[0];
        if seq == 3 {
            sample.visibility &= !group::QUEUE_SCAN.bit();
            sample.metric.retain(|id| *id != u32::from(queue::DEFERRED_MESSAGES.0));
            sample.value.truncate(sample.metric.len());
            sample.value[0] = seq;
        }
        sample.breakdowns = vec![domain("gmail.com", 5), domain("example.org", 1)];
        sample.events.push(v1::Event {
            at_ms: batch.end_ms - 1,
            kind: u32::from(catalogue::event::RELOADED.0),
            ..v1::Event::default()
        });
        line.send(batch).await;
    }
    line.acked(6).await.unwrap();

    let mut scoped = db.store.web(tenant).await.unwrap();
    let host = scoped.hosts(None, None, 10).await.unwrap().remove(0);
    let instance = scoped.instances(&[host.id], None).await.unwrap().remove(0).id;
    let wanted = metrics(&[delivery::SENT, queue::DEFERRED_MESSAGES]);
    let (from, to) = (noon(), noon() + TimeDelta::seconds(70));
    let grid = Grid::cover((from, to), 10_000, 500).unwrap();
    let answer = scoped.series(&[instance], &wanted, grid, to).await.unwrap();
    let some = |values: &[i32]| values.iter().map(|v| Some(f64::from(*v))).collect::<Vec<_>>();
    let mut sent = some(&[1, 2, 3, 4, 5, 6]);
    sent.push(None);
    assert_eq!(answer.series[0].values, sent);
    assert_eq!(answer.series[1].values[2], None, "not visible is never zero");
    assert_eq!(answer.series[1].max[3], Some(100.0));
    let gaps: Vec<_> =
        answer.gaps.iter().map(|gap| (gap.kind.as_str(), gap.from, gap.to)).collect();
    let second = |n| noon() + TimeDelta::seconds(n);
    assert_eq!(
        gaps,
        [("no_data", second(60), second(70)), ("not_visible", second(20), second(30))]
    );

    let sums = scoped.totals(&[instance], &wanted[..1], (second(20), second(51))).await.unwrap();
    assert_eq!(sums[&instance], [2 + 3 + 4 + 5]);
    let latest = scoped.latest(&[instance], &wanted, to).await.unwrap();
    assert_eq!(latest[&instance].values, [Some(6), Some(100)]);
    let dimension = catalogue::dimension(delivery::RECIPIENT_DOMAIN).unwrap();
    let by = (delivery::recipient::DEFERRED, 1);
    let top = scoped.breakdown(&[instance], dimension, (from, to), by).await.unwrap();
    assert_eq!(top.rows[0].0, "gmail.com");
    assert_eq!(top.rows[0].1[delivery::recipient::DEFERRED], 30);
    assert_eq!(top.other[delivery::recipient::DEFERRED], 6);
    assert_eq!(scoped.events(&[instance], (from, to)).await.unwrap().len(), 6);

    // The same questions of another tenant find nothing, though it knows the number.
    let mut scoped = db.store.web(stranger).await.unwrap();
    let foreign: InstanceId = instance;
    let answer = scoped.series(&[foreign], &wanted, grid, to).await.unwrap();
    assert!(answer.series[0].values.iter().all(Option::is_none));
    assert!(scoped.latest(&[foreign], &wanted, to).await.unwrap().is_empty());
    let top = scoped.breakdown(&[foreign], dimension, (from, to), by).await.unwrap();
    assert!(top.rows.is_empty());
    assert!(scoped.events(&[foreign], (from, to)).await.unwrap().is_empty());
}
