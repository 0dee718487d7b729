//! Canaries: no address, subject or whole client address that a log holds is in anything that leaves the host.

use mailvane_agent::fold::redact::template;
use mailvane_agent::fold::{Fold, Tallies, seal};
use mailvane_agent::postfix::Line;
use mailvane_agent::stamp::{Stamps, Zone};
use mailvane_proto::v1::Batch;

/// Captures were taken in November 2026.
const REFERENCE_MS: i64 = 1_798_761_600_000;

fn batch_of(log: &[u8]) -> Batch {
    let mut fold = Fold::new([7; 32]);
    let mut stamps = Stamps::new(Zone::Fixed(0), REFERENCE_MS);
    let mut tallies = Tallies::default();
    for text in log.split(|byte| *byte == b'\n') {
        if let Some(line) = Line::parse(text) {
            let at_ms = stamps.resolve(line.stamp).unwrap();
            fold.line(&line, text.len(), at_ms, &mut tallies);
        }
    }
    let mut batch = Batch::default();
    seal::fill(&mut batch, &tallies, &fold.roster);
    batch
}

/// Everything in a batch that is text.
fn words(batch: &Batch) -> Vec<String> {
    let samples = batch.instances.iter();
    samples
        .flat_map(|sample| {
            let keys = sample.breakdowns.iter().map(|entry| entry.key.clone());
            let events =
                sample.events.iter().flat_map(|event| [event.subject.clone(), event.text.clone()]);
            keys.chain(events).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn no_address_of_any_capture_leaves_the_host() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut looked_at = 0;
    for capture in std::fs::read_dir(corpus).unwrap() {
        let Ok(log) = std::fs::read(capture.unwrap().path().join("mail.log")) else { continue };
        for word in words(&batch_of(&log)) {
            looked_at += 1;
            assert!(!word.contains('@'), "an address in {word:?}");
            let whole = word.split(|c: char| !c.is_ascii_digit() && c != '.').find(|part| {
                part.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.octets()[3] != 0)
            });
            assert_eq!(whole, None, "a whole client address in {word:?}");
        }
    }
    assert!(looked_at > 1_000, "only {looked_at} texts were looked at");
}

#[test]
fn planted_names_subjects_and_passwords_stay_here() {
    let canary = "kanarienvogel";
    let lines = [
        format!(
            "smtpd[7]: NOQUEUE: reject: RCPT from c[203.0.113.77]: 550 5.1.1 <{canary}@example.net>: Recipient address rejected: User unknown; from=<{canary}@example.org> to=<{canary}@example.net> proto=ESMTP helo=<{canary}>"
        ),
        format!(
            "cleanup[8]: A0000000001: warning: header Subject: {canary} from c[203.0.113.77]; from=<{canary}@a.test> to=<b@c.test> proto=ESMTP helo=<h>: suspicious"
        ),
        format!(
            "smtp[9]: A0000000001: to=<{canary}@example.net>, relay=mx[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx[198.51.100.1] said: 550 5.1.1 <{canary}@example.net>: no such user id={canary}1 (in reply to RCPT TO command))"
        ),
        format!(
            "smtpd[7]: warning: c[203.0.113.77]: SASL PLAIN authentication failed: x, sasl_username={canary}"
        ),
        format!("smtpd[7]: fatal: cannot open mailbox of {canary}@example.net"),
        format!(
            "qmgr[7]: A0000000001: from=<{canary}@example.org>, size=9, nrcpt=1 (queue active)"
        ),
    ];
    let log = lines.map(|line| format!("Nov 23 12:00:00 mx1 postfix/{line}")).join(
        "
",
    );
    let batch = batch_of(log.as_bytes());
    let words = words(&batch);
    assert!(
        words.iter().any(|word| word.contains("no such user")),
        "the reply's meaning is kept: {words:?}"
    );
    for word in words {
        assert!(!word.contains(canary), "{word:?}");
        assert!(!word.contains("203.0.113.77"), "{word:?}");
    }
    assert!(!template(format!("<{canary}@x.test>").as_bytes()).as_str().contains(canary));
}
