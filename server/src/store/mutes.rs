//! Silences and maintenance windows as they hold news back, and what is told once they end.

use chrono::{DateTime, Utc};

use super::{
    Scoped, StoreError,
    alerts::Desk,
    matcher::{StoredHours, StoredMatcher},
};
use crate::{
    clock::Dice,
    domain::{
        ids::{self, IncidentId, PublicId},
        route::{Mute, MuteKind, Span, Subject, muted},
        severity::Severity,
    },
};

/// Mutes that are looked at, at most.
const MUTES_MAX: i64 = 500;

impl Desk<'_> {
    /// The database's clock: what holds now must not depend on the machine that asks.
    pub(in crate::store) async fn moment(&mut self) -> Result<DateTime<Utc>, StoreError> {
        let now = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#);
        Ok(now.fetch_one(&mut *self.connection).await?)
    }

    /// What an incident is about.
    pub async fn subject(&mut self, incident: IncidentId) -> Result<Option<Subject>, StoreError> {
        let row = sqlx::query!(
            r#"select i.severity, h.tags, h.public_id as host, n.public_id as "instance?", t.public_id as "trigger?"
               from incident i
               join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
               left join instance n on n.tenant_id = i.tenant_id and n.id = i.instance_id
               left join trigger t on t.tenant_id = i.tenant_id and t.id = i.trigger_id
               where i.tenant_id = $1 and i.id = $2"#,
            self.tenant.get(),
            incident.get()
        );
        let row = row.fetch_optional(&mut *self.connection).await?;
        Ok(row.map(|row| Subject {
            severity: Severity::from_name(&row.severity).unwrap_or(Severity::Critical),
            tags: row.tags,
            host: PublicId::<ids::Host>::from_row(row.host).to_string(),
            instance: row.instance.map(|id| PublicId::<ids::Instance>::from_row(id).to_string()),
            trigger: row.trigger.map(|id| PublicId::<ids::Trigger>::from_row(id).to_string()),
        }))
    }

    /// Silences and windows that hold now or come.
    pub async fn mutes(&mut self) -> Result<Vec<Mute>, StoreError> {
        let silences = sqlx::query!(
            "select public_id, matcher, starts_at, ends_at, comment, incident_id from silence
             where tenant_id = $1 and ends_at > clock_timestamp() order by ends_at desc limit $2",
            self.tenant.get(),
            MUTES_MAX
        );
        let silences = silences.fetch_all(&mut *self.connection).await?;
        let windows = sqlx::query!(
            "select public_id, name, matcher, starts_at, ends_at, weekly from maintenance
             where tenant_id = $1 and enabled and (ends_at is null or ends_at > clock_timestamp()) limit $2",
            self.tenant.get(),
            MUTES_MAX
        );
        let windows = windows.fetch_all(&mut *self.connection).await?;
        // A matcher that cannot be read mutes nothing: news goes out rather than not.
        let silences = silences.into_iter().filter_map(|row| {
            Some(Mute {
                kind: MuteKind::Silence,
                id: PublicId::<ids::Silence>::from_row(row.public_id).to_string(),
                name: row.comment,
                matcher: StoredMatcher::of(&row.matcher).read().ok()?,
                incident: row.incident_id,
                span: Span::Once(row.starts_at, row.ends_at),
            })
        });
        let windows = windows.into_iter().filter_map(|row| {
            let span = match (row.starts_at.zip(row.ends_at), row.weekly) {
                (Some((start, end)), _) => Span::Once(start, end),
                (None, weekly) => {
                    Span::Weekly(serde_json::from_value::<StoredHours>(weekly?).ok()?.read().ok()?)
                }
            };
            Some(Mute {
                kind: MuteKind::Maintenance,
                id: PublicId::<ids::Maintenance>::from_row(row.public_id).to_string(),
                name: row.name,
                matcher: StoredMatcher::of(&row.matcher).read().ok()?,
                incident: None,
                span,
            })
        });
        Ok(silences.chain(windows).collect())
    }

    /// Why news of an incident is held back now, and until when.
    pub async fn mute_of(
        &mut self,
        subject: &Subject,
        incident: Option<IncidentId>,
    ) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        let now = self.moment().await?;
        let mutes = self.mutes().await?;
        let held = muted(&mutes, subject, incident.map(IncidentId::get), now);
        Ok(held.map(|(mute, until)| (words(mute, until), until)))
    }

    /// Looks at an incident again when what mutes it has ended.
    pub(in crate::store) async fn release_at(
        &mut self,
        incident: IncidentId,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref) values ($1, $2, 'release', $3)
             on conflict (tenant_id, kind, ref) do update set due_at = greatest(timer.due_at, excluded.due_at)",
            self.tenant.get(),
            until,
            incident.to_string()
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// What muted an incident has ended: if it still goes on, what was held back goes out. How many are owed.
    pub async fn release(&mut self, incident: IncidentId) -> Result<usize, StoreError> {
        if !self.lock_if_open(incident).await? {
            return Ok(0);
        }
        let Some(subject) = self.subject(incident).await? else { return Ok(0) };
        if let Some((_, until)) = self.mute_of(&subject, Some(incident)).await? {
            self.release_at(incident, until).await?;
            return Ok(0);
        }
        let owed = sqlx::query!(
            "update delivery set status = 'ready', next_at = clock_timestamp(), finished_at = null, attempts = 0,
                body = body || jsonb_build_object('held', last_error)
             where tenant_id = $1 and incident_id = $2 and status = 'suppressed'
               and kind in ('opened', 'escalated', 'reminded', 'fallback')",
            self.tenant.get(),
            incident.get()
        );
        let owed = owed.execute(&mut *self.connection).await?;
        Ok(usize::try_from(owed.rows_affected()).unwrap_or(0))
    }

    /// Whether an incident still goes on, locked.
    pub(in crate::store) async fn lock_if_open(
        &mut self,
        incident: IncidentId,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query_scalar!(
            "select id from incident where tenant_id = $1 and id = $2 and closed_at is null for update",
            self.tenant.get(),
            incident.get()
        );
        Ok(row.fetch_optional(&mut *self.connection).await?.is_some())
    }

    /// A silence has ended: those who were told before it began, and may think that it is over, hear that it goes on.
    pub async fn silence_ended(
        &mut self,
        silence: i64,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let rows = sqlx::query!(
            r#"select i.id, s.matcher, s.incident_id from silence s join incident i on i.tenant_id = s.tenant_id
               where s.tenant_id = $1 and s.id = $2 and i.closed_at is null
                 and (s.incident_id is null or s.incident_id = i.id)
                 and (i.acked_until is null or i.acked_until < clock_timestamp())
                 and exists (select 1 from delivery d where d.tenant_id = i.tenant_id and d.incident_id = i.id
                    and d.kind = 'opened' and d.status = 'delivered' and d.finished_at < s.starts_at)
               order by i.id limit 500"#,
            self.tenant.get(),
            silence
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        let now = self.moment().await?;
        let mut owed = 0;
        for row in rows {
            let incident = IncidentId::from_row(row.id);
            let Some(subject) = self.subject(incident).await? else { continue };
            let matcher = StoredMatcher::of(&row.matcher).read().unwrap_or_default();
            if matcher.covers(&subject, now)
                && self.mute_of(&subject, Some(incident)).await?.is_none()
            {
                owed += self.remind(incident, outside).await?;
            }
        }
        Ok(owed)
    }
}

impl Scoped {
    /// Why an incident's news is held back now; it will be looked at again when that ends.
    pub async fn hold_back(&mut self, incident: IncidentId) -> Result<Option<String>, StoreError> {
        let mut desk = self.desk();
        let Some(subject) = desk.subject(incident).await? else { return Ok(None) };
        let Some((words, until)) = desk.mute_of(&subject, Some(incident)).await? else {
            return Ok(None);
        };
        desk.release_at(incident, until).await?;
        Ok(Some(words))
    }
}

fn words(mute: &Mute, until: DateTime<Utc>) -> String {
    let kind = match mute.kind {
        MuteKind::Silence => "silenced",
        MuteKind::Maintenance => "maintenance",
    };
    let name = if mute.name.is_empty() { &mute.id } else { &mute.name };
    format!("{kind} until {}: {name}", until.format("%-d %b %H:%M UTC"))
}
