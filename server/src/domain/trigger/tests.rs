//! Rules as people write them: what works, and what is refused by the part that is wrong.

use super::*;

fn deferred() -> Spec {
    Spec {
        kind: "threshold".into(),
        metric: "queue.deferred.messages".into(),
        op: ">".into(),
        fire: Some(50.0),
        clear: Some(30.0),
        ..Spec::default()
    }
}

#[test]
fn a_rule_that_could_not_work_is_refused_by_the_part_that_is_wrong() {
    let field = |spec: Spec| Rule::new(&spec).unwrap_err().field;
    assert!(Rule::new(&deferred()).is_ok());
    assert_eq!(field(Spec { metric: "queue.defered".into(), ..deferred() }), "metric");
    assert_eq!(field(Spec { op: ">=".into(), ..deferred() }), "op");
    assert_eq!(field(Spec { fire: Some(f64::NAN), ..deferred() }), "fire");
    assert_eq!(field(Spec { fire: None, ..deferred() }), "fire");
    assert_eq!(field(Spec { clear: Some(51.0), ..deferred() }), "clear");
    assert_eq!(field(Spec { op: "<".into(), clear: Some(10.0), ..deferred() }), "clear");
    assert_eq!(field(Spec { hold_s: 86_401, ..deferred() }), "hold_s");
    assert_eq!(field(Spec { kind: "anomaly".into(), ..deferred() }), "kind");
    assert_eq!(field(Spec { kind: "rate".into(), window_s: 60, ..deferred() }), "metric");
    assert_eq!(field(Spec { kind: "growth".into(), window_s: 7_200, ..deferred() }), "window_s");
    assert_eq!(field(Spec { no_data: "zero".into(), ..deferred() }), "no_data");
    assert_eq!(field(Spec { bands: [("bad".into(), 1.0)].into(), ..deferred() }), "bands");
    assert_eq!(field(Spec { kind: "silent".into(), ..Spec::default() }), "after_s");
    let event = Spec { kind: "event".into(), window_s: 600, ..Spec::default() };
    assert_eq!(field(Spec { events: vec!["daemon.sad".into()], ..event.clone() }), "events");
    assert_eq!(field(Spec { events: vec!["log.panic".into()], cap: Some(0), ..event }), "cap");
    let baseline = Spec { kind: "baseline".into(), metric: "tls.in.failed".into(), ..deferred() };
    assert_eq!(field(baseline), "metric");
}

#[test]
fn a_scope_covers_by_tag_host_and_instance_together() {
    let scope = Scope { tags: vec!["mx".into()], hosts: vec!["host_a".into()], ..Scope::default() };
    assert!(scope.covers(&["mx".into(), "eu".into()], "host_a", "inst_1"));
    assert!(!scope.covers(&["eu".into()], "host_a", "inst_1"));
    assert!(!scope.covers(&["mx".into()], "host_b", "inst_1"));
    assert!(Scope::default().covers(&[], "host_b", "inst_1"));
}

#[test]
fn a_service_is_counted_by_its_own_breakdown_or_refused() {
    let scope = Scope { services: vec!["submission".into()], ..Scope::default() };
    let failed = Spec {
        kind: "rate".into(),
        metric: "sasl.failed".into(),
        window_s: 600,
        fire: Some(5.0),
        scope: scope.clone(),
        ..Spec::default()
    };
    let Rule::Watch(watch) = Rule::new(&failed).unwrap() else { unreachable!() };
    let Measure::Rate(sum) = watch.measure else { unreachable!() };
    assert_eq!(sum.of[0].to_string(), "service.sasl_failed[submission]");
    let fault = Rule::new(&Spec { scope, ..deferred() }).unwrap_err();
    assert!(fault.why.contains("not counted by service"));
}

#[test]
fn silence_is_never_shorter_than_three_intervals() {
    let silent = Silent { after: Duration::from_secs(30), never: false, scope: Scope::default() };
    assert_eq!(silent.deadline(Duration::from_mins(1)), Duration::from_mins(3));
    assert_eq!(silent.deadline(Duration::from_secs(1)), Duration::from_secs(30));
}
