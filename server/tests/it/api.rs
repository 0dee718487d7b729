//! The API as people and scripts use it, endpoint by endpoint.

mod contract;
mod notify;
mod session;
