//! The clock and the dice of the laboratory: the only file that touches the ambient ones.
//!
//! The lab plays the outside world, so its time is real time; its chance is always seeded, never ambient.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, UTC, of the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the lab is the outside world; its stamps are real time"
)]
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A seed nobody chose, for runs that do not name one. Print it, so that the run can be repeated.
#[must_use]
pub fn fresh_seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| now_ms())
}

/// A small seeded generator (`SplitMix64`): the same seed gives the same run on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same way for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll().checked_rem(n).unwrap_or(0)
    }

    /// True in `percent` of 100 rolls.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Spreads any bytes over 64 bits, the same way on every machine: chance that depends on nothing but its input.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> u64 {
    // FNV-1a, then one mixing step, because FNV alone leaves the high bits of short keys poor.
    let folded = bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    mix(folded)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let first: Vec<u64> = (0..5).scan(Dice::new(7), |dice, _| Some(dice.roll())).collect();
        let again: Vec<u64> = (0..5).scan(Dice::new(7), |dice, _| Some(dice.roll())).collect();
        let other: Vec<u64> = (0..5).scan(Dice::new(8), |dice, _| Some(dice.roll())).collect();
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn a_chance_of_thirty_percent_is_about_that() {
        let mut dice = Dice::new(1);
        let hits = (0..10_000).filter(|_| dice.chance(30)).count();
        assert!((2_700..3_300).contains(&hits), "{hits}");
    }
}
