//! How breakdown entries are packed into one column, and how entries of several intervals become one.
//!
//! The format is versioned by its first byte and described in the migration of the breakdown table. This file never
//! knows the text of an open key: its number comes from the dictionary.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::{Dimension, DimensionId, Kind};

pub use super::varint::Unreadable;
use super::varint::{put, take};

/// First byte of what [`pack`] writes.
pub const FORMAT: u8 = 1;

/// Most counts of one entry; more is not our writing.
pub const COUNTS_MAX: usize = 64;

/// One key of one dimension with its counts, in the order of the dimension's measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What the breakdown is by.
    pub dimension: DimensionId,
    /// Key id of a closed dimension, dictionary id of an open one.
    pub key: u32,
    /// One count for each measure; trailing zeros may be missing.
    pub counts: &'a [u64],
}

/// Packs entries, putting them in order first.
pub fn pack(entries: &mut [Entry<'_>]) -> Vec<u8> {
    entries.sort_by_key(|e| (e.dimension, e.key));
    let mut out = Vec::with_capacity(1 + entries.len() * 6);
    out.push(FORMAT);
    for group in entries.chunk_by(|a, b| a.dimension == b.dimension) {
        let Some(first) = group.first() else { continue };
        put(&mut out, u64::from(first.dimension.0));
        put(&mut out, group.len() as u64);
        let mut before = 0;
        for entry in group {
            put(&mut out, u64::from(entry.key - before));
            before = entry.key;
            let counts = without_trailing_zeros(entry.counts);
            put(&mut out, counts.len() as u64);
            for count in counts {
                put(&mut out, *count);
            }
        }
    }
    out
}

/// Hands each packed entry to `visit`, in order of dimension and key.
pub fn unpack(packed: &[u8], mut visit: impl FnMut(Entry<'_>)) -> Result<(), Unreadable> {
    let Some((&FORMAT, mut rest)) = packed.split_first() else { return Err(Unreadable) };
    let mut counts = [0; COUNTS_MAX];
    while !rest.is_empty() {
        let dimension = DimensionId(take(&mut rest)?);
        let entries: u32 = take(&mut rest)?;
        let mut key: u32 = 0;
        for _ in 0..entries {
            key = key.checked_add(take(&mut rest)?).ok_or(Unreadable)?;
            let length: usize = take(&mut rest)?;
            let counts = counts.get_mut(..length).ok_or(Unreadable)?;
            for count in counts.iter_mut() {
                *count = take(&mut rest)?;
            }
            visit(Entry { dimension, key, counts });
        }
    }
    Ok(())
}

/// Entries of one dimension over several intervals, by key.
///
/// Counters add up; of gauges the largest is kept.
#[derive(Debug)]
pub struct Totals {
    dimension: &'static Dimension,
    by_key: BTreeMap<u32, Vec<u64>>,
}

impl Totals {
    /// Nothing counted yet.
    pub const fn of(dimension: &'static Dimension) -> Self {
        Self { dimension, by_key: BTreeMap::new() }
    }

    /// Takes in one interval's packed entries, leaving other dimensions aside.
    pub fn add_packed(&mut self, packed: &[u8]) -> Result<(), Unreadable> {
        unpack(packed, |entry| {
            if entry.dimension == self.dimension.id {
                self.add(entry.key, entry.counts);
            }
        })
    }

    /// Takes in one entry; counts of measures newer than this build are left out.
    pub fn add(&mut self, key: u32, counts: &[u64]) {
        let measures = self.dimension.measures;
        let totals = self.by_key.entry(key).or_insert_with(|| vec![0; measures.len()]);
        for ((total, measure), count) in totals.iter_mut().zip(measures).zip(counts) {
            *total = match measure.kind {
                Kind::Counter => total.saturating_add(*count),
                Kind::Gauge => (*total).max(*count),
            };
        }
    }

    /// Counts by key, as many as the dimension has measures.
    pub const fn by_key(&self) -> &BTreeMap<u32, Vec<u64>> {
        &self.by_key
    }

    /// Counts by key, given away.
    pub fn into_by_key(self) -> BTreeMap<u32, Vec<u64>> {
        self.by_key
    }
}

fn without_trailing_zeros(counts: &[u64]) -> &[u64] {
    let length = counts.iter().rposition(|c| *c != 0).map_or(0, |last| last + 1);
    counts.get(..length.min(COUNTS_MAX)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue::{self, delivery, queue};
    use proptest::prelude::*;

    use super::*;

    type Owned = (u16, u32, Vec<u64>);

    fn entries(owned: &[Owned]) -> Vec<Entry<'_>> {
        owned
            .iter()
            .map(|(d, key, counts)| Entry { dimension: DimensionId(*d), key: *key, counts })
            .collect()
    }

    fn unpacked(packed: &[u8]) -> Result<Vec<Owned>, Unreadable> {
        let mut out = Vec::new();
        unpack(packed, |e| out.push((e.dimension.0, e.key, e.counts.to_vec())))?;
        Ok(out)
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(
            owned in prop::collection::vec(
                (any::<u16>(), any::<u32>(), prop::collection::vec(any::<u64>(), 0..8)), 0..40),
        ) {
            let packed = pack(&mut entries(&owned));
            let mut wanted: Vec<Owned> = owned
                .iter()
                .map(|(d, k, c)| (*d, *k, without_trailing_zeros(c).to_vec()))
                .collect();
            wanted.sort_by_key(|(d, k, _)| (*d, *k));
            prop_assert_eq!(unpacked(&packed).unwrap(), wanted);
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut damaged = vec![FORMAT];
            damaged.extend(bytes);
            let _read_or_refused = unpacked(&damaged);
        }
    }

    #[test]
    fn a_row_of_another_format_or_cut_short_is_refused() {
        let counts = [300, 1, 2];
        let mut one = [Entry { dimension: delivery::RECIPIENT_DOMAIN, key: 7, counts: &counts }];
        let packed = pack(&mut one);
        assert_eq!(unpacked(&[]), Err(Unreadable));
        assert_eq!(unpacked(&[FORMAT + 1]), Err(Unreadable));
        for length in 2..packed.len() {
            assert_eq!(unpacked(&packed[..length]), Err(Unreadable), "cut to {length}");
        }
    }

    #[test]
    fn an_interval_of_twenty_domains_takes_about_a_hundred_bytes() {
        let owned: Vec<Owned> = (0..20)
            .map(|n| (delivery::RECIPIENT_DOMAIN.0, 1_000 + 3 * n, vec![12, 0, 1]))
            .collect();
        assert!(pack(&mut entries(&owned)).len() <= 110);
    }

    #[test]
    fn deferrals_of_a_domain_add_up_over_the_hour_and_waiting_recipients_do_not() {
        let domains = catalogue::dimension(delivery::RECIPIENT_DOMAIN).unwrap();
        let mut totals = Totals::of(domains);
        for deferred in [3, 4] {
            let counts = [10, deferred];
            let mut interval = [
                Entry { dimension: delivery::RECIPIENT_DOMAIN, key: 7, counts: &counts },
                Entry { dimension: queue::WAITING_DOMAIN, key: 7, counts: &counts },
            ];
            totals.add_packed(&pack(&mut interval)).unwrap();
        }
        assert_eq!(totals.by_key()[&7][delivery::recipient::SENT], 20);
        assert_eq!(totals.by_key()[&7][delivery::recipient::DEFERRED], 7);

        let mut waiting = Totals::of(catalogue::dimension(queue::WAITING_DOMAIN).unwrap());
        waiting.add(7, &[5]);
        waiting.add(7, &[2]);
        assert_eq!(waiting.into_by_key()[&7][queue::waiting::LT_5M], 5);
    }

    #[test]
    fn a_measure_of_a_newer_agent_is_left_out() {
        let domains = catalogue::dimension(delivery::RECIPIENT_DOMAIN).unwrap();
        let newer = vec![1; domains.measures.len() + 3];
        let mut totals = Totals::of(domains);
        totals.add(1, &newer);
        assert_eq!(totals.by_key()[&1].len(), domains.measures.len());
    }
}
