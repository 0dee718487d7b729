//! Loop: claims what is owed to channels, renders, delivers, records.
