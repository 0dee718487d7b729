//! What the queue manager says: messages becoming active, expiring, leaving; damaged files; a clogged active queue.

use super::scan;

/// A line of qmgr about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Moved to the active queue: at its first attempt and at each retry.
    Active {
        /// Envelope sender; empty for notices.
        sender: &'a [u8],
        /// Content bytes.
        size: u64,
        /// Recipients still to do.
        recipients: u64,
    },
    /// Too old; every recipient still unsent is returned.
    Expired {
        /// An operator asked for it.
        forced: bool,
    },
    /// Gone from the queue.
    Removed,
    /// Put back, as a notice about it could not be queued.
    NoticeFailed,
    /// Still being delivered, so skipped.
    Skipped,
}

/// Reads what follows `QID: `.
pub fn parse(rest: &[u8]) -> Option<Event<'_>> {
    match rest {
        b"removed" => return Some(Event::Removed),
        b"status=deferred (bounce failed)" | b"status=deferred (trace failed)" => {
            return Some(Event::NoticeFailed);
        }
        b"skipped, still being delivered" => return Some(Event::Skipped),
        _ => {}
    }
    let (sender, rest) = scan::address(rest.strip_prefix(b"from=<")?)?;
    match rest {
        b", status=expired, returned to sender" => return Some(Event::Expired { forced: false }),
        b", status=force-expired, returned to sender" => {
            return Some(Event::Expired { forced: true });
        }
        _ => {}
    }
    let (size, rest) = scan::number(rest.strip_prefix(b", size=")?)?;
    let (recipients, _) = scan::number(rest.strip_prefix(b", nrcpt=")?)?;
    Some(Event::Active { sender, size, recipients })
}

/// Warnings that are worth a count of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning<'a> {
    /// One destination fills the active queue.
    Clogged(&'a [u8]),
    /// A damaged queue file was moved to `corrupt`.
    Corrupt,
    /// No delivery agent answers for a transport.
    TransportUnavailable(&'a [u8]),
}

/// Reads what follows `warning: `.
pub fn warning(rest: &[u8]) -> Option<Warning<'_>> {
    if let Some(rest) = rest.strip_prefix(b"mail for ") {
        let (destination, tail) = scan::split_once(rest, b" is using up ")?;
        return tail.ends_with(b" active queue entries").then_some(Warning::Clogged(destination));
    }
    if rest.starts_with(b"saving corrupt file ") {
        return Some(Warning::Corrupt);
    }
    let rest = rest.strip_prefix(b"connect to transport private/")?;
    Some(Warning::TransportUnavailable(scan::before(rest, b": ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_has_no_recipient_and_two_spellings() {
        let expired = parse(b"from=<a@example.org>, status=expired, returned to sender");
        assert_eq!(expired, Some(Event::Expired { forced: false }));
        let forced = parse(b"from=<>, status=force-expired, returned to sender");
        assert_eq!(forced, Some(Event::Expired { forced: true }));
    }

    #[test]
    fn a_sender_cannot_forge_a_size() {
        let line = br#"from=<"a>, size=9, nrcpt=9"@example.org>, size=316, nrcpt=2 (queue active)"#;
        let Some(Event::Active { size, recipients, .. }) = parse(line) else { panic!() };
        assert_eq!((size, recipients), (316, 2));
    }
}
