//! The arrival time inside a long queue id.

/// 52 characters: digits and consonants.
const ALPHABET: &[u8; 52] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
/// Characters that hold the seconds.
const SECONDS_CHARS: usize = 6;
/// Characters that hold the microseconds; a `z` follows.
const MICROS_CHARS: usize = 4;

/// Seconds since 1970; nothing for a short id.
pub(super) fn arrival_s(name: &[u8]) -> Option<u64> {
    if name.len() <= SECONDS_CHARS + MICROS_CHARS
        || name.get(SECONDS_CHARS + MICROS_CHARS) != Some(&b'z')
    {
        return None;
    }
    name.get(..SECONDS_CHARS)?.iter().try_fold(0, |value: u64, byte| {
        let digit = ALPHABET.iter().position(|known| known == byte)?;
        Some(value * 52 + u64::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_tells_when_its_message_came() {
        // Accepted by a lab Postfix at 2026-11-23 12:22:50 UTC.
        assert_eq!(arrival_s(b"4jY4pL3ssWz1lq10"), Some(1_795_436_570));
        assert_eq!(arrival_s(b"C111FA182B1"), None);
    }
}
