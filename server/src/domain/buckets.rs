//! Figures gathered from wherever they are kept into the buckets of a chart: sum, least, most, and how much of the
//! bucket was seen.
//!
//! What nobody saw stays apart from zero, and a bucket without any sample apart from one whose samples did not see.

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{GroupId, Metric};

use super::{grid::Grid, ids::InstanceId, rollup::Figure, sample::Sample};

/// One metric of one instance in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Samples that saw it.
    pub n: i64,
    /// How long they cover, milliseconds.
    pub span_ms: i64,
    /// Sum, least and most of their values.
    pub figure: Figure,
}

impl Cell {
    /// Takes `other` in.
    pub fn add(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (min, max) = if self.n == 0 {
            (other.figure.min, other.figure.max)
        } else {
            (self.figure.min.min(other.figure.min), self.figure.max.max(other.figure.max))
        };
        self.n += other.n;
        self.span_ms += other.span_ms;
        self.figure = Figure { sum: self.figure.sum.saturating_add(other.figure.sum), min, max };
    }
}

/// Buckets of some metrics of some instances.
#[derive(Debug)]
pub struct Buckets {
    instances: Vec<InstanceId>,
    metrics: Vec<&'static Metric>,
    grid: Grid,
    /// Milliseconds by which a time is moved before its bucket is looked up: an interval that ends where a bucket ends
    /// lies in that bucket where samples are told apart, and in the next one where whole hours are.
    lead_ms: i64,
    cells: Vec<Cell>,
    seen: Vec<bool>,
}

impl Buckets {
    /// Empty buckets. `by_end`: an interval that ends at the end of a bucket belongs to it.
    pub fn new(
        instances: &[InstanceId],
        metrics: &[&'static Metric],
        grid: Grid,
        by_end: bool,
    ) -> Self {
        Self {
            instances: instances.to_vec(),
            metrics: metrics.to_vec(),
            grid,
            lead_ms: i64::from(by_end),
            cells: vec![Cell::default(); instances.len() * metrics.len() * grid.count],
            seen: vec![false; instances.len() * grid.count],
        }
    }

    /// The metrics that are gathered.
    pub fn metrics(&self) -> &[&'static Metric] {
        &self.metrics
    }

    /// The buckets.
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// See [`Buckets::new`], in milliseconds.
    pub const fn lead_ms(&self) -> i64 {
        self.lead_ms
    }

    /// The times that lie in some bucket: [from, to).
    pub fn window(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let lead = chrono::TimeDelta::milliseconds(self.lead_ms);
        (self.grid.start + lead, self.grid.end() + lead)
    }

    /// The bucket of a time.
    pub fn bucket(&self, ts: DateTime<Utc>) -> Option<usize> {
        let since = (ts - self.grid.start).num_milliseconds() - self.lead_ms;
        let place = since.div_euclid(self.grid.step.num_milliseconds().max(1));
        usize::try_from(place).ok().filter(|place| *place < self.grid.count)
    }

    /// The place of an instance.
    pub fn place(&self, instance: InstanceId) -> Option<usize> {
        self.instances.iter().position(|known| *known == instance)
    }

    /// Something came for an instance in a bucket.
    pub fn see(&mut self, instance: usize, bucket: usize) {
        if let Some(seen) = self.seen.get_mut(instance * self.grid.count + bucket) {
            *seen = true;
        }
    }

    /// Takes figures of a metric in.
    pub fn add(&mut self, (instance, metric, bucket): (usize, usize, usize), cell: &Cell) {
        let place = (instance * self.metrics.len() + metric) * self.grid.count + bucket;
        if bucket < self.grid.count
            && let Some(own) = self.cells.get_mut(place)
        {
            own.add(cell);
        }
    }

    /// Takes a whole sample in.
    pub fn add_sample(&mut self, instance: usize, sample: &Sample) {
        let Some(bucket) = self.bucket(sample.ts) else { return };
        self.see(instance, bucket);
        for place in 0..self.metrics.len() {
            let value = self.metrics.get(place).and_then(|metric| sample.value(metric));
            if let Some(value) = value {
                let cell = Cell::of(value, i64::from(sample.span_ms));
                self.add((instance, place, bucket), &cell);
            }
        }
    }

    /// What was gathered of a metric of an instance, bucket by bucket.
    pub fn row(&self, instance: usize, metric: usize) -> &[Cell] {
        let from = (instance * self.metrics.len() + metric) * self.grid.count;
        self.cells.get(from..from + self.grid.count).unwrap_or_default()
    }

    /// Whether something came for an instance in a bucket.
    pub fn is_seen(&self, instance: usize, bucket: usize) -> bool {
        self.seen.get(instance * self.grid.count + bucket).copied().unwrap_or(false)
    }

    /// The groups of the metrics, each once, with the place of one of its metrics.
    pub fn groups(&self) -> Vec<(GroupId, usize)> {
        let mut groups: Vec<(GroupId, usize)> = Vec::new();
        for (place, metric) in self.metrics.iter().enumerate() {
            if groups.iter().all(|(group, _)| *group != metric.group) {
                groups.push((metric.group, place));
            }
        }
        groups
    }
}

impl Cell {
    /// Of a single value.
    pub const fn of(value: i64, span_ms: i64) -> Self {
        Self { n: 1, span_ms, figure: Figure { sum: value, min: value, max: value } }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use mailvane_proto::catalogue::{self, delivery, group, queue};

    use super::*;

    #[test]
    fn the_last_interval_of_a_minute_lies_in_that_minute_or_begins_the_next_hour() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let grid = Grid { start, step: TimeDelta::minutes(1), count: 2 };
        let end = start + TimeDelta::minutes(1);
        let raw = Buckets::new(&[], &[], grid, true);
        assert_eq!((raw.bucket(start), raw.bucket(end)), (None, Some(0)));
        let hours = Buckets::new(&[], &[], grid, false);
        assert_eq!((hours.bucket(start), hours.bucket(end)), (Some(0), Some(1)));
        assert_eq!(hours.bucket(grid.end()), None);
    }

    #[test]
    fn a_sample_that_could_not_see_the_queue_leaves_its_bucket_seen_and_empty() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let grid = Grid { start, step: TimeDelta::minutes(1), count: 1 };
        let wanted =
            [queue::DEFERRED_MESSAGES, delivery::SENT].map(|id| catalogue::metric(id).unwrap());
        let instance = InstanceId::from_row(7);
        let mut buckets = Buckets::new(&[instance], &wanted, grid, true);
        for n in 1..=3 {
            buckets.add_sample(
                0,
                &Sample {
                    ts: start + TimeDelta::seconds(10 * n),
                    span_ms: 10_000,
                    flags: 0,
                    visibility: group::DELIVERY.bit(),
                    values: vec![(delivery::SENT, n)],
                    breakdowns: Vec::new(),
                },
            );
        }
        assert!(buckets.is_seen(0, 0));
        assert_eq!(buckets.row(0, 0)[0].n, 0);
        let sent = buckets.row(0, 1)[0];
        assert_eq!((sent.n, sent.span_ms), (3, 30_000));
        assert_eq!(sent.figure, Figure { sum: 6, min: 1, max: 3 });
    }
}
