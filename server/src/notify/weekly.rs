//! Loop: on Monday mornings, the week of each tenant as a letter to its members. One taker a tenant and week, whatever
//! dies in between: the week is taken in the transaction that writes the letters.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use tokio::sync::Notify;
use url::Url;

use crate::{
    clock::SharedDice,
    domain::{
        ids::{PublicId, TenantId},
        weekly,
    },
    lifecycle::{Loop, LoopError, Pace, Report},
    secrets::{self, Vault},
    store::Store,
};

/// The pace of [`Weekly`].
pub const PACE: Pace =
    Pace { every: Duration::from_mins(10), jitter: 0.3, tick_max: Duration::from_mins(30) };

/// Tenants asked for at once.
const TENANTS_AT_ONCE: i32 = 500;

/// What [`Weekly`] works with.
#[derive(Debug)]
pub struct Neighbours {
    /// The database.
    pub store: Store,
    /// Seals letters.
    pub vault: Arc<Vault>,
    /// Makes their names.
    pub dice: SharedDice,
    /// Where the pages are.
    pub public_url: Url,
    /// Woken when letters were written.
    pub post: Arc<Notify>,
}

/// See the module.
#[derive(Debug)]
pub struct Weekly(Neighbours);

impl Weekly {
    /// For this database.
    pub const fn new(neighbours: Neighbours) -> Self {
        Self(neighbours)
    }

    /// Writes what is due; how many letters.
    pub async fn round(&self, now: DateTime<Utc>) -> Result<u64, LoopError> {
        let Some(monday) = weekly::due(now) else { return Ok(0) };
        let (mut after, mut written) = (i32::MIN, 0);
        loop {
            let mut system = self.0.store.system_loops().await.map_err(failed)?;
            let tenants = system.tenants_after(after, TENANTS_AT_ONCE).await.map_err(failed)?;
            drop(system);
            let Some(last) = tenants.last() else { return Ok(written) };
            after = last.get();
            for tenant in tenants {
                match self.tell(tenant, monday, now).await {
                    Ok(letters) => written += letters,
                    // The others are not held up; this one is owed its week at the next tick.
                    Err(LoopError(error)) => {
                        tracing::warn!(tenant.id = %tenant, %error, "a weekly report could not be written");
                    }
                }
            }
        }
    }

    async fn tell(
        &self,
        tenant: TenantId,
        monday: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<u64, LoopError> {
        let mut reading = self.0.store.loops(tenant).await.map_err(failed)?;
        if !reading.owes_week(monday).await.map_err(failed)? {
            return Ok(0);
        }
        let Some(end) = monday.checked_add_days(Days::new(7)) else { return Ok(0) };
        let week = reading.week(end.and_time(NaiveTime::MIN).and_utc()).await.map_err(failed)?;
        let name = reading.tenant_row().await.map_err(failed)?.name;
        drop(reading);
        let mut writing = self.0.store.loops(tenant).await.map_err(failed)?;
        if !writing.take_week(monday).await.map_err(failed)? {
            return Ok(0);
        }
        let readers = if week.is_empty() {
            Vec::new()
        } else {
            writing.report_readers().await.map_err(failed)?
        };
        let base = self.0.public_url.as_str().trim_end_matches('/');
        let (report, stop) = (format!("{base}/reports?week={monday}"), format!("{base}/account"));
        let mut written = 0;
        for reader in &readers {
            let words = weekly::letter(&name, monday, &week, (&report, &stop));
            let id = PublicId::make(now, &*self.0.dice);
            let sealed =
                secrets::letter::seal(&self.0.vault, id, words, &*self.0.dice).map_err(failed)?;
            writing.people().post_letter(id, reader, &sealed).await.map_err(failed)?;
            written += 1;
        }
        writing.commit().await.map_err(failed)?;
        if written > 0 {
            self.0.post.notify_one();
        }
        Ok(written)
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> LoopError {
    LoopError(error.into())
}

impl Loop for Weekly {
    const NAME: &'static str = "notify.weekly";

    async fn tick(&self, now: DateTime<Utc>) -> Result<Report, LoopError> {
        let done = self.round(now).await?;
        Ok(Report { done, ..Report::default() })
    }
}
