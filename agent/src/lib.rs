//! The agent: reads one host's Postfix logs and queues and streams numbered batches to the server.
//!
//! The way of a line, in one direction: [`tail`] gives lines with places, [`postfix`] says what each means, [`fold`]
//! counts it into the interval of its own stamp, [`pipe`] writes each closed interval with the place it was counted up
//! to into the [`spool`], and [`link`] sends it until the server has it. It knows nothing of tenants, triggers or SQL.

pub mod certificates;
pub mod clock;
pub mod config;
pub mod discover;
pub mod docker;
pub mod doctor;
pub mod enrol;
pub mod feed;
pub mod fold;
pub mod gauges;
pub mod health;
pub mod identity;
pub mod integrate;
pub mod journal;
pub mod journald;
pub mod link;
pub mod live;
pub mod look;
pub mod parse;
pub mod pipe;
pub mod postfix;
pub mod queue;
pub mod run;
pub mod sources;
pub mod spool;
pub mod stamp;
pub mod status;
pub mod syslog;
pub mod tail;
pub mod vfs;

pub use enrol::{Enrolment, KeySource, enrol};
pub use run::{Settings, Stop, run};
