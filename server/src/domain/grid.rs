//! Buckets of a chart: which times stand for how much, and where something is not known.

use chrono::{DateTime, TimeDelta, Utc};

/// Points of one series at most.
pub const POINTS_MAX: u32 = 1_500;

/// Equal buckets over a time; bucket i is [start + i × step, start + (i + 1) × step).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Start of the first bucket, a multiple of the step since 1970.
    pub start: DateTime<Utc>,
    /// Length of a bucket, a multiple of the interval.
    pub step: TimeDelta,
    /// How many.
    pub count: usize,
}

impl Grid {
    /// The finest buckets that cover [from, to) with at most `points`, each a multiple of `interval_ms`.
    pub fn cover(
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        interval_ms: i32,
        points: u32,
    ) -> Option<Self> {
        let interval = i64::from(interval_ms.max(1));
        let points = i64::from(points.clamp(1, POINTS_MAX));
        let span = (to - from).num_milliseconds();
        if span <= 0 {
            return None;
        }
        // Aligned to the step, the range may touch one bucket more than it is long.
        let mut step = nice(div_ceil(span, points), interval);
        loop {
            let first = from.timestamp_millis().div_euclid(step) * step;
            let count = div_ceil(to.timestamp_millis() - first, step);
            if count <= points || points == 1 {
                return Some(Self {
                    start: DateTime::from_timestamp_millis(first)?,
                    step: TimeDelta::milliseconds(step),
                    count: usize::try_from(count).ok()?,
                });
            }
            step = nice(step + interval, interval);
        }
    }

    /// End of the last bucket.
    pub fn end(&self) -> DateTime<Utc> {
        self.at(self.count)
    }

    /// Start of bucket `place`.
    pub fn at(&self, place: usize) -> DateTime<Utc> {
        self.start + self.step * i32::try_from(place).unwrap_or(i32::MAX)
    }
}

/// The smallest pleasant number of milliseconds that is at least `least` and a multiple of `interval`.
fn nice(least: i64, interval: i64) -> i64 {
    const PLEASANT_S: [i64; 23] = [
        1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
        43_200, 86_400, 172_800, 259_200, 604_800, 2_592_000,
    ];
    let pleasant = PLEASANT_S.into_iter().map(|seconds| seconds * 1_000);
    pleasant.into_iter().find(|step| *step >= least && step % interval == 0).unwrap_or_else(|| {
        // Longer than any of these: whole days, where the interval allows.
        let days = div_ceil(least, DAY_MS) * DAY_MS;
        if days % interval == 0 { days } else { div_ceil(least, interval) * interval }
    })
}

const DAY_MS: i64 = 86_400_000;

const fn div_ceil(value: i64, by: i64) -> i64 {
    value.div_euclid(by) + if value.rem_euclid(by) > 0 { 1 } else { 0 }
}

/// A run of buckets of which something is not known, as places: [from, to).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First bucket.
    pub from: usize,
    /// Bucket behind the last.
    pub to: usize,
}

/// The runs of buckets for which `unknown` holds.
pub fn runs(count: usize, unknown: impl Fn(usize) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for place in (0..count).filter(|place| unknown(*place)) {
        match runs.last_mut() {
            Some(run) if run.to == place => run.to += 1,
            _ => runs.push(Run { from: place, to: place + 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn an_hour_of_ten_seconds_is_shown_as_it_is_and_a_day_in_five_minutes() {
        let hour = Grid::cover((at(0), at(3_600)), 10_000, 500).unwrap();
        assert_eq!((hour.step, hour.count), (TimeDelta::seconds(10), 360));
        let day = Grid::cover((at(0), at(86_400)), 10_000, 500).unwrap();
        assert_eq!((day.step, day.count), (TimeDelta::seconds(300), 288));
    }

    #[test]
    fn a_range_that_is_empty_or_backwards_has_no_buckets() {
        assert_eq!(Grid::cover((at(0), at(0)), 10_000, 500), None);
        assert_eq!(Grid::cover((at(9), at(0)), 10_000, 500), None);
    }

    #[test]
    fn runs_are_as_long_as_they_are() {
        let unknown = [true, true, false, true, false];
        let found = runs(unknown.len(), |place| unknown[place]);
        assert_eq!(found, [Run { from: 0, to: 2 }, Run { from: 3, to: 4 }]);
    }

    proptest! {
        #[test]
        fn buckets_cover_the_range_in_whole_intervals(
            from in 0_i64..1_000_000, span in 1_i64..40_000_000, points in 2_u32..2_000,
            interval in prop::sample::select(vec![1_000_i32, 5_000, 10_000, 60_000]),
        ) {
            let grid = Grid::cover((at(from), at(from + span)), interval, points).unwrap();
            prop_assert!(grid.start <= at(from) && grid.end() >= at(from + span));
            prop_assert!(grid.count <= usize::try_from(points.min(POINTS_MAX)).unwrap());
            prop_assert_eq!(grid.step.num_milliseconds() % i64::from(interval), 0);
        }
    }
}
