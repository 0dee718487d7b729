//! What was counted in one interval: metrics, breakdowns and events of each instance, all bounded.
//!
//! Pure: knows nothing of lines, files or time but the interval's own bounds.

use mailvane_proto::catalogue::{
    self, DimensionId, EventKindId, GroupId, KeyId, Keys as CatalogueKeys, METRIC_COUNT, MetricId,
};

use super::keys::Keys;

/// Keys of one open dimension kept in one interval; the rest is counted under `other`.
///
/// 16 open dimensions × 1,000 keys × about 100 bytes = 1.6 MB at worst, under hostile traffic only.
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
    /// By dimension; empty until something is counted.
    closed: Vec<Closed>,
    /// By dimension; empty until something is counted.
    open: Vec<Keys>,
    events: Vec<Happening>,
}

/// Counts of a closed dimension: a row for each key.
#[derive(Debug, Clone, Default)]
struct Closed {
    width: usize,
    counts: Vec<u64>,
}

impl Closed {
    #[cold]
    fn prepare(&mut self, dimension: DimensionId) {
        let Some(dimension) = catalogue::dimension(dimension) else { return };
        if let CatalogueKeys::Closed(keys) = dimension.keys {
            self.width = dimension.measures.len();
            self.counts = vec![0; keys.len() * self.width];
        }
    }

    #[inline]
    fn count(&mut self, key: KeyId, measure: usize) -> Option<&mut u64> {
        let place = usize::from(key.0) * self.width + measure;
        if measure < self.width { self.counts.get_mut(place) } else { None }
    }
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
            closed: Vec::new(),
            open: Vec::new(),
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
    #[inline]
    pub fn closed(&mut self, dimension: DimensionId, key: KeyId, measure: usize, by: u64) {
        if let Some(count) = self.cell(dimension, key, measure) {
            *count = count.saturating_add(by);
        }
    }

    /// Raises a gauge of a closed dimension.
    pub fn closed_max(&mut self, dimension: DimensionId, key: KeyId, measure: usize, value: u64) {
        if let Some(count) = self.cell(dimension, key, measure) {
            *count = (*count).max(value);
        }
    }

    #[inline]
    fn cell(&mut self, dimension: DimensionId, key: KeyId, measure: usize) -> Option<&mut u64> {
        if self.closed.is_empty() {
            self.closed.resize_with(catalogue::dimensions().len(), Closed::default);
        }
        let table = self.closed.get_mut(usize::from(dimension.0))?;
        if table.width == 0 {
            table.prepare(dimension);
        }
        table.count(key, measure)
    }

    /// Adds to an open dimension; beyond [`OPEN_KEYS_MAX`] keys to `other`. Says whether it went there.
    #[inline]
    pub fn open(&mut self, dimension: DimensionId, key: &[u8], measure: usize, by: u64) -> bool {
        self.open_row(dimension, key, &[(measure, by)])
    }

    /// Adds to several measures of one key at once.
    #[inline]
    pub fn open_row(&mut self, dimension: DimensionId, key: &[u8], row: &[(usize, u64)]) -> bool {
        let key = key.get(..key.len().min(KEY_BYTES_MAX)).unwrap_or(key);
        if self.open.is_empty() {
            self.open.resize_with(catalogue::dimensions().len(), Keys::default);
        }
        let Some(table) = self.open.get_mut(usize::from(dimension.0)) else { return false };
        if table.is_empty() {
            let measures = catalogue::dimension(dimension).map_or(0, |known| known.measures.len());
            // One more, for `other`.
            *table = Keys::new(measures, OPEN_KEYS_MAX + 1);
            table.place(catalogue::OTHER.as_bytes());
        }
        let (place, folded) = match table.place(key) {
            Some(place) => (place, false),
            None => (OTHER_PLACE, true),
        };
        for (measure, by) in row {
            table.add(place, *measure, *by);
        }
        folded
    }

    /// Raises a gauge of an open dimension; a key beyond [`OPEN_KEYS_MAX`] is left out, as gauges do not add up.
    pub fn open_max(&mut self, dimension: DimensionId, key: &[u8], measure: usize, value: u64) {
        if !self.open_row(dimension, key, &[])
            && let Some(table) = self.open.get_mut(usize::from(dimension.0))
            && let Some(place) = table.place(key.get(..key.len().min(KEY_BYTES_MAX)).unwrap_or(key))
        {
            table.raise(place, measure, value);
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
        for (dimension, key, counts) in other.closed_entries() {
            for (measure, by) in counts.iter().enumerate() {
                self.closed(dimension, key, measure, *by);
            }
        }
        for (dimension, table) in other.open_entries() {
            let measures = catalogue::dimension(dimension).map_or(&[][..], |d| d.measures);
            for (key, counts) in table.iter() {
                for (place, by) in counts.iter().enumerate() {
                    let gauge =
                        measures.get(place).is_some_and(|m| m.kind == catalogue::Kind::Gauge);
                    if gauge {
                        self.open_max(dimension, key, place, *by);
                    } else {
                        self.open(dimension, key, place, *by);
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

    /// Entries of closed dimensions that are not zero.
    pub fn closed_entries(&self) -> impl Iterator<Item = (DimensionId, KeyId, &[u64])> {
        numbered(&self.closed).flat_map(|(dimension, table)| {
            let rows = table.counts.chunks_exact(table.width.max(1)).enumerate();
            rows.filter(|(_, counts)| counts.iter().any(|count| *count > 0)).filter_map(
                move |(key, counts)| {
                    Some((DimensionId(dimension), KeyId(u16::try_from(key).ok()?), counts))
                },
            )
        })
    }

    /// Open dimensions that are not empty.
    pub fn open_entries(&self) -> impl Iterator<Item = (DimensionId, &Keys)> {
        numbered(&self.open)
            .filter(|(_, table)| !table.is_empty())
            .map(|(dimension, table)| (DimensionId(dimension), table))
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
    catalogue::dimension(dimension).is_some_and(|d| matches!(d.keys, CatalogueKeys::Open))
}

fn numbered<T>(tables: &[T]) -> impl Iterator<Item = (u16, &T)> {
    (0_u16..).zip(tables)
}

/// `other` is every table's first key, so that it has room however many come.
const OTHER_PLACE: u32 = 0;

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue::delivery;

    use super::*;

    #[test]
    fn a_million_hostile_domains_end_in_other() {
        let mut tally = Tally::default();
        let mut folded = 0;
        for n in 0..1_000_000 {
            let key = format!("d{n}.example");
            folded += u32::from(tally.open(delivery::RECIPIENT_DOMAIN, key.as_bytes(), 0, 1));
        }
        assert_eq!(folded, 999_000);
        let (_, table) = tally.open_entries().next().unwrap();
        assert_eq!(table.len(), OPEN_KEYS_MAX + 1);
        assert_eq!(table.iter().map(|(_, counts)| counts[0]).sum::<u64>(), 1_000_000);
    }
}
