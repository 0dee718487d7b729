//! Incidents as they open and end, and what is then owed to channels.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
};
use crate::{
    clock::Dice,
    domain::{
        ids::{self, IncidentId, InstanceId, PublicId},
        severity::Severity,
    },
};

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
    /// The key or event that it is about.
    pub part: &'a str,
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

impl Desk<'_> {
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
                severity, title, opened_at, value, peak, threshold, cause, part, next_seq)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 2) returning id",
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
            new.cause,
            new.part
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
}
