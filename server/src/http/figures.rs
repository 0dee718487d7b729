//! Figures, as JSON: what is known, over time, in sum, now, and by key.

pub mod ask;
pub mod breakdowns;
pub mod catalogue;
pub mod events;
pub mod latest;
pub mod matrix;
pub mod series;
pub mod totals;
