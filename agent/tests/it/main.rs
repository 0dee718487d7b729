//! The agent as a whole: real files, a real TLS stream, a server in the same process.

mod enrolment;
mod server;
mod stream;
mod world;
