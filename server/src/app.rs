//! Builds every room and hands each its neighbours; the only wiring.

pub mod database;
