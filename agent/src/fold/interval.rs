//! Log time: each line is counted into the interval of its own stamp, which stays open a little longer.
//!
//! Pure. An interval is closed when the log itself has gone past it, or when the log has been read to its end and the
//! clock has; so a backlog after downtime is counted into its own past intervals, in order.

use std::collections::VecDeque;

use super::Tallies;
use super::state::{OpenInterval, TallyRecord};
use super::tally::Tally;

/// Lines of another daemon may be written this much later than their stamps say.
pub const GRACE_MS: i64 = 2_000;
/// A stamp further ahead than this is a wrong clock, and counts as now.
pub const AHEAD_MAX_MS: i64 = 60_000;
/// Intervals open at once; beyond it the two oldest become one.
pub const OPEN_MAX: usize = 64;

/// A clock set back by more than this is believed; a smaller step is waited out.
pub const BACK_MAX_MS: i64 = 120_000;

/// Bits of a batch's flags.
pub mod flag {
    /// The agent did not see all of the interval.
    pub const PARTIAL: u32 = 1;
    /// Counted after the fact.
    pub const BACKFILL: u32 = 2;
    /// The clock jumped.
    pub const CLOCK_STEP: u32 = 4;
}

/// An interval and what was counted in it.
#[derive(Debug, Clone, Default)]
pub struct Interval {
    /// First millisecond.
    pub start_ms: i64,
    /// First millisecond after it.
    pub end_ms: i64,
    /// [`flag`] bits.
    pub flags: u32,
    /// The figures.
    pub tallies: Tallies,
    /// Gauges were measured.
    pub gauged: bool,
}

/// The intervals that are still open.
#[derive(Debug, Clone)]
pub struct Intervals {
    interval_ms: i64,
    open: VecDeque<Interval>,
    sealed_end_ms: i64,
    watermark_ms: i64,
    /// Intervals that ended before the agent was started are counted after the fact.
    started_ms: i64,
    open_max: usize,
}

impl Intervals {
    /// Nothing open; the last interval ended at `sealed_end_ms`, and the agent was started at `started_ms`.
    pub fn new(interval_ms: i64, sealed_end_ms: i64, started_ms: i64) -> Self {
        Self {
            interval_ms,
            open: VecDeque::new(),
            sealed_end_ms,
            watermark_ms: i64::MIN,
            started_ms,
            open_max: OPEN_MAX,
        }
    }

    /// However many are open at once, each stays one by itself: for logs of the past, read in large pieces.
    pub fn keep_apart(&mut self) {
        self.open_max = usize::MAX;
    }

    /// Changes the length of intervals that are yet to be opened.
    pub fn set_interval(&mut self, interval_ms: i64) {
        self.interval_ms = interval_ms.max(1_000);
    }

    /// The length of intervals.
    pub fn interval_ms(&self) -> i64 {
        self.interval_ms
    }

    /// End of the last closed interval.
    pub fn sealed_end_ms(&self) -> i64 {
        self.sealed_end_ms
    }

    /// How far the clock was set back, if waiting for it to come here again would be a long silence.
    pub fn set_back_ms(&self, now_ms: i64) -> Option<i64> {
        let back_ms = self.sealed_end_ms.saturating_sub(now_ms);
        (back_ms > BACK_MAX_MS).then_some(back_ms)
    }

    /// Time goes on from `now_ms`, which lies before what is sealed; what was open is counted in the first interval.
    pub fn begin_anew(&mut self, now_ms: i64) -> &mut Interval {
        let open = std::mem::take(&mut self.open);
        self.sealed_end_ms = now_ms.div_euclid(self.interval_ms) * self.interval_ms;
        self.watermark_ms = i64::MIN;
        self.started_ms = self.started_ms.min(self.sealed_end_ms);
        let interval = self.at(now_ms);
        interval.flags |= flag::CLOCK_STEP | flag::PARTIAL;
        for before in open {
            interval.flags |= before.flags;
            for (place, tally) in before.tallies.iter() {
                interval.tallies.at(place).merge(tally);
            }
        }
        interval
    }

    /// The interval for a line stamped `at_ms`, and whether the line is late for its own.
    pub fn of(&mut self, at_ms: i64, now_ms: i64) -> (&mut Interval, bool) {
        let at_ms = if at_ms > now_ms + AHEAD_MAX_MS { now_ms } else { at_ms };
        self.watermark_ms = self.watermark_ms.max(at_ms.min(now_ms));
        if at_ms >= self.sealed_end_ms {
            return (self.at(at_ms), false);
        }
        let oldest = match self.open.front() {
            Some(oldest) => oldest.start_ms,
            None => now_ms.max(self.sealed_end_ms),
        };
        let interval = self.at(oldest);
        interval.flags |= flag::BACKFILL;
        (interval, true)
    }

    /// The interval that a time belongs to; opened if need be. The time is not before the last closed end.
    pub fn at(&mut self, at_ms: i64) -> &mut Interval {
        let place = self.open.partition_point(|interval| interval.end_ms <= at_ms);
        let fits = self.open.get(place).is_some_and(|interval| interval.start_ms <= at_ms);
        if !fits {
            let start_ms = at_ms.div_euclid(self.interval_ms) * self.interval_ms;
            let before = place.checked_sub(1).and_then(|before| self.open.get(before));
            let floor = before.map_or(self.sealed_end_ms, |interval| interval.end_ms);
            let ceiling = self.open.get(place).map_or(i64::MAX, |interval| interval.start_ms);
            let interval = Interval {
                start_ms: start_ms.max(floor),
                end_ms: (start_ms + self.interval_ms).min(ceiling),
                ..Interval::default()
            };
            self.open.insert(place, interval);
        }
        let last = self.open.len() - 1;
        #[expect(
            clippy::indexing_slicing,
            reason = "an interval was inserted or found at this place"
        )]
        &mut self.open[place.min(last)]
    }

    /// End of the newest interval that has ended and whose gauges were not measured.
    pub fn ended_ungauged(&self, now_ms: i64) -> Option<i64> {
        let ended = self.open.iter().rev().find(|interval| interval.end_ms <= now_ms)?;
        (!ended.gauged).then_some(ended.end_ms)
    }

    /// Closes the oldest interval, if its time has come.
    ///
    /// `caught_up` says that every log has been read to its end since `now_ms`.
    pub fn close(&mut self, now_ms: i64, caught_up: bool) -> Option<Interval> {
        if self.open.len() > self.open_max {
            self.join_oldest();
        }
        let end_ms = self.open.front()?.end_ms;
        let passed_by_log = self.watermark_ms >= end_ms + GRACE_MS && now_ms >= end_ms;
        let passed_by_clock = caught_up && now_ms >= end_ms + GRACE_MS;
        if !passed_by_log && !passed_by_clock {
            return None;
        }
        let mut interval = self.open.pop_front()?;
        if interval.end_ms <= self.started_ms {
            interval.flags |= flag::BACKFILL;
        }
        self.sealed_end_ms = interval.end_ms;
        Some(interval)
    }

    /// Puts an interval back that could not be kept on disk.
    pub fn reopen(&mut self, interval: Interval, sealed_end_ms: i64) {
        self.sealed_end_ms = sealed_end_ms;
        self.open.push_front(interval);
    }

    fn join_oldest(&mut self) {
        let (Some(first), Some(second)) = (self.open.pop_front(), self.open.front_mut()) else {
            return;
        };
        for (place, tally) in first.tallies.iter() {
            second.tallies.at(place).merge(tally);
        }
        second.start_ms = first.start_ms;
        second.flags |= first.flags | flag::PARTIAL;
    }

    /// The open intervals as they go to disk.
    pub fn record(&self) -> Vec<OpenInterval> {
        let record = |interval: &Interval| OpenInterval {
            start_ms: interval.start_ms,
            end_ms: interval.end_ms,
            flags: interval.flags,
            tallies: interval
                .tallies
                .iter()
                .filter(|(_, t)| !t.is_empty())
                .map(|(place, t)| t.record(place))
                .collect(),
        };
        self.open.iter().filter(|interval| !interval.tallies.is_empty()).map(record).collect()
    }

    /// Open intervals read from disk.
    pub fn restore(&mut self, records: Vec<OpenInterval>) {
        for record in records {
            let mut tallies = Tallies::default();
            for tally in &record.tallies {
                let TallyRecord { instance, .. } = tally;
                *tallies.at(*instance) = Tally::restore(tally);
            }
            let (start_ms, end_ms, flags) = (record.start_ms, record.end_ms, record.flags);
            self.open.push_back(Interval { start_ms, end_ms, flags, tallies, gauged: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue;

    use super::*;

    #[test]
    fn a_backlog_is_counted_into_its_own_past_in_order() {
        let mut intervals = Intervals::new(10_000, 100_000, 500_000);
        for at in [101_000, 119_999, 120_000, 147_000] {
            intervals.of(at, 500_000);
        }
        let mut ends = Vec::new();
        while let Some(interval) = intervals.close(500_000, false) {
            assert_eq!(interval.flags, flag::BACKFILL);
            ends.push(interval.end_ms);
        }
        assert_eq!(ends, [110_000, 120_000, 130_000]);
        assert_eq!(intervals.close(500_000, true).unwrap().end_ms, 150_000);
    }

    #[test]
    fn an_interval_stays_open_two_seconds_longer() {
        let mut intervals = Intervals::new(10_000, 0, 0);
        intervals.of(9_000, 9_000);
        assert!(intervals.close(11_999, true).is_none());
        let (interval, late) = intervals.of(9_999, 11_500);
        assert_eq!((interval.end_ms, late), (10_000, false));
        assert!(intervals.close(12_000, true).is_some());
        let (interval, late) = intervals.of(9_999, 12_100);
        assert!(late);
        assert_eq!((interval.start_ms, interval.flags), (10_000, flag::BACKFILL));
    }

    #[test]
    fn a_clock_far_ahead_closes_nothing_early() {
        let mut intervals = Intervals::new(10_000, 0, 0);
        intervals.of(5_000, 5_000);
        intervals.of(9_000_000, 5_100);
        assert!(intervals.close(5_200, false).is_none());
    }

    #[test]
    fn a_clock_set_far_back_is_believed_and_nothing_counted_is_lost() {
        let mut intervals = Intervals::new(10_000, 9_000_000, 8_000_000);
        intervals.of(9_001_000, 9_001_000).0.tallies.at(0).set(catalogue::agent::SPOOL_BATCHES, 3);
        assert_eq!(
            intervals.set_back_ms(9_000_000 - BACK_MAX_MS),
            None,
            "a small step is waited out"
        );
        assert_eq!(intervals.set_back_ms(5_400_000), Some(3_600_000));
        let interval = intervals.begin_anew(5_404_000);
        assert_eq!((interval.start_ms, interval.end_ms), (5_400_000, 5_410_000));
        assert_eq!(interval.flags, flag::CLOCK_STEP | flag::PARTIAL);
        assert_eq!(intervals.set_back_ms(5_404_000), None);
        let closed = intervals.close(5_412_000, true).unwrap();
        assert_eq!(closed.tallies.iter().filter(|(_, tally)| !tally.is_empty()).count(), 1);
        assert_eq!(intervals.at(5_412_000).flags, 0, "only the first interval carries the step");
    }

    #[test]
    fn a_shorter_interval_starts_where_the_longer_ends() {
        let mut intervals = Intervals::new(10_000, 0, 0);
        intervals.at(5_000);
        intervals.set_interval(1_000);
        assert_eq!(intervals.at(7_000).end_ms, 10_000);
        let next = intervals.at(10_500);
        assert_eq!((next.start_ms, next.end_ms), (10_000, 11_000));
    }
}
