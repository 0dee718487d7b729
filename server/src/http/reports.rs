//! Reports: a time in a few figures.

pub mod weekly;
