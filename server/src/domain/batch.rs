//! What a host said about one interval, believed: within its limits, in our words, without wire types.

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{DimensionId, EventKindId, KeyId, MetricId};

/// Bits of a sample's flags.
pub mod flags {
    /// The interval was cut short: start or stop of the agent.
    pub const PARTIAL: i16 = 1;
    /// Counted from an old log after the fact: judged, but never fired.
    pub const BACKFILL: i16 = 2;
    /// The machine's clock jumped.
    pub const CLOCK_STEP: i16 = 4;
}

/// Everything one host says about one interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Names the spool that numbered it: microseconds since 1970.
    pub epoch: i64,
    /// 1, 2, 3 … within an epoch.
    pub seq: i64,
    /// Start of the interval.
    pub start: DateTime<Utc>,
    /// End of the interval: the time of its samples.
    pub end: DateTime<Utc>,
    /// Length of the interval in milliseconds.
    pub span_ms: i32,
    /// See [`flags`].
    pub flags: i16,
    /// One entry for each Postfix instance.
    pub instances: Vec<InstanceBatch>,
    /// Declared losses.
    pub gaps: Vec<Gap>,
    /// Ids of a newer catalogue that were left out.
    pub unknown: u32,
}

/// What identifies an instance on its host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceKey {
    /// Its configuration directory.
    pub config_directory: String,
    /// Container it runs in, or empty.
    pub container: String,
}

/// One instance's part of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceBatch {
    /// Which instance.
    pub key: InstanceKey,
    /// What people call it.
    pub name: String,
    /// Bit g set: group g was measured.
    pub visibility: u64,
    /// Non-zero values by ascending id.
    pub values: Vec<(MetricId, i64)>,
    /// Counts by dimension and key.
    pub breakdowns: Vec<Entry>,
    /// Marks on the time line.
    pub events: Vec<Event>,
}

/// One key of one dimension with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which dimension.
    pub dimension: DimensionId,
    /// Which key.
    pub key: EntryKey,
    /// One count for each measure; trailing zeros may be missing.
    pub counts: Vec<u64>,
}

/// A key of a dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntryKey {
    /// Listed in the catalogue.
    Closed(KeyId),
    /// Text from the outside world.
    Open(String),
}

/// A thing worth a mark on the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it first happened in the interval.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EventKindId,
    /// Daemon, file or parameter.
    pub subject: String,
    /// Redacted words about it.
    pub text: String,
    /// How often in the interval.
    pub count: i64,
}

/// A declared loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Start of what is lost.
    pub from: DateTime<Utc>,
    /// End of what is lost.
    pub to: DateTime<Utc>,
    /// Why.
    pub kind: GapKind,
    /// Log lines, where known.
    pub lines: i64,
    /// Log bytes, where known.
    pub bytes: i64,
    /// Batches, where known.
    pub batches: i64,
    /// Nothing: the whole host.
    pub instance: Option<InstanceKey>,
}

/// Why something is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapKind {
    /// A log was gone before it was read.
    LogLost,
    /// The spool was full.
    SpoolEvicted,
    /// The spool was damaged.
    SpoolCorrupt,
    /// The agent did not run: gauges were not measured.
    AgentDown,
    /// A batch broke the contract; the server keeps it apart.
    Malformed,
    /// The database refused a batch; the server keeps it apart.
    Quarantined,
    /// A kind of a newer agent.
    Other,
}

impl GapKind {
    /// The word in rows and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogLost => "log_lost",
            Self::SpoolEvicted => "spool_evicted",
            Self::SpoolCorrupt => "spool_corrupt",
            Self::AgentDown => "agent_down",
            Self::Malformed => "malformed",
            Self::Quarantined => "quarantined",
            Self::Other => "other",
        }
    }
}
