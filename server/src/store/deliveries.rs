//! Deliveries as people see and steer them: the log, its tries, tests, and dead letters sent again.

use chrono::{DateTime, Utc};

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

impl Scoped {
    /// Newest first: of an incident, or of a channel.
    pub async fn deliveries(
        &mut self,
        incident: Option<IncidentId>,
        channel: Option<ChannelId>,
        (status, limit): (Option<&str>, i64),
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select d.id, d.public_id, c.public_id as channel, c.name as channel_name, c.kind as channel_kind,
                   i.public_id as "incident?", d.kind, d.status, d.attempts, d.created_at, d.finished_at, d.last_error
               from delivery d
               join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id
               left join incident i on i.tenant_id = d.tenant_id and i.id = d.incident_id
               where d.tenant_id = $1 and ($2::int8 is null or d.incident_id = $2)
                 and ($3::int8 is null or d.channel_id = $3) and ($4::text is null or d.status = $4)
               order by d.id desc limit $5"#,
            self.tenant().get(),
            incident.map(IncidentId::get),
            channel.map(ChannelId::get),
            status,
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

    /// Owes dead letters of a channel again, at most a thousand, oldest first; how many.
    pub async fn replay_dead(
        &mut self,
        channel: ChannelId,
        since: Option<DateTime<Utc>>,
    ) -> Result<u64, StoreError> {
        let again = sqlx::query!(
            "with dead as (
                select id from delivery where tenant_id = $1 and channel_id = $2 and status = 'dead'
                    and ($3::timestamptz is null or created_at >= $3) order by id limit 1000)
             update delivery d set status = 'ready', attempts = 0, next_at = clock_timestamp(), finished_at = null,
                lease_token = null, lease_until = null
             from dead where d.tenant_id = $1 and d.id = dead.id and d.status = 'dead'",
            self.tenant().get(),
            channel.get(),
            since
        );
        Ok(again.execute(self.connection()).await?.rows_affected())
    }
}
