//! What was counted in one interval: metrics, breakdowns and events of each instance, all bounded.
//!
//! Pure: knows nothing of lines, files or time but the interval's own bounds.

use std::collections::HashMap;

use mailvane_proto::catalogue::{
    self, DimensionId, EventKindId, GroupId, KeyId, Keys, METRIC_COUNT, MetricId,
};

/// Keys of one open dimension kept in one interval; the rest is counted under `other`.
///
/// 16 open dimensions × 1,000 keys × about 200 bytes = 3 MB at worst, under hostile traffic only.
pub const OPEN_KEYS_MAX: usize = 1_000;
/// Kinds and subjects of events kept in one interval and instance.
pub const EVENTS_MAX: usize = 64;
/// Bytes of an open key.
pub const KEY_BYTES_MAX: usize = 255;

/// One instance's figures in one interval.
#[derive(Debug, Clone)]
pub struct Tally {
    metrics: Box<[u64; METRIC_COUNT]>,
    visible: u64,
    closed: HashMap<(DimensionId, KeyId), Vec<u64>>,
    open: HashMap<DimensionId, HashMap<Box<[u8]>, Vec<u64>>>,
    events: Vec<Happening>,
}

/// An event and how often it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// First time, milliseconds since 1970.
    pub at_ms: i64,
    /// Which.
    pub kind: EventKindId,
    /// Daemon, file, parameter.
    pub subject: String,
    /// Redacted text.
    pub text: String,
    /// How often.
    pub count: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            metrics: Box::new([0; METRIC_COUNT]),
            visible: 0,
            closed: HashMap::new(),
            open: HashMap::new(),
            events: Vec::new(),
        }
    }
}

impl Tally {
    /// Adds to a counter.
    pub fn add(&mut self, metric: MetricId, by: u64) {
        if let Some(value) = self.metrics.get_mut(metric.index()) {
            *value = value.saturating_add(by);
        }
    }

    /// Sets a gauge.
    pub fn set(&mut self, metric: MetricId, to: u64) {
        if let Some(value) = self.metrics.get_mut(metric.index()) {
            *value = to;
        }
    }

    /// A metric's value.
    pub fn get(&self, metric: MetricId) -> u64 {
        self.metrics.get(metric.index()).copied().unwrap_or(0)
    }

    /// Says that a group was measured.
    pub fn see(&mut self, group: GroupId) {
        self.visible |= group.bit();
    }

    /// Which groups were measured.
    pub fn visible(&self) -> u64 {
        self.visible
    }

    /// Says which groups were measured.
    pub(crate) fn set_visible(&mut self, visible: u64) {
        self.visible = visible;
    }

    /// Adds to a closed dimension.
    pub fn closed(&mut self, dimension: DimensionId, key: KeyId, measure: usize, by: u64) {
        bump(self.closed.entry((dimension, key)).or_default(), measure, by);
    }

    /// Raises a gauge of a closed dimension.
    pub fn closed_max(&mut self, dimension: DimensionId, key: KeyId, measure: usize, value: u64) {
        let counts = self.closed.entry((dimension, key)).or_default();
        bump(counts, measure, 0);
        if let Some(count) = counts.get_mut(measure) {
            *count = (*count).max(value);
        }
    }

    /// Adds to an open dimension; beyond [`OPEN_KEYS_MAX`] keys to `other`. Says whether it went there.
    pub fn open(&mut self, dimension: DimensionId, key: &[u8], measure: usize, by: u64) -> bool {
        let key = key.get(..key.len().min(KEY_BYTES_MAX)).unwrap_or(key);
        let table = self.open.entry(dimension).or_default();
        if let Some(counts) = table.get_mut(key) {
            bump(counts, measure, by);
            return false;
        }
        let full = table.len() >= OPEN_KEYS_MAX;
        let key = if full { catalogue::OTHER.as_bytes() } else { key };
        bump(table.entry(key.into()).or_default(), measure, by);
        full
    }

    /// Raises a gauge of an open dimension; a key beyond [`OPEN_KEYS_MAX`] is left out, as gauges do not add up.
    pub fn open_max(&mut self, dimension: DimensionId, key: &[u8], measure: usize, value: u64) {
        let key = key.get(..key.len().min(KEY_BYTES_MAX)).unwrap_or(key);
        let table = self.open.entry(dimension).or_default();
        if table.len() >= OPEN_KEYS_MAX && !table.contains_key(key) {
            return;
        }
        let counts = table.entry(key.into()).or_default();
        bump(counts, measure, 0);
        if let Some(count) = counts.get_mut(measure) {
            *count = (*count).max(value);
        }
    }

    /// Notes an event; the same kind and subject again only raises its count.
    pub fn happen(&mut self, event: Happening) {
        let same =
            self.events.iter_mut().find(|e| e.kind == event.kind && e.subject == event.subject);
        if let Some(known) = same {
            known.count = known.count.saturating_add(event.count);
        } else if self.events.len() < EVENTS_MAX {
            self.events.push(event);
        }
    }

    /// Adds what another tally of the same instance holds.
    pub fn merge(&mut self, other: &Self) {
        for (index, value) in other.metrics.iter().enumerate() {
            if let (Some(mine), Ok(id)) = (self.metrics.get_mut(index), u16::try_from(index)) {
                let gauge = catalogue::metric(MetricId(id))
                    .is_some_and(|m| m.kind == catalogue::Kind::Gauge);
                *mine = if gauge { (*mine).max(*value) } else { mine.saturating_add(*value) };
            }
        }
        self.visible |= other.visible;
        for ((dimension, key), counts) in &other.closed {
            for (measure, by) in counts.iter().enumerate() {
                self.closed(*dimension, *key, measure, *by);
            }
        }
        for (dimension, table) in &other.open {
            let measures = catalogue::dimension(*dimension).map_or(&[][..], |d| d.measures);
            for (key, counts) in table {
                for (place, by) in counts.iter().enumerate() {
                    let gauge =
                        measures.get(place).is_some_and(|m| m.kind == catalogue::Kind::Gauge);
                    if gauge {
                        self.open_max(*dimension, key, place, *by);
                    } else {
                        self.open(*dimension, key, place, *by);
                    }
                }
            }
        }
        for event in &other.events {
            self.happen(event.clone());
        }
    }

    /// Metrics that are not zero, in the order of their ids; those of groups that are not visible are left out.
    pub fn visible_metrics(&self) -> impl Iterator<Item = (MetricId, u64)> {
        self.metrics().filter(|(id, _)| {
            catalogue::metric(*id).is_some_and(|metric| metric.group.visible_in(self.visible))
        })
    }

    /// Metrics that are not zero, in the order of their ids.
    pub fn metrics(&self) -> impl Iterator<Item = (MetricId, u64)> {
        self.metrics
            .iter()
            .enumerate()
            .filter(|(_, value)| **value > 0)
            .filter_map(|(index, value)| Some((MetricId(u16::try_from(index).ok()?), *value)))
    }

    /// Entries of closed dimensions, in no order.
    pub fn closed_entries(&self) -> impl Iterator<Item = (DimensionId, KeyId, &[u64])> {
        self.closed.iter().map(|((dimension, key), counts)| (*dimension, *key, counts.as_slice()))
    }

    /// Entries of open dimensions, in no order.
    pub fn open_entries(
        &self,
    ) -> impl Iterator<Item = (DimensionId, &HashMap<Box<[u8]>, Vec<u64>>)> {
        self.open.iter().map(|(dimension, table)| (*dimension, table))
    }

    /// Events in the order of their first time.
    pub fn events(&self) -> &[Happening] {
        &self.events
    }

    /// Whether nothing at all was counted, measured or noted.
    pub fn is_empty(&self) -> bool {
        self.visible == 0 && self.events.is_empty() && self.metrics.iter().all(|value| *value == 0)
    }
}

/// Whether a dimension's keys are text.
pub fn is_open(dimension: DimensionId) -> bool {
    catalogue::dimension(dimension).is_some_and(|d| matches!(d.keys, Keys::Open))
}

fn bump(counts: &mut Vec<u64>, measure: usize, by: u64) {
    if counts.len() <= measure {
        counts.resize(measure + 1, 0);
    }
    if let Some(count) = counts.get_mut(measure) {
        *count = count.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue::delivery;

    use super::*;

    #[test]
    fn a_million_hostile_domains_end_in_other() {
        let mut tally = Tally::default();
        let mut folded = 0;
        for n in 0..5_000 {
            let key = format!("d{n}.example");
            folded += u32::from(tally.open(delivery::RECIPIENT_DOMAIN, key.as_bytes(), 0, 1));
        }
        assert_eq!(folded, 4_000);
        let (_, table) = tally.open_entries().next().unwrap();
        assert_eq!(table.len(), OPEN_KEYS_MAX + 1);
        assert_eq!(table.values().map(|counts| counts[0]).sum::<u64>(), 5_000);
    }
}
