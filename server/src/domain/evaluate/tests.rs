//! Verdicts between two levels, under further conditions, in bands, and when there are too many of them.

use mailvane_proto::catalogue::{MetricId, delivery, queue};

use super::*;
use crate::domain::{
    ids::TriggerId,
    trigger::{Rule, Spec, Trigger},
    watchlist::{KeyIndex, Watchlist},
    window::Seen,
};

fn plan(spec: &Spec) -> Watchlist {
    Watchlist::new(&[Trigger {
        id: TriggerId::from_row(1),
        name: "rule".into(),
        template: None,
        version: 1,
        severity: Severity::Warning,
        rule: Rule::new(spec).unwrap(),
    }])
}

fn deferred() -> Spec {
    Spec {
        kind: "threshold".into(),
        metric: "queue.deferred.messages".into(),
        fire: Some(1_000.0),
        clear: Some(700.0),
        ..Spec::default()
    }
}

fn seen(
    plan: &Watchlist,
    visibility: u64,
    values: &[(MetricId, i64)],
    usual: Option<f64>,
) -> Finding {
    let mut window = Window::new(&plan.layout);
    let seen = Seen {
        at_ms: 1_800_000_000_000,
        span_ms: 10_000,
        visibility,
        values,
        breakdowns: &[],
        events: &[],
    };
    window.push(&plan.layout, &KeyIndex::new(&plan.layout), &seen);
    let usual = vec![usual; plan.layout.usual.len()];
    judge(&plan.watched[0], &window, &usual).remove(0)
}

const ALL: u64 = u64::MAX >> 1;

#[test]
fn between_the_two_levels_nothing_changes() {
    let plan = plan(&deferred());
    let verdict = |n| seen(&plan, ALL, &[(queue::DEFERRED_MESSAGES, n)], None).verdict;
    assert_eq!(verdict(1_001), Verdict::Breach(1_001.0));
    assert_eq!(verdict(1_000), Verdict::Band(1_000.0));
    assert_eq!(verdict(701), Verdict::Band(701.0));
    assert_eq!(verdict(700), Verdict::Clear(700.0));
    assert_eq!(seen(&plan, ALL, &[], None).verdict, Verdict::Clear(0.0));
}

#[test]
fn what_was_not_measured_is_unknown_and_not_zero() {
    let low = plan(&Spec {
        metric: "queue.active.messages".into(),
        op: "<".into(),
        fire: Some(1.0),
        clear: Some(1.0),
        ..deferred()
    });
    assert_eq!(seen(&low, 0, &[], None).verdict, Verdict::Unknown);
    assert_eq!(seen(&low, ALL, &[], None).verdict, Verdict::Breach(0.0));
}

#[test]
fn counters_are_judged_by_their_growth_a_minute() {
    let busy = plan(&Spec {
        metric: "delivery.sent".into(),
        fire: Some(100.0),
        clear: Some(50.0),
        ..deferred()
    });
    assert_eq!(seen(&busy, ALL, &[(delivery::SENT, 20)], None).verdict, Verdict::Breach(120.0));
}

#[test]
fn a_queue_must_be_unlike_usual_too_and_is_judged_by_its_level_while_nothing_is_usual() {
    let high = crate::domain::defaults::named("queue.deferred.high").unwrap();
    let high = plan(&high.spec);
    let found = |n, usual| seen(&high, ALL, &[(queue::DEFERRED_MESSAGES, n)], usual);
    assert_eq!(found(1_200, None).verdict, Verdict::Breach(1_200.0));
    assert_eq!(found(1_200, Some(100.0)).verdict, Verdict::Breach(1_200.0));
    assert_eq!(found(1_200, Some(900.0)).verdict, Verdict::Band(1_200.0));
    let severity = |n, usual| found(n, usual).severity;
    assert_eq!(severity(5_001, None), Severity::Critical);
    assert_eq!(severity(1_200, Some(300.0)), Severity::Warning);
    assert_eq!(severity(1_600, Some(300.0)), Severity::Critical);
}

#[test]
fn beyond_the_cap_all_are_told_as_one_and_those_that_fire_keep_their_place() {
    let finding = |key, value| Finding {
        part: Part::Key(key),
        verdict: Verdict::Breach(value),
        severity: Severity::Warning,
        label: Redacted::default(),
    };
    let found: Vec<Finding> = (1..=6).map(|key| finding(key, 100.0 - f64::from(key))).collect();
    let kept = capped(found, 3, |part| part == Part::Key(6));
    let parts: Vec<Part> = kept.iter().map(|one| one.part).collect();
    assert_eq!(parts, [Part::Key(6), Part::Key(1), Part::Key(2), Part::More]);
    assert_eq!(kept[3].verdict, Verdict::Breach(3.0));
    assert_eq!(kept[3].label.as_str(), "3 more");
}
