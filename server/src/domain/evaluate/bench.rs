//! How many verdicts a second: all default triggers over many instances, each interval pushed and judged as ingest does it.
//! `cargo test --release -p mailvane-server --lib evaluations_a_second -- --ignored --nocapture` prints one line of JSON.

use std::time::Instant;

use mailvane_proto::catalogue::{self, MetricId};

use super::judge;
use crate::domain::{
    defaults,
    ids::TriggerId,
    trigger::Trigger,
    watchlist::{KeyIndex, Watchlist},
    window::{Seen, Window},
};

/// Instances whose memory does not fit a cache.
const INSTANCES: usize = 2_000;
/// Intervals of ten seconds: the windows are full for half of them.
const INTERVALS: i64 = 120;

#[test]
#[ignore = "a measurement, not a test"]
fn evaluations_a_second() {
    let triggers: Vec<Trigger> = defaults::all()
        .iter()
        .zip(1..)
        .filter(|(template, _)| template.enabled)
        .map(|(template, id)| Trigger {
            id: TriggerId::from_row(id),
            name: template.name.into(),
            template: Some(template.name.into()),
            version: 1,
            severity: template.severity,
            rule: template.rule().unwrap(),
        })
        .collect();
    let plan = Watchlist::new(&triggers);
    let index = KeyIndex::new(&plan.layout);
    let mut windows = vec![Window::new(&plan.layout); INSTANCES];
    let values: Vec<(MetricId, i64)> = catalogue::metrics()
        .iter()
        .filter(|metric| metric.id.0.is_multiple_of(2))
        .map(|metric| (metric.id, 3))
        .collect();
    let usual = vec![Some(100.0); plan.layout.usual.len()];
    let (mut verdicts, mut found) = (0_u64, 0_usize);
    let begun = Instant::now();
    for interval in 1..=INTERVALS {
        let seen = Seen {
            at_ms: 1_800_000_000_000 + interval * 10_000,
            span_ms: 10_000,
            visibility: u64::MAX >> 1,
            values: &values,
            breakdowns: &[],
            events: &[],
        };
        for window in &mut windows {
            window.push(&plan.layout, &index, &seen);
            for watched in &plan.watched {
                found += judge(watched, window, &usual).len();
                verdicts += 1;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{{\"triggers\":{},\"instances\":{INSTANCES},\"evaluations\":{verdicts},\"seconds\":{seconds:.3},\
         \"evaluations_per_s\":{:.0}}}",
        plan.watched.len(),
        verdicts as f64 / seconds
    );
    assert!(found > 0, "nothing was judged");
}
