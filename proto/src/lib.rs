//! The vocabulary that agent and server share: the wire contract and the metric catalogue.
//!
//! It does no I/O, has no async code of its own, and knows nothing of tenants, triggers or SQL.

pub mod catalogue;

/// The wire contract, generated from `proto/agent.proto`; `tests/generated.rs` keeps the copy fresh.
#[expect(
    missing_docs,
    unused_qualifications,
    reason = "generated; agent.proto has the documentation"
)]
#[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
#[expect(clippy::allow_attributes_without_reason, reason = "generated")]
pub mod v1 {
    include!("generated/mailvane.v1.rs");
}

/// The file descriptor set of [`v1`], for tests that walk over every service and method.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptor.bin");

/// The lowest and highest protocol version that this build speaks.
pub const PROTOCOL: std::ops::RangeInclusive<u32> = 1..=1;
