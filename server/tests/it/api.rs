//! The API as people and scripts use it, endpoint by endpoint.

mod config;
mod contract;
mod cost;
mod hooks;
mod notify;
mod people;
mod session;
mod session_model;
mod sso;
mod tenant;
mod tokens;
mod weekly;
