//! The defaults are rules that work, are told apart, and say what to do.

use std::collections::HashSet;

use super::*;
use crate::domain::trigger::{Measure, Rule};

#[test]
fn every_default_is_a_rule_that_works_and_says_what_to_do() {
    for template in all() {
        let rule = Rule::new(&template.spec);
        assert!(rule.is_ok(), "{}: {}", template.name, rule.unwrap_err());
        assert!(!template.title.is_empty() && !template.title.ends_with('.'), "{}", template.name);
        assert!(template.description.ends_with('.'), "{}", template.name);
        assert!(!template.runbook.is_empty(), "{}: no runbook", template.name);
        assert!(template.edition <= EDITION && template.version >= 1);
    }
}

#[test]
fn names_and_titles_are_told_apart() {
    let names: HashSet<_> = all().iter().map(|one| one.name).collect();
    let titles: HashSet<_> = all().iter().map(|one| one.title).collect();
    assert_eq!((names.len(), titles.len()), (all().len(), all().len()));
    assert!(all().len() >= 30, "{} defaults", all().len());
}

#[test]
fn what_the_buyer_asks_for_is_there_and_as_bad_as_promised() {
    let severity = |name: &str| named(name).unwrap().severity;
    assert_eq!(severity("delivery.bounce.ratio"), Severity::Warning);
    assert_eq!(severity("delivery.failure.spike"), Severity::Critical);
    assert_eq!(severity("smtpd.reject.ratio"), Severity::Warning);
    let high = named("queue.deferred.high").unwrap();
    assert_eq!(high.spec.bands["critical"].to_string(), "5000");
    assert_eq!(high.spec.baseline_bands["critical"].to_string(), "5");
    let ratio = named("delivery.defer.ratio").unwrap();
    assert_eq!(ratio.spec.bands["critical"].to_string(), "0.5");
}

#[test]
fn a_share_of_little_never_fires() {
    for template in all() {
        if let Some(Rule::Watch(watch)) = template.rule()
            && let Measure::Ratio { min_volume, .. } = watch.measure
        {
            assert!(min_volume >= 1.0, "{}", template.name);
        }
    }
}
