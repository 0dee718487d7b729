//! The server as a whole, on a real PostgreSQL, through its service roles.

mod doors;
mod embedded;
mod harness;
