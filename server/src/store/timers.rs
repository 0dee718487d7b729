//! Timers that are due, and what must be known to act on them.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, alerts::Desk};
use crate::domain::ids::{self, HostId, IncidentId, PublicId, TriggerId};

/// A timer that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct DueTimer {
    /// Its row.
    pub id: i64,
    /// hold, `host_silent`, withdraw, resolve.
    pub kind: String,
    /// Alert key, host, trigger or incident, by kind.
    pub reference: String,
    /// The alert's when it was armed.
    pub generation: i64,
    /// For how long it has been due, in seconds.
    pub late_s: f64,
}

/// How a host is heard, by the database's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Hearing {
    /// `active`, `paused` or `retired`; an agent that was revoked counts as retired.
    pub state: String,
    /// Whether its agent ever sent anything.
    pub ever: bool,
    /// When its last batch was committed.
    pub received_at: DateTime<Utc>,
    /// Seconds since then.
    pub age_s: f64,
    /// It said goodbye and its time to be back has not come.
    pub away: bool,
    /// How often it should send, in milliseconds.
    pub interval_ms: i32,
    /// Public id of the host.
    pub host_ref: String,
    /// Tags of the host.
    pub tags: Vec<String>,
    /// Seconds since its agent was enrolled.
    pub enrolled_age_s: f64,
}

/// An open incident that nobody watches any more.
#[derive(Debug, Clone)]
pub struct Orphan {
    /// The incident.
    pub incident: IncidentId,
    /// Key of its alert.
    pub key: String,
    /// Why it ends, for people.
    pub reason: String,
}

/// Names the lock among those of the database.
const SILENCES_LOCK: i32 = 0x6d76_0001;

impl Scoped {
    /// The alerts of this tenant.
    pub fn desk(&mut self) -> Desk<'_> {
        let tenant = self.tenant();
        Desk::new(self.connection(), tenant)
    }

    /// A timer, if it is still due.
    pub async fn due_timer(&mut self, id: i64) -> Result<Option<DueTimer>, StoreError> {
        let row = sqlx::query_as!(
            DueTimer,
            r#"select id, kind, ref as reference, generation,
                   extract(epoch from clock_timestamp() - due_at)::float8 as "late_s!"
               from timer where tenant_id = $1 and id = $2 and due_at <= clock_timestamp()"#,
            self.tenant().get(),
            id
        );
        Ok(row.fetch_optional(self.connection()).await?)
    }

    /// Takes a due timer away; false if somebody else has taken or re-armed it.
    pub async fn take_timer(&mut self, timer: &DueTimer) -> Result<bool, StoreError> {
        let taken = sqlx::query!(
            "delete from timer where tenant_id = $1 and id = $2 and generation = $3 and due_at <= clock_timestamp()",
            self.tenant().get(),
            timer.id,
            timer.generation
        );
        Ok(taken.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// How a host is heard; nothing if there is no such host.
    pub async fn hearing(&mut self, host: HostId) -> Result<Option<Hearing>, StoreError> {
        let row = sqlx::query!(
            r#"select case when a.revoked_at is null then h.state else 'retired' end as "state!",
                   a.first_batch_at is not null and c.received_at is not null as "ever!",
                   coalesce(c.received_at, a.created_at) as "received_at!",
                   extract(epoch from clock_timestamp() - coalesce(c.received_at, a.created_at))::float8 as "age_s!",
                   coalesce(a.planned_back_at > clock_timestamp(), false) as "away!", t.interval_ms,
                   h.public_id as host_ref, h.tags,
                   extract(epoch from clock_timestamp() - a.created_at)::float8 as "enrolled_age_s!"
               from host h
               join tenant t on t.id = h.tenant_id
               join agent a on a.tenant_id = h.tenant_id and a.host_id = h.id
               left join scoped.cursor c on c.tenant_id = a.tenant_id and c.agent_id = a.id
               where h.tenant_id = $1 and h.id = $2
               order by a.revoked_at is null desc, c.received_at desc nulls last limit 1"#,
            self.tenant().get(),
            host.get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Hearing {
            state: row.state,
            ever: row.ever,
            received_at: row.received_at,
            age_s: row.age_s,
            away: row.away,
            interval_ms: row.interval_ms,
            host_ref: PublicId::<ids::Host>::from_row(row.host_ref).to_string(),
            tags: row.tags,
            enrolled_age_s: row.enrolled_age_s,
        }))
    }

    /// Open incidents of a trigger that was changed, or whose trigger or host is gone, off or paused.
    pub async fn orphans(&mut self, changed: Option<TriggerId>) -> Result<Vec<Orphan>, StoreError> {
        let rows = sqlx::query!(
            r#"select i.id, i.alert_key,
                   case when t.id is null then 'the trigger was deleted'
                        when not t.enabled then 'the trigger was switched off'
                        when h.state <> 'active' then 'the host was ' || h.state
                        else 'the trigger was changed' end as "reason!"
               from incident i
               join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
               left join trigger t on t.tenant_id = i.tenant_id and t.id = i.trigger_id
               where i.tenant_id = $1 and i.closed_at is null
                 and (t.id is null or not t.enabled or h.state <> 'active' or t.id = $2)
               order by i.alert_key limit 500"#,
            self.tenant().get(),
            changed.map(TriggerId::get)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Orphan {
                incident: IncidentId::from_row(row.id),
                key: row.alert_key,
                reason: row.reason,
            })
            .collect())
    }

    /// The alert of an open incident.
    pub async fn alert_of(&mut self, incident: IncidentId) -> Result<Option<String>, StoreError> {
        let key = sqlx::query_scalar!(
            "select alert_key from incident where tenant_id = $1 and id = $2 and closed_at is null",
            self.tenant().get(),
            incident.get()
        );
        Ok(key.fetch_optional(self.connection()).await?)
    }

    /// Asks the timers to look at something at once. `kind`: withdraw (a trigger's id, or `hosts`) or resolve (an
    /// incident's id).
    pub async fn ask_timers(&mut self, kind: &str, reference: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref) values ($1, clock_timestamp(), $2, $3)
             on conflict (tenant_id, kind, ref) do update set due_at = excluded.due_at",
            self.tenant().get(),
            kind,
            reference
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Silences of this tenant are judged one after the other from here to the end of the transaction.
    pub async fn lock_silences(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "select pg_advisory_xact_lock($1, $2) as locked",
            SILENCES_LOCK,
            self.tenant().get()
        )
        .fetch_one(self.connection())
        .await?;
        Ok(())
    }

    /// Whether this deployment took batches in for all of the last `seconds`: a heartbeat in nearly every ten of them.
    pub async fn intake_was_well(&mut self, seconds: f64) -> Result<bool, StoreError> {
        let share = sqlx::query_scalar!(
            r#"select count(*)::float8 * 10 / $1 as "share!" from ingest_heartbeat
               where bucket > clock_timestamp() - make_interval(secs => $1 + 10)"#,
            seconds
        );
        Ok(share.fetch_one(self.connection()).await? >= 0.8)
    }
}
