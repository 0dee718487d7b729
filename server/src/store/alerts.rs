//! Alerts with their timers: read under lock, written together.
//!
//! Ingest and timers both come through here, each in its own transaction that is already turned to the tenant.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StoreError;
use crate::domain::{
    alert::{Alert, State, Timer},
    ids::{HostId, IncidentId, InstanceId, TenantId, TriggerId},
    incident::Target,
    redact::Redacted,
    severity::Severity,
};

/// An alert with what belongs to its row.
#[derive(Debug, Clone)]
pub struct AlertRow {
    /// Its key.
    pub key: String,
    /// Its trigger.
    pub trigger: TriggerId,
    /// Host of its target.
    pub host: HostId,
    /// The instance, if it is about one.
    pub instance: Option<InstanceId>,
    /// Where it stands.
    pub alert: Alert,
    /// The incident that is open.
    pub incident: Option<IncidentId>,
    /// What its part is, in words, where a verdict said so.
    pub label: Redacted,
    /// Seconds since its figure was last known, by the database's clock.
    pub judged_age_s: f64,
}

/// An alert that is wanted under lock.
#[derive(Debug, Clone)]
pub struct WantedAlert {
    /// Its key.
    pub key: String,
    /// Its trigger.
    pub trigger: TriggerId,
    /// Host of its target.
    pub host: HostId,
    /// What it is about.
    pub target: Target,
}

/// A transaction turned to one tenant.
#[derive(Debug)]
pub struct Desk<'a> {
    pub(in crate::store) connection: &'a mut PgConnection,
    pub(in crate::store) tenant: TenantId,
    /// What opens is told by another incident.
    pub(in crate::store) muted: bool,
}

impl<'a> Desk<'a> {
    /// The caller has turned `connection` to `tenant`.
    pub(in crate::store) const fn new(connection: &'a mut PgConnection, tenant: TenantId) -> Self {
        Self { connection, tenant, muted: false }
    }

    /// The same, for what opens to be told by another incident.
    pub const fn muted(&mut self) -> Desk<'_> {
        Desk { connection: self.connection, tenant: self.tenant, muted: true }
    }

    /// Alerts of these instances that were ever judged, without lock.
    pub async fn alerts_of(&mut self, instances: &[i32]) -> Result<Vec<AlertRow>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select key, trigger_id, host_id, instance_id, state, since, generation, incident_id, value, peak, missing,
                   severity, openings, openings_from, flapping,
                   extract(epoch from clock_timestamp() - judged_at)::float8 as "judged_age_s!",
                   exists (select 1 from incident i where i.tenant_id = a.tenant_id and i.id = a.incident_id
                           and i.closed_at is null) as "open!"
               from alert_state a where tenant_id = $1 and instance_id = any($2)"#,
            self.tenant.get(),
            instances
        );
        rows.fetch_all(&mut *self.connection).await?.into_iter().map(Row::read).collect()
    }

    /// Locks alerts in the order of their keys, making those that are new. One whose trigger is gone is left out.
    pub async fn lock_alerts(
        &mut self,
        mut wanted: Vec<WantedAlert>,
    ) -> Result<HashMap<String, AlertRow>, StoreError> {
        wanted.sort_by(|one, two| one.key.cmp(&two.key));
        wanted.dedup_by(|one, two| one.key == two.key);
        let keys: Vec<String> = wanted.iter().map(|alert| alert.key.clone()).collect();
        let triggers: Vec<i64> = wanted.iter().map(|alert| alert.trigger.get()).collect();
        let hosts: Vec<i64> = wanted.iter().map(|alert| alert.host.get()).collect();
        let instances: Vec<Option<i32>> =
            wanted.iter().map(|alert| instance_of(alert.target)).collect();
        sqlx::query!(
            "insert into alert_state (tenant_id, key, trigger_id, host_id, instance_id, state, since)
             select $1, n.key, n.trigger_id, n.host_id, n.instance_id, 'ok', clock_timestamp()
             from unnest($2::text[], $3::int8[], $4::int8[], $5::int4[]) n (key, trigger_id, host_id, instance_id)
             join trigger t on t.tenant_id = $1 and t.id = n.trigger_id and t.enabled
             order by n.key on conflict do nothing",
            self.tenant.get(),
            &keys,
            &triggers,
            &hosts,
            &instances as &[Option<i32>]
        )
        .execute(&mut *self.connection)
        .await?;
        let rows = sqlx::query_as!(
            Row,
            r#"select key, trigger_id, host_id, instance_id, state, since, generation, incident_id, value, peak, missing,
                   severity, openings, openings_from, flapping,
                   extract(epoch from clock_timestamp() - judged_at)::float8 as "judged_age_s!",
                   exists (select 1 from incident i where i.tenant_id = a.tenant_id and i.id = a.incident_id
                           and i.closed_at is null) as "open!"
               from alert_state a where tenant_id = $1 and key = any($2) order by key for update of a"#,
            self.tenant.get(),
            &keys
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        rows.into_iter().map(|row| row.read().map(|row| (row.key.clone(), row))).collect()
    }

    /// Locks an alert that was judged before; nothing if it never was.
    pub async fn lock_known(&mut self, key: &str) -> Result<Option<AlertRow>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            r#"select key, trigger_id, host_id, instance_id, state, since, generation, incident_id, value, peak, missing,
                   severity, openings, openings_from, flapping,
                   extract(epoch from clock_timestamp() - judged_at)::float8 as "judged_age_s!",
                   exists (select 1 from incident i where i.tenant_id = a.tenant_id and i.id = a.incident_id
                           and i.closed_at is null) as "open!"
               from alert_state a where tenant_id = $1 and key = $2 for update of a"#,
            self.tenant.get(),
            key
        );
        row.fetch_optional(&mut *self.connection).await?.map(Row::read).transpose()
    }

    /// Puts a locked alert back to OK, without its incident and its timer.
    pub async fn calm(&mut self, row: &mut AlertRow) -> Result<(), StoreError> {
        row.incident = None;
        row.alert.state = State::Ok;
        row.alert.peak = None;
        row.alert.severity = None;
        row.alert.flapping = false;
        row.alert.generation += 1;
        self.save(row).await?;
        self.drop_timer("hold", &row.key).await
    }

    /// Writes where an alert stands now.
    pub async fn save(&mut self, row: &AlertRow) -> Result<(), StoreError> {
        let alert = &row.alert;
        sqlx::query!(
            "update alert_state set state = $3, since = $4, generation = $5, incident_id = $6, value = $7, peak = $8,
                missing = $9, judged_at = case when $9 then judged_at else clock_timestamp() end, severity = $10, openings = $11, openings_from = $12, flapping = $13
             where tenant_id = $1 and key = $2",
            self.tenant.get(),
            row.key,
            alert.state.name(),
            alert.since,
            alert.generation,
            row.incident.map(IncidentId::get),
            alert.value,
            alert.peak,
            alert.missing,
            alert.severity.map(Severity::name),
            alert.openings,
            alert.openings_from,
            alert.flapping
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Arms or drops the timer of an alert. `kind`: pending or recovering.
    pub async fn time(&mut self, row: &AlertRow, timer: Timer) -> Result<(), StoreError> {
        match timer {
            Timer::Keep => Ok(()),
            Timer::Drop => self.drop_timer("hold", &row.key).await,
            Timer::Arm(after) => {
                let priority = row.alert.severity.map_or(0, Severity::priority);
                let hold = ("hold", row.key.as_str(), row.alert.generation);
                self.arm(hold, after, priority).await
            }
        }
    }

    /// Arms a timer in place of any other of its kind and reference.
    pub async fn arm_timer(
        &mut self,
        kind: &str,
        reference: &str,
        generation: i64,
        after: Duration,
    ) -> Result<(), StoreError> {
        self.arm((kind, reference, generation), after, 0).await
    }

    /// The same; of many that are due the least priority goes first.
    async fn arm(
        &mut self,
        (kind, reference, generation): (&str, &str, i64),
        after: Duration,
        priority: i16,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref, generation, priority)
             values ($1, clock_timestamp() + make_interval(secs => $2), $3, $4, $5, $6)
             on conflict (tenant_id, kind, ref) do update
                set due_at = excluded.due_at, generation = $5, priority = $6",
            self.tenant.get(),
            after.as_secs_f64(),
            kind,
            reference,
            generation,
            priority
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Forgets a timer.
    pub async fn drop_timer(&mut self, kind: &str, reference: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from timer where tenant_id = $1 and kind = $2 and ref = $3",
            self.tenant.get(),
            kind,
            reference
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}

const fn instance_of(target: Target) -> Option<i32> {
    match target {
        Target::Instance(instance) => Some(instance.get()),
        Target::Host(_) => None,
    }
}

struct Row {
    key: String,
    trigger_id: i64,
    host_id: i64,
    instance_id: Option<i32>,
    state: String,
    since: DateTime<Utc>,
    generation: i64,
    incident_id: Option<i64>,
    value: Option<f64>,
    peak: Option<f64>,
    missing: bool,
    severity: Option<String>,
    openings: i16,
    openings_from: DateTime<Utc>,
    flapping: bool,
    judged_age_s: f64,
    open: bool,
}

impl Row {
    fn read(self) -> Result<AlertRow, StoreError> {
        let state = State::from_name(&self.state).ok_or_else(|| StoreError::Stored {
            what: "alert",
            why: format!("its state is {:?}", self.state),
        })?;
        // A person has closed the incident: the next bad sample opens another.
        let closed = state.is_open() && !self.open;
        let state = if closed { State::Ok } else { state };
        Ok(AlertRow {
            key: self.key,
            trigger: TriggerId::from_row(self.trigger_id),
            host: HostId::from_row(self.host_id),
            instance: self.instance_id.map(InstanceId::from_row),
            alert: Alert {
                state,
                since: self.since,
                generation: self.generation,
                value: self.value,
                peak: self.peak,
                missing: self.missing,
                severity: self.severity.as_deref().and_then(Severity::from_name),
                openings: self.openings,
                openings_from: self.openings_from,
                flapping: self.flapping,
            },
            incident: self.incident_id.filter(|_| self.open).map(IncidentId::from_row),
            label: Redacted::default(),
            judged_age_s: self.judged_age_s,
        })
    }
}
