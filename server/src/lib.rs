//! The server: takes batches in, judges triggers, serves people, delivers the news.
//!
//! Rooms, and the law between them: `domain` is pure; `store` is the only room that speaks SQL; `ingest`, `timers`,
//! `notify`, `upkeep` and `http` never import one another, they meet in tables; only `app` knows every room.

pub mod app;
pub mod clock;
pub mod config;
pub mod domain;
pub mod edge;
pub mod http;
pub mod ingest;
pub mod lifecycle;
pub mod notify;
pub mod postgres;
pub mod secrets;
pub mod store;
pub mod telemetry;
pub mod timers;
pub mod upkeep;
