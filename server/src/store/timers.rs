//! Timers that are due, and what must be known to act on them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, alerts::Desk};
use crate::domain::{
    alert::LOOK_AGAIN,
    ids::{self, HostId, IncidentId, PublicId, TriggerId},
};

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

/// A sample is recent when it is no older than three intervals, but never less than this.
pub const FRESH_S_MIN: f64 = 30.0;
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

    /// Sorts out, of the timers of these ids, those that surely change nothing, and says which they were: holds of alerts
    /// that have moved on go; holds without fresh figures look again; hosts that are heard and of which nothing is told
    /// are listened to again no later than `silent` after they were heard.
    ///
    /// The timers are locked first, and only then, with a newer snapshot, what they are about is read: whoever moves an
    /// alert arms its timer in the same transaction, so that it has either committed or waits for us.
    pub async fn calm_timers(
        &mut self,
        ids: &[i64],
        silent: Duration,
    ) -> Result<Vec<i64>, StoreError> {
        let locked = sqlx::query!(
            "select id, kind from timer where tenant_id = $1 and id = any($2) and due_at <= clock_timestamp()
               and kind in ('hold', 'host_silent') for update skip locked",
            self.tenant().get(),
            ids
        );
        let locked = locked.fetch_all(self.connection()).await?;
        let of = |kind: &str| -> Vec<i64> {
            locked.iter().filter(|row| row.kind == kind).map(|row| row.id).collect()
        };
        let (holds, hosts) = (of("hold"), of("host_silent"));
        let mut calmed = Vec::new();
        if !holds.is_empty() {
            calmed.extend(self.drop_stale_holds(&holds).await?);
            calmed.extend(self.postpone_holds(&holds).await?);
        }
        if !hosts.is_empty() {
            calmed.extend(self.postpone_heard(&hosts, silent).await?);
        }
        Ok(calmed)
    }

    async fn drop_stale_holds(&mut self, locked: &[i64]) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar!(
            "delete from timer t where t.tenant_id = $1 and t.id = any($2) and t.kind = 'hold'
               and not exists (select 1 from alert_state a where a.tenant_id = $1 and a.key = t.ref
                   and a.generation = t.generation and a.state in ('pending', 'recovering'))
             returning t.id",
            self.tenant().get(),
            locked
        );
        Ok(ids.fetch_all(self.connection()).await?)
    }

    /// An alert that somebody else has locked is left to the one who acts on its timer.
    async fn postpone_holds(&mut self, locked: &[i64]) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar!(
            "with stale as (
                 select a.key, t.id from timer t join alert_state a on a.tenant_id = $1 and a.key = t.ref
                     and a.generation = t.generation and a.state in ('pending', 'recovering')
                 join tenant n on n.id = $1
                 where t.tenant_id = $1 and t.id = any($2) and t.kind = 'hold' and a.judged_at < clock_timestamp()
                     - make_interval(secs => greatest(n.interval_ms * 0.003::float8, $3::float8))
                 for update of a skip locked),
               missed as (update alert_state a set missing = true from stale
                 where a.tenant_id = $1 and a.key = stale.key and not a.missing)
             update timer t set due_at = clock_timestamp() + make_interval(secs => $4)
             from stale where t.tenant_id = $1 and t.id = stale.id returning t.id",
            self.tenant().get(),
            locked,
            FRESH_S_MIN,
            LOOK_AGAIN.as_secs_f64()
        );
        Ok(ids.fetch_all(self.connection()).await?)
    }

    async fn postpone_heard(
        &mut self,
        locked: &[i64],
        silent: Duration,
    ) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar!(
            "with heard as (
                 select t.id, extract(epoch from clock_timestamp() - max(c.received_at))::float8 as age_s
                 from timer t
                 join host h on h.tenant_id = $1 and h.id = t.ref::int8 and h.state = 'active'
                 join tenant n on n.id = $1
                 join agent g on g.tenant_id = $1 and g.host_id = h.id and g.revoked_at is null
                     and g.first_batch_at is not null
                 join scoped.cursor c on c.tenant_id = $1 and c.agent_id = g.id
                 where t.tenant_id = $1 and t.id = any($2) and t.kind = 'host_silent'
                   and c.received_at > clock_timestamp() - make_interval(secs => n.interval_ms * 0.002::float8)
                   and not exists (select 1 from alert_state a where a.tenant_id = $1 and a.host_id = h.id
                       and a.instance_id is null and a.state <> 'ok')
                 group by t.id)
             update timer t set generation = t.generation + 1,
                 due_at = clock_timestamp() + make_interval(secs => greatest($3::float8 - heard.age_s, 0.5))
             from heard where t.tenant_id = $1 and t.id = heard.id returning t.id",
            self.tenant().get(),
            locked,
            silent.as_secs_f64()
        );
        Ok(ids.fetch_all(self.connection()).await?)
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
