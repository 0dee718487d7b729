//! Members of the tenant, the audit log, and the ways to become somebody: signing up and choosing a new password.

pub mod audit;
pub mod change;
pub mod confirm;
pub mod forgot;
pub mod links;
pub mod list;
pub mod remove;
pub mod reset;
pub mod sign_up;
