//! What alerts are, purely: no async, SQL, HTTP, JSON or clock but an argument.

pub mod alert;
pub mod baseline;
pub mod batch;
pub mod breakdown;
pub mod calendar;
pub mod cause;
pub mod channel;
pub mod defaults;
pub mod evaluate;
pub mod grid;
pub mod ids;
pub mod incident;
pub mod letter;
pub mod member;
pub mod network;
pub mod plan;
pub mod preview;
pub mod redact;
pub mod rights;
pub mod route;
pub mod severity;
pub mod trigger;
pub mod watchlist;
pub mod window;
pub mod words;
