//! What was seen of one instance of late: five minutes sample by sample, older minutes as sums. A memory only: rebuilt from the
//! stored samples it judges the same, which a property test holds.

use std::collections::{HashMap, VecDeque};

use mailvane_proto::catalogue::{DimensionId, GroupId, Kind, MetricId};

use super::{
    batch::Event,
    breakdown::unpack,
    redact::Redacted,
    watchlist::{Cols, Column, KeyIndex, Keyed, Layout, RAW_S},
};

/// Different events remembered at most; older ones are forgotten first.
const EVENTS_MAX: usize = 512;
/// Samples of [`RAW_S`] at the shortest interval, and some that came late.
const RAW_MAX: usize = 330;
/// A verdict over a window needs this share of it to have been seen.
const SEEN_SHARE: f64 = 0.6;
/// A slope needs so many points.
const SLOPE_POINTS_MIN: usize = 8;

/// One interval of one instance.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its end, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its length in milliseconds.
    pub span_ms: i32,
    /// Groups that were measured.
    pub visibility: u64,
    /// Non-zero values by ascending id.
    pub values: &'a [(MetricId, i64)],
    /// Packed breakdowns; empty: none.
    pub breakdowns: &'a [u8],
    /// Marks on the time line.
    pub events: &'a [Event],
}

/// What was seen of late.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    at_ms: i64,
    span_ms: i32,
    visibility: u64,
    minute: i64,
    rings: Vec<Ring>,
    coverage: Vec<Coverage>,
    /// End, length and visibility of the last samples.
    raw: VecDeque<(i64, i32, u64)>,
    keys: Vec<KeyRing>,
    events: VecDeque<Mark>,
}

#[derive(Debug, Clone, PartialEq)]
struct Ring {
    last: i64,
    kind: Kind,
    /// Counters: the sum of each minute. Gauges: the last figure of each minute behind its time.
    sums: Vec<i64>,
    times: Vec<i64>,
    raw: VecDeque<(i64, i64)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Coverage {
    group: GroupId,
    minutes: Vec<u32>,
}

/// By key: what is judged, and what must be zero.
type Counts = HashMap<u32, (u64, u64)>;

#[derive(Debug, Clone, Default, PartialEq)]
struct KeyRing {
    minutes: VecDeque<(i64, Counts)>,
    totals: Counts,
}

/// One kind of event in one minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    minute: i64,
    /// Its kind.
    pub kind: u16,
    /// Alike for events that differ in numbers only.
    pub fingerprint: u64,
    /// How often.
    pub count: i64,
    /// What it was, in words.
    pub label: Redacted,
}

/// A figure of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The figure.
    pub value: f64,
    /// Whether enough of the window was seen to say that it is good.
    pub full: bool,
}

impl Window {
    /// Nothing seen yet.
    pub fn new(layout: &Layout) -> Self {
        let coverage = |(group, minutes): &(GroupId, usize)| Coverage {
            group: *group,
            minutes: vec![0; *minutes],
        };
        Self {
            at_ms: i64::MIN,
            span_ms: 0,
            visibility: 0,
            minute: i64::MIN,
            rings: layout.columns.iter().map(Ring::new).collect(),
            coverage: layout.groups.iter().map(coverage).collect(),
            raw: VecDeque::new(),
            keys: layout.keyed.iter().map(|_| KeyRing::default()).collect(),
            events: VecDeque::new(),
        }
    }

    /// Groups that the last sample measured.
    pub const fn visibility(&self) -> u64 {
        self.visibility
    }

    /// Takes in one interval. Intervals come in order, but for those counted late.
    pub fn push(&mut self, layout: &Layout, index: &KeyIndex, seen: &Seen<'_>) {
        let minute = minute_of(seen.at_ms);
        if minute > self.minute {
            self.advance(layout, minute);
        }
        let newest = seen.at_ms >= self.at_ms;
        if newest {
            (self.at_ms, self.span_ms, self.visibility) =
                (seen.at_ms, seen.span_ms, seen.visibility);
        }
        let span = u32::try_from(seen.span_ms).unwrap_or(0);
        for coverage in &mut self.coverage {
            if coverage.group.visible_in(seen.visibility)
                && let Some(slot) = slot(&mut coverage.minutes, self.minute, minute)
            {
                *slot = slot.saturating_add(span);
            }
        }
        if layout.raw {
            self.raw.push_back((seen.at_ms, seen.span_ms, seen.visibility));
        }
        let place = Place { newest, minute, head: self.minute, at_ms: seen.at_ms };
        self.metrics(layout, seen, place);
        if layout.needs_breakdowns() {
            self.breakdowns(layout, index, seen, place);
        }
        for event in seen.events {
            self.event(layout, event);
        }
        self.trim();
    }

    fn metrics(&mut self, layout: &Layout, seen: &Seen<'_>, place: Place) {
        let mut values = seen.values.iter().peekable();
        for (metric, column) in &layout.metrics {
            while values.next_if(|(id, _)| id < metric).is_some() {}
            let value = values.next_if(|(id, _)| id == metric).map_or(0, |(_, value)| *value);
            let (Some(ring), Some(spec)) =
                (self.rings.get_mut(*column), layout.columns.get(*column))
            else {
                continue;
            };
            if spec.source.group().visible_in(seen.visibility) {
                ring.put(spec, value, place);
            }
        }
    }

    fn breakdowns(&mut self, layout: &Layout, index: &KeyIndex, seen: &Seen<'_>, place: Place) {
        let mut sums: HashMap<usize, i64> = layout
            .key_columns()
            .filter(|(_, keys)| keys.dimension.group.visible_in(seen.visibility))
            .map(|(column, _)| (column, 0))
            .collect();
        let keyed: Vec<(usize, &Keyed)> = layout.keyed.iter().enumerate().collect();
        let rings = &mut self.keys;
        let read = unpack(seen.breakdowns, |entry| {
            let at = |place: usize| entry.counts.get(place).copied().unwrap_or(0);
            for (column, measure) in index.columns((entry.dimension, entry.key)) {
                if let Some(sum) = sums.get_mut(column) {
                    *sum = sum.saturating_add(i64::try_from(at(*measure)).unwrap_or(i64::MAX));
                }
            }
            for (ring, spec) in &keyed {
                if spec.dimension == entry.dimension
                    && let Some(ring) = rings.get_mut(*ring)
                {
                    let zero = spec.zero.map_or(0, at);
                    ring.put(spec, entry.key, (at(spec.measure), zero), place);
                }
            }
        });
        // An interval without breakdowns has none. A damaged row is what no writer of ours makes.
        if read.is_err() && !seen.breakdowns.is_empty() {
            return;
        }
        for (column, sum) in sums {
            if let (Some(ring), Some(spec)) =
                (self.rings.get_mut(column), layout.columns.get(column))
            {
                ring.put(spec, sum, place);
            }
        }
    }

    fn event(&mut self, layout: &Layout, event: &Event) {
        if !layout.events.contains(&event.kind) {
            return;
        }
        let minute = minute_of(event.at.timestamp_millis());
        let mark = Mark {
            minute,
            kind: event.kind.0,
            fingerprint: fingerprint(event),
            count: event.count,
            label: label(event),
        };
        let alike = |known: &&mut Mark| {
            (known.minute, known.kind, known.fingerprint) == (minute, mark.kind, mark.fingerprint)
        };
        if let Some(known) = self.events.iter_mut().find(alike) {
            known.count += mark.count;
        } else {
            self.events.push_back(mark);
        }
    }

    fn advance(&mut self, layout: &Layout, minute: i64) {
        let from = self.minute.max(minute.saturating_sub(120));
        for gone in from.saturating_add(1)..=minute {
            for ring in &mut self.rings {
                clear(&mut ring.sums, gone);
                clear(&mut ring.times, gone);
            }
            for coverage in &mut self.coverage {
                clear(&mut coverage.minutes, gone);
            }
        }
        self.minute = minute;
        for (ring, spec) in self.keys.iter_mut().zip(&layout.keyed) {
            ring.forget(minute, spec.minutes);
        }
        let kept = i64::try_from(layout.event_minutes).unwrap_or(0);
        self.events.retain(|mark| mark.minute > minute - kept - 1);
    }

    fn trim(&mut self) {
        let old = self.at_ms - i64::from(RAW_S) * 1_000;
        while self.raw.front().is_some_and(|(at, ..)| *at <= old) || self.raw.len() > RAW_MAX {
            self.raw.pop_front();
        }
        for ring in &mut self.rings {
            while ring.raw.front().is_some_and(|(at, _)| *at <= old) || ring.raw.len() > RAW_MAX {
                ring.raw.pop_front();
            }
        }
        while self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
    }

    /// Whether all groups of these columns were measured in the last interval.
    pub const fn sees(&self, cols: &Cols) -> bool {
        self.visibility & cols.mask == cols.mask
    }

    /// The columns as they stand, or as they grew a minute in the last interval.
    pub fn level(&self, cols: &Cols) -> Option<Reading> {
        if !self.sees(cols) {
            return None;
        }
        let sum: i64 = self.rings_of(cols).map(|ring| ring.last).sum();
        let sum = sum as f64;
        let value = match cols.kind {
            Kind::Gauge => sum,
            Kind::Counter if self.span_ms > 0 => sum * 60_000.0 / f64::from(self.span_ms),
            Kind::Counter => return None,
        };
        Some(Reading { value, full: true })
    }

    /// The columns added up over their window.
    pub fn count(&self, cols: &Cols) -> Option<Reading> {
        if !self.sees(cols) {
            return None;
        }
        if cols.window_s == 0 {
            let value: i64 = self.rings_of(cols).map(|ring| ring.last).sum();
            return Some(Reading { value: value as f64, full: true });
        }
        let seen_ms = self.seen_ms(cols);
        let full = seen_ms >= f64::from(cols.window_s) * 1_000.0 * SEEN_SHARE;
        let sum: i64 = if cols.window_s <= RAW_S {
            let from = self.at_ms - i64::from(cols.window_s) * 1_000;
            let raw = self.rings_of(cols).flat_map(|ring| &ring.raw);
            raw.filter(|(at, _)| *at > from).map(|(_, value)| value).sum()
        } else {
            self.rings_of(cols).map(|ring| last_minutes(&ring.sums, self.minute, cols)).sum()
        };
        Some(Reading { value: sum as f64, full })
    }

    /// The columns' growth a minute over what was seen of their window.
    pub fn rate(&self, cols: &Cols) -> Option<Reading> {
        let count = self.count(cols)?;
        let seen_ms = self.seen_ms(cols);
        (count.full && seen_ms > 0.0)
            .then(|| Reading { value: count.value * 60_000.0 / seen_ms, full: true })
    }

    /// The slope of a gauge over its window, a minute, by least squares.
    pub fn slope(&self, cols: &Cols) -> Option<Reading> {
        if !self.sees(cols) {
            return None;
        }
        let ring = self.rings_of(cols).next()?;
        let from = self.at_ms - i64::from(cols.window_s) * 1_000;
        let points: Vec<(f64, f64)> = if cols.window_s <= RAW_S {
            let raw = ring.raw.iter().filter(|(at, _)| *at > from);
            raw.map(|(at, value)| ((at - from) as f64 / 60_000.0, *value as f64)).collect()
        } else {
            let minutes = ring.times.iter().zip(&ring.sums).filter(|(at, _)| **at > from);
            minutes.map(|(at, value)| ((at - from) as f64 / 60_000.0, *value as f64)).collect()
        };
        let value = least_squares(&points)?;
        let full = self.seen_ms(cols) >= f64::from(cols.window_s) * 1_000.0 * SEEN_SHARE;
        full.then_some(Reading { value, full })
    }

    /// How much of the columns' window was seen, in milliseconds: of the group seen least.
    fn seen_ms(&self, cols: &Cols) -> f64 {
        let of_group = |place: &usize| -> f64 {
            let Some(coverage) = self.coverage.get(*place) else { return 0.0 };
            if cols.window_s <= RAW_S {
                let from = self.at_ms - i64::from(cols.window_s) * 1_000;
                let seen = self
                    .raw
                    .iter()
                    .filter(|(at, _, visible)| *at > from && coverage.group.visible_in(*visible));
                return seen.map(|(_, span, _)| f64::from(*span)).sum();
            }
            f64::from(last_minutes(&coverage.minutes, self.minute, cols))
        };
        cols.groups.iter().map(of_group).fold(f64::INFINITY, f64::min)
    }

    fn rings_of<'a>(&'a self, cols: &'a Cols) -> impl Iterator<Item = &'a Ring> {
        cols.columns.iter().filter_map(|column| self.rings.get(*column))
    }

    /// Keys of a breakdown with their counts: those whose other measure is zero, if one must be.
    pub fn keys(&self, place: usize) -> impl Iterator<Item = (u32, u64)> {
        let totals = self.keys.get(place).map(|ring| &ring.totals);
        let bad =
            totals.into_iter().flatten().filter(|(_, (count, zero))| *count > 0 && *zero == 0);
        bad.map(|(key, (count, _))| (*key, *count))
    }

    /// Events of the last `window_s` seconds.
    pub fn events(&self, window_s: u32) -> impl Iterator<Item = &Mark> {
        let from = self.minute - i64::from(window_s.div_ceil(60));
        self.events.iter().filter(move |mark| mark.minute > from)
    }
}

#[derive(Clone, Copy)]
struct Place {
    newest: bool,
    minute: i64,
    head: i64,
    at_ms: i64,
}

impl Ring {
    fn new(column: &Column) -> Self {
        let kind = column.source.kind();
        let times = if kind == Kind::Gauge { column.minutes } else { 0 };
        Self {
            last: 0,
            kind,
            sums: vec![0; column.minutes],
            times: vec![0; times],
            raw: VecDeque::new(),
        }
    }

    fn put(&mut self, column: &Column, value: i64, place: Place) {
        if place.newest {
            self.last = value;
        }
        if column.raw {
            self.raw.push_back((place.at_ms, value));
        }
        let Some(sum) = slot(&mut self.sums, place.head, place.minute) else { return };
        match self.kind {
            Kind::Counter => *sum = sum.saturating_add(value),
            Kind::Gauge => {
                if let Some(time) = slot(&mut self.times, place.head, place.minute)
                    && *time <= place.at_ms
                {
                    (*time, *sum) = (place.at_ms, value);
                }
            }
        }
    }
}

impl KeyRing {
    fn put(&mut self, spec: &Keyed, key: u32, counts: (u64, u64), place: Place) {
        if place.head - place.minute >= i64::try_from(spec.minutes).unwrap_or(0) {
            return;
        }
        let at = self.minutes.iter().position(|(minute, _)| *minute >= place.minute);
        let at = match at {
            Some(at) if self.minutes.get(at).is_some_and(|(known, _)| *known == place.minute) => at,
            Some(at) => {
                self.minutes.insert(at, (place.minute, HashMap::new()));
                at
            }
            None => {
                self.minutes.push_back((place.minute, HashMap::new()));
                self.minutes.len() - 1
            }
        };
        let Some((_, keys)) = self.minutes.get_mut(at) else { return };
        for known in [keys.entry(key).or_default(), self.totals.entry(key).or_default()] {
            known.0 = known.0.saturating_add(counts.0);
            known.1 = known.1.saturating_add(counts.1);
        }
    }

    fn forget(&mut self, head: i64, minutes: usize) {
        let kept = i64::try_from(minutes).unwrap_or(0);
        while self.minutes.front().is_some_and(|(minute, _)| head - minute >= kept) {
            let Some((_, keys)) = self.minutes.pop_front() else { return };
            for (key, counts) in keys {
                let Some(total) = self.totals.get_mut(&key) else { continue };
                total.0 = total.0.saturating_sub(counts.0);
                total.1 = total.1.saturating_sub(counts.1);
                if *total == (0, 0) {
                    self.totals.remove(&key);
                }
            }
        }
    }
}

/// The minute that an interval belongs to which ends then.
fn minute_of(at_ms: i64) -> i64 {
    (at_ms - 1).div_euclid(60_000)
}

fn index_of(minute: i64, len: usize) -> Option<usize> {
    usize::try_from(minute.rem_euclid(i64::try_from(len).ok().filter(|len| *len > 0)?)).ok()
}

/// The slot of `minute`, if it is still kept.
fn slot<T>(ring: &mut [T], head: i64, minute: i64) -> Option<&mut T> {
    let kept = i64::try_from(ring.len()).ok()?;
    if head - minute >= kept {
        return None;
    }
    index_of(minute, ring.len()).and_then(|place| ring.get_mut(place))
}

fn clear<T: Empty>(ring: &mut [T], minute: i64) {
    if let Some(slot) = index_of(minute, ring.len()).and_then(|place| ring.get_mut(place)) {
        *slot = T::EMPTY;
    }
}

trait Empty {
    const EMPTY: Self;
}

impl Empty for u32 {
    const EMPTY: Self = 0;
}

impl Empty for i64 {
    const EMPTY: Self = 0;
}

/// The last minutes of a ring, as many as the window has.
fn last_minutes<T: Copy + std::iter::Sum>(ring: &[T], head: i64, cols: &Cols) -> T {
    let wanted = i64::from(cols.window_s.div_ceil(60));
    let all = usize::try_from(wanted).is_ok_and(|wanted| wanted >= ring.len());
    if all {
        return ring.iter().copied().sum();
    }
    (0..wanted)
        .filter_map(|back| index_of(head - back, ring.len()).and_then(|place| ring.get(place)))
        .copied()
        .sum()
}

fn least_squares(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < SLOPE_POINTS_MIN {
        return None;
    }
    let n = points.len() as f64;
    let (sx, sy) = points.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (mx, my) = (sx / n, sy / n);
    let (xy, xx) = points
        .iter()
        .fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + (x - mx) * (y - my), xx + (x - mx) * (x - mx)));
    (xx > 0.0).then(|| xy / xx)
}

/// FNV-1a over kind, subject and text, each run of digits as one sign.
fn fingerprint(event: &Event) -> u64 {
    let mut hash = FNV_START ^ u64::from(event.kind.0);
    let mut digit = false;
    for byte in event.subject.bytes().chain([0]).chain(event.text.bytes()) {
        let now = byte.is_ascii_digit();
        if !(now && digit) {
            hash = (hash ^ u64::from(if now { b'0' } else { byte })).wrapping_mul(FNV_PRIME);
        }
        digit = now;
    }
    hash
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn label(event: &Event) -> Redacted {
    let parts: Vec<&str> = [event.subject.as_str(), event.text.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Redacted::new(&parts.join(": "))
}

/// What the dimensions of a packed row hold that `index` does not know yet.
pub fn unknown_keys(
    packed: &[u8],
    open: &[DimensionId],
    index: &KeyIndex,
    found: &mut Vec<(DimensionId, u32)>,
) {
    let read = unpack(packed, |entry| {
        let key = (entry.dimension, entry.key);
        if open.contains(&entry.dimension) && !index.knows(key) {
            found.push(key);
        }
    });
    if read.is_err() {
        found.clear();
    }
}

#[cfg(test)]
mod tests;
