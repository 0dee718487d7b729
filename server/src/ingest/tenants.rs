//! What all streams of a tenant go by, read once for all of them: interval, triggers, who may no longer speak.
//!
//! A revocation closes its stream when the next look finds it, within [`LOOK_EVERY`] and a little.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::{
    domain::{ids::TenantId, watchlist::Watchlist},
    lifecycle::{Loop, LoopError, Pace, Report},
    store::{Store, StoreError, agents::TenantView},
};

/// Between two looks at a tenant.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The pace of [`Tenants`].
pub const PACE: Pace = Pace { every: LOOK_EVERY, jitter: 0.2, tick_max: Duration::from_secs(8) };

/// What a stream holds of its tenant.
pub(super) type View = watch::Receiver<Arc<TenantView>>;

/// Views by tenant, for as long as a stream holds them.
#[derive(Debug, Clone)]
pub struct Tenants {
    store: Store,
    views: Arc<Mutex<HashMap<TenantId, watch::Sender<Arc<TenantView>>>>>,
}

impl Tenants {
    /// Nobody speaks yet.
    pub fn new(store: Store) -> Self {
        Self { store, views: Arc::default() }
    }

    /// The view of `tenant`, from now on kept fresh.
    pub(super) async fn view(&self, tenant: TenantId) -> Result<View, StoreError> {
        let known = self.lock().get(&tenant).map(watch::Sender::subscribe);
        if let Some(known) = known {
            return Ok(known);
        }
        let fresh = Arc::new(self.look(tenant).await?);
        let mut views = self.lock();
        let sender = views.entry(tenant).or_insert_with(|| watch::Sender::new(fresh));
        Ok(sender.subscribe())
    }

    async fn look(&self, tenant: TenantId) -> Result<TenantView, StoreError> {
        let mut scoped = self.store.ingest(tenant).await?;
        let mut view = scoped.tenant_view().await?;
        scoped.commit().await?;
        let known = self.lock().get(&tenant).map(|sender| Arc::clone(&sender.borrow().plan));
        let known = known.filter(|plan| plan.is_of(&view.triggers));
        view.plan = known.unwrap_or_else(|| Arc::new(Watchlist::new(&view.triggers)));
        Ok(view)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, watch::Sender<Arc<TenantView>>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loop for Tenants {
    const NAME: &'static str = "ingest.tenants";

    async fn tick(&self, _now: DateTime<Utc>) -> Result<Report, LoopError> {
        let tenants: Vec<TenantId> = {
            let mut views = self.lock();
            views.retain(|_, sender| sender.receiver_count() > 0);
            views.keys().copied().collect()
        };
        let mut report = Report::default();
        for tenant in tenants {
            let view = self.look(tenant).await.map_err(|error| LoopError(error.into()))?;
            if let Some(sender) = self.lock().get(&tenant) {
                sender.send_replace(Arc::new(view));
            }
            report.done += 1;
        }
        Ok(report)
    }
}
