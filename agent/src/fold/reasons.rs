//! What the reasons of failed deliveries came to, as the same few are given again and again.
//!
//! Bounded; what is not remembered is made out anew.

use std::sync::Arc;

use mailvane_proto::catalogue::KeyId;

use super::hash::{hash, hash_pair};
use super::{redact, replies};
use crate::postfix::delivery::{Delivery, Status};
use crate::postfix::scan;

/// Reasons remembered, about 300 bytes each.
const REASONS_MAX: usize = 512;

/// What one reason means.
#[derive(Debug)]
pub(super) struct Meaning {
    /// Why, as far as Postfix's own words tell.
    pub(super) cause: KeyId,
    /// `4.7.28`
    pub(super) code: Vec<u8>,
    /// The class of the reply.
    pub(super) class: &'static str,
    /// The class, a tab, and the reply without personal data.
    pub(super) template: Vec<u8>,
}

/// Meanings by reason; a new one takes the place of another.
#[derive(Debug)]
pub(super) struct Reasons {
    known: Vec<Option<(u64, Arc<Meaning>)>>,
}

impl Default for Reasons {
    fn default() -> Self {
        Self { known: vec![None; REASONS_MAX] }
    }
}

impl Reasons {
    /// What a line's reason means.
    pub(super) fn meaning(&mut self, line: &Delivery<'_>) -> Arc<Meaning> {
        let local_part = scan::before(line.recipient, b"@");
        // A name that does not stand in the text cannot change what is left of it.
        let named = contains_caseless(line.reason, local_part);
        let mut key = hash_pair(hash(line.reason), if named { local_part } else { b"" });
        let (class, subject, detail) = line.dsn;
        for part in [class, subject, detail, u64::from(line.status == Status::Bounced)] {
            key = key.rotate_left(13) ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let place = usize::try_from(key >> 40).unwrap_or(0) % REASONS_MAX;
        if let Some(Some((known, meaning))) = self.known.get(place)
            && *known == key
        {
            return Arc::clone(meaning);
        }
        let meaning = Arc::new(make_out(line, local_part));
        if let Some(slot) = self.known.get_mut(place) {
            *slot = Some((key, Arc::clone(&meaning)));
        }
        meaning
    }
}

fn make_out(line: &Delivery<'_>, local_part: &[u8]) -> Meaning {
    let (class, subject, detail) = line.dsn;
    let code = format!("{class}.{subject}.{detail}").into_bytes();
    let class = replies::classify(line);
    let template = redact::template_without(line.reason, local_part);
    let template = [class.as_bytes(), b"\t", template.as_str().as_bytes()].concat();
    Meaning { cause: replies::cause(line), code, class, template }
}

/// Whether a name stands in a text, in whatever case.
fn contains_caseless(text: &[u8], name: &[u8]) -> bool {
    let Some(first) = name.first() else { return false };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::delivery;

    #[test]
    fn a_reason_means_the_same_the_second_time_and_names_nobody() {
        let mut reasons = Reasons::default();
        for (user, reason) in [
            (
                "alice",
                "host mx[192.0.2.1] said: 550 5.1.1 no such user Alice (in reply to RCPT TO command)",
            ),
            (
                "bob",
                "host mx[192.0.2.1] said: 550 5.1.1 no such user Alice (in reply to RCPT TO command)",
            ),
            (
                "bob",
                "host mx[192.0.2.1] said: 450 4.2.2 Mailbox full (in reply to RCPT TO command)",
            ),
        ] {
            for (dsn, status) in [("5.1.1", "bounced"), ("4.2.2", "deferred")] {
                let text = format!(
                    "{user}@example.org>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn={dsn}, status={status} ({reason})"
                );
                let line = delivery::parse(text.as_bytes()).unwrap();
                let fresh = make_out(&line, user.as_bytes());
                for _ in 0..2 {
                    let meaning = reasons.meaning(&line);
                    assert_eq!((&meaning.template, &meaning.code), (&fresh.template, &fresh.code));
                    assert_eq!((meaning.class, meaning.cause), (fresh.class, fresh.cause));
                }
            }
        }
    }
}
