//! Every metric, dimension, event kind and visibility group, written once; all else is derived from here.
//!
//! Ids are append-only: an id is never reused and a row never changes its meaning. A published group gets no
//! further metrics and a published dimension no further measures: an older agent would be believed to have counted
//! zero of them. New figures come as a new group or dimension. `tests/catalogue/frozen.txt` holds us to it.
//! One-dimensional figures are metrics: a column of the sample each, so there are at most
//! [`METRICS_MAX`]. Products of two things (phase × reason, status × agent) are dimensions of breakdowns.
//! SQL columns, TypeScript and docs are derived by tests; this file never does I/O.

#[macro_use]
mod macros;
mod lookup;

pub mod agent;
pub mod delivery;
pub mod event;
pub mod group;
pub mod host;
pub mod log;
pub mod message;
pub mod postscreen;
pub mod process;
pub mod queue;
pub mod reject;
pub mod sasl;
pub mod smtpd;
pub mod tls;

pub use lookup::{
    dimension, dimension_by_name, dimensions, event_by_name, event_kind, event_kinds,
    group_by_name, groups, metric, metric_by_name, metrics,
};

/// The catalogue's version: the number of times that rows were added. Goes with every batch.
pub const VERSION: u32 = 1;

/// Most metrics there may ever be: a rollup must fit a page and PostgreSQL ends at 1,600 columns, dropped ones
/// included.
pub const METRICS_MAX: usize = 256;

/// Most visibility groups: one bit each of a signed 64-bit column.
pub const GROUPS_MAX: usize = 63;

/// The bits of all groups that this build knows; others in a visibility mask come from a newer agent.
pub const VISIBILITY_KNOWN: u64 = (1 << group::GROUPS.len()) - 1;

/// Largest value of a metric or measure held in four bytes.
pub const INT4_VALUE_MAX: u64 = i32::MAX as u64;

/// Largest value of a metric held in eight bytes: 64 TiB less one byte. A day of samples at 1 s, each at this
/// value, still has a sum that fits eight bytes.
pub const INT8_VALUE_MAX: u64 = (1 << 46) - 1;

/// Number of metrics; ids are `0..METRIC_COUNT` without holes, so an array can be indexed by id.
pub const METRIC_COUNT: usize = lookup::METRIC_COUNT;

/// Names a metric on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId(pub u16);

impl MetricId {
    /// Place of this metric in an array of [`METRIC_COUNT`] values.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names a dimension of breakdowns on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DimensionId(pub u16);

/// Names a key of a closed dimension on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u16);

/// Names an event kind on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKindId(pub u16);

/// Names a visibility group: the bit of a sample's visibility that says whether it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u8);

impl GroupId {
    /// The group's bit in a visibility mask.
    pub const fn bit(self) -> u64 {
        1 << self.0
    }

    /// Whether `visibility` says that this group was measured.
    pub const fn visible_in(self, visibility: u64) -> bool {
        visibility & self.bit() != 0
    }
}

/// How a figure behaves over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was there at the end of the interval. Rolled up as least, most and mean.
    Gauge,
    /// How much was added in the interval, never a running total. Rolled up as sum and most.
    Counter,
}

impl Kind {
    /// The word for pages and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Queue files or messages.
    Messages,
    /// Recipients of messages.
    Recipients,
    /// Network connections or SMTP sessions.
    Connections,
    /// SMTP commands.
    Commands,
    /// Anything that happened once each.
    Events,
    /// Lines of a log.
    Lines,
    /// Files that are not messages.
    Files,
    /// Operating system processes.
    Processes,
    /// Entries of a table, cache or map.
    Entries,
    /// Octets.
    Bytes,
    /// Whole seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Hundredths of one, for load averages.
    Hundredths,
    /// 0 or 1.
    Flag,
}

impl Unit {
    /// The word for pages and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Recipients => "recipients",
            Self::Connections => "connections",
            Self::Commands => "commands",
            Self::Events => "events",
            Self::Lines => "lines",
            Self::Files => "files",
            Self::Processes => "processes",
            Self::Entries => "entries",
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Hundredths => "hundredths",
            Self::Flag => "flag",
        }
    }

    /// How wide a column this unit needs.
    pub const fn width(self) -> Width {
        match self {
            Self::Bytes | Self::Milliseconds => Width::Int8,
            _ => Width::Int4,
        }
    }
}

/// Width of a value in a sample's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// Four bytes: values up to [`INT4_VALUE_MAX`].
    Int4,
    /// Eight bytes: values up to [`INT8_VALUE_MAX`].
    Int8,
}

impl Width {
    /// Largest value that may be stored.
    pub const fn value_max(self) -> u64 {
        match self {
            Self::Int4 => INT4_VALUE_MAX,
            Self::Int8 => INT8_VALUE_MAX,
        }
    }

    /// The SQL type.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Int4 => "int4",
            Self::Int8 => "int8",
        }
    }
}

/// One figure of a sample.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its id, which is its place among all metrics.
    pub id: MetricId,
    /// Dotted name, used by triggers and the API.
    pub name: &'static str,
    /// Gauge or counter.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// The visibility group that it is measured with.
    pub group: GroupId,
    /// One sentence for people.
    pub meaning: &'static str,
    /// The log line or file that it comes from.
    pub source: &'static str,
}

impl Metric {
    /// Column of the sample table: the name with dots turned to underscores.
    pub fn column(&self) -> String {
        self.name.replace('.', "_")
    }

    /// Width of that column.
    pub const fn width(&self) -> Width {
        self.unit.width()
    }

    /// Largest value that the column takes; a larger one makes its batch malformed.
    pub const fn value_max(&self) -> u64 {
        self.width().value_max()
    }
}

/// A set of metrics that can be seen, or not be seen, only together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its bit.
    pub id: GroupId,
    /// Dotted name.
    pub name: &'static str,
    /// What is seen when the group is visible, and what it takes.
    pub meaning: &'static str,
}

impl Group {
    /// The name with dots turned to underscores, for the names of rollup tables.
    pub fn table_suffix(&self) -> String {
        self.name.replace('.', "_")
    }
}

/// What a breakdown is by, and what it counts for each key.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    /// Its id.
    pub id: DimensionId,
    /// Its name.
    pub name: &'static str,
    /// The visibility group that it is measured with.
    pub group: GroupId,
    /// What is counted for each key, in the order of the wire's counts. Never changed once published.
    pub measures: &'static [Measure],
    /// Where its keys come from.
    pub keys: Keys,
    /// One sentence for people.
    pub meaning: &'static str,
    /// The log line or file that it comes from.
    pub source: &'static str,
}

impl Dimension {
    /// The key of a closed dimension by its id.
    pub fn key(&self, id: KeyId) -> Option<&'static Key> {
        match self.keys {
            Keys::Open => None,
            Keys::Closed(keys) => keys.get(usize::from(id.0)),
        }
    }

    /// Place of a measure among the counts, by its name.
    pub fn measure(&self, name: &str) -> Option<usize> {
        self.measures.iter().position(|m| m.name == name)
    }
}

/// One count of a breakdown entry.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Its name, unique within its dimension.
    pub name: &'static str,
    /// Gauge or counter: whether entries of several intervals add up or are compared.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
}

/// Where the keys of a dimension come from.
#[derive(Clone, Copy, Debug)]
pub enum Keys {
    /// Text from the outside world, at most 255 bytes; `other` collects what exceeds the limits.
    Open,
    /// The keys listed here, whose ids are their places.
    Closed(&'static [Key]),
}

/// The key text that collects what an open dimension has no room for.
pub const OTHER: &str = "other";

/// Separates the parts of an open key that is made of several.
pub const KEY_SEPARATOR: char = '\t';

/// A key of a closed dimension.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its id, which is its place in the dimension's list.
    pub id: KeyId,
    /// Its name.
    pub name: &'static str,
}

/// A thing worth a mark on the time line.
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    /// Its id.
    pub id: EventKindId,
    /// Its name.
    pub name: &'static str,
    /// What happened, and what subject and text say.
    pub meaning: &'static str,
    /// The log line or file that it comes from.
    pub source: &'static str,
}
