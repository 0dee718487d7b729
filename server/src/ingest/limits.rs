//! Every limit of the ingest door, once: code and tests read the same figures.

use std::time::Duration;

use crate::domain::breakdown;

/// What one agent and one server process may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Encoded message at most, after decompression, in bytes.
    pub message_bytes_max: usize,
    /// Instances in a batch.
    pub instances_max: usize,
    /// Breakdown entries in a batch.
    pub entries_max: usize,
    /// Counts of one breakdown entry.
    pub counts_max: usize,
    /// Events in a batch.
    pub events_max: usize,
    /// Gap records in a batch.
    pub gaps_max: usize,
    /// A breakdown key, in bytes.
    pub key_bytes_max: usize,
    /// Subject of an event, name of an instance, in bytes.
    pub subject_bytes_max: usize,
    /// Text of an event, in bytes.
    pub text_bytes_max: usize,
    /// A configuration directory, in bytes.
    pub path_bytes_max: usize,
    /// Facts of a host, instances and blind spots together.
    pub facts_max: usize,
    /// Shortest and longest interval, in milliseconds.
    pub span_ms: (i64, i64),
    /// Hello must come this soon after the nonce.
    pub hello_within: Duration,
    /// Batches of one stream that wait for their commit.
    pub in_flight_max: usize,
    /// Streams of one connection.
    pub streams_max: u32,
    /// A sample further ahead than this goes to `late`, in milliseconds.
    pub ahead_ms_max: i64,
    /// Batches in one commit.
    pub group_batches_max: usize,
    /// Encoded bytes in one commit.
    pub group_bytes_max: usize,
    /// Batches that wait before one writer.
    pub queue_batches_max: usize,
    /// Tries of a batch alone before it goes to quarantine.
    pub tries_max: u32,
    /// Batches a second that one agent may send for long.
    pub agent_batches_per_s: u32,
    /// Batches that one agent may send at once: what a spool holds after a long absence.
    pub agent_batches_burst: u32,
    /// Encoded bytes a second that one tenant may send for long.
    pub tenant_bytes_per_s: u32,
    /// Encoded bytes that one tenant may send at once.
    pub tenant_bytes_burst: u32,
    /// Keys of one dimension and tenant in the dictionary; later ones count as `other`.
    pub dictionary_keys_max: i64,
}

/// The limits in force.
pub const LIMITS: Limits = Limits {
    message_bytes_max: 1024 * 1024,
    instances_max: 32,
    entries_max: 1_024,
    counts_max: breakdown::COUNTS_MAX,
    events_max: 256,
    gaps_max: 256,
    key_bytes_max: 255,
    subject_bytes_max: 255,
    text_bytes_max: 512,
    path_bytes_max: 1_024,
    facts_max: 2_048,
    span_ms: (1, 86_400_000),
    hello_within: Duration::from_secs(5),
    in_flight_max: 64,
    streams_max: 8,
    ahead_ms_max: 60_000,
    group_batches_max: 1_000,
    group_bytes_max: 1024 * 1024,
    queue_batches_max: 4_000,
    tries_max: 3,
    agent_batches_per_s: 200,
    agent_batches_burst: 10_000,
    tenant_bytes_per_s: 32 * 1024 * 1024,
    tenant_bytes_burst: 512 * 1024 * 1024,
    dictionary_keys_max: 100_000,
};
