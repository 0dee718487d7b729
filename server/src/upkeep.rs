//! Loop: partitions made ahead, hours sealed, what is past its keep removed.

mod retention;
mod sealing;
pub mod usual;

pub use self::sealing::Sealer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Datelike as _, DurationRound as _, TimeDelta, TimeZone as _, Utc};

use crate::{
    lifecycle::{Loop, LoopError, Pace, Report},
    store::{Store, StoreError, upkeep::Period},
};

/// The pace of [`Upkeep`].
pub const PACE: Pace =
    Pace { every: Duration::from_mins(1), jitter: 0.2, tick_max: Duration::from_mins(10) };

/// Partitions exist this far ahead: a weekend without upkeep harms nobody.
const AHEAD: TimeDelta = TimeDelta::hours(48);
/// Hours before the first start that take rows, for spools that are older than the server.
const BEHIND: TimeDelta = TimeDelta::hours(6);
/// Hours opened in one transaction.
const HOURS_AT_ONCE: usize = 6;

/// Keeps the tables in shape.
#[derive(Debug, Clone)]
pub struct Upkeep {
    store: Store,
    /// The hour in which this process last removed what is past its keep; a hint only.
    expired_hour: Arc<AtomicI64>,
}

impl Upkeep {
    /// For this database.
    pub fn new(store: Store) -> Self {
        Self { store, expired_hour: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    /// Makes what is needed now, before anything is taken in: a row for an hour that is not open would be late.
    pub async fn prepare(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.hours(now, TimeDelta::hours(2)).await?;
        Ok(())
    }

    async fn hours(&self, now: DateTime<Utc>, ahead: TimeDelta) -> Result<u64, StoreError> {
        let this_hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let (from, to) = (this_hour - BEHIND, this_hour + ahead);
        let mut opened = 0;
        loop {
            let mut tx = self.store.upkeep_tx().await?;
            let missing = tx.missing_hours(from, to).await?;
            for hour in missing.iter().take(HOURS_AT_ONCE) {
                tx.open_hour(*hour).await?;
                opened += 1;
            }
            tx.commit().await?;
            if missing.len() <= HOURS_AT_ONCE {
                return Ok(opened);
            }
        }
    }

    /// Once an hour is enough: what is kept is counted in days.
    async fn expire(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let this_hour = now.timestamp().div_euclid(3_600);
        if self.expired_hour.swap(this_hour, Ordering::Relaxed) == this_hour {
            return Ok(0);
        }
        retention::run(&self.store, now).await
    }

    async fn days_and_months(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut made = 0;
        let today = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        for day in 0..=2 {
            let from = today + TimeDelta::days(day);
            let mut tx = self.store.upkeep_tx().await?;
            made += tx.make(Period::Day, from, from + TimeDelta::days(1)).await?;
            tx.commit().await?;
        }
        for ahead in 0..=1 {
            let (Some(from), Some(to)) = (month(now, ahead), month(now, ahead + 1)) else {
                continue;
            };
            let mut tx = self.store.upkeep_tx().await?;
            made += tx.make(Period::Month, from, to).await?;
            tx.commit().await?;
        }
        Ok(made.unsigned_abs())
    }
}

impl Loop for Upkeep {
    const NAME: &'static str = "upkeep";

    async fn tick(&self, now: DateTime<Utc>) -> Result<Report, LoopError> {
        let hours = self.hours(now, AHEAD).await.map_err(|error| LoopError(error.into()))?;
        let more = self.days_and_months(now).await.map_err(|error| LoopError(error.into()))?;
        let mut tx = self.store.upkeep_tx().await.map_err(|error| LoopError(error.into()))?;
        let pruned = tx.prune_heartbeats().await.map_err(|error| LoopError(error.into()))?;
        tx.commit().await.map_err(|error| LoopError(error.into()))?;
        let sealed = Sealer::new(&self.store, now).run().await;
        let sealed = sealed.map_err(|error| LoopError(error.into()))?;
        let removed = self.expire(now).await.map_err(|error| LoopError(error.into()))?;
        Ok(Report { done: hours + more + pruned + sealed + removed, ..Report::default() })
    }
}

/// The first of the month, `ahead` months from `now`.
fn month(now: DateTime<Utc>, ahead: u32) -> Option<DateTime<Utc>> {
    let months = now.month0() + ahead;
    let year = now.year() + i32::try_from(months / 12).ok()?;
    Utc.with_ymd_and_hms(year, months % 12 + 1, 1, 0, 0, 0).single()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_after_december_is_january() {
        let december = Utc.with_ymd_and_hms(2026, 12, 31, 23, 0, 0).unwrap();
        assert_eq!(month(december, 1), Some(Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap()));
        assert_eq!(month(december, 0), Some(Utc.with_ymd_and_hms(2026, 12, 1, 0, 0, 0).unwrap()));
    }
}
