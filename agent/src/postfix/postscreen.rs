//! What postscreen says: connections that it screens before smtpd sees them.

use super::{refusal::Refusal, scan};

/// A line of postscreen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A connection.
    Connect,
    /// Passed on to smtpd.
    Pass {
        /// The client passed all tests now, rather than earlier.
        new: bool,
    },
    /// On the site's list of friends (`true`) or foes.
    Listed(bool),
    /// A friend's entry overruled.
    Veto,
    /// Spoke before its turn.
    Pregreet,
    /// Listed by DNS block lists.
    Dnsbl,
    /// Hung up during the tests.
    Hangup,
    /// Broke the protocol.
    Violation(Violation),
    /// Refused; also when all ports were busy.
    Refused(Refusal<'a>),
    /// All its ports were busy.
    Busy,
    /// Ended here.
    Disconnect,
    /// Under stress (`true`) or no longer.
    Stress(bool),
    /// So many clients are remembered.
    Remembered(u64),
}

/// How a client broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Violation {
    /// Took too long.
    TimeLimit,
    /// Too many commands.
    CountLimit,
    /// Too long a command.
    LengthLimit,
    /// Commands in one packet.
    Pipelining,
    /// HTTP and the like.
    NonSmtp,
    /// Line feeds without carriage return.
    BareNewline,
    /// A message without a recipient.
    NoRecipient,
}

/// Reads the text of a line behind its program name.
pub fn parse(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"NOQUEUE: ") {
        return refused(rest);
    }
    if let Some(rest) = text.strip_prefix(b"reject: connect from ") {
        return rest.starts_with(b"[").then_some(Event::Busy);
    }
    if let Some(cache) = text.strip_prefix(b"cache ") {
        let (_, rest) = scan::split_once(cache, b" full cleanup: retained=")?;
        return Some(Event::Remembered(scan::number(rest)?.0));
    }
    WORDS.iter().find(|(words, _)| text.starts_with(words)).map(|(_, event)| *event)
}

fn refused(rest: &[u8]) -> Option<Event<'_>> {
    // smtpd, which says the same, gives every client a name, if only `unknown`.
    let refusal = Refusal::read(rest)?;
    refusal.peer.name.is_empty().then_some(Event::Refused(refusal))
}

const WORDS: &[(&[u8], Event<'static>)] = &[
    (b"CONNECT from [", Event::Connect),
    (b"DISCONNECT [", Event::Disconnect),
    (b"PASS NEW [", Event::Pass { new: true }),
    (b"PASS OLD [", Event::Pass { new: false }),
    (b"ALLOWLISTED [", Event::Listed(true)),
    (b"WHITELISTED [", Event::Listed(true)),
    (b"DENYLISTED [", Event::Listed(false)),
    (b"BLACKLISTED [", Event::Listed(false)),
    (b"ALLOWLIST VETO [", Event::Veto),
    (b"WHITELIST VETO [", Event::Veto),
    (b"PREGREET ", Event::Pregreet),
    (b"DNSBL rank ", Event::Dnsbl),
    (b"HANGUP after ", Event::Hangup),
    (b"COMMAND TIME LIMIT from ", Event::Violation(Violation::TimeLimit)),
    (b"COMMAND COUNT LIMIT from ", Event::Violation(Violation::CountLimit)),
    (b"COMMAND LENGTH LIMIT from ", Event::Violation(Violation::LengthLimit)),
    (b"COMMAND PIPELINING from ", Event::Violation(Violation::Pipelining)),
    (b"NON-SMTP COMMAND from ", Event::Violation(Violation::NonSmtp)),
    (b"BARE NEWLINE from ", Event::Violation(Violation::BareNewline)),
    (b"DATA without valid RCPT from ", Event::Violation(Violation::NoRecipient)),
    (b"BDAT without valid RCPT from ", Event::Violation(Violation::NoRecipient)),
    (b"entering STRESS mode ", Event::Stress(true)),
    (b"leaving STRESS mode ", Event::Stress(false)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_its_memory_is_read_and_a_client_cannot_forge_it() {
        let own = b"cache btree:/var/lib/postfix/postscreen_cache full cleanup: retained=41 dropped=7 entries";
        assert_eq!(parse(own), Some(Event::Remembered(41)));
        let forged =
            b"PREGREET 40 after 0.1 from [192.0.2.1]:5: x full cleanup: retained=9 dropped=1";
        assert_eq!(parse(forged), Some(Event::Pregreet));
    }
}
