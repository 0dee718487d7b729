//! Silences and maintenance windows as people write them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Scoped, StoreError, channels::Changed};
use crate::domain::ids::{self, IncidentId, PersonId, PublicId};

/// A silence as a person sees it.
#[derive(Debug)]
pub struct SilenceRow {
    /// Public id.
    pub public_id: PublicId<ids::Silence>,
    /// Why.
    pub comment: String,
    /// See [`super::matcher::StoredMatcher`].
    pub matcher: Value,
    /// From.
    pub starts_at: DateTime<Utc>,
    /// To.
    pub ends_at: DateTime<Utc>,
    /// By whom, by address.
    pub created_by: Option<String>,
    /// Only this incident.
    pub incident: Option<PublicId<ids::Incident>>,
}

/// A silence to be stored.
#[derive(Debug)]
pub struct NewSilence<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Silence>,
    /// Why.
    pub comment: &'a str,
    /// Checked.
    pub matcher: &'a Value,
    /// From and to.
    pub span: (DateTime<Utc>, DateTime<Utc>),
    /// By whom.
    pub by: Option<PersonId>,
    /// Only this incident.
    pub incident: Option<IncidentId>,
}

/// A maintenance window as a person sees it.
#[derive(Debug)]
pub struct WindowRow {
    /// Public id.
    pub public_id: PublicId<ids::Maintenance>,
    /// Name.
    pub name: String,
    /// IANA name.
    pub zone: String,
    /// See [`super::matcher::StoredMatcher`].
    pub matcher: Value,
    /// Once: from.
    pub starts_at: Option<DateTime<Utc>>,
    /// Once: to.
    pub ends_at: Option<DateTime<Utc>>,
    /// Every week: see [`super::matcher::StoredHours`].
    pub weekly: Option<Value>,
    /// Whether it holds.
    pub enabled: bool,
    /// Grows with every change.
    pub version: i32,
}

/// A window's parts, to be stored.
#[derive(Debug)]
pub struct WindowDraft<'a> {
    /// Name.
    pub name: &'a str,
    /// Checked.
    pub zone: &'a str,
    /// Checked.
    pub matcher: &'a Value,
    /// Once: from and to.
    pub once: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Or every week, checked.
    pub weekly: Option<&'a Value>,
    /// Whether it holds.
    pub enabled: bool,
}

impl Scoped {
    /// Silences, those that end last first, or the one named. What ended a month ago is not shown any more.
    pub async fn silence_rows(
        &mut self,
        only: Option<PublicId<ids::Silence>>,
    ) -> Result<Vec<SilenceRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select s.public_id, s.comment, s.matcher, s.starts_at, s.ends_at, p.email as "created_by?",
                   i.public_id as "incident?"
               from silence s
               left join scoped.colleague p on p.tenant_id = s.tenant_id and p.person_id = s.created_by
               left join incident i on i.tenant_id = s.tenant_id and i.id = s.incident_id
               where s.tenant_id = $1 and ($2::uuid is null or s.public_id = $2)
                 and s.ends_at > clock_timestamp() - interval '30 days'
               order by s.ends_at desc, s.id desc limit 200"#,
            self.tenant().get(),
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| SilenceRow {
                public_id: PublicId::from_row(row.public_id),
                comment: row.comment,
                matcher: row.matcher,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                created_by: row.created_by,
                incident: row.incident.map(PublicId::from_row),
            })
            .collect())
    }

    /// Stores a silence and looks again when it ends.
    pub async fn add_silence(&mut self, new: &NewSilence<'_>) -> Result<(), StoreError> {
        let id = sqlx::query_scalar!(
            "insert into silence (tenant_id, public_id, matcher, starts_at, ends_at, comment, created_by, incident_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            self.tenant().get(),
            new.public_id.uuid(),
            new.matcher,
            new.span.0,
            new.span.1,
            new.comment,
            new.by.map(PersonId::get),
            new.incident.map(IncidentId::get)
        );
        let id = id.fetch_one(self.connection()).await?;
        self.wake_after_silence(id, new.span.1).await
    }

    async fn wake_after_silence(&mut self, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref) values ($1, $2, 'silence_end', $3)
             on conflict (tenant_id, kind, ref) do update set due_at = excluded.due_at",
            self.tenant().get(),
            at,
            id.to_string()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a silence now; what it held back goes out. False: there is none of this id.
    pub async fn end_silence(
        &mut self,
        silence: PublicId<ids::Silence>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query!(
            r#"update silence set starts_at = least(starts_at, $3::timestamptz - interval '1 millisecond'),
                   ends_at = least(ends_at, $3)
               where tenant_id = $1 and public_id = $2 returning id"#,
            self.tenant().get(),
            silence.uuid(),
            now
        );
        let Some(row) = row.fetch_optional(self.connection()).await? else { return Ok(false) };
        self.wake_after_silence(row.id, now).await?;
        // What waits for the end of a mute looks again: at once, for it may have been this one.
        sqlx::query!(
            "update timer set due_at = clock_timestamp() where tenant_id = $1 and kind = 'release'",
            self.tenant().get()
        )
        .execute(self.connection())
        .await?;
        Ok(true)
    }

    /// All windows by name, or the one named.
    pub async fn window_rows(
        &mut self,
        only: Option<PublicId<ids::Maintenance>>,
    ) -> Result<Vec<WindowRow>, StoreError> {
        let rows = sqlx::query!(
            "select public_id, name, zone, matcher, starts_at, ends_at, weekly, enabled, version from maintenance
             where tenant_id = $1 and ($2::uuid is null or public_id = $2) order by name limit 200",
            self.tenant().get(),
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| WindowRow {
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                zone: row.zone,
                matcher: row.matcher,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                weekly: row.weekly,
                enabled: row.enabled,
                version: row.version,
            })
            .collect())
    }

    /// Stores a window. A duplicate name is [`StoreError::is_duplicate`].
    pub async fn add_window(
        &mut self,
        public_id: PublicId<ids::Maintenance>,
        draft: &WindowDraft<'_>,
    ) -> Result<(), StoreError> {
        let (starts_at, ends_at) = draft.once.unzip();
        sqlx::query!(
            "insert into maintenance (tenant_id, public_id, name, zone, matcher, starts_at, ends_at, weekly, enabled)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.tenant().get(),
            public_id.uuid(),
            draft.name,
            draft.zone,
            draft.matcher,
            starts_at,
            ends_at,
            draft.weekly,
            draft.enabled
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Rewrites a window, if it still has `version`; what it held back is looked at again.
    pub async fn change_window(
        &mut self,
        (window, version): (PublicId<ids::Maintenance>, i32),
        draft: &WindowDraft<'_>,
    ) -> Result<Changed, StoreError> {
        let (starts_at, ends_at) = draft.once.unzip();
        let updated = sqlx::query!(
            "update maintenance set name = $4, zone = $5, matcher = $6, starts_at = $7, ends_at = $8, weekly = $9,
                enabled = $10, version = version + 1
             where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            window.uuid(),
            version,
            draft.name,
            draft.zone,
            draft.matcher,
            starts_at,
            ends_at,
            draft.weekly,
            draft.enabled
        );
        let changed = updated.execute(self.connection()).await?.rows_affected() == 1;
        self.window_changed(window, changed).await
    }

    /// Removes a window, if it still has `version`; what it held back is looked at again.
    pub async fn remove_window(
        &mut self,
        window: PublicId<ids::Maintenance>,
        version: i32,
    ) -> Result<Changed, StoreError> {
        let removed = sqlx::query!(
            "delete from maintenance where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            window.uuid(),
            version
        );
        let removed = removed.execute(self.connection()).await?.rows_affected() == 1;
        self.window_changed(window, removed).await
    }

    async fn window_changed(
        &mut self,
        window: PublicId<ids::Maintenance>,
        changed: bool,
    ) -> Result<Changed, StoreError> {
        if !changed {
            let version = sqlx::query_scalar!(
                "select version from maintenance where tenant_id = $1 and public_id = $2",
                self.tenant().get(),
                window.uuid()
            );
            let version = version.fetch_optional(self.connection()).await?;
            return Ok(version.map_or(Changed::Missing, Changed::Stale));
        }
        sqlx::query!(
            "update timer set due_at = clock_timestamp() where tenant_id = $1 and kind = 'release'",
            self.tenant().get()
        )
        .execute(self.connection())
        .await?;
        Ok(Changed::Yes)
    }
}
