//! Incidents with their timeline, as people read and answer them. Opening them belongs to ingest and timers.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Scoped, StoreError, openings::Told};
use crate::{
    clock::Dice,
    domain::{
        ids::{self, IncidentId, PersonId, PublicId},
        severity::Severity,
    },
};

/// An incident as a person sees it.
#[derive(Debug)]
pub struct IncidentRow {
    /// Internal id.
    pub id: IncidentId,
    /// Public id.
    pub public_id: PublicId<ids::Incident>,
    /// Which alert it is an opening of.
    pub alert_key: String,
    /// What happens.
    pub title: String,
    /// `info`, `warning`, `error`, `critical`.
    pub severity: String,
    /// The trigger, unless it was deleted.
    pub trigger: Option<PublicId<ids::Trigger>>,
    /// Its name when it fired.
    pub trigger_name: String,
    /// Its rule, unless it was deleted.
    pub trigger_spec: Option<Value>,
    /// The host.
    pub host: PublicId<ids::Host>,
    /// Its name.
    pub host_name: String,
    /// The instance, for triggers that judge one.
    pub instance: Option<(PublicId<ids::Instance>, String)>,
    /// When the condition began, by the samples.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub close_reason: Option<String>,
    /// When somebody took it.
    pub acked_at: Option<DateTime<Utc>>,
    /// Who took it, by address.
    pub acked_by: Option<String>,
    /// How long that holds.
    pub acked_until: Option<DateTime<Utc>>,
    /// Value when it opened.
    pub value: Option<f64>,
    /// Worst value so far.
    pub peak: Option<f64>,
    /// Value at which it fires.
    pub threshold: Option<f64>,
    /// What is behind it.
    pub cause: Value,
}

/// A mark on an incident's timeline.
#[derive(Debug)]
pub struct IncidentEvent {
    /// 1, 2, 3 …
    pub seq: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// `opened`, `acknowledged`, …
    pub kind: String,
    /// More.
    pub body: Value,
}

/// Which incidents a list wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct IncidentFilter {
    /// The one named.
    pub only: Option<PublicId<ids::Incident>>,
    /// Only open ones, only closed ones, or both.
    pub open: Option<bool>,
    /// Older than this one.
    pub before: Option<(DateTime<Utc>, i64)>,
}

impl Scoped {
    /// Newest first.
    pub async fn incidents(
        &mut self,
        filter: IncidentFilter,
        limit: i64,
    ) -> Result<Vec<IncidentRow>, StoreError> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query!(
            r#"select i.id, i.public_id, i.alert_key, i.title, i.severity, t.public_id as "trigger?", i.trigger_name,
                   t.spec as "trigger_spec?", h.public_id as host, h.name as host_name,
                   n.public_id as "instance?", n.name as "instance_name?", i.opened_at, i.closed_at, i.close_reason,
                   i.acked_at, p.email as "acked_by?", i.acked_until, i.value, i.peak, i.threshold, i.cause
               from incident i
               join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
               left join instance n on n.tenant_id = i.tenant_id and n.id = i.instance_id
               left join trigger t on t.tenant_id = i.tenant_id and t.id = i.trigger_id
               left join scoped.colleague p on p.tenant_id = i.tenant_id and p.person_id = i.acked_by
               where i.tenant_id = $1 and ($2::uuid is null or i.public_id = $2)
                 and ($3::bool is null or (i.closed_at is null) = $3)
                 and ($4::timestamptz is null or (i.opened_at, i.id) < ($4, $5::int8))
               order by i.opened_at desc, i.id desc limit $6"#,
            self.tenant().get(),
            filter.only.map(PublicId::uuid),
            filter.open,
            before_at,
            before_id,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| IncidentRow {
                id: IncidentId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                alert_key: row.alert_key,
                title: row.title,
                severity: row.severity,
                trigger: row.trigger.map(PublicId::from_row),
                trigger_name: row.trigger_name,
                trigger_spec: row.trigger_spec,
                host: PublicId::from_row(row.host),
                host_name: row.host_name,
                instance: row.instance.map(PublicId::from_row).zip(row.instance_name),
                opened_at: row.opened_at,
                closed_at: row.closed_at,
                close_reason: row.close_reason,
                acked_at: row.acked_at,
                acked_by: row.acked_by,
                acked_until: row.acked_until,
                value: row.value,
                peak: row.peak,
                threshold: row.threshold,
                cause: row.cause,
            })
            .collect())
    }

    /// The timeline of an incident, in order.
    pub async fn incident_events(
        &mut self,
        incident: IncidentId,
    ) -> Result<Vec<IncidentEvent>, StoreError> {
        let rows = sqlx::query_as!(
            IncidentEvent,
            "select seq, at, kind, body from incident_event where tenant_id = $1 and incident_id = $2
             order by seq limit 1000",
            self.tenant().get(),
            incident.get()
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }

    /// Locks an incident for an answer: its internal id and whether it is open.
    pub async fn lock_incident(
        &mut self,
        incident: PublicId<ids::Incident>,
    ) -> Result<Option<(IncidentId, bool)>, StoreError> {
        let row = sqlx::query!(
            r#"select id, closed_at is null as "open!" from incident
               where tenant_id = $1 and public_id = $2 for update"#,
            self.tenant().get(),
            incident.uuid()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (IncidentId::from_row(row.id), row.open)))
    }

    /// Writes that somebody took the incident, until `until`.
    pub async fn acknowledge_incident(
        &mut self,
        incident: IncidentId,
        by: Option<PersonId>,
        (now, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update incident set acked_at = $3, acked_by = $4, acked_until = $5 where tenant_id = $1 and id = $2",
            self.tenant().get(),
            incident.get(),
            now,
            by.map(PersonId::get),
            until
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Appends to the timeline; the number that the mark got. The incident must be locked.
    pub async fn note_incident(
        &mut self,
        incident: IncidentId,
        kind: &str,
        body: &Value,
        now: DateTime<Utc>,
    ) -> Result<i32, StoreError> {
        let seq = sqlx::query_scalar!(
            r#"with turn as (update incident set next_seq = next_seq + 1 where tenant_id = $1 and id = $2
                             returning next_seq - 1 as seq)
               insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
               select $1, $2, seq, $5, $3, $4 from turn returning seq"#,
            self.tenant().get(),
            incident.get(),
            kind,
            body,
            now
        );
        Ok(seq.fetch_one(self.connection()).await?)
    }
}

/// How an incident ends by hand.
#[derive(Debug)]
pub struct Closing<'a> {
    /// In words.
    pub reason: &'static str,
    /// More, for the timeline.
    pub body: &'a Value,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Scoped {
    /// Locks the alert behind an incident: whoever changes both takes the alert first.
    pub async fn lock_alert_of(
        &mut self,
        incident: PublicId<ids::Incident>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "select a.key from alert_state a join incident i on i.tenant_id = a.tenant_id and i.id = a.incident_id
             where a.tenant_id = $1 and i.public_id = $2 for update of a",
            self.tenant().get(),
            incident.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        Ok(())
    }

    /// Open incidents of a trigger or of a host, locked, their alerts first.
    pub async fn lock_open_incidents(
        &mut self,
        trigger: Option<PublicId<ids::Trigger>>,
        host: Option<PublicId<ids::Host>>,
    ) -> Result<Vec<IncidentId>, StoreError> {
        sqlx::query!(
            "select a.key from alert_state a
             join trigger t on t.tenant_id = a.tenant_id and t.id = a.trigger_id
             join host h on h.tenant_id = a.tenant_id and h.id = a.host_id
             where a.tenant_id = $1 and (t.public_id = $2 or h.public_id = $3) order by a.key for update of a",
            self.tenant().get(),
            trigger.map(PublicId::uuid),
            host.map(PublicId::uuid)
        )
        .fetch_all(self.connection())
        .await?;
        let rows = sqlx::query_scalar!(
            "select i.id from incident i
             left join trigger t on t.tenant_id = i.tenant_id and t.id = i.trigger_id
             join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
             where i.tenant_id = $1 and i.closed_at is null and (t.public_id = $2 or h.public_id = $3)
             order by i.alert_key for update of i",
            self.tenant().get(),
            trigger.map(PublicId::uuid),
            host.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(IncidentId::from_row).collect())
    }

    /// Ends a locked incident: its alert is over, and every channel that was told of its beginning is owed the end.
    pub async fn close_incident(
        &mut self,
        incident: IncidentId,
        closing: &Closing<'_>,
        dice: &dyn Dice,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "update incident set closed_at = $3, close_reason = $4 where tenant_id = $1 and id = $2",
            tenant,
            incident.get(),
            closing.now,
            closing.reason
        )
        .execute(self.connection())
        .await?;
        // The alert's next generation makes timers that are still armed stale.
        sqlx::query!(
            "update alert_state set state = 'ok', since = $3, generation = generation + 1, incident_id = null
             where tenant_id = $1 and incident_id = $2",
            tenant,
            incident.get(),
            closing.now
        )
        .execute(self.connection())
        .await?;
        let seq = self.note_incident(incident, "closed", closing.body, closing.now).await?;
        let severity = sqlx::query_scalar!(
            "select severity from incident where tenant_id = $1 and id = $2",
            tenant,
            incident.get()
        );
        let severity = severity.fetch_one(self.connection()).await?;
        let severity = Severity::from_name(&severity).unwrap_or(Severity::Critical);
        let told = Told { incident, seq, severity };
        self.desk().owe_end(told, "closed", (closing.now, dice)).await?;
        Ok(())
    }

    /// What a message about an incident tells. The loop that delivers sees no people: who took it stays out.
    pub async fn incident_to_tell(
        &mut self,
        incident: IncidentId,
    ) -> Result<Option<IncidentRow>, StoreError> {
        let row = sqlx::query!(
            r#"select i.id, i.public_id, i.alert_key, i.title, i.severity, t.public_id as "trigger?", i.trigger_name,
                   t.spec as "trigger_spec?", h.public_id as host, h.name as host_name,
                   n.public_id as "instance?", n.name as "instance_name?", i.opened_at, i.closed_at, i.close_reason,
                   i.acked_at, i.acked_until, i.value, i.peak, i.threshold, i.cause
               from incident i
               join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
               left join instance n on n.tenant_id = i.tenant_id and n.id = i.instance_id
               left join trigger t on t.tenant_id = i.tenant_id and t.id = i.trigger_id
               where i.tenant_id = $1 and i.id = $2"#,
            self.tenant().get(),
            incident.get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| IncidentRow {
            id: IncidentId::from_row(row.id),
            public_id: PublicId::from_row(row.public_id),
            alert_key: row.alert_key,
            title: row.title,
            severity: row.severity,
            trigger: row.trigger.map(PublicId::from_row),
            trigger_name: row.trigger_name,
            trigger_spec: row.trigger_spec,
            host: PublicId::from_row(row.host),
            host_name: row.host_name,
            instance: row.instance.map(PublicId::from_row).zip(row.instance_name),
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            close_reason: row.close_reason,
            acked_at: row.acked_at,
            acked_by: None,
            acked_until: row.acked_until,
            value: row.value,
            peak: row.peak,
            threshold: row.threshold,
            cause: row.cause,
        }))
    }
}
