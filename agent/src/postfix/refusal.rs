//! The shape that smtpd, cleanup and postscreen share when they refuse, hold, discard or mark a command or message.

use super::scan::{self, Peer};

/// What was done with the command or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Refused.
    Reject,
    /// Would have been refused, but for `warn_if_reject`.
    RejectWarning,
    /// Put on hold.
    Hold,
    /// Accepted and thrown away.
    Discard,
    /// Sent to a content filter.
    Filter,
    /// Sent to another recipient.
    Redirect,
    /// Copied to another recipient.
    Bcc,
    /// Delayed.
    Delay,
    /// Connection closed.
    Hangup,
    /// Logged by `WARN`.
    Warn,
    /// Logged by `INFO`.
    Info,
    /// Logged acceptance.
    Permit,
    /// Header or body checks end here, and the message passes.
    Pass,
    /// Header or body line added before.
    Prepend,
    /// Header or body line replaced.
    Replace,
    /// Header or body line removed.
    Strip,
    /// Milter: quarantined by reply rather than by `hold`, or any other word.
    Other,
}

impl Action {
    /// The action of a log word, without `milter-` in front.
    pub(crate) fn read(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"reject" => Self::Reject,
            b"reject_warning" => Self::RejectWarning,
            b"hold" => Self::Hold,
            b"discard" => Self::Discard,
            b"filter" => Self::Filter,
            b"redirect" => Self::Redirect,
            b"bcc" => Self::Bcc,
            b"delay" => Self::Delay,
            b"hangup" => Self::Hangup,
            b"warn" | b"warning" => Self::Warn,
            b"info" => Self::Info,
            b"permit" => Self::Permit,
            b"pass" => Self::Pass,
            b"prepend" => Self::Prepend,
            b"replace" => Self::Replace,
            b"strip" => Self::Strip,
            _ => return None,
        })
    }

    /// The word for people and keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::RejectWarning => "reject_warning",
            Self::Hold => "hold",
            Self::Discard => "discard",
            Self::Filter => "filter",
            Self::Redirect => "redirect",
            Self::Bcc => "bcc",
            Self::Delay => "delay",
            Self::Hangup => "hangup",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Permit => "permit",
            Self::Pass => "pass",
            Self::Prepend => "prepend",
            Self::Replace => "replace",
            Self::Strip => "strip",
            Self::Other => "other",
        }
    }
}

/// `ACTION: PHASE from name[ip]: TEXT; from=<S> to=<R> …`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// What was done.
    pub action: Action,
    /// A milter asked for it.
    pub milter: bool,
    /// The SMTP command being handled, in Postfix's words.
    pub phase: &'a [u8],
    /// Who asked.
    pub peer: Peer<'a>,
    /// Code, enhanced code and reason, with the offending object.
    pub text: &'a [u8],
    /// Envelope sender, where known.
    pub sender: Option<&'a [u8]>,
    /// Envelope recipient, where known.
    pub recipient: Option<&'a [u8]>,
}

impl<'a> Refusal<'a> {
    /// Reads the part after `QID: ` or `NOQUEUE: `.
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        let (word, rest) = scan::split_once(text, b": ")?;
        let (milter, word) = match word.strip_prefix(b"milter-") {
            Some(word) => (true, word),
            None => (false, word),
        };
        let action = Action::read(word)?;
        let (phase, rest) = scan::split_once(rest, b" from ")?;
        if phase.len() > PHASE_BYTES_MAX || memchr::memchr(b' ', phase).is_some() {
            return None;
        }
        let (peer, rest) = Peer::read(rest)?;
        let rest = skip_port(rest).strip_prefix(b": ")?;
        let (text, fields) = split_fields(rest);
        let (sender, recipient) = addresses(fields);
        Some(Self { action, milter, phase, peer, text, sender, recipient })
    }
}

/// `END-OF-MESSAGE` and the longest command names fit.
const PHASE_BYTES_MAX: usize = 20;

/// postscreen writes `[ip]:port`.
fn skip_port(rest: &[u8]) -> &[u8] {
    match rest.strip_prefix(b":").and_then(scan::number) {
        Some((_, tail)) => tail,
        None => rest,
    }
}

/// Splits the text from the fields behind it.
///
/// The offending object in front may hold anything a client sends, so it is skipped as an address first.
fn split_fields(text: &[u8]) -> (&[u8], &[u8]) {
    let skipped = object_end(text);
    let mut from = skipped;
    while let Some(found) = text.get(from..).and_then(|tail| memchr::memmem::find(tail, b"; ")) {
        let at = from + found;
        let fields = text.get(at + 2..).unwrap_or_default();
        if FIELD_STARTS.iter().any(|start| fields.starts_with(start)) {
            return (text.get(..at).unwrap_or_default(), fields);
        }
        from = at + 2;
    }
    (text.strip_suffix(b";").unwrap_or(text), b"")
}

const FIELD_STARTS: [&[u8]; 4] = [b"from=<", b"to=<", b"proto=", b"helo=<"];

/// The reason of a refusal's text, behind `CODE X.Y.Z <object>`: the client chose the object.
pub(crate) fn reason(text: &[u8]) -> &[u8] {
    text.get(object_end(text)..).unwrap_or_default()
}

/// Where the reason begins: behind `CODE X.Y.Z <object>`.
fn object_end(text: &[u8]) -> usize {
    let reason = skip_codes(text);
    let skipped = text.len() - reason.len();
    match reason.strip_prefix(b"<").and_then(scan::address) {
        Some((_, rest)) => text.len() - rest.len(),
        None => skipped,
    }
}

/// The text behind `CODE X.Y.Z `, `CODE ` or `X.Y.Z `.
pub(crate) fn skip_codes(text: &[u8]) -> &[u8] {
    let after_code = match scan::number(text) {
        Some((100..=999, rest)) => rest.strip_prefix(b" ").unwrap_or(text),
        _ => text,
    };
    match enhanced_code(after_code) {
        Some((_, rest)) => rest.strip_prefix(b" ").unwrap_or(rest),
        None => after_code,
    }
}

/// Class, subject and detail of an enhanced status code.
pub type EnhancedCode = (u64, u64, u64);

/// Reads `X.Y.Z` in front of a text.
pub(crate) fn enhanced_code(text: &[u8]) -> Option<(EnhancedCode, &[u8])> {
    let (class, rest) = scan::number(text)?;
    let (subject, rest) = scan::number(rest.strip_prefix(b".")?)?;
    let (detail, rest) = scan::number(rest.strip_prefix(b".")?)?;
    (matches!(class, 2 | 4 | 5)).then_some(((class, subject, detail), rest))
}

/// Sender and recipient of `from=<S> to=<R> …`, blank or comma separated.
fn addresses(fields: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let (sender, rest) = match fields.strip_prefix(b"from=<").and_then(scan::address) {
        Some((sender, rest)) => (Some(sender), rest),
        None => (None, fields),
    };
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let recipient =
        rest.strip_prefix(b"to=<").and_then(scan::address).map(|(recipient, _)| recipient);
    (sender, recipient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_recipient_keeps_its_reason_and_addresses() {
        let line = b"reject: RCPT from client7.example.net[203.0.113.7]: 554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using dnsbl.test; listed, see https://dnsbl.test/7; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<x>";
        let refusal = Refusal::read(line).unwrap();
        assert_eq!(refusal.action, Action::Reject);
        assert_eq!(refusal.phase, b"RCPT");
        assert_eq!(refusal.peer.address, b"203.0.113.7");
        assert!(refusal.text.ends_with(b"see https://dnsbl.test/7"));
        assert_eq!(refusal.recipient, Some(b"b@example.net".as_slice()));
    }

    #[test]
    fn a_recipient_cannot_forge_the_fields_behind_it() {
        let line = br#"reject: RCPT from x[192.0.2.1]: 550 5.1.1 <"; from=<evil@example.com> to=<"@example.net>: Recipient address rejected: User unknown; from=<a@example.org> to=<b@example.net> proto=SMTP"#;
        let refusal = Refusal::read(line).unwrap();
        assert_eq!(refusal.sender, Some(b"a@example.org".as_slice()));
    }

    #[test]
    fn postscreen_separates_fields_by_commas() {
        let line = b"reject: RCPT from [203.0.113.7]:4711: 550 5.7.1 Service unavailable; client [203.0.113.7] blocked using dnsbl.test; from=<s@example.org>, to=<r@example.net>, proto=ESMTP, helo=<h>";
        let refusal = Refusal::read(line).unwrap();
        assert_eq!(refusal.sender, Some(b"s@example.org".as_slice()));
        assert_eq!(refusal.recipient, Some(b"r@example.net".as_slice()));
        assert_eq!(refusal.peer.address, b"203.0.113.7");
    }
}
