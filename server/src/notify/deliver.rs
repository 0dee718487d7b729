//! One message to one channel: claim, render, say that it is being sent, call, record.

mod gather;
mod prepare;
mod record;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use self::prepare::Prepared;
use super::{
    client::GuardedClient,
    email,
    errand::{Carriers, Sent},
    mailer::Mailer,
    pagerduty, slack, slack_bot, telegram, webhook,
};
use crate::{
    clock::{SharedClock, SharedDice},
    domain::{
        channel::{Address, Kind},
        ids::{ChannelId, TenantId},
    },
    secrets::{Vault, roll},
    store::{Store, StoreError, lanes::Claim},
};

/// What delivering needs.
#[derive(Debug)]
pub(super) struct Deliverer {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) dice: SharedDice,
    pub(super) vault: Arc<Vault>,
    pub(super) client: GuardedClient,
    pub(super) mailer: Option<Arc<Mailer>>,
    pub(super) public_url: Url,
}

/// Whether a channel has more to tell, and when it may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing was due.
    Nothing,
    /// One was dealt with; the next not before this.
    More(Duration),
}

impl Deliverer {
    /// Looks once at where the channel's rows begin that are still owed.
    pub(super) async fn begin(
        &self,
        tenant: TenantId,
        channel: ChannelId,
    ) -> Result<(), StoreError> {
        let mut scoped = self.store.loops(tenant).await?;
        scoped.advance_marks(channel).await?;
        scoped.commit().await
    }

    /// Somebody says that something is due, and nothing was found: look from the start again.
    pub(super) async fn forget(
        &self,
        tenant: TenantId,
        channel: ChannelId,
    ) -> Result<(), StoreError> {
        let mut scoped = self.store.loops(tenant).await?;
        scoped.forget_marks(channel).await?;
        scoped.commit().await
    }

    /// Delivers what heads the channel's queue.
    pub(super) async fn one(
        &self,
        tenant: TenantId,
        channel: ChannelId,
    ) -> Result<After, StoreError> {
        // By our own monotonic clock, started before the claim: we never hold a lease longer than the database thinks.
        let held_since = Instant::now();
        let token = Uuid::from_bytes(roll(&*self.dice));
        let mut scoped = self.store.loops(tenant).await?;
        let Some(way) = scoped.way_to(channel).await? else { return Ok(After::Nothing) };
        let pace = Kind::from_name(&way.kind).map_or(Duration::from_secs(1), Kind::pace);
        let claimed = scoped.claim_delivery(channel, token, (LEASE, pace)).await?;
        let Some(claim) = claimed else { return Ok(After::Nothing) };
        let prepared = self.prepare(&mut scoped, (channel, way), &claim).await?;
        scoped.commit().await?;
        metrics::histogram!("mailvane_claim_seconds").record(held_since.elapsed().as_secs_f64());
        crate::lifecycle::failpoint("notify.claimed");
        let begun = Instant::now();
        let sent = if prepared.end.is_some() {
            None
        } else {
            let late = held_since.elapsed() > LEASE.saturating_sub(LEASE_LEFT_MIN);
            if late || !self.sending(tenant, &prepared, &claim).await? {
                return Ok(After::More(pace));
            }
            crate::lifecycle::failpoint("notify.sending");
            let sent = self.call(&prepared, &claim).await;
            metrics::histogram!("mailvane_delivery_seconds", "kind" => prepared.kind_name())
                .record(begun.elapsed().as_secs_f64());
            crate::lifecycle::failpoint("notify.answered");
            Some(sent)
        };
        self.record((tenant, channel), &claim, (&prepared, sent), begun.elapsed()).await?;
        crate::lifecycle::failpoint("notify.recorded");
        Ok(After::More(pace))
    }

    /// Receivers that take a key need no mark: the key makes a repeat harmless.
    async fn sending(
        &self,
        tenant: TenantId,
        prepared: &Prepared,
        claim: &Claim,
    ) -> Result<bool, StoreError> {
        if prepared.address.as_ref().is_ok_and(|address| address.kind().takes_key()) {
            return Ok(true);
        }
        let mut scoped = self.store.loops(tenant).await?;
        let ours = scoped.mark_sending(claim).await?;
        scoped.commit().await?;
        Ok(ours)
    }

    async fn call(&self, prepared: &Prepared, claim: &Claim) -> Sent {
        let address = match &prepared.address {
            Ok(address) => address,
            Err(why) => return Sent::never(why.clone()),
        };
        let errand = prepared.errand(claim, self.clock.now());
        let carriers = Carriers { client: &self.client, mailer: self.mailer.as_deref() };
        match address {
            Address::Slack { webhook_url } => slack::deliver(carriers, webhook_url, &errand).await,
            Address::SlackBot { bot_token, channel, .. } => {
                let bot = slack_bot::Bot { carriers, token: bot_token, channel };
                slack_bot::deliver(bot, &errand).await
            }
            Address::PagerDuty { routing_key, eu } => {
                pagerduty::deliver(carriers, (routing_key, *eu), &errand).await
            }
            Address::Telegram { bot_token, chat_id, thread_id } => {
                let bot =
                    telegram::Bot { carriers, token: bot_token, chat: chat_id, thread: *thread_id };
                if let Some((hook, secret)) = &prepared.hook {
                    telegram::listen(bot, hook, secret).await;
                }
                telegram::deliver(bot, &errand).await
            }
            Address::Email { to } => email::deliver(carriers, to, &errand).await,
            Address::Webhook { url, secret, former_secret } => {
                let secrets: Vec<&str> =
                    std::iter::once(secret).chain(former_secret).map(String::as_str).collect();
                webhook::deliver(carriers, url, &secrets, &errand).await
            }
        }
    }
}

/// Much longer than a call may take.
const LEASE: Duration = Duration::from_secs(45);
/// With less left a call is not begun.
const LEASE_LEFT_MIN: Duration = Duration::from_secs(15);
