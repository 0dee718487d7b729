//! The only place that asks what time it is, so that tests can say it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
    /// Milliseconds of a clock that nobody sets, and that goes on while the machine sleeps.
    fn steady_ms(&self) -> i64;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(since.map_or(0, |since| since.as_millis())).unwrap_or(i64::MAX)
    }

    fn steady_ms(&self) -> i64 {
        let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        since.tv_sec * 1_000 + since.tv_nsec / 1_000_000
    }
}

/// Notices that the clock was set, by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    apart_ms: i64,
}

/// A clock that is slewed, as by NTP, differs by less between two looks.
const STEP_MS_MIN: i64 = 1_000;

impl Steps {
    /// From now on.
    pub fn new(clock: &dyn Clock) -> Self {
        Self { apart_ms: clock.now_ms() - clock.steady_ms() }
    }

    /// By how much the clock was set since the last look, if it was.
    pub fn look(&mut self, clock: &dyn Clock) -> Option<i64> {
        let apart_ms = clock.now_ms() - clock.steady_ms();
        let by_ms = apart_ms - self.apart_ms;
        self.apart_ms = apart_ms;
        (by_ms.abs() >= STEP_MS_MIN).then_some(by_ms)
    }
}

/// A clock that goes only when it is told to.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicI64,
    /// How much it was set.
    stepped_ms: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `now_ms`.
    pub fn new(now_ms: i64) -> Self {
        Self { now_ms: AtomicI64::new(now_ms), stepped_ms: AtomicI64::new(0) }
    }

    /// Somebody sets it forward, or back.
    pub fn step(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
        self.stepped_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Goes on.
    pub fn advance(&self, by: Duration) {
        self.now_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Goes to a time.
    pub fn set(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn steady_ms(&self) -> i64 {
        self.now_ms() - self.stepped_ms.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_noticed_and_one_that_only_goes_on_is_not() {
        let clock = ManualClock::new(1_000_000);
        let mut steps = Steps::new(&clock);
        clock.advance(Duration::from_hours(9));
        assert_eq!(steps.look(&clock), None, "asleep for a night");
        clock.step(-3_600_000);
        assert_eq!(steps.look(&clock), Some(-3_600_000));
        assert_eq!(steps.look(&clock), None, "told once");
    }

    #[test]
    fn the_machines_own_clock_goes_steadily() {
        let mut steps = Steps::new(&SystemClock);
        assert_eq!(steps.look(&SystemClock), None);
    }
}
