//! Windows hold what they say, and made anew they judge the same.

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{DimensionId, delivery, event, group, queue};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    breakdown::{self, Entry},
    evaluate::{self, Finding},
    ids::TriggerId,
    severity::Severity,
    trigger::{Rule, Spec, Trigger},
    watchlist::Watchlist,
};

const START_MS: i64 = 1_800_000_000_000;
/// Number of `gmail.ratelimit` in the dictionary of these stories, and of other keys.
const GMAIL: u32 = 7;
const GMAIL_PROVIDER: u32 = 8;
const DOMAINS: [u32; 3] = [11, 12, 13];

#[derive(Debug, Clone)]
struct Interval {
    at_ms: i64,
    span_ms: i32,
    visibility: u64,
    values: Vec<(MetricId, i64)>,
    breakdowns: Vec<u8>,
    events: Vec<Event>,
}

impl Interval {
    fn at(second: i64) -> Self {
        Self {
            at_ms: START_MS + second * 1_000,
            span_ms: 10_000,
            visibility: u64::MAX >> 1,
            values: Vec::new(),
            breakdowns: Vec::new(),
            events: Vec::new(),
        }
    }

    fn with(mut self, metric: MetricId, value: i64) -> Self {
        self.values.push((metric, value));
        self.values.sort_unstable();
        self
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            at_ms: self.at_ms,
            span_ms: self.span_ms,
            visibility: self.visibility,
            values: &self.values,
            breakdowns: &self.breakdowns,
            events: &self.events,
        }
    }
}

fn trigger(id: i64, spec: &Spec) -> Trigger {
    Trigger {
        id: TriggerId::from_row(id),
        name: format!("rule {id}"),
        template: None,
        version: 1,
        severity: Severity::Warning,
        rule: Rule::new(spec).unwrap(),
    }
}

fn index(layout: &Layout) -> KeyIndex {
    let mut index = KeyIndex::new(layout);
    index.learn(layout, (delivery::REPLY_CLASS, GMAIL), "gmail.ratelimit");
    index.learn(layout, (delivery::PROVIDER, GMAIL_PROVIDER), "gmail");
    for key in DOMAINS {
        index.learn(layout, (delivery::RECIPIENT_DOMAIN, key), &format!("d{key}.example"));
    }
    index
}

fn pushed(plan: &Watchlist, intervals: &[Interval]) -> Window {
    let index = index(&plan.layout);
    let mut window = Window::new(&plan.layout);
    for interval in intervals {
        window.push(&plan.layout, &index, &interval.seen());
    }
    window
}

fn judged(spec: &Spec, intervals: &[Interval]) -> Vec<Finding> {
    let plan = Watchlist::new(&[trigger(1, spec)]);
    let usual = vec![None; plan.layout.usual.len()];
    evaluate::judge(&plan.watched[0], &pushed(&plan, intervals), &usual)
}

fn one(spec: &Spec, intervals: &[Interval]) -> evaluate::Verdict {
    judged(spec, intervals)[0].verdict
}

fn spec(kind: &str, metric: &str, window_s: u64, fire: f64) -> Spec {
    Spec { kind: kind.into(), metric: metric.into(), window_s, fire: Some(fire), ..Spec::default() }
}

#[test]
fn a_count_forgets_what_left_its_window() {
    use evaluate::Verdict::{Breach, Clear};
    let mut day: Vec<Interval> = (1..=180).map(|n| Interval::at(n * 10)).collect();
    day[0] = day[0].clone().with(delivery::BOUNCED, 50);
    let count = || spec("count", "delivery.bounced", 900, 10.0);
    assert_eq!(one(&count(), &day[..80]), Breach(50.0));
    assert_eq!(one(&count(), &day), Clear(0.0));
    // A window of five minutes or less is exact to the sample.
    let short = || spec("count", "delivery.bounced", 60, 10.0);
    assert_eq!(one(&short(), &day[..6]), Breach(50.0));
    assert_eq!(one(&short(), &day[..7]), Clear(0.0));
}

#[test]
fn a_rate_is_of_the_time_that_was_seen() {
    use evaluate::Verdict::{Breach, Unknown};
    let busy = |n: i64| Interval::at(n * 10).with(delivery::SENT, 20);
    let hour: Vec<Interval> = (1..=90).map(busy).collect();
    assert_eq!(one(&spec("rate", "delivery.sent", 600, 100.0), &hour), Breach(120.0));
    let blind = Interval { visibility: 0, ..Interval::at(910) };
    let hour: Vec<Interval> = hour.into_iter().chain([blind]).collect();
    assert_eq!(one(&spec("rate", "delivery.sent", 600, 100.0), &hour), Unknown);
}

#[test]
fn too_little_seen_is_no_verdict_but_more_than_enough_is() {
    use evaluate::Verdict::{Band, Breach, Unknown};
    let few: Vec<Interval> =
        (1..=3).map(|n| Interval::at(n * 10).with(delivery::BOUNCED, 10)).collect();
    assert_eq!(one(&spec("count", "delivery.bounced", 900, 20.0), &few), Breach(30.0));
    assert_eq!(one(&spec("count", "delivery.bounced", 900, 40.0), &few), Band(30.0));
    assert_eq!(one(&spec("rate", "delivery.bounced", 900, 1.0), &few), Unknown);
    let absent = Spec { fire: None, ..spec("absence", "message.received", 900, 0.0) };
    assert_eq!(one(&absent, &few), Band(0.0));
}

#[test]
fn a_queue_that_grows_by_two_hundred_a_minute_has_that_slope() {
    let growing = |n: i64| Interval::at(n * 10).with(queue::DEFERRED_MESSAGES, 1_000 + n * 200 / 6);
    let minutes: Vec<Interval> = (1..=90).map(growing).collect();
    let growth = |window_s| spec("growth", "queue.deferred.messages", window_s, 150.0);
    for window_s in [180, 900] {
        let evaluate::Verdict::Breach(slope) = one(&growth(window_s), &minutes) else {
            unreachable!()
        };
        assert!((slope - 200.0).abs() < 1.0, "{slope}");
    }
    assert_eq!(one(&growth(900), &minutes[..20]), evaluate::Verdict::Unknown);
}

#[test]
fn a_share_of_too_little_says_nothing() {
    let ratio = |min_volume| Spec {
        kind: "ratio".into(),
        over: vec!["delivery.bounced".into()],
        under: vec!["delivery.sent".into(), "delivery.bounced".into()],
        window_s: 600,
        min_volume,
        fire: Some(0.05),
        ..Spec::default()
    };
    let mail = |n: i64| Interval::at(n * 10).with(delivery::SENT, 9).with(delivery::BOUNCED, 1);
    let mail: Vec<Interval> = (1..=60).map(mail).collect();
    assert_eq!(one(&ratio(600.0), &mail), evaluate::Verdict::Breach(0.1));
    assert_eq!(one(&ratio(601.0), &mail), evaluate::Verdict::Unknown);
}

fn packed(counts: &[(DimensionId, u32, Vec<u64>)]) -> Vec<u8> {
    let mut entries: Vec<Entry<'_>> = counts
        .iter()
        .map(|(dimension, key, counts)| Entry { dimension: *dimension, key: *key, counts })
        .collect();
    breakdown::pack(&mut entries)
}

#[test]
fn replies_of_a_class_are_counted_among_the_tries_to_their_provider() {
    let limited = Spec {
        kind: "ratio".into(),
        over: vec!["reply_class.deferred[gmail.*]".into()],
        under: vec!["provider.sent[gmail]".into(), "provider.deferred[gmail]".into()],
        window_s: 900,
        fire: Some(0.02),
        ..Spec::default()
    };
    let mut interval = Interval::at(10);
    interval.breakdowns = packed(&[
        (delivery::REPLY_CLASS, GMAIL, vec![5]),
        (delivery::PROVIDER, GMAIL_PROVIDER, vec![45, 5]),
        (delivery::PROVIDER, 99, vec![1_000]),
    ]);
    assert_eq!(one(&limited, &[interval]), evaluate::Verdict::Breach(0.1));
}

#[test]
fn a_domain_that_nothing_reaches_is_found_and_one_that_something_reaches_is_not() {
    let stuck = Spec {
        kind: "per_key".into(),
        per_key: "recipient_domain.deferred".into(),
        zero: "sent".into(),
        window_s: 1_800,
        fire: Some(29.0),
        ..Spec::default()
    };
    let mut interval = Interval::at(10);
    interval.breakdowns = packed(&[
        (delivery::RECIPIENT_DOMAIN, DOMAINS[0], vec![0, 40]),
        (delivery::RECIPIENT_DOMAIN, DOMAINS[1], vec![1, 400]),
        (delivery::RECIPIENT_DOMAIN, DOMAINS[2], vec![0, 29]),
    ]);
    let found = judged(&stuck, &[interval.clone()]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].part, evaluate::Part::Key(DOMAINS[0]));
    let grouped = Spec { grouped: true, each: 29.0, fire: Some(0.0), ..stuck };
    assert_eq!(one(&grouped, &[interval]), evaluate::Verdict::Breach(2.0));
}

#[test]
fn the_same_fatal_with_other_numbers_is_one_alert_and_another_is_another() {
    let fatal = |second, text: &str| Event {
        at: DateTime::<Utc>::from_timestamp_millis(START_MS).unwrap() + TimeDelta::seconds(second),
        kind: event::FATAL,
        subject: "smtpd".into(),
        text: text.into(),
        count: 1,
    };
    let mut interval = Interval::at(10);
    interval.events = vec![
        fatal(1, "open database /etc/aliases.db: process 4711"),
        fatal(2, "open database /etc/aliases.db: process 4712"),
        fatal(3, "no SASL authentication mechanisms"),
    ];
    let rule = Spec {
        kind: "event".into(),
        events: vec!["log.fatal".into()],
        fingerprint: true,
        window_s: 1_800,
        ..Spec::default()
    };
    let found = judged(&rule, &[interval]);
    let values: Vec<_> = found.iter().map(|one| one.verdict.value().unwrap()).collect();
    assert_eq!(values, [2.0, 1.0]);
    assert_eq!(found[1].label.as_str(), "smtpd: no SASL authentication mechanisms");
}

/// One rule of each kind, over short and long windows.
fn all_kinds() -> Vec<Trigger> {
    let stuck = |grouped| Spec {
        kind: "per_key".into(),
        per_key: "recipient_domain.deferred".into(),
        zero: "sent".into(),
        grouped,
        each: 3.0,
        window_s: 600,
        fire: Some(3.0),
        ..Spec::default()
    };
    let ratio = Spec {
        kind: "ratio".into(),
        over: vec!["reply_class.deferred[gmail.*]".into()],
        under: vec!["delivery.sent".into(), "delivery.bounced".into()],
        window_s: 1_200,
        fire: Some(0.02),
        ..Spec::default()
    };
    let events = |fingerprint| Spec {
        kind: "event".into(),
        events: vec!["log.fatal".into()],
        fingerprint,
        window_s: 600,
        ..Spec::default()
    };
    [
        spec("threshold", "queue.deferred.messages", 0, 50.0),
        spec("count", "delivery.bounced", 120, 5.0),
        spec("count", "delivery.bounced", 1_800, 20.0),
        spec("rate", "delivery.sent", 300, 10.0),
        spec("rate", "delivery.sent", 3_600, 10.0),
        spec("growth", "queue.deferred.messages", 240, 1.0),
        spec("growth", "queue.deferred.messages", 900, 1.0),
        Spec { fire: None, ..spec("absence", "message.received", 600, 0.0) },
        ratio,
        stuck(true),
        stuck(false),
        events(true),
        events(false),
    ]
    .iter()
    .zip(1..)
    .map(|(spec, id)| trigger(id, spec))
    .collect()
}

prop_compose! {
    fn any_interval()(
        step in prop::sample::select(vec![1_i64, 10, 10, 10, 10, 60, 400]),
        seen in prop::sample::select(vec![3_u8, 3, 3, 3, 1, 2, 0]),
        queued in 0_i64..100, sent in 0_i64..20, bounced in 0_i64..3, gmail in 0_u64..3, domain in 0_usize..3,
        fatal in prop::option::of(0_u8..3),
    ) -> (i64, Interval) {
        let mut interval = Interval::at(0)
            .with(queue::DEFERRED_MESSAGES, queued)
            .with(delivery::SENT, sent)
            .with(delivery::BOUNCED, bounced);
        interval.values.retain(|(_, value)| *value != 0);
        interval.span_ms = i32::try_from(step * 1_000).unwrap().min(10_000);
        interval.visibility = match seen {
            0 => 0,
            1 => group::QUEUE_SCAN.bit(),
            2 => group::DELIVERY.bit(),
            _ => u64::MAX >> 1,
        };
        interval.breakdowns = packed(&[
            (delivery::REPLY_CLASS, GMAIL, vec![gmail]),
            (delivery::RECIPIENT_DOMAIN, DOMAINS[domain], vec![u64::from(sent > 17), gmail]),
        ]);
        interval.events = fatal
            .map(|n| Event {
                at: DateTime::UNIX_EPOCH,
                kind: event::FATAL,
                subject: format!("daemon {}", ["a", "b", "c"][usize::from(n)]),
                text: String::new(),
                count: 1,
            })
            .into_iter()
            .collect();
        (step, interval)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A window that was carried along judges as one made anew from what is stored of its last hour and two minutes.
    #[test]
    fn carried_along_or_made_anew_the_verdicts_are_the_same(
        steps in prop::collection::vec(any_interval(), 1..90),
    ) {
        let plan = Watchlist::new(&all_kinds());
        let index = index(&plan.layout);
        let mut carried = Window::new(&plan.layout);
        let mut at_ms = START_MS;
        let mut stored: Vec<Interval> = Vec::new();
        for (step, mut interval) in steps {
            at_ms += step * 1_000;
            interval.at_ms = at_ms;
            for event in &mut interval.events {
                event.at = DateTime::from_timestamp_millis(at_ms).unwrap();
            }
            stored.push(interval.clone());
            carried.push(&plan.layout, &index, &interval.seen());
            let from = at_ms - (i64::from(plan.layout.look_back_s) + 120) * 1_000;
            let recent: Vec<Interval> =
                stored.iter().filter(|one| one.at_ms > from).cloned().collect();
            let anew = pushed(&plan, &recent);
            let usual = vec![None; plan.layout.usual.len()];
            for watched in &plan.watched {
                prop_assert_eq!(
                    evaluate::judge(watched, &carried, &usual),
                    evaluate::judge(watched, &anew, &usual),
                    "{}", &watched.trigger.name
                );
            }
        }
    }
}
