//! What cleanup says: message ids, header and body checks, milter verdicts at end of message, cancelled messages.

use super::refusal::{Action, Refusal};
use super::scan;

/// A line of cleanup about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// The message's Message-ID was read or made.
    MessageId,
    /// A milter's verdict on the whole message.
    Milter(Refusal<'a>),
    /// A header or body line matched a rule of this site or of a milter.
    Check(Check<'a>),
    /// 3.10: the client broke off.
    Cancelled,
    /// 3.10: the message was thrown away.
    Discarded,
}

/// A match of header or body checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check<'a> {
    /// What was done.
    pub action: Action,
    /// By `milter_header_checks`.
    pub milter: bool,
    /// A body line rather than a header.
    pub body: bool,
    /// The site's own words; never what the message holds.
    pub text: &'a [u8],
}

/// Reads what follows `QID: `.
pub fn parse(rest: &[u8]) -> Option<Event<'_>> {
    if rest.starts_with(b"message-id=") || rest.starts_with(b"resent-message-id=") {
        return Some(Event::MessageId);
    }
    match rest {
        b"removed (canceled)" => return Some(Event::Cancelled),
        b"removed (discarded)" => return Some(Event::Discarded),
        _ => {}
    }
    check(rest).map(Event::Check).or_else(|| Refusal::read(rest).map(Event::Milter))
}

/// `ACTION: (header|body) CONTENT from ORIGIN; … : TEXT`; the content is the sender's and is never looked at.
fn check(rest: &[u8]) -> Option<Check<'_>> {
    let (word, content) = scan::split_once(rest, b": ")?;
    let (milter, word) =
        match word.strip_prefix(b"milter-header-").or(word.strip_prefix(b"milter-body-")) {
            Some(word) => (true, word),
            None => (false, word),
        };
    let action = Action::read(word)?;
    let body = match () {
        () if content.starts_with(b"header ") => false,
        () if content.starts_with(b"body ") => true,
        () => return None,
    };
    let text = match scan::rsplit_once(content, b">: ") {
        Some((_, text)) if content.last() != Some(&b'>') => text,
        _ => b"",
    };
    Some(Check { action, milter, body, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_text_is_found_behind_whatever_a_header_holds() {
        let line = b"reject: header Subject: x; from=<a> to=<b>: 5.7.1 forged from c[192.0.2.1]; from=<s@example.org> to=<r@example.net> proto=ESMTP helo=<h>: 5.7.1 spam subject";
        let Some(Event::Check(check)) = parse(line) else { panic!() };
        assert_eq!(check.action, Action::Reject);
        assert_eq!(check.text, b"5.7.1 spam subject");
        assert!(!check.body);
    }

    #[test]
    fn a_milters_verdict_has_no_smtp_code() {
        let line = b"milter-reject: END-OF-MESSAGE from c[192.0.2.1]: 5.7.1 Spam message rejected; from=<s@example.org> to=<r@example.net> proto=ESMTP helo=<h>";
        let Some(Event::Milter(refusal)) = parse(line) else { panic!() };
        assert!(refusal.milter);
        assert_eq!(refusal.text, b"5.7.1 Spam message rejected");
    }
}
