//! What alerts are, purely: no async, SQL, HTTP, JSON or clock but an argument.

pub mod breakdown;
pub mod ids;
pub mod member;
