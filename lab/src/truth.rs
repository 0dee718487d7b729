//! The truth: what the journals of source and sink add up to, in the words of the metric catalogue.
//!
//! Attempts come from the sink, messages and refusals from the source. No log is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use serde::Serialize;

use crate::{
    journal,
    sink::{Attempt, Status},
    smtp::Step,
    story::Submission,
};

/// File name of the sink's journal in a lab directory.
pub const SINK_JOURNAL: &str = "sink.jsonl";
/// File name of the source's journal in a lab directory.
pub const SOURCE_JOURNAL: &str = "source.jsonl";

/// What happened in a lab directory, from the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Messages that Postfix took from clients: distinct queue ids.
    pub received: u64,
    /// Recipients delivered.
    pub sent: u64,
    /// Attempts at a recipient that were deferred.
    pub deferred: u64,
    /// Recipients refused for good by a next hop.
    pub bounced: u64,
    /// Messages that Postfix gave up after their lifetime.
    pub expired_messages: u64,
    /// Recipients of those that were still waiting.
    pub expired_recipients: u64,
    /// Bounce messages that reached their sender.
    pub notices: u64,
    /// Refusals by our Postfix, one for each refused command, by step.
    pub rejected: BTreeMap<String, u64>,
    /// Deferred attempts by recipient domain.
    pub deferred_by_domain: BTreeMap<String, u64>,
    /// Delivered recipients by recipient domain.
    pub sent_by_domain: BTreeMap<String, u64>,
}

impl Truth {
    /// All refusals by our Postfix.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// The same in the catalogue's words: what the API must say, metric by metric.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<&'static str, u64> {
        let rejected = |step: Step| self.rejected.get(&word(step)).copied().unwrap_or(0);
        // A message refused at DATA or later has a queue id already: it was taken in, but never queued.
        let begun = rejected(Step::Data) + rejected(Step::EndOfMessage);
        BTreeMap::from([
            ("message.received", self.received + begun),
            ("message.queued", self.received + self.notices),
            ("message.generated", self.notices),
            ("message.expired", self.expired_messages),
            ("message.removed", self.received + self.notices),
            ("delivery.attempts", self.sent + self.deferred + self.bounced),
            ("delivery.sent", self.sent),
            ("delivery.deferred", self.deferred),
            ("delivery.bounced", self.bounced),
            ("delivery.expired", self.expired_recipients),
            ("notice.bounced", self.notices),
            ("reject.total", self.rejected_total()),
            ("reject.phase.connect", rejected(Step::Connect)),
            ("reject.phase.helo", rejected(Step::Helo)),
            ("reject.phase.mail", rejected(Step::Mail)),
            ("reject.phase.rcpt", rejected(Step::Rcpt)),
            ("reject.phase.data", rejected(Step::Data)),
            ("reject.phase.end_of_message", rejected(Step::EndOfMessage)),
        ])
    }
}

/// Adds up the journals in `dir`.
pub fn read(dir: &Path) -> io::Result<Truth> {
    let attempts: Vec<Attempt> = journal::read(&dir.join(SINK_JOURNAL))?;
    let submissions: Vec<Submission> = journal::read(&dir.join(SOURCE_JOURNAL))?;
    Ok(add_up(&submissions, &attempts))
}

/// Adds up what source and sink saw. Complete only when the queues are empty.
#[must_use]
pub fn add_up(submissions: &[Submission], attempts: &[Attempt]) -> Truth {
    let mut truth = Truth::default();
    let mut settled = BTreeSet::new();
    let mut waiting = BTreeSet::new();
    for attempt in attempts {
        match attempt.status {
            Status::Sent => {
                truth.sent += 1;
                *truth.sent_by_domain.entry(attempt.domain.clone()).or_default() += 1;
                truth.notices += u64::from(attempt.sender.is_empty());
                settled.insert(attempt.recipient.as_str());
            }
            Status::Deferred => {
                truth.deferred += 1;
                *truth.deferred_by_domain.entry(attempt.domain.clone()).or_default() += 1;
                waiting.insert(attempt.recipient.as_str());
            }
            Status::Bounced => {
                truth.bounced += 1;
                settled.insert(attempt.recipient.as_str());
            }
        }
    }
    for submission in submissions {
        if submission.answer.queue_id.is_some() {
            truth.received += 1;
            let given_up = submission
                .recipients
                .iter()
                .filter(|to| waiting.contains(to.as_str()) && !settled.contains(to.as_str()))
                .count() as u64;
            truth.expired_recipients += given_up;
            truth.expired_messages += u64::from(given_up > 0);
        }
        let refused = &submission.answer.refused_recipients;
        if !refused.is_empty() {
            *truth.rejected.entry(word(Step::Rcpt)).or_default() += refused.len() as u64;
        } else if let Some(step) = submission.answer.refused_at {
            *truth.rejected.entry(word(step)).or_default() += 1;
        }
    }
    truth
}

/// The step as Postfix logs it.
fn word(step: Step) -> String {
    match step {
        Step::Connect => "CONNECT",
        Step::Helo => "EHLO",
        Step::Mail => "MAIL",
        Step::Rcpt => "RCPT",
        Step::Data => "DATA",
        Step::EndOfMessage => "END-OF-MESSAGE",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{smtp::Answer, story::Outcome};

    fn attempt(recipient: &str, status: Status) -> Attempt {
        Attempt {
            at_ms: 0,
            domain: "ok.test".to_owned(),
            sender: "a@shop.test".to_owned(),
            recipient: recipient.to_owned(),
            attempt: 1,
            status,
            reply: String::new(),
            queue_id: None,
        }
    }

    fn taken(recipients: &[&str]) -> Submission {
        Submission {
            number: 0,
            outcome: Outcome::Sent,
            sender: "a@shop.test".to_owned(),
            recipients: recipients.iter().map(|to| (*to).to_owned()).collect(),
            answer: Answer {
                queue_id: Some("AB12".to_owned()),
                refused_at: None,
                reply: "250 2.0.0 Ok: queued as AB12".to_owned(),
                refused_recipients: Vec::new(),
            },
        }
    }

    #[test]
    fn every_figure_is_a_counter_of_the_catalogue() {
        for name in Truth::default().metrics().keys() {
            assert!(mailvane_proto::catalogue::metric_by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_mail_that_was_deferred_and_then_sent_did_not_expire() {
        let attempts = [
            attempt("x@ok.test", Status::Deferred),
            attempt("x@ok.test", Status::Sent),
            attempt("y@ok.test", Status::Deferred),
        ];
        let truth = add_up(&[taken(&["x@ok.test"]), taken(&["y@ok.test"])], &attempts);
        assert_eq!((truth.received, truth.sent, truth.deferred), (2, 1, 2));
        assert_eq!((truth.expired_messages, truth.expired_recipients), (1, 1));
    }
}
