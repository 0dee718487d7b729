//! What is believed and what is not; older and newer agents.

use mailvane_proto::catalogue::{delivery, event as events, queue};
use proptest::prelude::*;

use super::*;

fn wire() -> v1::Batch {
    v1::Batch {
        epoch: 1,
        seq: 1,
        catalogue_version: catalogue::VERSION,
        start_ms: 1_800_000_000_000,
        end_ms: 1_800_000_010_000,
        instances: vec![sample()],
        ..v1::Batch::default()
    }
}

fn sample() -> v1::InstanceSample {
    v1::InstanceSample {
        instance: Some(v1::InstanceKey {
            config_directory: "/etc/postfix".into(),
            name: "postfix".into(),
            ..v1::InstanceKey::default()
        }),
        visibility: u64::MAX,
        metric: vec![u32::from(queue::DEFERRED_MESSAGES.0), u32::from(delivery::SENT.0)],
        value: vec![12, 0],
        ..v1::InstanceSample::default()
    }
}

fn with(change: impl FnOnce(&mut v1::InstanceSample)) -> v1::Batch {
    let mut wire = wire();
    change(&mut wire.instances[0]);
    wire
}

#[test]
fn zeros_are_left_out_and_groups_of_tomorrow_are_not_visible() {
    let believed = batch(wire()).unwrap();
    assert_eq!(believed.instances[0].values, [(queue::DEFERRED_MESSAGES, 12)]);
    assert_eq!(believed.instances[0].visibility, catalogue::VISIBILITY_KNOWN);
    assert_eq!(believed.span_ms, 10_000);
}

#[test]
fn what_a_newer_agent_knows_is_counted_and_left_out() {
    let newer = with(|sample| {
        sample.metric.push(60_000);
        sample.value.push(5);
        sample.breakdowns.push(v1::BreakdownEntry { dimension: 9_999, ..Default::default() });
        sample.events.push(v1::Event {
            kind: 9_999,
            at_ms: 1_800_000_000_000,
            ..Default::default()
        });
    });
    let believed = batch(newer).unwrap();
    assert_eq!(believed.unknown, 3);
    assert_eq!(believed.instances[0].values.len(), 1);
}

#[test]
fn an_older_agent_that_knows_less_is_served() {
    let older = with(|sample| {
        sample.metric.truncate(1);
        sample.value.truncate(1);
    });
    assert_eq!(batch(v1::Batch { catalogue_version: 0, ..older }).unwrap().unknown, 0);
}

#[test]
fn what_breaks_the_contract_is_refused_with_a_reason() {
    let cases: Vec<v1::Batch> = vec![
        v1::Batch { seq: 0, ..wire() },
        v1::Batch { end_ms: 1_800_000_000_000, ..wire() },
        v1::Batch { start_ms: 5, end_ms: 10, ..wire() },
        v1::Batch { end_ms: i64::MAX, ..wire() },
        v1::Batch { epoch: u64::MAX, ..wire() },
        v1::Batch { instances: vec![sample(), sample()], ..wire() },
        v1::Batch { instances: vec![sample(); 33], ..wire() },
        with(|sample| sample.instance = None),
        with(|sample| sample.value.push(1)),
        with(|sample| sample.metric.swap(0, 1)),
        with(|sample| sample.value[0] = u64::from(u32::MAX)),
        with(|sample| sample.breakdowns = vec![v1::BreakdownEntry::default(); 1_025]),
        with(|sample| sample.events = vec![v1::Event::default(); 257]),
    ];
    for (place, case) in cases.into_iter().enumerate() {
        assert!(batch(case).is_err(), "case {place} was believed");
    }
}

#[test]
fn every_dimension_may_send_all_of_its_counts() {
    for dimension in catalogue::dimensions() {
        let key = match dimension.keys {
            Keys::Open => "example.net".to_owned(),
            Keys::Closed(_) => String::new(),
        };
        let count = vec![1; dimension.measures.len()];
        let full = with(|sample| {
            let dimension = u32::from(dimension.id.0);
            sample.breakdowns =
                vec![v1::BreakdownEntry { dimension, key, count, ..Default::default() }];
        });
        let believed = batch(full).unwrap();
        assert_eq!(believed.instances[0].breakdowns[0].counts.len(), dimension.measures.len());
    }
}

#[test]
fn every_metric_may_come_at_its_largest_and_no_larger() {
    for metric in catalogue::metrics() {
        let valued = |value| {
            with(|sample| {
                sample.metric = vec![u32::from(metric.id.0)];
                sample.value = vec![value];
            })
        };
        let believed = batch(valued(metric.value_max())).unwrap();
        assert_eq!(believed.instances[0].values.len(), 1, "{}", metric.name);
        assert!(batch(valued(metric.value_max() + 1)).is_err(), "{}", metric.name);
    }
}

#[test]
fn control_characters_of_hostile_texts_do_not_pass() {
    let hostile = with(|sample| {
        sample.events.push(v1::Event {
            at_ms: 1_800_000_000_000,
            kind: u32::from(events::FATAL.0),
            text: "a\0b\x1b[31m".into(),
            ..v1::Event::default()
        });
    });
    assert_eq!(batch(hostile).unwrap().instances[0].events[0].text, "a?b?[31m");
}

proptest! {
    /// Whatever the numbers, decoding answers and never panics.
    #[test]
    fn any_numbers_are_survived(
        numbers in any::<(u64, u64, i64, i64, u32, u64)>(),
        metrics in prop::collection::vec((any::<u32>(), any::<u64>()), 0..20),
    ) {
        let (epoch, seq, start_ms, end_ms, flags, visibility) = numbers;
        let mut wire = with(|sample| {
            sample.visibility = visibility;
            (sample.metric, sample.value) = metrics.into_iter().unzip();
        });
        wire = v1::Batch { epoch, seq, start_ms, end_ms, flags, ..wire };
        drop(batch(wire));
    }
}
