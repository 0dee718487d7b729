//! What dnsblog says: clients listed by DNS block lists, asked for by postscreen, and questions that failed.

use super::scan;

/// A line of dnsblog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// The list of this domain has the client.
    Listed(&'a [u8]),
    /// The list of this domain could not be asked.
    Failed(&'a [u8]),
}

/// Reads `addr IP listed by domain D as A` and `warning: dnsblog_query: lookup error for DNS query Q: why`.
pub fn parse(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"warning: dnsblog_query: lookup error for DNS query ") {
        return Some(Event::Failed(list_of(scan::before(rest, b": "))));
    }
    let (_address, rest) = scan::split_once(text.strip_prefix(b"addr ")?, b" listed by domain ")?;
    Some(Event::Listed(scan::before(rest, b" as ")))
}

/// The list's domain in a question: what stands behind the address, whose bytes or nibbles come backwards.
fn list_of(query: &[u8]) -> &[u8] {
    let is_number = |part: &[u8]| part.len() <= 3 && part.iter().all(u8::is_ascii_digit);
    let is_nibble = |part: &[u8]| part.len() == 1 && part.iter().all(u8::is_ascii_hexdigit);
    let behind = |parts: usize, fits: &dyn Fn(&[u8]) -> bool| {
        let mut rest = query;
        for _ in 0..parts {
            let (part, after) = scan::split_once(rest, b".")?;
            rest = fits(part).then_some(after)?;
        }
        Some(rest)
    };
    behind(32, &is_nibble).or_else(|| behind(4, &is_number)).unwrap_or(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_named_whether_it_answers_or_not() {
        let listed = b"addr 203.0.113.7 listed by domain zen.example.org as 127.0.0.2";
        assert_eq!(parse(listed), Some(Event::Listed(b"zen.example.org")));
        let failed = b"warning: dnsblog_query: lookup error for DNS query 7.113.0.203.zen.example.org: Host or domain name not found. Name service error for name=7.113.0.203.zen.example.org type=A: Host not found, try again";
        assert_eq!(parse(failed), Some(Event::Failed(b"zen.example.org")));
        let six = format!(
            "warning: dnsblog_query: lookup error for DNS query {}zen.example.org: try again",
            "a.".repeat(32)
        );
        assert_eq!(parse(six.as_bytes()), Some(Event::Failed(b"zen.example.org")));
        assert_eq!(parse(b"warning: something else"), None);
    }
}
