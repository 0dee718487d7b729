//! Scenarios that a postmaster knows.

use super::*;

fn failed(class: &str, domain: &str, count: u64) -> Failed {
    Failed { class: class.into(), domain: domain.into(), count }
}

#[test]
fn gmail_limits_our_rate() {
    let cause = explain(Evidence {
        classes: vec![
            failed("generic.greylist", "example.net", 40),
            failed("gmail.ratelimit", "gmail.com", 300),
            failed("gmail.ratelimit", "gmail.com", 100),
            failed("other", "example.edu", 60),
        ],
        templates: vec![
            (
                "gmail.ratelimit".into(),
                "421-4.7.28 rate of mail from <jane@ours.example> is limited".into(),
                9,
            ),
            ("gmail.ratelimit".into(), "rare".into(), 1),
        ],
        ..Evidence::default()
    });
    assert_eq!(cause.headline, "80 % of failed tries are for gmail.com: gmail.ratelimit");
    assert_eq!(cause.of, 500);
    assert_eq!((cause.rows[0].count, cause.rows[0].share), (400, 0.8));
    let example = cause.rows[0].example.as_ref().unwrap();
    assert_eq!(example.as_str(), "421-4.7.28 rate of mail from <…@ours.example> is limited");
    assert!(cause.first_step.unwrap().contains("Google"));
}

#[test]
fn we_are_on_a_blocklist_and_everybody_says_so() {
    let classes = (0..30).map(|n| failed("blocklist.spamhaus", &format!("d{n}.example"), 10));
    let cause = explain(Evidence { classes: classes.collect(), ..Evidence::default() });
    assert_eq!(cause.headline, "100 % of failed tries end with blocklist.spamhaus, for 30 domains");
    assert_eq!(cause.rows.len(), ROWS_MAX);
    assert!(cause.first_step.unwrap().contains("listed"));
}

#[test]
fn everybody_fails_for_different_reasons_so_it_is_us() {
    let classes = (0..30).map(|n| failed(&format!("other{}", n % 5), &format!("d{n}.example"), 10));
    let cause = explain(Evidence { classes: classes.collect(), ..Evidence::default() });
    assert!(cause.headline.contains("our own side"), "{}", cause.headline);
    assert!(cause.first_step.unwrap().contains("DNS"));
}

#[test]
fn one_domain_is_down_and_the_agent_knows_no_classes() {
    let domains = vec![failed("", "dead.example", 90), failed("", "ok.example", 10)];
    let cause = explain(Evidence { domains, ..Evidence::default() });
    assert_eq!(cause.headline, "90 % of failed tries are for dead.example");
    assert!(cause.first_step.unwrap().contains("MX"));
}

#[test]
fn nothing_counted_is_no_cause_but_changes_are_kept() {
    let change = |second| Change {
        at: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second),
        text: Redacted::new("main.cf changed"),
    };
    let cause = explain(Evidence { changes: (0..9).map(change).collect(), ..Evidence::default() });
    assert!(cause.headline.is_empty() && cause.first_step.is_none());
    assert_eq!(cause.changed, (4..9).map(change).collect::<Vec<_>>());
}

#[test]
fn a_hostile_domain_names_nobody_and_turns_nothing() {
    let domains = vec![failed("", "jane@evil.example\u{202e}", 9)];
    let cause = explain(Evidence { domains, ..Evidence::default() });
    assert_eq!(cause.headline, "100 % of failed tries are for …@evil.example");
}
