//! Members of the tenant, as JSON.

pub mod audit;
pub mod list;
