//! Where in a log the agent was: enough to find the place again after a restart, whatever happened to the file.

use crate::fold::hash::hash;

/// Bytes before the place whose hash tells whether it is still the same text.
pub const MARKER_BYTES: usize = 256;
/// Bytes of the first line that count for its hash.
pub const FIRST_LINE_BYTES: usize = 256;

/// A place in a log: behind the last complete line that was counted.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Checkpoint {
    /// Path of the log.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Device of the file.
    #[prost(uint64, tag = "2")]
    pub dev: u64,
    /// Inode of the file.
    #[prost(uint64, tag = "3")]
    pub ino: u64,
    /// Bytes counted.
    #[prost(uint64, tag = "4")]
    pub offset: u64,
    /// Hash of up to [`MARKER_BYTES`] before the place.
    #[prost(fixed64, tag = "5")]
    pub marker: u64,
    /// Hash of the first line, 0 while there is none.
    #[prost(fixed64, tag = "6")]
    pub first_line: u64,
    /// Of the journal: the cursor of its last entry. Its time stands in `offset`, microseconds since 1970.
    #[prost(bytes = "vec", tag = "7")]
    pub cursor: Vec<u8>,
}

/// Hash of the text before a place.
pub fn marker(before: &[u8]) -> u64 {
    hash(before.get(before.len().saturating_sub(MARKER_BYTES)..).unwrap_or(before))
}

/// Hash of a file's first line; nothing while it has no complete one.
pub fn first_line(head: &[u8]) -> Option<u64> {
    let head = head.get(..head.len().min(FIRST_LINE_BYTES)).unwrap_or(head);
    match memchr::memchr(b'\n', head) {
        Some(end) => head.get(..end).map(hash),
        None if head.len() == FIRST_LINE_BYTES => Some(hash(head)),
        None => None,
    }
}
