//! What one record holds.

use crate::fold::state::{Delta, InstanceRecord, OpenInterval};
use crate::tail::checkpoint::Checkpoint;

/// A batch, and the state of the agent once it had been made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Record {
    /// The batch's number; 0 if there is none.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
    /// The batch, encoded.
    #[prost(bytes = "vec", tag = "2")]
    pub batch: Vec<u8>,
    /// Its start, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub start_ms: i64,
    /// Its end, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub end_ms: i64,
    /// Up to where each log was counted.
    #[prost(message, repeated, tag = "5")]
    pub places: Vec<Checkpoint>,
    /// What changed in memory, or all of it.
    #[prost(message, optional, tag = "6")]
    pub memory: Option<Delta>,
    /// Lines counted into intervals that are still open.
    #[prost(message, repeated, tag = "7")]
    pub open: Vec<OpenInterval>,
    /// The instances in the order of their places.
    #[prost(message, repeated, tag = "8")]
    pub roster: Vec<InstanceRecord>,
}
