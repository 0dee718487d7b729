//! What postsuper says: what an operator did to queued messages.

use super::scan;

/// What was done, and to how many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The summary's own words: `Deleted`, `Requeued`, `Placed on hold`, …
    pub what: &'a [u8],
    /// How many messages.
    pub messages: u64,
}

/// Reads a summary such as `Deleted: 3 messages`; mass operations log nothing else.
pub fn parse(text: &[u8]) -> Option<Operation<'_>> {
    let (what, rest) = scan::split_once(text, b": ")?;
    let (messages, rest) = scan::number(rest)?;
    matches!(rest, b" message" | b" messages").then_some(Operation { what, messages })
}

/// `QID: removed`: what the message's own lines must end with, as qmgr will not say it.
pub fn removed(text: &[u8]) -> Option<&[u8]> {
    let (id, rest) = scan::queue_id(text)?;
    matches!(rest, b"removed" | b"requeued").then_some(id)
}
