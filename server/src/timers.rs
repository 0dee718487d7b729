//! Loop: all that no sample causes, swept when due.
