//! Loop: claims what is owed to channels, renders, delivers, records.
//!
//! Claims channels, not messages, so that a slow receiver delays nobody but itself. Never forgets a message: whatever
//! happens between claim and record, the lease runs out and somebody claims it again.

pub mod address;
mod blocks;
pub mod client;
mod deliver;
mod email;
pub mod errand;
pub mod facts;
pub mod mailer;
mod pagerduty;
pub mod post;
pub mod preview;
pub mod render;
mod slack;
mod slack_bot;
mod telegram;
pub mod webhook;
pub mod weekly;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use url::Url;

use self::{
    client::GuardedClient,
    deliver::{After, Deliverer},
    mailer::Mailer,
};
use crate::{
    clock::{SharedClock, SharedDice},
    domain::{
        channel::{Address, AddressFault},
        ids::{ChannelId, TenantId},
    },
    lifecycle::{Lifecycle, Loop, LoopError, Pace, Report},
    secrets::Vault,
    store::{Store, StoreError},
};

/// The pace of [`Notifier`]'s looks when nothing wakes it.
pub const PACE: Pace =
    Pace { every: Duration::from_millis(500), jitter: 0.2, tick_max: Duration::from_secs(10) };

/// What may be shown of an address, or why it cannot be used.
pub fn hint(client: &GuardedClient, address: &Address) -> Result<String, AddressFault> {
    address.check()?;
    let tail = |text: &str| {
        let skip = text.chars().count().saturating_sub(4);
        text.chars().skip(skip).collect::<String>()
    };
    let url = |part: &str, url: &str| {
        slack::hint(client, url).map_err(|why| AddressFault { field: part.to_owned(), why })
    };
    match address {
        Address::Slack { webhook_url } => url("slack.webhook_url", webhook_url),
        Address::Webhook { url: text, .. } => url("webhook.url", text),
        Address::SlackBot { channel, bot_token, .. } => {
            Ok(format!("{channel}, bot …{}", tail(bot_token)))
        }
        Address::PagerDuty { routing_key, eu } => {
            Ok(format!("{}key …{}", if *eu { "EU, " } else { "" }, tail(routing_key)))
        }
        Address::Telegram { bot_token, chat_id, .. } => {
            let bot = bot_token.split(':').next().unwrap_or_default();
            Ok(format!("chat {chat_id}, bot {bot}"))
        }
        Address::Email { to } => {
            let first = to.first().map_or("", String::as_str);
            let more = to.len().saturating_sub(1);
            Ok(if more == 0 { first.to_owned() } else { format!("{first} and {more} more") })
        }
    }
}

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
    /// Sends mail; none: this server sends no mail.
    pub mailer: Option<Arc<Mailer>>,
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
    busy: Arc<Mutex<HashSet<ChannelId>>>,
    slots: Slots,
    looks: AtomicU64,
}

impl Notifier {
    /// For these neighbours.
    pub fn new(neighbours: Neighbours) -> Self {
        let Neighbours { store, clock, dice, vault, client, mailer, life, public_url, owed: _ } =
            neighbours;
        let deliverer = Deliverer { store, clock, dice, vault, client, mailer, public_url };
        Self {
            deliverer: Arc::new(deliverer),
            life,
            busy: Arc::default(),
            slots: Slots::new(),
            looks: AtomicU64::new(0),
        }
    }

    /// Channels that something is owed to. Most looks ask for what became due of late: what was due before is in
    /// somebody's hands, or is found by the next look at all, even if its worker died.
    async fn due(&self) -> Result<Vec<(TenantId, ChannelId)>, StoreError> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let since = (!look.is_multiple_of(LOOKS_FOR_ALL)).then_some(LATELY);
        let busy: Vec<i64> = {
            let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            busy.iter().map(|channel| channel.get()).collect()
        };
        let mut system = self.deliverer.store.system_loops().await?;
        system.owed_channels(since, &busy, DUE_MAX).await
    }
}

impl Loop for Notifier {
    const NAME: &'static str = "notify";

    async fn tick(&self, _: DateTime<Utc>) -> Result<Report, LoopError> {
        let due = self.due().await.map_err(|error| LoopError(error.into()))?;
        let mut started = 0;
        for (tenant, channel) in due {
            let Some(place) = Place::take(&self.busy, channel) else { continue };
            let (deliverer, slots) = (Arc::clone(&self.deliverer), self.slots.clone());
            let life = self.life.clone();
            started += 1;
            self.life.spawn("notify.channel", async move {
                if let Err(error) = work(&deliverer, &slots, &life, (tenant, channel)).await {
                    tracing::warn!(%error, "a delivery will be tried again");
                }
                drop(place);
            });
        }
        Ok(Report { done: started, more: false, lag: Duration::ZERO })
    }
}

/// Delivers what a channel is owed, one after the other at its pace, until nothing is due.
async fn work(
    deliverer: &Deliverer,
    slots: &Slots,
    life: &Lifecycle,
    (tenant, channel): (TenantId, ChannelId),
) -> Result<(), StoreError> {
    deliverer.begin(tenant, channel).await?;
    let mut done = 0_u64;
    while !life.is_stopping() {
        let slot = slots.take(tenant).await;
        let after = deliverer.one(tenant, channel).await?;
        drop(slot);
        let After::More(pace) = after else { break };
        done += 1;
        if done.is_multiple_of(MARKS_EVERY) {
            deliverer.begin(tenant, channel).await?;
        }
        // The slot is free for others meanwhile.
        tokio::time::sleep(pace).await;
    }
    if done == 0 {
        deliverer.forget(tenant, channel).await?;
    }
    Ok(())
}

/// Calls that may be out at once: in all, and of one tenant, so that receivers of one that never answer leave room for
/// the others.
#[derive(Debug, Clone)]
struct Slots {
    all: Arc<Semaphore>,
    tenants: Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>,
}

impl Slots {
    fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(CALLS_MAX)), tenants: Arc::default() }
    }

    async fn take(&self, tenant: TenantId) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let own = {
            let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
            if tenants.len() >= TENANTS_MAX {
                tenants.retain(|_, own| Arc::strong_count(own) > 1);
            }
            let fresh = || Arc::new(Semaphore::new(CALLS_OF_TENANT_MAX));
            Arc::clone(tenants.entry(tenant).or_insert_with(fresh))
        };
        // Never closed: there is always an answer.
        let own = own.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some((own, all))
    }
}

/// One worker for each channel, and so many at once.
struct Place {
    busy: Arc<Mutex<HashSet<ChannelId>>>,
    channel: ChannelId,
}

impl Place {
    fn take(busy: &Arc<Mutex<HashSet<ChannelId>>>, channel: ChannelId) -> Option<Self> {
        let mut set = busy.lock().unwrap_or_else(PoisonError::into_inner);
        let free = set.len() < CHANNELS_MAX && set.insert(channel);
        free.then(|| Self { busy: Arc::clone(busy), channel })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.channel);
    }
}

/// Channels found in one look.
const DUE_MAX: i32 = 500;
/// Channels that are worked at once.
const CHANNELS_MAX: usize = 5_000;
/// Calls that are out at once, and those of one tenant.
const CALLS_MAX: usize = 256;
const CALLS_OF_TENANT_MAX: usize = 24;
/// Tenants whose calls are counted before those without any are forgotten.
const TENANTS_MAX: usize = 10_000;
/// Every so many looks is one for all that is due.
const LOOKS_FOR_ALL: u64 = 4;
/// The others look this far back: longer than a transaction takes to commit what it wrote as due.
const LATELY: TimeDelta = TimeDelta::seconds(5);
/// After so many deliveries a channel's marks are moved.
const MARKS_EVERY: u64 = 500;
