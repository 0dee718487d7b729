//! What a tenant's triggers need to have seen: which figures, for how long, under which numbers. Made once for each change of
//! the triggers; judging then looks up nothing by name.

use std::collections::HashMap;

use mailvane_proto::catalogue::{
    Dimension, DimensionId, EventKindId, GroupId, Keys, Kind, MetricId,
};

use super::trigger::{
    Measure, Op, PerKey, Rule, Sum, Trigger, Watch,
    source::{KeysOf, Source},
};

/// Windows up to this are exact to the sample, in seconds; longer ones to the minute.
pub const RAW_S: u32 = 300;

/// The watching triggers of a tenant with all that they need.
#[derive(Debug, Default)]
pub struct Watchlist {
    /// The triggers that are judged with samples.
    pub watched: Vec<Watched>,
    /// What must be remembered for them.
    pub layout: Layout,
}

/// What must be remembered of each instance.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Figures.
    pub columns: Vec<Column>,
    /// Columns that are metrics, by ascending metric.
    pub metrics: Vec<(MetricId, usize)>,
    /// Groups whose coverage counts, with the minutes that it is kept for.
    pub groups: Vec<(GroupId, usize)>,
    /// Breakdowns that are looked at key by key.
    pub keyed: Vec<Keyed>,
    /// Kinds of events.
    pub events: Vec<EventKindId>,
    /// Minutes that events are kept for.
    pub event_minutes: usize,
    /// Metrics of which the usual figure is asked.
    pub usual: Vec<MetricId>,
    /// Whether any window is exact to the sample.
    pub raw: bool,
    /// How far back anything looks, in seconds.
    pub look_back_s: u32,
}

/// One figure that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Where it comes from.
    pub source: Source,
    /// Minutes that are kept; 0: only the last interval.
    pub minutes: usize,
    /// Whether the last [`RAW_S`] are kept sample by sample.
    pub raw: bool,
}

/// One breakdown that is remembered key by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    /// The breakdown.
    pub dimension: DimensionId,
    /// The measure that is judged.
    pub measure: usize,
    /// The measure that must be zero.
    pub zero: Option<usize>,
    /// Minutes that are kept.
    pub minutes: usize,
}

/// A trigger with the places of its figures.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The trigger.
    pub trigger: Trigger,
    /// Its rule.
    pub watch: Watch,
    /// Its figure.
    pub term: Term,
    /// Its further conditions.
    pub guards: Vec<Term>,
    /// Groups of which one must have come for it to be judged.
    pub mask: u64,
    /// Place of its usual figure among [`Layout::usual`], where its severity goes by it.
    pub usual: Option<usize>,
}

/// A figure by places.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// See [`Measure::Level`].
    Level(Cols),
    /// See [`Measure::Count`].
    Count(Cols),
    /// See [`Measure::Rate`].
    Rate(Cols),
    /// See [`Measure::Ratio`].
    Ratio(Cols, Cols, f64),
    /// See [`Measure::Growth`].
    Growth(Cols),
    /// See [`Measure::Baseline`]; the place among [`Layout::usual`], and the least usual figure.
    Usual(Cols, usize, f64),
    /// See [`Measure::Events`].
    Events(Vec<EventKindId>, u32, bool),
    /// See [`Measure::Keys`]; the place among [`Layout::keyed`].
    Keys(usize, Option<f64>),
}

/// Columns that are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cols {
    /// Which.
    pub columns: Vec<usize>,
    /// Places of their groups among [`Layout::groups`].
    pub groups: Vec<usize>,
    /// Their groups' bits.
    pub mask: u64,
    /// Counters, or gauges.
    pub kind: Kind,
    /// How long they count, in seconds; 0: the last interval.
    pub window_s: u32,
}

impl Watchlist {
    /// Of a tenant's triggers.
    pub fn new(triggers: &[Trigger]) -> Self {
        let mut layout = Layout::default();
        let watched = triggers.iter().filter_map(|trigger| match &trigger.rule {
            Rule::Watch(watch) => Some(layout.watched(trigger, watch)),
            Rule::Silent(_) => None,
        });
        let watched = watched.collect();
        layout.settle();
        Self { watched, layout }
    }

    /// Whether the same triggers, each as it was, made this plan.
    pub fn is_of(&self, triggers: &[Trigger]) -> bool {
        let watching = triggers.iter().filter(|one| matches!(one.rule, Rule::Watch(_)));
        watching.clone().count() == self.watched.len()
            && watching.zip(&self.watched).all(|(new, old)| {
                (new.id, new.version, new.severity)
                    == (old.trigger.id, old.trigger.version, old.trigger.severity)
            })
    }
}

impl Layout {
    fn watched(&mut self, trigger: &Trigger, watch: &Watch) -> Watched {
        let term = self.term(&watch.measure);
        let guards = watch.and.iter().map(|guard| self.term(&guard.measure)).collect();
        let by_usual = watch.bands.iter().any(|band| band.of_baseline);
        let sum = watch.measure.sums().first().copied().filter(|_| by_usual);
        let usual = sum.map(|sum| self.usual(sum));
        let mask = term.mask();
        Watched { trigger: trigger.clone(), watch: watch.clone(), term, guards, mask, usual }
    }

    fn term(&mut self, measure: &Measure) -> Term {
        self.look_back_s = self.look_back_s.max(measure.window_s());
        match measure {
            Measure::Level(sum) => Term::Level(self.cols(sum)),
            Measure::Count(sum) => Term::Count(self.cols(sum)),
            Measure::Rate(sum) => Term::Rate(self.cols(sum)),
            Measure::Growth(sum) => Term::Growth(self.cols(sum)),
            Measure::Ratio { over, under, min_volume } => {
                Term::Ratio(self.cols(over), self.cols(under), *min_volume)
            }
            Measure::Baseline { of, min } => {
                let place = self.usual(of);
                Term::Usual(self.cols(of), place, *min)
            }
            Measure::Events { kinds, window_s, fingerprint, .. } => {
                self.event_minutes = self.event_minutes.max(minutes(*window_s));
                for kind in kinds {
                    if !self.events.contains(kind) {
                        self.events.push(*kind);
                    }
                }
                Term::Events(kinds.clone(), *window_s, *fingerprint)
            }
            Measure::Keys(keys) => Term::Keys(self.keyed(keys), keys.each),
        }
    }

    fn cols(&mut self, sum: &Sum) -> Cols {
        let kind = sum.of.first().map_or(Kind::Gauge, Source::kind);
        let columns = sum.of.iter().map(|source| self.column(source, sum.window_s)).collect();
        let mut cols = Cols { columns, groups: Vec::new(), mask: 0, kind, window_s: sum.window_s };
        for group in sum.of.iter().map(Source::group) {
            cols.mask |= group.bit();
            let kept = if sum.window_s > RAW_S { minutes(sum.window_s) } else { 0 };
            let place = self.group(group, kept);
            if !cols.groups.contains(&place) {
                cols.groups.push(place);
            }
        }
        cols
    }

    fn column(&mut self, source: &Source, window_s: u32) -> usize {
        let found = self.columns.iter().position(|column| column.source == *source);
        let place = found.unwrap_or_else(|| {
            self.columns.push(Column { source: source.clone(), minutes: 0, raw: false });
            self.columns.len() - 1
        });
        if let Some(column) = self.columns.get_mut(place) {
            if window_s > RAW_S {
                column.minutes = column.minutes.max(minutes(window_s));
            } else if window_s > 0 {
                column.raw = true;
            }
        }
        place
    }

    fn group(&mut self, group: GroupId, kept: usize) -> usize {
        let found = self.groups.iter().position(|(known, _)| *known == group);
        let place = found.unwrap_or_else(|| {
            self.groups.push((group, 0));
            self.groups.len() - 1
        });
        if let Some((_, minutes)) = self.groups.get_mut(place) {
            *minutes = (*minutes).max(kept);
        }
        place
    }

    fn usual(&mut self, sum: &Sum) -> usize {
        let metric = sum.of.iter().find_map(|source| match source {
            Source::Metric(metric) => Some(metric.0.id),
            Source::Keys(_) => None,
        });
        let Some(metric) = metric else { return usize::MAX };
        let found = self.usual.iter().position(|known| *known == metric);
        found.unwrap_or_else(|| {
            self.usual.push(metric);
            self.usual.len() - 1
        })
    }

    fn keyed(&mut self, keys: &PerKey) -> usize {
        let wanted = Keyed {
            dimension: keys.dimension.id,
            measure: keys.measure,
            zero: keys.zero,
            minutes: minutes(keys.window_s),
        };
        let found = self.keyed.iter().position(|known| *known == wanted);
        found.unwrap_or_else(|| {
            self.keyed.push(wanted);
            self.keyed.len() - 1
        })
    }

    fn settle(&mut self) {
        self.raw = self.columns.iter().any(|column| column.raw);
        let metrics =
            self.columns.iter().enumerate().filter_map(|(place, column)| match column.source {
                Source::Metric(metric) => Some((metric.0.id, place)),
                Source::Keys(_) => None,
            });
        self.metrics = metrics.collect();
        self.metrics.sort_unstable();
    }

    /// Columns that are counted from breakdowns.
    pub fn key_columns(&self) -> impl Iterator<Item = (usize, &KeysOf)> {
        self.columns.iter().enumerate().filter_map(|(place, column)| match &column.source {
            Source::Keys(keys) => Some((place, keys)),
            Source::Metric(_) => None,
        })
    }

    /// Dimensions with open keys whose texts decide what is counted.
    pub fn open_dimensions(&self) -> Vec<DimensionId> {
        let mut open: Vec<DimensionId> = self
            .key_columns()
            .filter(|(_, keys)| matches!(keys.dimension.keys, Keys::Open))
            .map(|(_, keys)| keys.dimension.id)
            .collect();
        open.sort_unstable();
        open.dedup();
        open
    }

    /// Whether breakdowns are looked at.
    pub fn needs_breakdowns(&self) -> bool {
        !self.keyed.is_empty() || self.key_columns().next().is_some()
    }
}

impl Term {
    /// Bits of the groups that it is made of; 0: judged with every sample.
    pub const fn mask(&self) -> u64 {
        match self {
            Self::Level(cols)
            | Self::Count(cols)
            | Self::Rate(cols)
            | Self::Growth(cols)
            | Self::Usual(cols, ..) => cols.mask,
            Self::Ratio(over, under, _) => over.mask | under.mask,
            Self::Events(..) | Self::Keys(..) => 0,
        }
    }
}

impl Watched {
    /// Whether the figure is worse the greater it is.
    pub fn is_above(&self) -> bool {
        self.watch.op == Op::Above
    }
}

/// Which columns a key of a breakdown counts for.
#[derive(Debug, Default)]
pub struct KeyIndex {
    columns: HashMap<(DimensionId, u32), Vec<(usize, usize)>>,
}

impl KeyIndex {
    /// With the keys of closed dimensions.
    pub fn new(layout: &Layout) -> Self {
        let mut index = Self::default();
        for (_, keys) in layout.key_columns() {
            let Keys::Closed(known) = keys.dimension.keys else { continue };
            for key in known {
                index.learn(layout, (keys.dimension.id, u32::from(key.id.0)), key.name);
            }
        }
        index
    }

    /// Whether a key is known.
    pub fn knows(&self, key: (DimensionId, u32)) -> bool {
        self.columns.contains_key(&key)
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Learns the text of a key.
    pub fn learn(&mut self, layout: &Layout, key: (DimensionId, u32), text: &str) {
        let columns = layout
            .key_columns()
            .filter(|(_, keys)| keys.dimension.id == key.0 && keys.fits(text))
            .map(|(place, keys)| (place, keys.measure))
            .collect();
        self.columns.insert(key, columns);
    }

    /// Columns with the measures that they count, for a key.
    pub fn columns(&self, key: (DimensionId, u32)) -> &[(usize, usize)] {
        self.columns.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// Whole minutes that hold `seconds`.
pub const fn minutes(seconds: u32) -> usize {
    seconds.div_ceil(60) as usize
}

/// Places of a dimension's measures, for docs and pages.
pub fn measures(dimension: &Dimension) -> Vec<&'static str> {
    dimension.measures.iter().map(|measure| measure.name).collect()
}
