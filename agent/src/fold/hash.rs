//! A hash that is the same after a restart and on every machine: eight bytes a step.
//!
//! Chosen for being stable and quick, not for being strong: tables that hostile keys can reach have a small limit.

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// The hash of any bytes.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut state = SEED ^ u64::try_from(bytes.len()).unwrap_or(0);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word));
    }
    let tail = match (bytes.last_chunk::<8>(), rest) {
        (_, []) => 0,
        // The last eight bytes, some of them once more.
        (Some(last), _) => u64::from_le_bytes(*last),
        (None, rest) => rest.iter().fold(1, |value, byte| (value << 8) | u64::from(*byte)),
    };
    mix(state ^ tail.rotate_left(32))
}

/// Several parts as one, however they are cut.
#[inline]
pub(crate) fn hash_pair(first: u64, rest: &[u8]) -> u64 {
    mix(first ^ hash(rest).rotate_left(17))
}

#[inline]
fn mix(value: u64) -> u64 {
    let product = u128::from(value) * u128::from(FACTOR);
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(product >> 64).unwrap_or(0);
    low ^ high ^ value.rotate_left(23)
}

/// The lower half, for tables that keep four bytes of it.
#[inline]
pub(crate) fn half(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_on_disk_keeps_its_hash() {
        assert_eq!(hash(b""), 0x1567_d1f4_5d16_fbe9);
        assert_eq!(hash(b"C111FA182B1"), 0xa0df_84b1_1f68_eeff);
        assert_eq!(hash(b"user@example.org"), 0xe22d_0658_d7ca_e917);
    }

    #[test]
    fn names_that_are_alike_have_hashes_that_are_not() {
        let mut seen = HashSet::new();
        for number in 0..200_000_u32 {
            assert!(seen.insert(hash(format!("{number:X}").as_bytes())));
            assert!(seen.insert(hash(format!("user{number}@d{}.example", number % 97).as_bytes())));
        }
        let halves: HashSet<u32> = seen.iter().map(|hash| half(*hash)).collect();
        assert!(seen.len() - halves.len() < 60, "{} of {}", seen.len() - halves.len(), seen.len());
    }
}
