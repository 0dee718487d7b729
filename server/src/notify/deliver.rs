//! One message to one channel: claim, render, say that it is being sent, call, record.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::{
    client::{Answer, GuardedClient, Target},
    render::{self, Circumstances, Message},
    slack::{self, Verdict},
};
use crate::{
    clock::{SharedClock, SharedDice, fraction},
    domain::ids::{ChannelId, TenantId},
    secrets::{Place, Vault, roll},
    store::{
        Scoped, Store, StoreError,
        deliveries::{Claim, Outcome, Settle},
    },
};

/// What delivering needs.
#[derive(Debug)]
pub(super) struct Deliverer {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) dice: SharedDice,
    pub(super) vault: Arc<Vault>,
    pub(super) client: GuardedClient,
    pub(super) public_url: Url,
}

/// A claimed message, ready to go, or why it never will.
struct Prepared {
    message: Message,
    target: Result<Target, String>,
    passed: bool,
}

impl Deliverer {
    /// Delivers what heads the channel's queue. False: nothing was due.
    pub(super) async fn one(
        &self,
        tenant: TenantId,
        channel: ChannelId,
    ) -> Result<bool, StoreError> {
        // By our own monotonic clock, started before the claim: we never hold a lease longer than the database thinks.
        let held_since = Instant::now();
        let token = Uuid::from_bytes(roll(&*self.dice));
        let mut scoped = self.store.loops(tenant).await?;
        let Some(claim) = scoped.claim_delivery(channel, token, LEASE).await? else {
            return Ok(false);
        };
        let Some(prepared) = self.prepare(&mut scoped, channel, &claim).await? else {
            scoped.commit().await?;
            return Ok(false);
        };
        scoped.commit().await?;
        let verdict = match &prepared.target {
            Err(why) => (Verdict::Permanent { why: why.clone(), disable: false }, None),
            Ok(target) => {
                if held_since.elapsed() > LEASE.saturating_sub(LEASE_LEFT_MIN)
                    || !self.sending(tenant, &claim).await?
                {
                    return Ok(false);
                }
                let body = slack::layout(&prepared.message).to_string().into_bytes();
                self.call(target, body).await
            }
        };
        self.record(tenant, channel, &claim, (verdict, prepared.passed)).await?;
        Ok(true)
    }

    async fn prepare(
        &self,
        scoped: &mut Scoped,
        channel: ChannelId,
        claim: &Claim,
    ) -> Result<Option<Prepared>, StoreError> {
        let Some((row, _, sealed)) = scoped.channel_secret(channel).await? else { return Ok(None) };
        let tenant = scoped.tenant().get();
        let place = Place { table: "channel", column: "secret", tenant, row };
        let target = self.target(place, &sealed);
        let now = self.clock.now();
        let Some(incident) = claim.incident else {
            let link = Some(self.public_url.to_string());
            let message = render::test("this channel", now, link);
            return Ok(Some(Prepared { message, target, passed: false }));
        };
        let Some(row) = scoped.incident_to_tell(incident).await? else { return Ok(None) };
        let public_id = row.public_id;
        // Nobody was told yet and it is over: one message tells both.
        let passed = claim.kind == "opened" && claim.attempt == 1 && row.closed_at.is_some();
        let around = Circumstances {
            now,
            age: claim.age,
            possible_repeat: claim.possible_repeat,
            link: self.public_url.join(&format!("incidents/{public_id}")).ok().map(String::from),
            over: matches!(claim.kind.as_str(), "resolved" | "closed"),
            passed,
        };
        Ok(Some(Prepared { message: render::incident(&row, &around), target, passed }))
    }

    fn target(&self, place: Place<'_>, sealed: &[u8]) -> Result<Target, String> {
        let opened = self.vault.open(place, sealed).map_err(|error| error.to_string())?;
        let url = std::str::from_utf8(&opened).map_err(|_| "the address is no text".to_owned())?;
        self.client.target(url).map_err(|refused| refused.to_string())
    }

    async fn sending(&self, tenant: TenantId, claim: &Claim) -> Result<bool, StoreError> {
        let mut scoped = self.store.loops(tenant).await?;
        let ours = scoped.mark_sending(claim).await?;
        scoped.commit().await?;
        Ok(ours)
    }

    async fn call(&self, target: &Target, body: Vec<u8>) -> (Verdict, Option<u16>) {
        let begun = Instant::now();
        let answer = self.client.post_json(target, body).await;
        metrics::histogram!("mailvane_delivery_seconds").record(begun.elapsed().as_secs_f64());
        if let Answer::Status { code: 400, excerpt, .. } = &answer
            && excerpt.starts_with("invalid_")
            && excerpt != "invalid_token"
        {
            tracing::error!(answer = %excerpt, "Slack refused the form of a message; please report this");
        }
        let code = match &answer {
            Answer::Status { code, .. } => Some(*code),
            Answer::NotSent(_) | Answer::Ambiguous(_) => None,
        };
        (slack::verdict(answer), code)
    }

    async fn record(
        &self,
        tenant: TenantId,
        channel: ChannelId,
        claim: &Claim,
        ((verdict, http_status), passed): ((Verdict, Option<u16>), bool),
    ) -> Result<(), StoreError> {
        let after = |wanted: Option<Duration>| {
            let planned = backoff(claim.priority, claim.attempt, fraction(&*self.dice));
            wanted.map_or(planned, |wanted| wanted.min(RETRY_AFTER_MAX).max(planned))
        };
        let old = claim.age > give_up_after(claim.priority) || claim.incident.is_none();
        let (word, why, retry_after, disable) = match &verdict {
            Verdict::Delivered => ("delivered", None, None, false),
            Verdict::Retry { after, why } => ("retry", Some(why.as_str()), *after, false),
            Verdict::Permanent { why, disable } => {
                ("permanent", Some(why.as_str()), None, *disable)
            }
            Verdict::Ambiguous { why } => ("ambiguous", Some(why.as_str()), None, false),
        };
        let settle = match &verdict {
            Verdict::Delivered => Settle::Delivered,
            Verdict::Permanent { .. } => Settle::Dead,
            Verdict::Retry { .. } | Verdict::Ambiguous { .. } if old => Settle::Dead,
            Verdict::Retry { after: wanted, .. } => Settle::Retry {
                after: after(*wanted),
                ambiguous: false,
                channel_too: wanted.is_some(),
            },
            Verdict::Ambiguous { .. } => {
                Settle::Retry { after: after(None), ambiguous: true, channel_too: false }
            }
        };
        metrics::counter!("mailvane_deliveries_total", "outcome" => word).increment(1);
        let outcome = Outcome { word, http_status, retry_after, error: why, settle };
        let mut scoped = self.store.loops(tenant).await?;
        let held = scoped.settle_delivery((channel, claim), &outcome).await?;
        if held && passed && matches!(verdict, Verdict::Delivered) {
            scoped.collapse_lane(channel, claim).await?;
        }
        if disable {
            scoped.disable_channel(channel, why.unwrap_or_default()).await?;
        }
        scoped.commit().await?;
        if !held {
            tracing::warn!("a delivery took longer than its lease; another try may repeat it");
        }
        Ok(())
    }
}

/// Before try `attempt` + 1. Bad news hurries: 2, 5, 10, 20, 40, then 60 s, later 5 min. Other news: 10, 30, 60, 300 s.
fn backoff(priority: i16, attempt: i32, fraction: f64) -> Duration {
    let steps: &[u64] = if priority <= HURRY_PRIORITY { HURRIED_S } else { CALM_S };
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let last = steps.last().copied().unwrap_or(60);
    let base = steps.get(place).copied().unwrap_or(last);
    Duration::from_secs(base).mul_f64(0.5 + fraction)
}

const fn give_up_after(priority: i16) -> Duration {
    if priority <= HURRY_PRIORITY { Duration::from_hours(24) } else { Duration::from_hours(6) }
}

/// Error and critical.
const HURRY_PRIORITY: i16 = 1;
const HURRIED_S: &[u64] = &[
    2, 5, 10, 20, 40, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60,
    60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60,
    60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 300,
];
const CALM_S: &[u64] = &[10, 30, 60, 300];
/// A receiver that asks for more waits no longer than this.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(15);
/// Much longer than a call may take.
const LEASE: Duration = Duration::from_secs(45);
/// With less left a call is not begun.
const LEASE_LEFT_MIN: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_news_hurries_and_never_gives_up_within_a_day() {
        let plain = |attempt| backoff(0, attempt, 0.5);
        assert_eq!(plain(1), Duration::from_secs(2));
        assert_eq!(plain(5), Duration::from_secs(40));
        assert_eq!(plain(500), Duration::from_mins(5));
        assert_eq!(backoff(3, 1, 0.5), Duration::from_secs(10));
        assert_eq!(give_up_after(0), Duration::from_hours(24));
    }

    #[test]
    fn jitter_spreads_between_half_and_one_and_a_half() {
        assert_eq!(backoff(0, 5, 0.0), Duration::from_secs(20));
        assert!(backoff(0, 5, 0.999) < Duration::from_mins(1));
    }
}
