//! Alerts with their incidents, timers and what is owed to channels: read under lock, written together.
//!
//! Ingest and timers both come through here, each in its own transaction that is already turned to the tenant.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::StoreError;
use crate::{
    clock::Dice,
    domain::{
        alert::{Alert, State, Timer},
        ids::{self, HostId, IncidentId, InstanceId, PublicId, TenantId, TriggerId},
        incident::Target,
        severity::Severity,
    },
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

/// An incident that is about to be opened.
#[derive(Debug)]
pub struct NewIncident<'a> {
    /// The alert.
    pub row: &'a AlertRow,
    /// Name of its trigger.
    pub trigger_name: &'a str,
    /// How bad.
    pub severity: Severity,
    /// What happens.
    pub title: &'a str,
    /// Figure at which it fires.
    pub threshold: f64,
    /// What is behind it, redacted.
    pub cause: &'a Value,
}

/// What was written to an incident's timeline.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The incident.
    pub incident: IncidentId,
    /// Place on its timeline.
    pub seq: i32,
    /// How bad the incident is.
    pub severity: Severity,
}

/// A transaction turned to one tenant.
#[derive(Debug)]
pub struct Desk<'a> {
    connection: &'a mut PgConnection,
    tenant: TenantId,
}

impl<'a> Desk<'a> {
    /// The caller has turned `connection` to `tenant`.
    pub(in crate::store) const fn new(connection: &'a mut PgConnection, tenant: TenantId) -> Self {
        Self { connection, tenant }
    }

    /// Alerts of these instances that were ever judged, without lock.
    pub async fn alerts_of(&mut self, instances: &[i32]) -> Result<Vec<AlertRow>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "select key, trigger_id, host_id, instance_id, state, since, generation, incident_id, value, peak, missing
             from alert_state where tenant_id = $1 and instance_id = any($2)",
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
            "select key, trigger_id, host_id, instance_id, state, since, generation, incident_id, value, peak, missing
             from alert_state where tenant_id = $1 and key = any($2) order by key for update",
            self.tenant.get(),
            &keys
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        rows.into_iter().map(|row| row.read().map(|row| (row.key.clone(), row))).collect()
    }

    /// Writes where an alert stands now.
    pub async fn save(&mut self, row: &AlertRow) -> Result<(), StoreError> {
        let alert = &row.alert;
        sqlx::query!(
            "update alert_state set state = $3, since = $4, generation = $5, incident_id = $6, value = $7, peak = $8,
                missing = $9
             where tenant_id = $1 and key = $2",
            self.tenant.get(),
            row.key,
            alert.state.name(),
            alert.since,
            alert.generation,
            row.incident.map(IncidentId::get),
            alert.value,
            alert.peak,
            alert.missing
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
                self.arm_timer("hold", &row.key, row.alert.generation, after).await
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
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref, generation)
             values ($1, clock_timestamp() + make_interval(secs => $2), $3, $4, $5)
             on conflict (tenant_id, kind, ref) do update set due_at = excluded.due_at, generation = $5",
            self.tenant.get(),
            after.as_secs_f64(),
            kind,
            reference,
            generation
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

    /// Opens an incident and writes the first line of its timeline.
    pub async fn open(
        &mut self,
        new: &NewIncident<'_>,
        (now, dice): (DateTime<Utc>, &dyn Dice),
    ) -> Result<Told, StoreError> {
        let alert = &new.row.alert;
        let public_id = PublicId::<ids::Incident>::make(now, dice);
        let incident = sqlx::query_scalar!(
            "insert into incident (tenant_id, public_id, alert_key, trigger_id, trigger_name, host_id, instance_id,
                severity, title, opened_at, value, peak, threshold, cause, next_seq)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 2) returning id",
            self.tenant.get(),
            public_id.uuid(),
            new.row.key,
            new.row.trigger.get(),
            new.trigger_name,
            new.row.host.get(),
            new.row.instance.map(InstanceId::get),
            new.severity.name(),
            new.title,
            alert.since,
            alert.value,
            alert.peak,
            new.threshold,
            new.cause
        );
        let incident = incident.fetch_one(&mut *self.connection).await?;
        sqlx::query!(
            "insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
             values ($1, $2, 1, clock_timestamp(), 'opened',
                jsonb_build_object('value', $3::float8, 'threshold', $4::float8))",
            self.tenant.get(),
            incident,
            alert.value,
            new.threshold
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(Told { incident: IncidentId::from_row(incident), seq: 1, severity: new.severity })
    }

    /// Closes an incident; nothing if somebody closed it already. `kind`: resolved or closed.
    pub async fn close(
        &mut self,
        incident: IncidentId,
        kind: &str,
        reason: &str,
    ) -> Result<Option<Told>, StoreError> {
        let row = sqlx::query!(
            "update incident set closed_at = clock_timestamp(), close_reason = $3, next_seq = next_seq + 1
             where tenant_id = $1 and id = $2 and closed_at is null
             returning next_seq - 1 as seq, severity, opened_at, peak",
            self.tenant.get(),
            incident.get(),
            reason
        );
        let Some(row) = row.fetch_optional(&mut *self.connection).await? else { return Ok(None) };
        let seq = row.seq.unwrap_or(0);
        sqlx::query!(
            "insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
             values ($1, $2, $3, clock_timestamp(), $4, jsonb_build_object('reason', $5::text, 'peak', $6::float8,
                'duration_s', round(extract(epoch from clock_timestamp() - $7::timestamptz))::int8))",
            self.tenant.get(),
            incident.get(),
            seq,
            kind,
            reason,
            row.peak,
            row.opened_at
        )
        .execute(&mut *self.connection)
        .await?;
        let severity = Severity::from_name(&row.severity).unwrap_or(Severity::Critical);
        Ok(Some(Told { incident, seq, severity }))
    }

    /// Writes the worst figure to an open incident.
    pub async fn keep_peak(&mut self, row: &AlertRow) -> Result<(), StoreError> {
        sqlx::query!(
            "update incident set peak = $3 where tenant_id = $1 and id = $2",
            self.tenant.get(),
            row.incident.map(IncidentId::get),
            row.alert.peak
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Owes the opening to every enabled channel that takes its severity. How many that were.
    pub async fn owe_opened(
        &mut self,
        told: Told,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let channels = self.channels_for(told.severity).await?;
        self.owe(told, "opened", &channels, outside).await
    }

    /// Owes the end to every channel that the opening was owed to, whatever is muted by now.
    pub async fn owe_end(
        &mut self,
        told: Told,
        kind: &str,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let channels = sqlx::query_scalar!(
            "select distinct channel_id from delivery
             where tenant_id = $1 and incident_id = $2 and kind = 'opened' and status <> 'suppressed'",
            self.tenant.get(),
            told.incident.get()
        );
        let channels = channels.fetch_all(&mut *self.connection).await?;
        self.owe(told, kind, &channels, outside).await
    }

    async fn owe(
        &mut self,
        told: Told,
        kind: &str,
        channels: &[i64],
        (now, dice): (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        if channels.is_empty() {
            return Ok(0);
        }
        let ids: Vec<uuid::Uuid> =
            channels.iter().map(|_| PublicId::<ids::Delivery>::make(now, dice).uuid()).collect();
        let owed = sqlx::query!(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, next_at)
             select $1, n.public_id, n.channel_id, $2, $3, $4, $5, clock_timestamp()
             from unnest($6::uuid[], $7::int8[]) n (public_id, channel_id)
             on conflict (tenant_id, channel_id, incident_id, seq) do nothing",
            self.tenant.get(),
            told.incident.get(),
            told.seq,
            kind,
            told.severity.priority(),
            &ids,
            channels
        );
        let owed = owed.execute(&mut *self.connection).await?;
        Ok(usize::try_from(owed.rows_affected()).unwrap_or(0))
    }

    async fn channels_for(&mut self, severity: Severity) -> Result<Vec<i64>, StoreError> {
        let channels = sqlx::query_scalar!(
            "select id from channel where tenant_id = $1 and enabled
                and array_position(array['info', 'warning', 'error', 'critical'], severity_min)
                    <= array_position(array['info', 'warning', 'error', 'critical'], $2)
             order by id",
            self.tenant.get(),
            severity.name()
        );
        Ok(channels.fetch_all(&mut *self.connection).await?)
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
}

impl Row {
    fn read(self) -> Result<AlertRow, StoreError> {
        let state = State::from_name(&self.state).ok_or_else(|| StoreError::Stored {
            what: "alert",
            why: format!("its state is {:?}", self.state),
        })?;
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
            },
            incident: self.incident_id.map(IncidentId::from_row),
        })
    }
}
