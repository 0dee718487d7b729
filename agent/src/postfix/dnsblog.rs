//! What dnsblog says: clients listed by DNS block lists, asked for by postscreen.

use super::scan;

/// Reads `addr IP listed by domain D as A`; gives the list's domain.
pub fn parse(text: &[u8]) -> Option<&[u8]> {
    let (_address, rest) = scan::split_once(text.strip_prefix(b"addr ")?, b" listed by domain ")?;
    Some(scan::before(rest, b" as "))
}
