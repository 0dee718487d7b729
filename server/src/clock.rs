//! What time it is and how the dice fall: the system's, or a test's.
//!
//! No other file reads the time of day or the random source of the machine.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time of day.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Fills buffers with random bytes.
pub trait Dice: fmt::Debug + Send + Sync + 'static {
    /// Overwrites all of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// A clock that rooms share.
pub type SharedClock = Arc<dyn Clock>;
/// Dice that rooms share.
pub type SharedDice = Arc<dyn Dice>;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time of day comes in")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the hands by `by`, backwards where it is negative.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// Shows `now` from here on.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The random source of the machine, fit for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDice;

impl Dice for SystemDice {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Without randomness no key, nonce or id is safe: there is nothing to go on with.
            tracing::error!(%error, "the system's random source failed; stopping");
            std::process::abort();
        }
    }
}

/// Dice that fall the same way for the same seed.
#[derive(Debug)]
pub struct SeededDice(Mutex<rand::rngs::StdRng>);

impl SeededDice {
    /// Dice for `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(rand::SeedableRng::seed_from_u64(seed)))
    }
}

impl Dice for SeededDice {
    fn fill(&self, buffer: &mut [u8]) {
        rand::RngCore::fill_bytes(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            buffer,
        );
    }
}

/// A fraction in [0, 1) from `dice`, for jitter.
pub fn fraction(dice: &dyn Dice) -> f64 {
    let mut bytes = [0; 4];
    dice.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_dice_repeat_and_fractions_stay_below_one() {
        let (one, two) = (SeededDice::new(7), SeededDice::new(7));
        for _ in 0..1_000 {
            let fraction_one = fraction(&one);
            assert!((0.0..1.0).contains(&fraction_one));
            assert!((fraction_one - fraction(&two)).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
        clock.advance(TimeDelta::seconds(90));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH + TimeDelta::seconds(90));
    }
}
