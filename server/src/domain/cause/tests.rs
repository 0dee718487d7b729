//! Scenarios that a postmaster knows.

use chrono::TimeDelta;

use super::*;
use crate::domain::defaults;

fn counted(class: &str, label: &str, now: u64) -> Counted {
    Counted { class: class.into(), label: label.into(), now, before: 0 }
}

fn failed(counted: Vec<Counted>) -> Cause {
    explain(Evidence { counted, seconds: (600.0, 3_600.0), ..Evidence::default() })
}

/// The same class at so many domains.
fn everywhere(class: &str, domains: u64) -> Vec<Counted> {
    (0..domains).map(|n| counted(class, &format!("d{n}.example"), 10)).collect()
}

#[test]
fn one_domain_is_down() {
    let mut all = everywhere("generic.greylist", 4);
    all.push(counted("connect.refused", "dead.example", 360));
    let cause = failed(all);
    assert_eq!(cause.headline, "90 % of failed tries are for dead.example: connection refused");
    assert!(cause.first_step.unwrap().contains("MX"));
    assert_eq!((cause.of, cause.rows[0].count, cause.rows[0].share), (400, 360, 0.9));
}

#[test]
fn one_domain_is_down_and_the_agent_knows_no_classes() {
    let unclassed = vec![counted("", "dead.example", 90), counted("", "ok.example", 10)];
    let cause = explain(Evidence { unclassed, ..Evidence::default() });
    assert_eq!(cause.headline, "90 % of failed tries are for dead.example");
}

#[test]
fn everybody_defers_for_reasons_of_their_own_so_it_is_us() {
    let all = (0..30).map(|n| counted(&format!("odd{}", n % 5), &format!("d{n}.example"), 10));
    let cause = failed(all.collect());
    assert!(cause.headline.contains("our own side"), "{}", cause.headline);
    assert!(cause.first_step.unwrap().contains("DNS"));
}

#[test]
fn port_25_is_blocked_and_nobody_answers() {
    let cause = failed(everywhere("connect.timed_out", 20));
    assert_eq!(cause.headline, "100 % of failed tries, for 20 domains: connection timed out");
    assert!(cause.first_step.unwrap().contains("port 25"));
}

#[test]
fn gmail_limits_our_rate_since_a_newsletter_began() {
    let reply = "host gmail-smtp-in.l.google.com[192.0.2.1] said: 421-4.7.28 rate of mail from <jane@ours.example> is limited";
    let cause = explain(Evidence {
        counted: vec![
            counted("generic.greylist", "example.net", 40),
            counted("gmail.ratelimit", "gmail.com", 300),
            counted("gmail.ratelimit", "gmail.com", 100),
            counted("other", "example.edu", 60),
        ],
        templates: vec![
            ("gmail.ratelimit".into(), reply.into(), 9),
            ("gmail.ratelimit".into(), "rare".into(), 1),
        ],
        senders: vec![
            Sender { domain: "news.example.org".into(), failed: 465, now: 4_060, before: 1_740 },
            Sender { domain: "example.org".into(), failed: 35, now: 50, before: 300 },
        ],
        seconds: (600.0, 3_600.0),
        since: DateTime::UNIX_EPOCH,
        ..Evidence::default()
    });
    assert_eq!(
        cause.headline,
        "80 % of failed tries are for gmail.com: Gmail limits our sending rate"
    );
    let example = cause.rows[0].example.as_ref().unwrap();
    assert_eq!(example.as_str(), "421-4.7.28 rate of mail from <…@ours.example> is limited");
    assert_eq!(cause.senders.unwrap(), "93 % of it is mail from news.example.org");
    assert_eq!(cause.changed[0].text.as_str(), "news.example.org 29 → 406 messages/min");
    assert!(cause.first_step.unwrap().contains("Google"));
}

#[test]
fn microsoft_limits_our_rate_for_many_domains_that_it_serves() {
    let mut all = everywhere("microsoft.ratelimit", 12);
    all.push(counted("generic.full", "example.net", 20));
    let cause = failed(all);
    assert_eq!(
        cause.headline,
        "86 % of failed tries, for 12 domains: Microsoft limits our sending rate"
    );
    assert!(cause.first_step.unwrap().contains("SNDS"));
}

#[test]
fn we_are_on_a_blocklist_and_everybody_says_so() {
    let cause = failed(everywhere("blocklist.spamhaus", 30));
    assert_eq!(
        cause.headline,
        "100 % of failed tries, for 30 domains: our address is on a block list"
    );
    assert_eq!(cause.rows.len(), ROWS_MAX);
    assert!(cause.first_step.unwrap().contains("listed"));
}

#[test]
fn dns_is_broken() {
    let cause = failed(everywhere("dns", 14));
    assert!(cause.headline.contains("DNS does not answer"), "{}", cause.headline);
    assert!(cause.first_step.unwrap().contains("dig MX"));
}

#[test]
fn a_disk_is_full_a_milter_is_down() {
    let trouble = |kind: &str, what: &str| {
        let counted = vec![counted(kind, what, 3), counted("log.fatal", "cleanup: queue file", 1)];
        explain(Evidence { topic: Topic::Trouble, counted, ..Evidence::default() })
    };
    let disk = trouble("disk.full", "cleanup: write queue file: No space left on device");
    assert_eq!(
        disk.headline,
        "Postfix cannot write, the disk is full, 4 times: cleanup: write queue file: No space left on device"
    );
    assert!(disk.first_step.unwrap().contains("Make room"));
    let milter = trouble("milter.failed", "inet:127.0.0.1:11332");
    assert!(milter.headline.starts_with("A milter does not answer"), "{}", milter.headline);
    assert!(milter.first_step.unwrap().contains("milter_default_action"));
}

#[test]
fn an_account_is_in_other_hands() {
    let runbook = defaults::named("account.takeover").unwrap().runbook[0];
    let cause = explain(Evidence {
        topic: Topic::Accounts,
        counted: vec![counted("", "3fa91c", 920), counted("", "77ab02", 80)],
        senders: vec![Sender { domain: "ours.example".into(), failed: 900, now: 0, before: 0 }],
        runbook: Some(runbook),
        ..Evidence::default()
    });
    assert_eq!(cause.headline, "92 % of 1,000 refused or deferred recipients are of user 3fa91c");
    assert_eq!(cause.first_step, Some(runbook));
    assert_eq!(cause.senders.unwrap(), "100 % of it is mail from ours.example");
}

#[test]
fn passwords_are_guessed_from_everywhere() {
    let mut networks: Vec<Counted> =
        (0..59).map(|n| counted("", &format!("198.51.{n}.0/24"), 10)).collect();
    networks.push(counted("", "203.0.113.0/24", 610));
    let cause =
        explain(Evidence { topic: Topic::SignIns, counted: networks, ..Evidence::default() });
    assert_eq!(
        cause.headline,
        "1,200 failed sign-ins from 60 networks; most from 203.0.113.0/24 (51 %)"
    );
}

#[test]
fn a_certificate_has_expired() {
    let counted = vec![counted("expires or is not the one configured", "port 465", 1)];
    let runbook = defaults::named("cert.expiry").unwrap().runbook[0];
    let cause = explain(Evidence {
        topic: Topic::Certificates,
        counted,
        runbook: Some(runbook),
        ..Evidence::default()
    });
    assert_eq!(cause.headline, "port 465: expires or is not the one configured");
    assert!(cause.first_step.unwrap().contains("Renew"));
}

#[test]
fn what_was_always_so_is_not_the_cause() {
    let always = Counted { before: 2_400, ..counted("generic.greylist", "slow.example", 400) };
    let cause = failed(vec![always, counted("gmail.ratelimit", "gmail.com", 300)]);
    assert_eq!(cause.rows[0].domain.as_str(), "gmail.com");
}

#[test]
fn nothing_counted_is_no_cause_but_changes_are_kept() {
    let change = |second| Change {
        at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
        text: Redacted::new("main.cf changed"),
    };
    let cause = explain(Evidence { changes: (0..9).map(change).collect(), ..Evidence::default() });
    assert!(cause.headline.is_empty() && cause.first_step.is_none());
    assert_eq!(cause.changed, (4..9).map(change).collect::<Vec<_>>());
}

#[test]
fn a_hostile_domain_names_nobody_and_turns_nothing() {
    let unclassed = vec![counted("", "jane@evil.example\u{202e}", 9)];
    let cause = explain(Evidence { unclassed, ..Evidence::default() });
    assert_eq!(cause.headline, "100 % of failed tries are for …@evil.example");
}
