//! The only door to PostgreSQL: pools by role, and a transaction bound to one tenant.
