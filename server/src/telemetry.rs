//! Structured logs and our own metrics.
