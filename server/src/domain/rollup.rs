//! What is kept of an hour when its samples are gone: for each group how much of the hour was seen, for each metric
//! sum, most and least; and the greatest keys of each breakdown.
//!
//! Adding up is exact: the sums of the parts of an hour are the sum of the hour.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::{self, Dimension, DimensionId, Group, GroupId, Keys, Metric};

use super::{
    breakdown::{self, Entry, Totals},
    sample::{Columns, Sample},
    varint::Unreadable,
};

/// The number that stands for all keys of an open dimension that are not told one by one; the dictionary begins at 1.
pub const OTHER: u32 = 0;
/// Keys of one open dimension that an hour or day keeps; all others are [`OTHER`].
pub const KEYS_MAX: usize = 100;

/// One metric over a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figure {
    /// Sum over all samples that saw it.
    pub sum: i64,
    /// Least.
    pub min: i64,
    /// Most.
    pub max: i64,
}

/// One group over a time.
#[derive(Debug, Clone)]
pub struct GroupRollup {
    /// Which.
    pub group: GroupId,
    /// Samples that saw it.
    pub n: i32,
    /// How long they cover, milliseconds.
    pub span_ms: i64,
    /// In the order of the catalogue.
    pub figures: Vec<(&'static Metric, Figure)>,
}

/// Adds samples up: one row for each group, seen or not. `columns` are those of the samples.
pub fn roll(samples: &[Sample], columns: &Columns) -> Vec<GroupRollup> {
    catalogue::groups().iter().map(|group| roll_group(group, samples, columns)).collect()
}

fn roll_group(group: &'static Group, samples: &[Sample], columns: &Columns) -> GroupRollup {
    let seen: Vec<bool> =
        samples.iter().map(|sample| group.id.visible_in(sample.visibility)).collect();
    let spans = samples.iter().zip(&seen).filter(|(_, seen)| **seen);
    let figure = |metric: &'static Metric| {
        let Some(column) = columns.of_metric(metric.id) else { return (metric, Figure::default()) };
        let values = column.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(value, _)| *value);
        (metric, figure(values))
    };
    GroupRollup {
        group: group.id,
        n: i32::try_from(seen.iter().filter(|seen| **seen).count()).unwrap_or(i32::MAX),
        span_ms: spans.map(|(sample, _)| i64::from(sample.span_ms)).sum(),
        figures: catalogue::metrics().iter().filter(|m| m.group == group.id).map(figure).collect(),
    }
}

fn figure(mut values: impl Iterator<Item = i64>) -> Figure {
    let Some(first) = values.next() else { return Figure::default() };
    let begun = Figure { sum: first, min: first, max: first };
    values.fold(begun, |figure, value| Figure {
        sum: figure.sum.saturating_add(value),
        min: figure.min.min(value),
        max: figure.max.max(value),
    })
}

/// Adds packed breakdowns up and keeps the greatest keys of each open dimension; nothing if there are none.
pub fn roll_breakdowns<'a>(
    packed: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut by_dimension: BTreeMap<DimensionId, Totals> = BTreeMap::new();
    for packed in packed.filter(|packed| !packed.is_empty()) {
        breakdown::unpack(packed, |entry| {
            let Some(dimension) = catalogue::dimension(entry.dimension) else { return };
            let totals =
                by_dimension.entry(entry.dimension).or_insert_with(|| Totals::of(dimension));
            totals.add(entry.key, entry.counts);
        })?;
    }
    if by_dimension.is_empty() {
        return Ok(None);
    }
    let mut kept: Vec<(DimensionId, u32, Vec<u64>)> = Vec::new();
    for (id, totals) in by_dimension {
        let Some(dimension) = catalogue::dimension(id) else { continue };
        let keys = greatest(dimension, totals.into_by_key());
        kept.extend(keys.into_iter().map(|(key, counts)| (id, key, counts)));
    }
    let mut entries: Vec<Entry<'_>> = kept
        .iter()
        .map(|(dimension, key, counts)| Entry { dimension: *dimension, key: *key, counts })
        .collect();
    Ok(Some(breakdown::pack(&mut entries)))
}

/// The greatest keys of an open dimension, the rest together as [`OTHER`]; a closed one keeps all.
fn greatest(
    dimension: &'static Dimension,
    mut by_key: BTreeMap<u32, Vec<u64>>,
) -> Vec<(u32, Vec<u64>)> {
    if matches!(dimension.keys, Keys::Closed(_)) {
        return by_key.into_iter().collect();
    }
    let mut other = Totals::of(dimension);
    if let Some(counts) = by_key.remove(&OTHER) {
        other.add(OTHER, &counts);
    }
    let weight = |counts: &[u64]| -> u64 {
        let counted = dimension.measures.iter().zip(counts);
        // Milliseconds of delay would outweigh all that is counted.
        counted
            .filter(|(measure, _)| measure.unit != catalogue::Unit::Milliseconds)
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    };
    let mut keys: Vec<(u32, Vec<u64>)> = by_key.into_iter().collect();
    keys.sort_by(|(key, counts), (other_key, other)| {
        weight(other).cmp(&weight(counts)).then(key.cmp(other_key))
    });
    for (_, counts) in keys.split_off(KEYS_MAX.min(keys.len())) {
        other.add(OTHER, &counts);
    }
    keys.extend(other.into_by_key());
    keys
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use mailvane_proto::catalogue::{MetricId, delivery, group, queue};
    use proptest::prelude::*;

    use super::*;

    fn sample(n: i64, visibility: u64, values: Vec<(MetricId, i64)>) -> Sample {
        let begin = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ts = begin + TimeDelta::seconds(10 * n);
        Sample { ts, span_ms: 10_000, flags: 0, visibility, values, breakdowns: Vec::new() }
    }

    fn rolled(samples: &[Sample]) -> Vec<GroupRollup> {
        roll(samples, &Columns::of(samples))
    }

    fn of(rollups: &[GroupRollup], group: GroupId) -> &GroupRollup {
        rollups.iter().find(|rollup| rollup.group == group).unwrap()
    }

    #[test]
    fn an_hour_in_which_the_queue_was_seen_for_ten_seconds_says_so() {
        let scan = group::QUEUE_SCAN.bit();
        let rollups = rolled(&[
            sample(1, scan, vec![(queue::DEFERRED_MESSAGES, 40)]),
            sample(2, 0, vec![]),
            sample(3, scan, vec![]),
        ]);
        let rollup = of(&rollups, group::QUEUE_SCAN);
        assert_eq!((rollup.n, rollup.span_ms), (2, 20_000));
        let deferred =
            rollup.figures.iter().find(|(m, _)| m.id == queue::DEFERRED_MESSAGES).unwrap();
        assert_eq!(deferred.1, Figure { sum: 40, min: 0, max: 40 });
        assert_eq!(of(&rollups, group::DELIVERY).n, 0, "not visible is never zero");
    }

    #[test]
    fn a_thousand_domains_become_a_hundred_and_the_others_and_none_is_lost() {
        let counts: Vec<Vec<u64>> = (1..=1_000).map(|n| vec![n, 1]).collect();
        let mut entries: Vec<Entry<'_>> = (1..)
            .zip(&counts)
            .map(|(key, counts)| Entry { dimension: delivery::RECIPIENT_DOMAIN, key, counts })
            .collect();
        let hour = breakdown::pack(&mut entries);
        let kept = roll_breakdowns([hour.as_slice()].into_iter()).unwrap().unwrap();
        let day = roll_breakdowns([kept.as_slice(), kept.as_slice()].into_iter()).unwrap().unwrap();
        let mut totals = Totals::of(catalogue::dimension(delivery::RECIPIENT_DOMAIN).unwrap());
        totals.add_packed(&day).unwrap();
        let totals = totals.into_by_key();
        assert_eq!(totals.len(), KEYS_MAX + 1);
        assert_eq!(totals[&1_000][delivery::recipient::SENT], 2_000);
        let sent: u64 = totals.values().map(|counts| counts[delivery::recipient::SENT]).sum();
        assert_eq!(sent, 2 * 500_500);
    }

    proptest! {
        #[test]
        fn the_sums_of_the_parts_are_the_sum_of_the_hour(
            values in prop::collection::vec((0_i64..1_000, any::<bool>()), 1..60), cut in 0_usize..60,
        ) {
            let bit = group::DELIVERY.bit();
            let samples: Vec<Sample> = values
                .iter()
                .zip(1..)
                .map(|((sent, seen), n)| {
                    sample(n, if *seen { bit } else { 0 }, vec![(delivery::SENT, *sent)])
                })
                .collect();
            let (first, second) = samples.split_at(cut.min(samples.len()));
            let sum = |samples: &[Sample]| {
                let rollups = rolled(samples);
                let rollup = of(&rollups, group::DELIVERY);
                let sent = rollup.figures.iter().find(|(m, _)| m.id == delivery::SENT).unwrap().1;
                (rollup.n, rollup.span_ms, sent.sum)
            };
            let (one, two, all) = (sum(first), sum(second), sum(&samples));
            prop_assert_eq!((one.0 + two.0, one.1 + two.1, one.2 + two.2), all);
        }
    }
}
