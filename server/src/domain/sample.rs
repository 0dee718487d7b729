//! One instance's figures of one interval, and how a single one is packed where it waits for its hour to be sealed
//! again.
//!
//! Breakdown keys are numbers of the dictionary already; this file never knows their text.

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, METRIC_COUNT, Metric, MetricId};

use super::varint::{Unreadable, fold, put, take, take_bytes, unfold};

/// First byte of what [`Sample::pack`] writes.
pub const FORMAT: u8 = 1;

/// Figures of one interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// End of the interval.
    pub ts: DateTime<Utc>,
    /// Length of the interval in milliseconds.
    pub span_ms: i32,
    /// See [`super::batch::flags`].
    pub flags: i16,
    /// Groups that were measured.
    pub visibility: u64,
    /// Non-zero values by ascending id.
    pub values: Vec<(MetricId, i64)>,
    /// Breakdowns as [`super::breakdown::pack`] packs them; empty: none.
    pub breakdowns: Vec<u8>,
}

impl Sample {
    /// The value of a metric: zero where it was left out, nothing where its group was not visible.
    pub fn value(&self, metric: &Metric) -> Option<i64> {
        if !metric.group.visible_in(self.visibility) {
            return None;
        }
        let place = self.values.binary_search_by_key(&metric.id, |(id, _)| *id);
        Some(place.ok().and_then(|place| self.values.get(place)).map_or(0, |(_, value)| *value))
    }

    /// All but the time, span and flags, which have columns of their own.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        put(&mut out, self.visibility);
        put(&mut out, self.values.len() as u64);
        let mut before = 0;
        for (id, value) in &self.values {
            put(&mut out, u64::from(id.0 - before));
            before = id.0;
            put(&mut out, fold(*value));
        }
        put(&mut out, self.breakdowns.len() as u64);
        out.extend_from_slice(&self.breakdowns);
        out
    }

    /// The inverse of [`Sample::pack`]. Metrics that this build does not know are left out.
    pub fn unpack(
        (ts, span_ms, flags): (DateTime<Utc>, i32, i16),
        packed: &[u8],
    ) -> Result<Self, Unreadable> {
        let Some((&FORMAT, mut rest)) = packed.split_first() else { return Err(Unreadable) };
        let visibility = take(&mut rest)?;
        let count: u16 = take(&mut rest)?;
        let mut values = Vec::new();
        let mut id: u16 = 0;
        for place in 0..count {
            let step: u16 = take(&mut rest)?;
            if place > 0 && step == 0 {
                return Err(Unreadable);
            }
            id = id.checked_add(step).ok_or(Unreadable)?;
            let value = unfold(take(&mut rest)?);
            if catalogue::metric(MetricId(id)).is_some() {
                values.push((MetricId(id), value));
            }
        }
        let length: usize = take(&mut rest)?;
        let breakdowns = take_bytes(&mut rest, length)?.to_vec();
        if !rest.is_empty() {
            return Err(Unreadable);
        }
        Ok(Self { ts, span_ms, flags, visibility, values, breakdowns })
    }
}

/// Samples turned on their side: for each metric the values of all samples.
#[derive(Debug)]
pub struct Columns {
    by_metric: Vec<Option<Vec<i64>>>,
}

impl Columns {
    /// The columns of `samples`.
    pub fn of(samples: &[Sample]) -> Self {
        let mut by_metric: Vec<Option<Vec<i64>>> = vec![None; METRIC_COUNT];
        for (place, sample) in samples.iter().enumerate() {
            for (id, value) in &sample.values {
                let Some(column) = by_metric.get_mut(id.index()) else { continue };
                let column = column.get_or_insert_with(|| vec![0; samples.len()]);
                if let Some(slot) = column.get_mut(place) {
                    *slot = *value;
                }
            }
        }
        Self { by_metric }
    }

    /// A metric's values, one for each sample; nothing: zero throughout.
    pub fn of_metric(&self, id: MetricId) -> Option<&[i64]> {
        self.by_metric.get(id.index())?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sample_that_waits_comes_back_as_it_was(
            visibility in any::<u64>(),
            values in prop::collection::btree_map(
                0..u16::try_from(METRIC_COUNT).unwrap(), any::<i64>(), 0..60),
            breakdowns in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let sample = Sample {
                ts: DateTime::from_timestamp(1_800_000_010, 0).unwrap(), span_ms: 10_000, flags: 2,
                visibility, breakdowns,
                values: values.into_iter().map(|(id, value)| (MetricId(id), value)).collect(),
            };
            let place = (sample.ts, sample.span_ms, sample.flags);
            let packed = sample.pack();
            prop_assert_eq!(Sample::unpack(place, &packed).unwrap(), sample);
            for length in 0..packed.len() {
                prop_assert_eq!(Sample::unpack(place, &packed[..length]), Err(Unreadable));
            }
        }

        #[test]
        fn foreign_bytes_are_refused_or_read_but_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let mut damaged = vec![FORMAT];
            damaged.extend(bytes);
            let now = DateTime::from_timestamp(1_800_000_010, 0).unwrap();
            let _read_or_refused = Sample::unpack((now, 10_000, 0), &damaged);
        }
    }
}
