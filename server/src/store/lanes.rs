//! Deliveries on their way: claimed by lease, finished only by the holder of the lease.
//!
//! A lane is (channel, incident or the first of its group): at most one message of a lane is on its way, in the order in
//! which they were owed. Due times and leases go by the database's clock alone.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{Scoped, StoreError};
use crate::domain::ids::{self, ChannelId, DeliveryId, IncidentId, PublicId};

/// A delivery that this process holds the lease of.
#[derive(Debug)]
pub struct Claim {
    /// Internal id.
    pub id: DeliveryId,
    /// Public id: the same over all tries.
    pub public_id: PublicId<ids::Delivery>,
    /// Proves that the lease is ours.
    pub token: Uuid,
    /// The incident it tells of; none: a test or a word.
    pub incident: Option<IncidentId>,
    /// Orders it among others.
    pub lane: i64,
    /// Its place in the timeline.
    pub seq: i32,
    /// `opened`, `resolved`, `test`, …
    pub kind: String,
    /// 0 critical … 3 info.
    pub priority: i16,
    /// Number of this try, from 1.
    pub attempt: i32,
    /// An earlier try may have arrived.
    pub possible_repeat: bool,
    /// What earlier tries achieved.
    pub so_far: Option<Value>,
    /// What it says, where that is not an incident's to say.
    pub body: Value,
    /// When it was owed first.
    pub created_at: DateTime<Utc>,
    /// Age since then, by the database's clock.
    pub age: Duration,
}

/// The first message of a lane.
#[derive(Debug, Default)]
pub struct Root {
    /// What the receiver calls it.
    pub reference: Option<Value>,
    /// The key that the lane was opened with, sealed for the delivery of this id.
    pub pinned: Option<(Uuid, Vec<u8>)>,
}

/// How a held delivery ends or goes on.
#[derive(Debug, Clone)]
pub enum Settle {
    /// The receiver has it.
    Delivered,
    /// Again after this long.
    Retry {
        /// How long.
        after: Duration,
        /// It may have arrived all the same.
        ambiguous: bool,
        /// The whole channel must wait that long, not only this message.
        channel_too: bool,
    },
    /// Never again.
    Dead,
    /// Nobody needs to be told any more.
    Collapsed,
    /// Somebody wants to hear nothing of it now.
    Suppressed,
}

/// What to write about a try.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// `delivered`, `retry`, `permanent`, `ambiguous`; none: nothing was tried.
    pub word: Option<&'static str>,
    /// HTTP status, where one came.
    pub http_status: Option<u16>,
    /// `Retry-After`, where one came.
    pub retry_after: Option<Duration>,
    /// What it met.
    pub error: Option<&'a str>,
    /// How long the receiver took.
    pub took: Duration,
    /// What the receiver calls the message, or what was achieved.
    pub reference: Option<&'a Value>,
    /// The key that the rest of the lane must use, sealed.
    pub pinned: Option<&'a [u8]>,
    /// How the delivery goes on.
    pub settle: Settle,
}

impl Scoped {
    /// Takes the next message of a channel that is due and heads its lane, the worst news first; the channel may then be
    /// used again after `pace`. The channel row stays locked until commit, so no two workers claim from one channel at
    /// once. A lease that ran out while *sending* may have arrived.
    pub async fn claim_delivery(
        &mut self,
        channel: ChannelId,
        token: Uuid,
        (lease, pace): (Duration, Duration),
    ) -> Result<Option<Claim>, StoreError> {
        let row = sqlx::query!(
            r#"with open_channel as (
                   select id, settled_below from channel
                   where tenant_id = $1 and id = $2 and enabled and next_send_at <= clock_timestamp()
                   for update skip locked),
               head as (
                   select h.id from open_channel c cross join generate_series(0, 3) p cross join lateral (
                       select d.id from delivery d
                       where d.tenant_id = $1 and d.channel_id = c.id and d.priority = p
                         and d.id >= c.settled_below[p + 1] and d.status in ('ready', 'leased', 'sending')
                         and d.next_at <= clock_timestamp()
                         and (d.status = 'ready' or d.lease_until < clock_timestamp())
                         and not exists (select 1 from delivery e
                             where e.tenant_id = $1 and e.channel_id = d.channel_id and e.lane = d.lane and d.lane <> 0
                               and e.id < d.id and e.status in ('ready', 'leased', 'sending'))
                       order by d.id limit 1) h
                   order by p limit 1),
               paced as (
                   update channel c set next_send_at = clock_timestamp() + make_interval(secs => $5)
                   from head where c.tenant_id = $1 and c.id = $2)
               update delivery d set possible_repeat = d.possible_repeat or d.status = 'sending', status = 'leased',
                   lease_token = $3, lease_until = clock_timestamp() + make_interval(secs => $4),
                   attempts = d.attempts + 1
               from head where d.tenant_id = $1 and d.id = head.id and d.status in ('ready', 'leased', 'sending')
                 and (d.status = 'ready' or d.lease_until < clock_timestamp())
               returning d.id, d.public_id, d.incident_id, d.lane, d.seq, d.kind, d.priority, d.attempts,
                   d.possible_repeat, d.external_ref, d.body, d.created_at,
                   extract(epoch from clock_timestamp() - d.created_at)::float8 as "age_s!""#,
            self.tenant().get(),
            channel.get(),
            token,
            lease.as_secs_f64(),
            pace.as_secs_f64()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Claim {
            id: DeliveryId::from_row(row.id),
            public_id: PublicId::from_row(row.public_id),
            token,
            incident: row.incident_id.map(IncidentId::from_row),
            lane: row.lane,
            seq: row.seq,
            kind: row.kind,
            priority: row.priority,
            attempt: row.attempts,
            possible_repeat: row.possible_repeat,
            so_far: row.external_ref,
            body: row.body,
            created_at: row.created_at,
            age: Duration::try_from_secs_f64(row.age_s).unwrap_or_default(),
        }))
    }

    /// Moves the mark of each priority below which nothing of this channel is owed: to the first row that is, but never
    /// beyond the newest row of a minute ago, for a transaction that is still open may yet bring a lower number.
    pub async fn advance_marks(&mut self, channel: ChannelId) -> Result<(), StoreError> {
        sqlx::query!(
            r#"with old as (
                   select coalesce(max(id), 0) as id from (
                       select id from delivery where tenant_id = $1 and channel_id = $2
                         and created_at < clock_timestamp() - interval '1 minute' order by id desc limit 1) o)
               update channel c set settled_below = (
                   select array_agg(greatest(c.settled_below[p + 1], least(old.id, coalesce((
                       select d.id from delivery d where d.tenant_id = $1 and d.channel_id = $2 and d.priority = p
                         and d.id >= c.settled_below[p + 1] and d.status in ('ready', 'leased', 'sending')
                       order by d.id limit 1), old.id))) order by p)
                   from generate_series(0, 3) p, old)
               where c.tenant_id = $1 and c.id = $2"#,
            self.tenant().get(),
            channel.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Begins to look from the start again: something is owed that the marks hide.
    pub async fn forget_marks(&mut self, channel: ChannelId) -> Result<(), StoreError> {
        sqlx::query!(
            "update channel set settled_below = '{0,0,0,0}'
             where tenant_id = $1 and id = $2 and settled_below <> '{0,0,0,0}'",
            self.tenant().get(),
            channel.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What is known of the first message of a lane.
    pub async fn root_of(&mut self, channel: ChannelId, claim: &Claim) -> Result<Root, StoreError> {
        let row = sqlx::query!(
            "select public_id, external_ref, pinned from delivery
             where tenant_id = $1 and incident_id = $2 and channel_id = $3 and id < $4
               and (external_ref is not null or pinned is not null) order by id limit 1",
            self.tenant().get(),
            claim.lane,
            channel.get(),
            claim.id.get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map_or_else(Root::default, |row| Root {
            reference: row.external_ref,
            pinned: row.pinned.map(|pinned| (row.public_id, pinned)),
        }))
    }

    /// Says, just before the first byte leaves, that from now on the message may have arrived. False: the lease is no
    /// longer ours.
    pub async fn mark_sending(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let updated = sqlx::query!(
            "update delivery set status = 'sending'
             where tenant_id = $1 and id = $2 and lease_token = $3 and status = 'leased'
               and lease_until > clock_timestamp()",
            self.tenant().get(),
            claim.id.get(),
            claim.token
        )
        .execute(self.connection())
        .await?;
        Ok(updated.rows_affected() == 1)
    }

    /// Writes how a try went. False: the lease was lost, and nothing but the log of tries changed.
    pub async fn settle_delivery(
        &mut self,
        (channel, claim): (ChannelId, &Claim),
        outcome: &Outcome<'_>,
    ) -> Result<bool, StoreError> {
        self.end_attempt(claim, outcome).await?;
        let (status, wait, ambiguous) = match &outcome.settle {
            Settle::Delivered => ("delivered", Duration::ZERO, false),
            Settle::Retry { after, ambiguous, .. } => ("ready", *after, *ambiguous),
            Settle::Dead => ("dead", Duration::ZERO, false),
            Settle::Collapsed => ("collapsed", Duration::ZERO, false),
            Settle::Suppressed => ("suppressed", Duration::ZERO, false),
        };
        let updated = sqlx::query!(
            "update delivery set status = $4, next_at = clock_timestamp() + make_interval(secs => $5),
                possible_repeat = possible_repeat or $6, last_error = $7, lease_token = null, lease_until = null,
                finished_at = case when $4 = 'ready' then null else clock_timestamp() end,
                external_ref = coalesce($8, external_ref), pinned = coalesce($9, pinned)
             where tenant_id = $1 and id = $2 and lease_token = $3 and status in ('leased', 'sending')",
            self.tenant().get(),
            claim.id.get(),
            claim.token,
            status,
            wait.as_secs_f64(),
            ambiguous,
            outcome.error,
            outcome.reference,
            outcome.pinned
        )
        .execute(self.connection())
        .await?;
        let held = updated.rows_affected() == 1;
        if !held {
            self.keep_reference(claim, outcome.reference).await?;
        } else if outcome.word.is_some() {
            self.weigh_channel(channel, &outcome.settle).await?;
        }
        Ok(held)
    }

    /// Whoever has the lease now goes on under the message that we sent.
    async fn keep_reference(
        &mut self,
        claim: &Claim,
        reference: Option<&Value>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update delivery set external_ref = $3 where tenant_id = $1 and id = $2 and external_ref is null",
            self.tenant().get(),
            claim.id.get(),
            reference
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn end_attempt(
        &mut self,
        claim: &Claim,
        outcome: &Outcome<'_>,
    ) -> Result<(), StoreError> {
        let Some(word) = outcome.word else { return Ok(()) };
        let retry_after = outcome.retry_after.and_then(|after| i32::try_from(after.as_secs()).ok());
        sqlx::query!(
            "insert into delivery_attempt (tenant_id, delivery_id, n, started_at, ended_at, outcome, http_status,
                retry_after_s, error)
             values ($1, $2, $3, clock_timestamp() - make_interval(secs => $8), clock_timestamp(), $4, $5, $6, $7)
             on conflict (tenant_id, delivery_id, n) do update
                set ended_at = excluded.ended_at, outcome = excluded.outcome, http_status = excluded.http_status,
                    retry_after_s = excluded.retry_after_s, error = excluded.error",
            self.tenant().get(),
            claim.id.get(),
            claim.attempt,
            word,
            outcome.http_status.map(i32::from),
            retry_after,
            outcome.error,
            outcome.took.as_secs_f64()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What a try means for its channel: well again, or failing, and then when it may be tried again: after five failures
    /// in a row only every half minute.
    async fn weigh_channel(
        &mut self,
        channel: ChannelId,
        settle: &Settle,
    ) -> Result<(), StoreError> {
        let pause = match settle {
            Settle::Delivered => {
                sqlx::query!(
                    "update channel set failures = 0, failing_since = null
                     where tenant_id = $1 and id = $2 and (failures > 0 or failing_since is not null)",
                    self.tenant().get(),
                    channel.get()
                )
                .execute(self.connection())
                .await?;
                return Ok(());
            }
            Settle::Retry { after, channel_too: true, .. } => *after,
            _ => Duration::ZERO,
        };
        sqlx::query!(
            "update channel set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
                next_send_at = greatest(next_send_at, clock_timestamp() + make_interval(secs =>
                    case when failures + 1 >= $4 then greatest($3::float8, $5::float8) else $3::float8 end))
             where tenant_id = $1 and id = $2",
            self.tenant().get(),
            channel.get(),
            pause.as_secs_f64(),
            BREAKER_FAILURES,
            BREAKER_PAUSE.as_secs_f64()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Keeps, before the first try, that this message tells of beginning and end in one.
    pub async fn tell_both(&mut self, claim: &Claim) -> Result<(), StoreError> {
        sqlx::query!(
            r#"update delivery set body = body || '{"both": true}' where tenant_id = $1 and id = $2"#,
            self.tenant().get(),
            claim.id.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The one message that told of beginning and end makes those behind it needless.
    pub async fn collapse_lane(
        &mut self,
        channel: ChannelId,
        claim: &Claim,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update delivery set status = 'collapsed', finished_at = clock_timestamp(), group_id = $4,
                last_error = 'told together with the beginning'
             where tenant_id = $1 and channel_id = $2 and incident_id = $3 and id > $4 and status = 'ready'
               and attempts = 0",
            self.tenant().get(),
            channel.get(),
            claim.incident.map(IncidentId::get),
            claim.id.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

/// From so many failures in a row on a channel is only probed.
const BREAKER_FAILURES: i32 = 5;
/// Between two probes.
const BREAKER_PAUSE: Duration = Duration::from_secs(30);
