//! Loop: computes what is usual at an hour of the day, for this hour and the next, before triggers ask.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};

use crate::{
    lifecycle::{Loop, LoopError, Pace, Report},
    store::{Store, StoreError},
};

/// The pace of [`Usual`].
pub const PACE: Pace =
    Pace { every: Duration::from_mins(5), jitter: 0.2, tick_max: Duration::from_mins(10) };

/// Figures of an hour are computed anew after this: once for each day's turn of the hour.
const KEPT_FOR: TimeDelta = TimeDelta::hours(20);

/// Keeps the usual figures.
#[derive(Debug, Clone)]
pub struct Usual {
    store: Store,
}

impl Usual {
    /// For this database.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Computes what is stale of this hour and the next; how many figures there are.
    pub async fn compute(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let hour = |at: DateTime<Utc>| i16::try_from(at.hour()).unwrap_or(0);
        let hours = [hour(now), hour(now + TimeDelta::hours(1))];
        let mut computed = 0;
        let mut tx = self.store.upkeep_tx().await?;
        for hour in tx.stale_hours(&hours, now - KEPT_FOR).await? {
            computed += tx.compute_usual(hour, now).await?;
        }
        tx.commit().await?;
        Ok(computed)
    }
}

impl Loop for Usual {
    const NAME: &'static str = "upkeep.usual";

    async fn tick(&self, now: DateTime<Utc>) -> Result<Report, LoopError> {
        let done = self.compute(now).await.map_err(|error| LoopError(error.into()))?;
        Ok(Report { done, ..Report::default() })
    }
}
