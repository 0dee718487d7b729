//! Incidents that are open and not told yet, because another one tells what is behind them: a host that is silent, a log that
//! is.

use std::time::Duration;

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
    openings::Told,
};
use crate::domain::{
    ids::{IncidentId, TriggerId},
    severity::Severity,
    trigger::{Rule, Trigger},
};

/// A child waits this long for the verdict on its parent.
const WAIT_FOR_PARENT: Duration = Duration::from_secs(30);

/// What may be behind an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// An incident is open.
    Open(i64),
    /// It is bad, but not yet for long enough.
    Pending,
}

/// An incident that is held back, when it may be told.
#[derive(Debug, Clone)]
pub struct Held {
    /// It.
    pub told: Told,
    /// Its alert.
    pub key: String,
    /// Whether it still is behind an open one, or that one's verdict is awaited.
    pub behind_open: bool,
}

impl Desk<'_> {
    /// Whether the incident that just opened is told by another one. Then it is marked so.
    pub(in crate::store) async fn hold_back(
        &mut self,
        row: &AlertRow,
        trigger: &Trigger,
        incident: IncidentId,
    ) -> Result<bool, StoreError> {
        match self.parent(row, trigger).await? {
            None => Ok(false),
            Some(Parent::Open(parent)) => {
                self.hold_behind(incident, IncidentId::from_row(parent)).await?;
                Ok(true)
            }
            Some(Parent::Pending) => {
                self.hold_behind(incident, incident).await?;
                self.arm_timer("unhold", &incident.to_string(), 0, WAIT_FOR_PARENT).await?;
                Ok(true)
            }
        }
    }

    /// Marks an incident as told by another one; by itself: nobody knows yet.
    pub async fn hold_behind(
        &mut self,
        incident: IncidentId,
        parent: IncidentId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update incident i set held_by = $3, cause = i.cause || coalesce((
                select jsonb_build_object('held', p.trigger_name) from incident p
                where p.tenant_id = $1 and p.id = $3 and p.id <> i.id), '{}')
             where i.tenant_id = $1 and i.id = $2",
            self.tenant.get(),
            incident.get(),
            parent.get()
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn parent(
        &mut self,
        row: &AlertRow,
        trigger: &Trigger,
    ) -> Result<Option<Parent>, StoreError> {
        let log = matches!(&trigger.rule, Rule::Watch(watch) if watch.reads_the_log());
        let found = sqlx::query!(
            r#"select a.state, a.incident_id from alert_state a
               join trigger t on t.tenant_id = a.tenant_id and t.id = a.trigger_id
               where a.tenant_id = $1 and a.host_id = $2 and a.key <> $3 and a.state <> 'ok'
                 and (t.template = 'agent.silent' and a.instance_id is null
                      or t.template = 'log.silent' and a.instance_id = $4 and $5)
               order by a.incident_id is null limit 1"#,
            self.tenant.get(),
            row.host.get(),
            row.key,
            row.instance.map(crate::domain::ids::InstanceId::get),
            log
        );
        let Some(found) = found.fetch_optional(&mut *self.connection).await? else {
            return Ok(None);
        };
        Ok(Some(found.incident_id.map_or(Parent::Pending, Parent::Open)))
    }

    /// Open incidents that are held behind this one.
    pub(in crate::store) async fn held_behind(
        &mut self,
        parent: IncidentId,
    ) -> Result<Vec<IncidentId>, StoreError> {
        let held = sqlx::query_scalar!(
            "select id from incident where tenant_id = $1 and held_by = $2 and closed_at is null and id <> $2",
            self.tenant.get(),
            parent.get()
        );
        let held = held.fetch_all(&mut *self.connection).await?;
        Ok(held.into_iter().map(IncidentId::from_row).collect())
    }

    /// An incident that is held back, under lock; nothing if it is over or was told meanwhile.
    pub async fn held(&mut self, incident: IncidentId) -> Result<Option<Held>, StoreError> {
        let row = sqlx::query!(
            r#"select i.alert_key, i.severity,
                   exists (select 1 from incident p where p.tenant_id = i.tenant_id and p.id = i.held_by
                           and p.id <> i.id and p.closed_at is null)
                   or exists (select 1 from alert_state a
                       join trigger t on t.tenant_id = a.tenant_id and t.id = a.trigger_id
                       where a.tenant_id = i.tenant_id and a.host_id = i.host_id and t.template = 'agent.silent'
                         and a.key <> i.alert_key and a.state = 'firing') as "behind_open!"
               from incident i where tenant_id = $1 and id = $2 and closed_at is null and held_by is not null
               for update of i"#,
            self.tenant.get(),
            incident.get()
        );
        let Some(row) = row.fetch_optional(&mut *self.connection).await? else { return Ok(None) };
        let severity = Severity::from_name(&row.severity).unwrap_or(Severity::Critical);
        let told = Told { incident, seq: 1, severity };
        Ok(Some(Held { told, key: row.alert_key, behind_open: row.behind_open }))
    }

    /// An incident is no longer held back.
    pub async fn let_go(&mut self, incident: IncidentId) -> Result<(), StoreError> {
        sqlx::query!(
            "update incident set held_by = null where tenant_id = $1 and id = $2",
            self.tenant.get(),
            incident.get()
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Makes an incident worse, and says so on its timeline; nothing if it is over.
    pub async fn worsen(
        &mut self,
        incident: IncidentId,
        severity: Severity,
        value: Option<f64>,
    ) -> Result<Option<Told>, StoreError> {
        let seq = sqlx::query_scalar!(
            r#"update incident set severity = $3, next_seq = next_seq + 1
               where tenant_id = $1 and id = $2 and closed_at is null returning next_seq - 1 as "seq!""#,
            self.tenant.get(),
            incident.get(),
            severity.name()
        );
        let Some(seq) = seq.fetch_optional(&mut *self.connection).await? else { return Ok(None) };
        sqlx::query!(
            "insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
             values ($1, $2, $3, clock_timestamp(), 'updated',
                jsonb_build_object('severity', $4::text, 'value', $5::float8))",
            self.tenant.get(),
            incident.get(),
            seq,
            severity.name(),
            value
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(Some(Told { incident, seq, severity }))
    }

    /// The incident that tells of a silence which many hosts share and which began just now.
    pub async fn site_incident(
        &mut self,
        trigger: TriggerId,
    ) -> Result<Option<IncidentId>, StoreError> {
        let id = sqlx::query_scalar!(
            "select i.id from incident i
             join incident_event e on e.tenant_id = i.tenant_id and e.incident_id = i.id and e.seq = 1
             where i.tenant_id = $1 and i.trigger_id = $2 and i.hosts is not null and i.closed_at is null
               and e.at > clock_timestamp() - interval '2 minutes' order by i.id desc limit 1",
            self.tenant.get(),
            trigger.get()
        );
        let id = id.fetch_optional(&mut *self.connection).await?;
        Ok(id.map(IncidentId::from_row))
    }

    /// How many hosts have not been heard for `age_s` seconds without having said goodbye, and how many there are.
    pub async fn silent_hosts(&mut self, age_s: f64) -> Result<(i64, i64), StoreError> {
        let row = sqlx::query!(
            r#"select count(*) filter (where c.received_at < clock_timestamp() - make_interval(secs => $2)
                       and coalesce(a.planned_back_at, '-infinity') < clock_timestamp()) as "silent!",
                   count(*) as "hosts!"
               from host h
               join agent a on a.tenant_id = h.tenant_id and a.host_id = h.id and a.revoked_at is null
               join scoped.cursor c on c.tenant_id = a.tenant_id and c.agent_id = a.id
               where h.tenant_id = $1 and h.state = 'active' and a.first_batch_at is not null"#,
            self.tenant.get(),
            age_s
        );
        let row = row.fetch_one(&mut *self.connection).await?;
        Ok((row.silent, row.hosts))
    }

    /// Makes an incident tell of many hosts.
    pub async fn make_site(
        &mut self,
        incident: IncidentId,
        title: &str,
        hosts: i32,
    ) -> Result<Told, StoreError> {
        let severity = sqlx::query_scalar!(
            "update incident set title = $3, hosts = $4 where tenant_id = $1 and id = $2 returning severity",
            self.tenant.get(),
            incident.get(),
            title,
            hosts
        );
        let severity = severity.fetch_one(&mut *self.connection).await?;
        let severity = Severity::from_name(&severity).unwrap_or(Severity::Critical);
        Ok(Told { incident, seq: 1, severity })
    }

    /// The text of a key of a breakdown; empty if it has none.
    pub(in crate::store) async fn key_text(&mut self, key: u32) -> Result<String, StoreError> {
        let text = sqlx::query_scalar!(
            r#"select key as "key!" from scoped.dictionary where tenant_id = $1 and id = $2"#,
            self.tenant.get(),
            i32::try_from(key).unwrap_or(-1)
        );
        Ok(text.fetch_optional(&mut *self.connection).await?.unwrap_or_default())
    }
}
