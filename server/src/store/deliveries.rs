//! Deliveries: one message to one channel each. Claimed by lease, finished only by the holder of the lease.
//!
//! A lane is (incident, channel): at most one message of a lane is on its way, in the order of the timeline. Due times
//! and leases go by the database's clock alone.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Scoped, StoreError};
use crate::domain::ids::{self, ChannelId, DeliveryId, IncidentId, PublicId};

/// A delivery as a person sees it.
#[derive(Debug)]
pub struct DeliveryRow {
    /// Internal id.
    pub id: DeliveryId,
    /// Public id.
    pub public_id: PublicId<ids::Delivery>,
    /// Where it goes.
    pub channel: PublicId<ids::Channel>,
    /// Name of that.
    pub channel_name: String,
    /// `slack`, …
    pub channel_kind: String,
    /// The incident it tells of; none: a test.
    pub incident: Option<PublicId<ids::Incident>>,
    /// `opened`, `resolved`, `test`, …
    pub kind: String,
    /// `ready`, `delivered`, …
    pub status: String,
    /// Tries so far.
    pub attempts: i32,
    /// When it was owed first.
    pub created_at: DateTime<Utc>,
    /// When it was settled.
    pub finished_at: Option<DateTime<Utc>>,
    /// What the last failed try met.
    pub last_error: Option<String>,
}

/// How a try went, for the log of tries.
#[derive(Debug)]
pub struct Attempt {
    /// `delivered`, `retry`, `permanent` or `ambiguous`; none while it runs.
    pub outcome: Option<String>,
    /// HTTP status, where one came.
    pub http_status: Option<i32>,
    /// What it met.
    pub error: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A delivery that this process holds the lease of.
#[derive(Debug)]
pub struct Claim {
    /// Internal id.
    pub id: DeliveryId,
    /// Public id: the same over all tries.
    pub public_id: PublicId<ids::Delivery>,
    /// Proves that the lease is ours.
    pub token: Uuid,
    /// The incident it tells of; none: a test.
    pub incident: Option<IncidentId>,
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
    /// When it was owed first.
    pub created_at: DateTime<Utc>,
    /// Age since then, by the database's clock.
    pub age: Duration,
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
}

/// What to write about a try.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// `delivered`, `retry`, `permanent` or `ambiguous`.
    pub word: &'static str,
    /// HTTP status, where one came.
    pub http_status: Option<u16>,
    /// `Retry-After`, where one came.
    pub retry_after: Option<Duration>,
    /// What it met.
    pub error: Option<&'a str>,
    /// How the delivery goes on.
    pub settle: Settle,
}

impl Scoped {
    /// Newest first: of an incident, or of a channel.
    pub async fn deliveries(
        &mut self,
        incident: Option<IncidentId>,
        channel: Option<ChannelId>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select d.id, d.public_id, c.public_id as channel, c.name as channel_name, c.kind as channel_kind,
                   i.public_id as "incident?", d.kind, d.status, d.attempts, d.created_at, d.finished_at, d.last_error
               from delivery d
               join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id
               left join incident i on i.tenant_id = d.tenant_id and i.id = d.incident_id
               where d.tenant_id = $1 and ($2::int8 is null or d.incident_id = $2)
                 and ($3::int8 is null or d.channel_id = $3)
               order by d.id desc limit $4"#,
            self.tenant().get(),
            incident.map(IncidentId::get),
            channel.map(ChannelId::get),
            limit
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| DeliveryRow {
                id: DeliveryId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                channel: PublicId::from_row(row.channel),
                channel_name: row.channel_name,
                channel_kind: row.channel_kind,
                incident: row.incident.map(PublicId::from_row),
                kind: row.kind,
                status: row.status,
                attempts: row.attempts,
                created_at: row.created_at,
                finished_at: row.finished_at,
                last_error: row.last_error,
            })
            .collect())
    }

    /// Owes a test message to a channel, ahead of everything else that waits for it.
    pub async fn owe_test(
        &mut self,
        channel: ChannelId,
        public_id: PublicId<ids::Delivery>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into delivery (tenant_id, public_id, channel_id, kind, priority) values ($1, $2, $3, 'test', 0)",
            self.tenant().get(),
            public_id.uuid(),
            channel.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The newest try of a delivery, once there was one.
    pub async fn last_attempt(
        &mut self,
        delivery: PublicId<ids::Delivery>,
    ) -> Result<Option<Attempt>, StoreError> {
        let row = sqlx::query_as!(
            Attempt,
            "select a.outcome, a.http_status, a.error, a.started_at, a.ended_at
             from delivery d join delivery_attempt a on a.tenant_id = d.tenant_id and a.delivery_id = d.id
             where d.tenant_id = $1 and d.public_id = $2 order by a.n desc limit 1",
            self.tenant().get(),
            delivery.uuid()
        );
        Ok(row.fetch_optional(self.connection()).await?)
    }

    /// Takes the next message of a channel that is due and heads its lane. The channel row stays locked until commit,
    /// so no two workers claim from one channel at once. A lease that ran out while *sending* may have arrived.
    pub async fn claim_delivery(
        &mut self,
        channel: ChannelId,
        token: Uuid,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        let row = sqlx::query!(
            r#"with open_channel as (
                   select id from channel
                   where tenant_id = $1 and id = $2 and enabled and next_send_at <= clock_timestamp()
                   for update skip locked),
               head as (
                   select d.id from delivery d join open_channel c on c.id = d.channel_id
                   where d.tenant_id = $1 and d.status in ('ready', 'leased', 'sending')
                     and d.next_at <= clock_timestamp()
                     and (d.status = 'ready' or d.lease_until < clock_timestamp())
                     and not exists (select 1 from delivery e where e.tenant_id = $1 and e.channel_id = d.channel_id
                        and e.incident_id = d.incident_id and e.seq < d.seq
                        and e.status in ('ready', 'leased', 'sending'))
                     and not exists (select 1 from delivery o where o.tenant_id = $1 and o.channel_id = d.channel_id
                        and o.status in ('leased', 'sending') and o.lease_until >= clock_timestamp())
                   order by d.priority, d.next_at, d.id limit 1 for update of d skip locked)
               update delivery d set possible_repeat = d.possible_repeat or d.status = 'sending', status = 'leased',
                   lease_token = $3, lease_until = clock_timestamp() + make_interval(secs => $4),
                   attempts = d.attempts + 1
               from head where d.tenant_id = $1 and d.id = head.id
               returning d.id, d.public_id, d.incident_id, d.seq, d.kind, d.priority, d.attempts, d.possible_repeat,
                   d.created_at, extract(epoch from clock_timestamp() - d.created_at)::float8 as "age_s!""#,
            self.tenant().get(),
            channel.get(),
            token,
            lease.as_secs_f64()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Claim {
            id: DeliveryId::from_row(row.id),
            public_id: PublicId::from_row(row.public_id),
            token,
            incident: row.incident_id.map(IncidentId::from_row),
            seq: row.seq,
            kind: row.kind,
            priority: row.priority,
            attempt: row.attempts,
            possible_repeat: row.possible_repeat,
            created_at: row.created_at,
            age: Duration::try_from_secs_f64(row.age_s).unwrap_or_default(),
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
        if updated.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "insert into delivery_attempt (tenant_id, delivery_id, n, started_at)
             values ($1, $2, $3, clock_timestamp()) on conflict do nothing",
            self.tenant().get(),
            claim.id.get(),
            claim.attempt
        )
        .execute(self.connection())
        .await?;
        Ok(true)
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
        };
        let updated = sqlx::query!(
            "update delivery set status = $4, next_at = clock_timestamp() + make_interval(secs => $5),
                possible_repeat = possible_repeat or $6, last_error = $7, lease_token = null, lease_until = null,
                finished_at = case when $4 = 'ready' then null else clock_timestamp() end
             where tenant_id = $1 and id = $2 and lease_token = $3 and status in ('leased', 'sending')",
            self.tenant().get(),
            claim.id.get(),
            claim.token,
            status,
            wait.as_secs_f64(),
            ambiguous,
            outcome.error
        )
        .execute(self.connection())
        .await?;
        let held = updated.rows_affected() == 1;
        if held {
            let pause = match outcome.settle {
                Settle::Retry { after, channel_too: true, .. } => after,
                _ => Duration::ZERO,
            };
            self.pace_channel(channel, pause, matches!(outcome.settle, Settle::Delivered)).await?;
        }
        Ok(held)
    }

    async fn end_attempt(
        &mut self,
        claim: &Claim,
        outcome: &Outcome<'_>,
    ) -> Result<(), StoreError> {
        let retry_after = outcome.retry_after.and_then(|after| i32::try_from(after.as_secs()).ok());
        sqlx::query!(
            "insert into delivery_attempt (tenant_id, delivery_id, n, started_at, ended_at, outcome, http_status,
                retry_after_s, error)
             values ($1, $2, $3, clock_timestamp(), clock_timestamp(), $4, $5, $6, $7)
             on conflict (tenant_id, delivery_id, n) do update
                set ended_at = excluded.ended_at, outcome = excluded.outcome, http_status = excluded.http_status,
                    retry_after_s = excluded.retry_after_s, error = excluded.error",
            self.tenant().get(),
            claim.id.get(),
            claim.attempt,
            outcome.word,
            outcome.http_status.map(i32::from),
            retry_after,
            outcome.error
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// When the channel may next be used: never more than one message a second, later when the receiver said so.
    async fn pace_channel(
        &mut self,
        channel: ChannelId,
        pause: Duration,
        delivered: bool,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update channel set next_send_at = greatest(next_send_at, clock_timestamp() + make_interval(secs => $3)),
                failures = case when $4 then 0 else failures + 1 end
             where tenant_id = $1 and id = $2",
            self.tenant().get(),
            channel.get(),
            pause.max(CHANNEL_PACE).as_secs_f64(),
            delivered
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Stops a channel whose receiver said that it will never take anything again.
    pub async fn disable_channel(
        &mut self,
        channel: ChannelId,
        reason: &str,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update channel set enabled = false, disabled_reason = $3, version = version + 1
             where tenant_id = $1 and id = $2 and enabled",
            self.tenant().get(),
            channel.get(),
            reason
        )
        .execute(self.connection())
        .await?;
        // What still waits for it will never go: say so, instead of letting it come out a week later.
        sqlx::query!(
            "update delivery set status = 'dead', finished_at = clock_timestamp(), last_error = $3
             where tenant_id = $1 and channel_id = $2 and status = 'ready'",
            self.tenant().get(),
            channel.get(),
            reason
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
            "update delivery set status = 'collapsed', finished_at = clock_timestamp(),
                last_error = 'told together with the beginning'
             where tenant_id = $1 and channel_id = $2 and incident_id = $3 and seq > $4 and status = 'ready'
               and attempts = 0",
            self.tenant().get(),
            channel.get(),
            claim.incident.map(IncidentId::get),
            claim.seq
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

/// Slack takes one message a second for each webhook.
const CHANNEL_PACE: Duration = Duration::from_secs(1);
