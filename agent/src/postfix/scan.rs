//! Small scanners over bytes, shared by every reader of Postfix text so that each reads from the left and never panics.

/// Where `needle` begins. Texts are short: to prepare a search costs more than the search.
#[inline]
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((first, rest)) = needle.split_first() else { return Some(0) };
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(*first, text.get(from..)?)?;
        if text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Splits at the first `needle`; neither side keeps it.
#[inline]
pub(crate) fn split_once<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at.checked_add(needle.len())?..)?))
}

/// Splits at the last `needle`; neither side keeps it.
pub(crate) fn rsplit_once<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (first, rest) = needle.split_first()?;
    let mut end = text.len();
    let at = loop {
        let at = memchr::memrchr(*first, text.get(..end)?)?;
        if text.get(at + 1..)?.starts_with(rest) {
            break at;
        }
        end = at;
    };
    Some((text.get(..at)?, text.get(at.checked_add(needle.len())?..)?))
}

/// Splits at the first byte `byte`.
#[inline]
pub(crate) fn split_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The text before `needle`, or all of it.
pub(crate) fn before<'a>(text: &'a [u8], needle: &[u8]) -> &'a [u8] {
    split_once(text, needle).map_or(text, |(head, _)| head)
}

/// Reads leading decimal digits; values beyond `u64` stay at its maximum.
pub(crate) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    let mut rest = text;
    while let Some((digit @ b'0'..=b'9', tail)) = rest.split_first() {
        value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        rest = tail;
    }
    (rest.len() < text.len()).then_some((value, rest))
}

/// The number that a whole text is, or nothing.
pub(crate) fn whole_number(text: &[u8]) -> Option<u64> {
    match number(text)? {
        (value, []) => Some(value),
        _ => None,
    }
}

/// Reads a decimal such as `0.07`, `16` or `3600` as milliseconds, rounded down.
pub(crate) fn decimal_ms(text: &[u8]) -> Option<(u64, &[u8])> {
    let (whole, mut rest) = number(text)?;
    let mut millis = whole.saturating_mul(1000);
    if let Some((b'.', tail)) = rest.split_first() {
        rest = tail;
        let mut scale = 100;
        while let Some((digit @ b'0'..=b'9', tail)) = rest.split_first() {
            millis = millis.saturating_add(u64::from(digit - b'0') * scale);
            scale /= 10;
            rest = tail;
        }
    }
    Some((millis, rest))
}

/// Reads the address behind an opening `<`; ends at a `>` that a blank, `,`, `:`, `;` or the end follows.
///
/// A quoted local part may hold any of these; it is skipped as a whole.
pub(crate) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = quoted_prefix(text);
    loop {
        let at = from + memchr::memchr(b'>', text.get(from..)?)?;
        match text.get(at + 1) {
            None | Some(b' ' | b',' | b':' | b';') => {
                return Some((text.get(..at)?, text.get(at + 1..)?));
            }
            Some(_) => from = at + 1,
        }
    }
}

/// How many bytes a leading quoted string takes, with its quotes; none if it does not end.
fn quoted_prefix(text: &[u8]) -> usize {
    if text.first() != Some(&b'"') {
        return 0;
    }
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate().skip(1) {
        match (escaped, byte) {
            (false, b'\\') => escaped = true,
            (false, b'"') => return index + 1,
            _ => escaped = false,
        }
    }
    0
}

/// The domain of an address: what follows the last `@`; empty for the null sender and for bare names.
pub(crate) fn domain(address: &[u8]) -> &[u8] {
    let domain =
        memchr::memrchr(b'@', address).and_then(|at| address.get(at + 1..)).unwrap_or_default();
    domain.strip_suffix(b".").unwrap_or(domain)
}

/// `name[address]` of a client or host, split; the address may be `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peer<'a> {
    /// Host name, or `unknown`.
    pub name: &'a [u8],
    /// Address without brackets, or a path for a unix socket.
    pub address: &'a [u8],
}

impl<'a> Peer<'a> {
    /// Reads `name[address]` from the left and returns what follows it.
    pub(crate) fn read(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (name, rest) = split_byte(text, b'[')?;
        let (address, rest) = split_byte(rest, b']')?;
        Some((Self { name, address }, rest))
    }
}

/// Splits `QID: rest`; a queue id is short (upper-case hex) or long (no vowels, a `z` before the inode).
pub(crate) fn queue_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b':', text.get(..text.len().min(QUEUE_ID_BYTES_MAX + 1))?)?;
    let (id, rest) = text.split_at_checked(end)?;
    (is_queue_id(id)).then_some((id, rest.strip_prefix(b": ")?))
}

/// The longest queue id: short ids reach 21 on 64-bit inodes, long ones about 24.
const QUEUE_ID_BYTES_MAX: usize = 30;
/// Five digits of microseconds and at least one of the inode.
const QUEUE_ID_BYTES_MIN: usize = 6;
/// Six characters of seconds and four of microseconds stand before the `z` of a long id.
const LONG_ID_TIME_BYTES: usize = 10;

/// Tells a queue id from an ordinary word.
pub(crate) fn is_queue_id(id: &[u8]) -> bool {
    if !(QUEUE_ID_BYTES_MIN..=QUEUE_ID_BYTES_MAX).contains(&id.len()) {
        return false;
    }
    if id.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        return true;
    }
    id.iter().skip(LONG_ID_TIME_BYTES).any(|byte| *byte == b'z')
        && id.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                && !matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quoted_local_part_cannot_end_its_address_early() {
        let text = br#""a>, status=sent (x"@example.org>, relay=none"#;
        let (address, rest) = address(text).unwrap();
        assert_eq!(address, br#""a>, status=sent (x"@example.org"#);
        assert_eq!(rest, b", relay=none");
        assert_eq!(domain(address), b"example.org");
    }

    #[test]
    fn queue_ids_of_both_kinds_are_told_from_words() {
        assert!(is_queue_id(b"C111FA182B1"));
        assert!(is_queue_id(b"4jY4pL3ssWz1lq10"));
        for word in [b"NOQUEUE".as_slice(), b"statistics", b"warning", b"connect", b"ABC"] {
            assert!(!is_queue_id(word), "{}", String::from_utf8_lossy(word));
        }
    }

    proptest! {
        #[test]
        fn searching_finds_what_it_should(text in "[ab,]{0,16}", needle in "[ab,]{1,3}") {
            let (text, needle) = (text.as_bytes(), needle.as_bytes());
            prop_assert_eq!(find(text, needle), memchr::memmem::find(text, needle));
            let from_the_right = memchr::memmem::rfind(text, needle);
            prop_assert_eq!(rsplit_once(text, needle).map(|(head, _)| head.len()), from_the_right);
        }
    }

    #[test]
    fn delays_keep_milliseconds() {
        assert_eq!(decimal_ms(b"0.07/0.01").unwrap().0, 70);
        assert_eq!(decimal_ms(b"3600").unwrap().0, 3_600_000);
        assert_eq!(decimal_ms(b"x"), None);
    }
}
