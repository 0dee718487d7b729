//! The agent as a whole: real files, a real TLS stream, a server in the same process.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on says where it stopped"
)]

mod backfill;
mod commands;
mod corpus;
mod enrolment;
mod families;
mod privacy;
mod proxy;
mod rights;
mod server;
mod stream;
mod terminal;
mod units;
mod world;
