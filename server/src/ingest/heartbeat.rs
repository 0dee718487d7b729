//! Loop: writes every ten seconds that this deployment takes batches in, and how many it took.
//!
//! Before a host is called silent, the timers look here: our own outages are not the host's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use crate::{
    lifecycle::{Loop, LoopError, Pace, Report},
    store::Store,
};

/// The pace of [`Heartbeat`]: twice in each bucket of ten seconds.
pub(super) const PACE: Pace =
    Pace { every: Duration::from_secs(5), jitter: 0.1, tick_max: Duration::from_secs(5) };

/// Beats for as long as batches can be committed.
#[derive(Debug, Clone)]
pub(super) struct Heartbeat {
    pub(super) store: Store,
    pub(super) accepted: Arc<AtomicU64>,
}

impl Loop for Heartbeat {
    const NAME: &'static str = "ingest.heartbeat";

    async fn tick(&self, _now: DateTime<Utc>) -> Result<Report, LoopError> {
        let accepted = self.accepted.swap(0, Ordering::Relaxed);
        let beat = async {
            let mut tx = self.store.ingest_tx().await?;
            tx.beat(i64::try_from(accepted).unwrap_or(i64::MAX)).await?;
            tx.commit().await
        };
        if let Err(error) = beat.await {
            self.accepted.fetch_add(accepted, Ordering::Relaxed);
            return Err(LoopError(error.into()));
        }
        Ok(Report { done: accepted, ..Report::default() })
    }
}
