//! Loop: claims what is owed to channels, renders, delivers, records.
//!
//! Claims channels, not messages, so that a slow receiver delays nobody but itself. Never forgets a message: whatever
//! happens between claim and record, the lease runs out and somebody claims it again.

pub mod address;
pub mod client;
mod deliver;
pub mod mailer;
pub mod post;
pub mod render;
pub mod slack;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use url::Url;

use self::{client::GuardedClient, deliver::Deliverer};
use crate::{
    clock::{SharedClock, SharedDice},
    domain::ids::ChannelId,
    lifecycle::{Lifecycle, Loop, LoopError, Pace, Report},
    secrets::Vault,
    store::Store,
};

/// The pace of [`Notify`]'s looks when nothing wakes it.
pub const PACE: Pace =
    Pace { every: Duration::from_millis(500), jitter: 0.2, tick_max: Duration::from_secs(10) };

/// What the loop needs from outside.
#[derive(Debug)]
pub struct Neighbours {
    /// The database.
    pub store: Store,
    /// Time of day, for words only; the database's clock decides what is due.
    pub clock: SharedClock,
    /// Randomness.
    pub dice: SharedDice,
    /// Opens secrets of channels.
    pub vault: Arc<Vault>,
    /// Calls out.
    pub client: GuardedClient,
    /// Runs deliveries.
    pub life: Lifecycle,
    /// Where links in messages lead.
    pub public_url: Url,
    /// Woken when something is owed.
    pub owed: Arc<Notify>,
}

/// See the module.
#[derive(Debug)]
pub struct Notifier {
    deliverer: Arc<Deliverer>,
    life: Lifecycle,
    owed: Arc<Notify>,
    busy: Arc<Mutex<HashSet<ChannelId>>>,
}

impl Notifier {
    /// For these neighbours.
    pub fn new(neighbours: Neighbours) -> Self {
        let Neighbours { store, clock, dice, vault, client, life, public_url, owed } = neighbours;
        let deliverer = Deliverer { store, clock, dice, vault, client, public_url };
        Self { deliverer: Arc::new(deliverer), life, owed, busy: Arc::default() }
    }
}

impl Loop for Notifier {
    const NAME: &'static str = "notify";

    async fn tick(&self, _: DateTime<Utc>) -> Result<Report, LoopError> {
        let look = async { self.deliverer.store.system_loops().await?.due_channels(DUE_MAX).await };
        let due = look.await.map_err(|error| LoopError(error.into()))?;
        let mut started = 0;
        for (tenant, channel) in due {
            let Some(place) = Place::take(&self.busy, channel) else { continue };
            let (deliverer, owed) = (Arc::clone(&self.deliverer), Arc::clone(&self.owed));
            started += 1;
            self.life.spawn("notify.deliver", async move {
                match deliverer.one(tenant, channel).await {
                    // More may wait behind it.
                    Ok(true) => owed.notify_one(),
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "a delivery will be tried again"),
                }
                drop(place);
            });
        }
        Ok(Report { done: started, more: false, lag: Duration::ZERO })
    }
}

/// One delivery at a time for each channel, and so many at once.
struct Place {
    busy: Arc<Mutex<HashSet<ChannelId>>>,
    channel: ChannelId,
}

impl Place {
    fn take(busy: &Arc<Mutex<HashSet<ChannelId>>>, channel: ChannelId) -> Option<Self> {
        let mut set = busy.lock().unwrap_or_else(PoisonError::into_inner);
        let free = set.len() < DELIVERIES_MAX && set.insert(channel);
        free.then(|| Self { busy: Arc::clone(busy), channel })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.channel);
    }
}

const DUE_MAX: i32 = 200;
const DELIVERIES_MAX: usize = 64;
