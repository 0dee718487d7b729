//! The agent as a whole: real files, a real TLS stream, a server in the same process.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says where it stopped"
)]

mod commands;
mod corpus;
mod enrolment;
mod families;
mod privacy;
mod server;
mod stream;
mod terminal;
mod world;
