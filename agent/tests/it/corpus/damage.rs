//! Logs as no Postfix writes them: bytes turned, lines cut and joined, numbers beyond every limit.

/// A number that overflows every counter if it is added twice.
const HUGE: &[u8] = b"18446744073709551615";

/// The same log with damage somewhere.
pub(crate) fn damaged(log: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let mut damaged = Vec::with_capacity(log.len());
    let mut bytes = log.iter().peekable();
    while let Some(byte) = bytes.next() {
        match dice.roll(400) {
            0 => damaged.push(u8::try_from(dice.roll(256)).unwrap()),
            1 => {}
            2 => damaged.extend_from_slice(&[*byte, *byte]),
            3 => damaged.push(b'\n'),
            4 => damaged.extend(b"<>[]:;=, /"[..].iter().cycle().skip(dice.roll(10)).take(2)),
            5..=9 if byte.is_ascii_digit() => {
                damaged.extend_from_slice(HUGE);
                while bytes.next_if(|next| next.is_ascii_digit()).is_some() {}
            }
            _ => damaged.push(*byte),
        }
    }
    damaged
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}
