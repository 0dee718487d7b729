//! The agent: reads, counts, sends. Knows nothing of tenants, triggers or SQL.
