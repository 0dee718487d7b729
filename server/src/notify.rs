//! Loop: claims what is owed to channels, renders, delivers, records.

pub mod address;
pub mod client;
pub mod slack;
