//! What bounce says: notices to senders and to the postmaster, and those that could not be sent.

use super::scan;

/// A notice about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice<'a> {
    /// Which.
    pub kind: Kind,
    /// The id of the notice itself, where it was queued.
    pub id: Option<&'a [u8]>,
}

/// The kinds of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To the sender: could not be delivered.
    NonDelivery,
    /// To the sender: still trying.
    Delay,
    /// To the sender: delivered, as asked for.
    Success,
    /// To the postmaster.
    Postmaster,
    /// 3.11: a notice could not be made.
    Failed,
}

/// Reads what follows `QID: `.
pub fn parse(rest: &[u8]) -> Option<Notice<'_>> {
    let (kind, rest) =
        KINDS.iter().find_map(|(words, kind)| Some((*kind, rest.strip_prefix(*words)?)))?;
    Some(Notice { kind, id: scan::is_queue_id(rest).then_some(rest) })
}

const KINDS: &[(&[u8], Kind)] = &[
    (b"sender non-delivery notification: ", Kind::NonDelivery),
    (b"sender delay notification: ", Kind::Delay),
    (b"sender delivery status notification: ", Kind::Success),
    (b"postmaster non-delivery notification: ", Kind::Postmaster),
    (b"postmaster delay notification: ", Kind::Postmaster),
    (b"sender notification failed to ", Kind::Failed),
    (b"postmaster notification failed to ", Kind::Failed),
];

/// Reads what follows `warning: `: a notice that nobody will ever get.
pub fn undeliverable(rest: &[u8]) -> bool {
    scan::queue_id(rest)
        .is_some_and(|(_, rest)| rest == b"undeliverable postmaster notification discarded")
}
