//! What a trigger is: a tenant's rule, read once from how it is written into a form that cannot be wrong.

pub mod read;
pub mod source;
pub mod spec;

use std::time::Duration;

use mailvane_proto::catalogue::{Dimension, EventKindId, GroupId, group};

use self::source::Source;
pub use self::{
    read::SpecFault,
    spec::{Scope, Spec},
};
use super::{alert::Patience, ids::TriggerId, severity::Severity};

/// A rule as the engine judges it.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Which.
    pub id: TriggerId,
    /// What people call it.
    pub name: String,
    /// The default that it was made from.
    pub template: Option<String>,
    /// Grows with every change.
    pub version: i32,
    /// How bad it is when it fires.
    pub severity: Severity,
    /// The rule itself.
    pub rule: Rule,
}

/// The kinds of rules.
#[derive(Debug, Clone)]
pub enum Rule {
    /// Figures that are watched.
    Watch(Box<Watch>),
    /// No word from a host.
    Silent(Silent),
}

/// A figure beyond a level, for a while, until it is back behind another.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// What is looked at.
    pub measure: Measure,
    /// Which side is bad.
    pub op: Op,
    /// Beyond this it is bad.
    pub fire: f64,
    /// Behind this it is good again; between the two nothing changes.
    pub clear: f64,
    /// What must be true besides for it to be bad.
    pub and: Vec<Guard>,
    /// How long it must be bad before anybody is told.
    pub hold: Duration,
    /// How long it must be good before it is over.
    pub clear_hold: Duration,
    /// How long it lasts at least.
    pub keep_firing: Duration,
    /// What no figure means.
    pub no_data: NoData,
    /// Worse severities, by level.
    pub bands: Vec<Band>,
    /// Whose figures.
    pub scope: Scope,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A gauge as it stands; a counter as it grows a minute, in the last interval or over a window.
    Level(Sum),
    /// A counter added up over a window.
    Count(Sum),
    /// A counter's growth a minute over a window.
    Rate(Sum),
    /// One sum by another.
    Ratio {
        /// Above the line.
        over: Sum,
        /// Below the line.
        under: Sum,
        /// Less than this below the line says nothing.
        min_volume: f64,
    },
    /// The slope of a gauge, a minute.
    Growth(Sum),
    /// How many times the usual figure of this hour it is.
    Baseline {
        /// The figure; counters a minute.
        of: Sum,
        /// The usual figure must be at least this.
        min: f64,
    },
    /// Events of these kinds, counted over a window.
    Events {
        /// Which kinds.
        kinds: Vec<EventKindId>,
        /// How long events count, in seconds.
        window_s: u32,
        /// Different events are told apart.
        fingerprint: bool,
        /// Alerts of one instance at most.
        cap: usize,
    },
    /// The keys of a breakdown, one by one.
    Keys(PerKey),
}

/// Figures that are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The figures.
    pub of: Vec<Source>,
    /// How long they count, in seconds; 0: the last interval.
    pub window_s: u32,
}

/// A breakdown that is looked at key by key.
#[derive(Debug, Clone)]
pub struct PerKey {
    /// The breakdown.
    pub dimension: &'static Dimension,
    /// Place of the measure that is judged.
    pub measure: usize,
    /// Place of a measure that must be zero.
    pub zero: Option<usize>,
    /// How long counts count, in seconds.
    pub window_s: u32,
    /// Set: one alert for all keys, its figure being how many have at least this.
    pub each: Option<f64>,
    /// Alerts of one instance at most.
    pub cap: usize,
}

impl PartialEq for PerKey {
    fn eq(&self, other: &Self) -> bool {
        self.dimension.id == other.dimension.id
            && (self.measure, self.zero, self.window_s, self.each, self.cap)
                == (other.measure, other.zero, other.window_s, other.each, other.cap)
    }
}

/// A further condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// What is looked at.
    pub measure: Measure,
    /// Which side makes it true.
    pub op: Op,
    /// The level.
    pub level: f64,
    /// Taken for true while its figure is not known.
    pub unknown_is_true: bool,
}

/// A worse severity from a level on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The severity.
    pub severity: Severity,
    /// The level, or the multiple of the usual figure.
    pub level: f64,
    /// Whether the level is a multiple of the usual figure.
    pub of_baseline: bool,
}

/// What no figure means, after a time without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoData {
    /// Nothing: what was, is.
    Keep,
    /// It is over.
    Ok(Duration),
    /// It is bad.
    Fire(Duration),
}

/// No batch for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// This long, but never less than three intervals.
    pub after: Duration,
    /// Only hosts that never sent anything since they were enrolled.
    pub never: bool,
    /// Whose silence.
    pub scope: Scope,
}

impl Silent {
    /// The deadline of a host whose agents send every `interval`.
    pub fn deadline(&self, interval: Duration) -> Duration {
        self.after.max(interval * 3)
    }
}

/// Which side of a level is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// More than the level.
    Above,
    /// Less than the level.
    Below,
}

impl Op {
    /// As stored: `>` or `<`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    /// Whether `value` is beyond `level`.
    pub fn beyond(self, value: f64, level: f64) -> bool {
        match self {
            Self::Above => value > level,
            Self::Below => value < level,
        }
    }
}

impl Watch {
    /// Whether its figures are counted from the log.
    pub fn reads_the_log(&self) -> bool {
        let counted = |source: &Source| FROM_LOG.contains(&source.group());
        self.measure.sums().iter().any(|sum| sum.of.iter().any(counted))
            || matches!(&self.measure, Measure::Keys(keys) if FROM_LOG.contains(&keys.dimension.group))
    }
}

/// Groups that are counted from the log, but for the log's own.
const FROM_LOG: [GroupId; 12] = [
    group::MESSAGE,
    group::DELIVERY,
    group::DELAY,
    group::NOTICE,
    group::SMTPD,
    group::REJECT,
    group::LIMIT,
    group::SASL,
    group::TLS_IN,
    group::TLS_OUT,
    group::POSTSCREEN,
    group::HEALTH,
];

impl Measure {
    /// How far back it looks, in seconds.
    pub fn window_s(&self) -> u32 {
        match self {
            Self::Level(sum) | Self::Count(sum) | Self::Rate(sum) | Self::Growth(sum) => {
                sum.window_s
            }
            Self::Ratio { over, under, .. } => over.window_s.max(under.window_s),
            Self::Baseline { of, .. } => of.window_s,
            Self::Events { window_s, .. } => *window_s,
            Self::Keys(keys) => keys.window_s,
        }
    }

    /// The sums that it is made of.
    pub fn sums(&self) -> Vec<&Sum> {
        match self {
            Self::Level(sum) | Self::Count(sum) | Self::Rate(sum) | Self::Growth(sum) => vec![sum],
            Self::Ratio { over, under, .. } => vec![over, under],
            Self::Baseline { of, .. } => vec![of],
            Self::Events { .. } | Self::Keys(_) => Vec::new(),
        }
    }

    /// The word for what its figure counts.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Ratio { .. } => "ratio",
            Self::Baseline { .. } => "times",
            Self::Events { .. } => "events",
            Self::Keys(keys) if keys.each.is_some() => "keys",
            Self::Keys(keys) => {
                keys.dimension.measures.get(keys.measure).map_or("", |one| one.unit.name())
            }
            Self::Level(sum) | Self::Count(sum) | Self::Rate(sum) | Self::Growth(sum) => {
                sum.of.first().map_or("", Source::unit)
            }
        }
    }

    /// Whether one instance can have several alerts.
    pub const fn cap(&self) -> Option<usize> {
        match self {
            Self::Events { fingerprint: true, cap, .. }
            | Self::Keys(PerKey { each: None, cap, .. }) => Some(*cap),
            _ => None,
        }
    }
}

/// A host that was silent must be heard for this long before its incident ends.
const HEARD_AGAIN: Duration = Duration::from_secs(5);

impl Rule {
    /// How long bad and good must last.
    pub fn patience(&self) -> Patience {
        match self {
            Self::Watch(watch) => Patience {
                hold: watch.hold,
                clear_hold: watch.clear_hold,
                keep_firing: watch.keep_firing,
                greater_is_worse: watch.op == Op::Above,
            },
            // A silence has lasted when it is found; two batches on time end it.
            Self::Silent(_) => Patience {
                hold: Duration::ZERO,
                clear_hold: HEARD_AGAIN,
                keep_firing: Duration::ZERO,
                greater_is_worse: true,
            },
        }
    }

    /// Figure at which it fires.
    pub fn threshold(&self) -> f64 {
        match self {
            Self::Watch(watch) => watch.fire,
            Self::Silent(silent) => silent.after.as_secs_f64(),
        }
    }

    /// The word for what its figure counts.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Watch(watch) => watch.measure.unit(),
            Self::Silent(_) => "seconds",
        }
    }
}

#[cfg(test)]
mod tests;
