//! The catalogue keeps its own rules, and every copy derived from it is fresh.
//!
//! `UPDATE_GENERATED=1 cargo test -p mailvane-proto` rewrites the copies.

#[cfg(test)]
mod copy;
#[cfg(test)]
mod frozen;
#[cfg(test)]
mod page;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod typescript;
