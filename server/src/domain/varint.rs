//! Numbers as few bytes: seven bits a byte, the lowest first; signed ones folded so that small ones stay small.
//!
//! Reading never panics and never believes a length: what is cut short or too long is [`Unreadable`].

/// The bytes are not what we write: trying again will not help, they are damaged or newer than this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packed figures are damaged or of a newer format")]
pub struct Unreadable;

/// Appends `value`.
pub fn put(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Takes a value off the front of `rest`.
pub fn take<T: TryFrom<u64>>(rest: &mut &[u8]) -> Result<T, Unreadable> {
    let mut value: u64 = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, behind) = rest.split_first().ok_or(Unreadable)?;
        *rest = behind;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return Err(Unreadable);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return T::try_from(value).map_err(|_| Unreadable);
        }
    }
    Err(Unreadable)
}

/// Takes `length` bytes off the front of `rest`.
pub fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (taken, behind) = rest.split_at_checked(length).ok_or(Unreadable)?;
    *rest = behind;
    Ok(taken)
}

/// How many bytes [`put`] appends.
pub const fn length(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 …
pub const fn fold(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

/// The inverse of [`fold`].
pub const fn unfold(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_is_taken(values in prop::collection::vec(any::<i64>(), 0..50)) {
            let mut out = Vec::new();
            let mut bytes = 0;
            for value in &values {
                put(&mut out, fold(*value));
                bytes += length(fold(*value));
            }
            prop_assert_eq!(bytes, out.len());
            let mut rest = out.as_slice();
            for value in &values {
                prop_assert_eq!(unfold(take(&mut rest).unwrap()), *value);
            }
            prop_assert!(rest.is_empty());
        }
    }
}
