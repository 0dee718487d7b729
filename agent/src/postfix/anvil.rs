//! What anvil says now and then: the largest connection, message and recipient rates of any client.

use super::scan;

/// The largest value of one kind since the last report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peak {
    /// Which kind.
    pub kind: Kind,
    /// The value.
    pub value: u64,
}

/// The kinds of peaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Connections in the time unit.
    ConnectionRate,
    /// Simultaneous connections.
    ConnectionCount,
    /// Messages in the time unit.
    MessageRate,
    /// Recipients in the time unit.
    RecipientRate,
    /// New TLS sessions in the time unit.
    TlsRate,
    /// Logins in the time unit.
    AuthRate,
    /// Clients remembered.
    CacheSize,
}

/// Reads `statistics: max KIND N…`.
pub fn parse(text: &[u8]) -> Option<Peak> {
    let rest = text.strip_prefix(b"statistics: max ")?;
    let (kind, rest) =
        KINDS.iter().find_map(|(words, kind)| Some((*kind, rest.strip_prefix(*words)?)))?;
    Some(Peak { kind, value: scan::number(rest)?.0 })
}

const KINDS: &[(&[u8], Kind)] = &[
    (b"connection rate ", Kind::ConnectionRate),
    (b"connection count ", Kind::ConnectionCount),
    (b"message rate ", Kind::MessageRate),
    (b"recipient rate ", Kind::RecipientRate),
    (b"newtls rate ", Kind::TlsRate),
    (b"auth rate ", Kind::AuthRate),
    (b"cache size ", Kind::CacheSize),
];
