//! Every metric, dimension, event kind and visibility group, written once; all else is derived from here.
//!
//! Ids are append-only: an id is never reused and a row never changes its meaning.
