//! What came of a try: the row, the channel, the fallback, the owner.

use std::time::Duration;

use super::{Deliverer, prepare::Prepared};
use crate::{
    clock::fraction,
    domain::{
        channel::Address,
        ids::{self, ChannelId, PublicId, TenantId},
    },
    notify::errand::{Sent, Verdict},
    secrets::Place,
    store::{
        Scoped, StoreError,
        lanes::{Claim, Outcome, Settle},
    },
};

impl Deliverer {
    pub(super) async fn record(
        &self,
        (tenant, channel): (TenantId, ChannelId),
        claim: &Claim,
        (prepared, sent): (&Prepared, Option<Sent>),
        took: Duration,
    ) -> Result<(), StoreError> {
        let mut scoped = self.store.loops(tenant).await?;
        let pinned = sent.as_ref().and_then(|sent| self.pinned(tenant, claim, (prepared, sent)));
        let outcome = match (&prepared.end, &sent) {
            (Some((settle, why)), _) => untried(settle, why),
            (None, Some(sent)) => self.outcome(claim, sent, (took, pinned.as_deref())),
            (None, None) => return Ok(()),
        };
        let held = scoped.settle_delivery((channel, claim), &outcome).await?;
        let told = matches!(outcome.settle, Settle::Delivered | Settle::Collapsed);
        if held && told && (prepared.passed || prepared.end.is_some()) && claim.kind == "opened" {
            self.together(&mut scoped, channel, (claim, prepared)).await?;
        }
        if held && told && prepared.gathers {
            scoped.collapse_group(channel, claim).await?;
        }
        let mut stopped = false;
        if let Some(sent) = &sent {
            if let Some(address) = &sent.moved {
                self.follow(&mut scoped, (channel, prepared), address).await?;
            }
            stopped = self.trouble(&mut scoped, (channel, claim), (sent, &outcome.settle)).await?;
        }
        let owners = if stopped { scoped.owners().await? } else { Vec::new() };
        scoped.commit().await?;
        if !held {
            metrics::counter!("mailvane_deliveries_fenced_total").increment(1);
            tracing::warn!("a delivery took longer than its lease; another try may repeat it");
        }
        if stopped {
            self.tell_owners(&owners, prepared, outcome.error.unwrap_or_default()).await;
        }
        Ok(())
    }

    fn outcome<'a>(
        &self,
        claim: &Claim,
        sent: &'a Sent,
        (took, pinned): (Duration, Option<&'a [u8]>),
    ) -> Outcome<'a> {
        let after = |wanted: Option<Duration>| {
            let planned = backoff(claim.priority, claim.attempt, fraction(&*self.dice));
            wanted.map_or(planned, |wanted| wanted.min(RETRY_AFTER_MAX).max(planned))
        };
        // What was dead and is sent again has some tries of its own.
        let old = claim.age > give_up_after(claim.priority) && claim.attempt > REPLAY_TRIES
            || claim.kind == "test";
        let (word, why, retry_after) = match &sent.verdict {
            Verdict::Delivered => ("delivered", None, None),
            Verdict::Retry { after, why } => ("retry", Some(why.as_str()), *after),
            Verdict::Permanent { why, .. } => ("permanent", Some(why.as_str()), None),
            Verdict::Ambiguous { why } => ("ambiguous", Some(why.as_str()), None),
        };
        let settle = match &sent.verdict {
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
        let (http_status, reference) = (sent.http_status, sent.reference.as_ref());
        Outcome {
            word: Some(word),
            http_status,
            retry_after,
            error: why,
            took,
            reference,
            pinned,
            settle,
        }
    }

    /// The message that told of beginning and end in one leaves nothing to be told behind it.
    async fn together(
        &self,
        scoped: &mut Scoped,
        channel: ChannelId,
        (claim, prepared): (&Claim, &Prepared),
    ) -> Result<(), StoreError> {
        // A receiver that keeps state was opened and must be closed.
        let keeps = prepared.address.as_ref().is_ok_and(|address| address.kind().takes_key());
        if keeps && prepared.end.is_none() {
            return Ok(());
        }
        scoped.collapse_lane(channel, claim).await
    }

    /// What a failure sets in motion; true: the channel was stopped.
    async fn trouble(
        &self,
        scoped: &mut Scoped,
        (channel, claim): (ChannelId, &Claim),
        (sent, settle): (&Sent, &Settle),
    ) -> Result<bool, StoreError> {
        let outside = (self.clock.now(), &*self.dice);
        let id = || PublicId::<ids::Delivery>::make(outside.0, outside.1);
        if matches!(settle, Settle::Dead | Settle::Retry { .. }) {
            let at_once = matches!(settle, Settle::Dead);
            scoped.owe_fallback((channel, claim), at_once, id()).await?;
        }
        let Verdict::Permanent { why, disable: true } = &sent.verdict else { return Ok(false) };
        let stopped = scoped.disable_channel(channel, why, id()).await?;
        if stopped {
            scoped.bury_waiting(channel, why, outside).await?;
        }
        Ok(stopped)
    }

    /// The key that a lane of `PagerDuty` was opened with closes it, whatever the channel's key is by then.
    fn pinned(
        &self,
        tenant: TenantId,
        claim: &Claim,
        (prepared, sent): (&Prepared, &Sent),
    ) -> Option<Vec<u8>> {
        let Ok(Address::PagerDuty { routing_key, .. }) = &prepared.address else { return None };
        if matches!(sent.verdict, Verdict::Permanent { .. }) {
            return None;
        }
        let row = claim.public_id.uuid();
        let place = Place { table: "delivery", column: "pinned", tenant: tenant.get(), row };
        self.vault.seal(place, routing_key.as_bytes(), &*self.dice).ok()
    }

    async fn follow(
        &self,
        scoped: &mut Scoped,
        (channel, prepared): (ChannelId, &Prepared),
        address: &Address,
    ) -> Result<(), StoreError> {
        let (tenant, row) = (scoped.tenant().get(), prepared.way.public_id.uuid());
        let place = Place { table: "channel", column: "secret", tenant, row };
        let text = serde_json::to_vec(address).unwrap_or_default();
        let Ok(sealed) = self.vault.seal(place, &text, &*self.dice) else { return Ok(()) };
        let hint = crate::notify::hint(&self.client, address).unwrap_or_default();
        scoped.move_channel(channel, (&hint, &sealed)).await
    }

    /// By mail, besides the word that another channel brings: best effort, for the page says it, too.
    async fn tell_owners(&self, owners: &[String], prepared: &Prepared, why: &str) {
        let Some(mailer) = &self.mailer else { return };
        let name = &prepared.way.name;
        let subject: String = format!("[{}] The channel {name} was stopped", prepared.way.tenant)
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        let text = format!(
            "{why}.\n\nNothing is sent to {name} any more. What waits for it is kept: correct its address, switch it \
             on and send it again.\n\n{}\n",
            self.link("channels").unwrap_or_default()
        );
        for owner in owners {
            let message_id =
                format!("stopped.{}.{}", prepared.way.public_id, self.clock.now().timestamp());
            let mail = crate::notify::mailer::Mail {
                to: owner,
                subject: &subject,
                text: &text,
                html: None,
                message_id: &message_id,
                headers: &[("Auto-Submitted", "auto-generated")],
            };
            if let Err(error) = mailer.send(&mail).await {
                tracing::warn!(%error, "an owner could not be told that a channel was stopped");
            }
        }
    }
}

fn untried<'a>(settle: &Settle, why: &'a str) -> Outcome<'a> {
    Outcome {
        word: None,
        http_status: None,
        retry_after: None,
        error: Some(why),
        took: Duration::ZERO,
        reference: None,
        pinned: None,
        settle: settle.clone(),
    }
}

/// Before try `attempt` + 1. Bad news hurries: 2, 5, 10, 20, 40 s, then each minute for an hour, then each 5 min. Other
/// news: 10, 30, 60, 300 s.
fn backoff(priority: i16, attempt: i32, fraction: f64) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let seconds = if priority <= HURRY_PRIORITY {
        let later = if place < HURRIED_TRIES { 60 } else { 300 };
        HURRIED_S.get(place).copied().unwrap_or(later)
    } else {
        CALM_S.get(place).copied().unwrap_or(300)
    };
    Duration::from_secs(seconds).mul_f64(0.5 + fraction)
}

const fn give_up_after(priority: i16) -> Duration {
    if priority <= HURRY_PRIORITY { Duration::from_hours(24) } else { Duration::from_hours(6) }
}

/// Error and critical.
const HURRY_PRIORITY: i16 = 1;
const HURRIED_S: [u64; 5] = [2, 5, 10, 20, 40];
/// After an hour or so of them there is no more hurry.
const HURRIED_TRIES: usize = 62;
const CALM_S: [u64; 3] = [10, 30, 60];
/// A receiver that asks for more waits no longer than this.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(15);
/// Tries of what is older than its time.
const REPLAY_TRIES: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_news_hurries_and_never_gives_up_within_a_day() {
        let plain = |attempt| backoff(0, attempt, 0.5);
        assert_eq!(plain(1), Duration::from_secs(2));
        assert_eq!(plain(5), Duration::from_secs(40));
        assert_eq!(plain(6), Duration::from_mins(1));
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
