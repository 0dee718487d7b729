//! Canaries: no address, subject or whole client address that a log holds is in anything that leaves the host.

use mailvane_agent::fold::redact::template;
use mailvane_agent::fold::{Fold, Tallies, seal};
use mailvane_agent::postfix::Line;
use mailvane_agent::stamp::{Stamps, Zone};
use mailvane_proto::v1::Batch;
use prost::Message as _;

use crate::server::Server;
use crate::world::World;

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

/// Every file below a directory, as one text.
fn everything_in(directory: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(
            |path| {
                if path.is_dir() { everything_in(&path) } else { std::fs::read(path).unwrap() }
            },
        )
        .collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[tokio::test]
async fn a_planted_address_is_in_no_message_to_the_server_and_in_no_file_of_the_agent() {
    const CANARY: &str = "kanarienvogel";
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    world
        .while_running(async {
            let client = "c.example.net[203.0.113.77]";
            world.log("smtpd", &format!("connect from {client}"));
            world.log("smtpd", &format!("A0000000001: client={client}, sasl_method=PLAIN, sasl_username={CANARY}"));
            world.log("smtpd", &format!("warning: {client}: SASL PLAIN authentication failed: x, sasl_username={CANARY}"));
            world.log("smtpd", &format!("NOQUEUE: reject: RCPT from {client}: 550 5.1.1 <{CANARY}@example.net>: Recipient address rejected: User unknown; from=<{CANARY}@example.org> to=<{CANARY}@example.net> proto=ESMTP helo=<{CANARY}>"));
            world.log("cleanup", &format!("A0000000001: warning: header Subject: {CANARY} from {client}; from=<{CANARY}@a.test> to=<b@c.test> proto=ESMTP helo=<h>: odd"));
            world.log("qmgr", &format!("A0000000001: from=<{CANARY}@example.org>, size=9, nrcpt=1 (queue active)"));
            world.log("smtp", &format!("A0000000001: to=<{CANARY}@example.net>, relay=mx[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=4.1.1, status=deferred (host mx[198.51.100.1] said: 450 4.1.1 <{CANARY}@example.net>: not now (in reply to RCPT TO command))"));
            world.log("smtpd", &format!("strange news of {CANARY}@example.net"));
            world.log("smtpd", &format!("fatal: cannot open mailbox of {CANARY}@example.net"));
            world.delivered(2);
            server
                .until("the story", |book| {
                    let samples = book.batches.iter().flat_map(|batch| &batch.instances);
                    samples.flat_map(|sample| &sample.metric).any(|id| {
                        *id == u32::from(mailvane_proto::catalogue::delivery::DELIVERED.0)
                    })
                })
                .await;
            // The status, too, is written by then.
            tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        })
        .await;
    let book = server.book.lock().unwrap();
    let sent: Vec<u8> = book
        .batches
        .iter()
        .map(Batch::encode_to_vec)
        .chain(book.facts.iter().map(prost::Message::encode_to_vec))
        .chain(book.hellos.iter().map(prost::Message::encode_to_vec))
        .flatten()
        .collect();
    assert!(sent.len() > 500, "only {} bytes were sent", sent.len());
    let kept = everything_in(&world.path("state"));
    assert!(holds(&kept, "strange news of"), "the strange line is kept for the person who asks");
    for word in [CANARY, "203.0.113.77"] {
        assert!(!holds(&sent, word), "{word} was sent");
        assert!(!holds(&kept, word), "{word} was kept");
    }
}
