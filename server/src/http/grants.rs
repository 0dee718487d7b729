//! Access that the installation's people have to this tenant: seen by the tenant, and taken back at will.

pub mod list;
pub mod revoke;
