//! Loop: partitions, sealing, retention.
