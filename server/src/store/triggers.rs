//! Triggers as rows: the rule itself is JSON that `domain::trigger` understands.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Scoped, StoreError, channels::Changed};
use crate::domain::ids::{self, PublicId, TriggerId};

/// A trigger as a person sees it.
#[derive(Debug)]
pub struct TriggerRow {
    /// Internal id.
    pub id: TriggerId,
    /// Public id.
    pub public_id: PublicId<ids::Trigger>,
    /// Name.
    pub name: String,
    /// The default it was made from.
    pub template: Option<String>,
    /// Whether it judges anything.
    pub enabled: bool,
    /// `info`, `warning`, `error`, `critical`.
    pub severity: String,
    /// The rule.
    pub spec: Value,
    /// What it is for, in the tenant's words; empty: the template's.
    pub description: String,
    /// What to do first, in the tenant's words; empty: the template's.
    pub runbook: String,
    /// The version of the template that it is.
    pub template_version: Option<i32>,
    /// Grows with every change.
    pub version: i32,
    /// Targets for which it fires now.
    pub firing: i64,
}

/// A trigger to be stored, or what one is to become.
#[derive(Debug)]
pub struct TriggerDraft<'a> {
    /// Name.
    pub name: &'a str,
    /// Whether it judges anything.
    pub enabled: bool,
    /// `info`, `warning`, `error`, `critical`.
    pub severity: &'a str,
    /// The rule.
    pub spec: &'a Value,
}

impl Scoped {
    /// All triggers by name, or the one named.
    pub async fn triggers(
        &mut self,
        only: Option<PublicId<ids::Trigger>>,
    ) -> Result<Vec<TriggerRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select t.id, t.public_id, t.name, t.template, t.enabled, t.severity, t.spec, t.version,
                   t.description, t.runbook, t.template_version,
                   (select count(*) from alert_state a where a.tenant_id = t.tenant_id and a.trigger_id = t.id
                    and a.state in ('firing', 'recovering')) as "firing!"
               from trigger t
               where t.tenant_id = $1 and ($2::uuid is null or t.public_id = $2) order by t.name limit 1000"#,
            self.tenant().get(),
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| TriggerRow {
                id: TriggerId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                template: row.template,
                enabled: row.enabled,
                severity: row.severity,
                spec: row.spec,
                description: row.description,
                runbook: row.runbook,
                template_version: row.template_version,
                version: row.version,
                firing: row.firing,
            })
            .collect())
    }

    /// How many triggers there are.
    pub async fn trigger_count(&mut self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from trigger where tenant_id = $1"#,
            self.tenant().get()
        );
        Ok(count.fetch_one(self.connection()).await?)
    }

    /// Stores a trigger. A duplicate name is [`StoreError::is_duplicate`].
    pub async fn add_trigger(
        &mut self,
        public_id: PublicId<ids::Trigger>,
        draft: &TriggerDraft<'_>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into trigger (tenant_id, public_id, name, enabled, severity, spec)
             values ($1, $2, $3, $4, $5, $6)",
            self.tenant().get(),
            public_id.uuid(),
            draft.name,
            draft.enabled,
            draft.severity,
            draft.spec
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Makes the trigger what `draft` says, if it still has `version`.
    pub async fn change_trigger(
        &mut self,
        trigger: PublicId<ids::Trigger>,
        version: i32,
        draft: &TriggerDraft<'_>,
        now: DateTime<Utc>,
    ) -> Result<Changed, StoreError> {
        let changed = sqlx::query!(
            r#"with before as (
                   select id, spec, enabled, severity from trigger
                   where tenant_id = $1 and public_id = $2 and version = $3 for update),
               after as (
                   update trigger t set name = $4, enabled = $5, severity = $6, spec = $7, version = version + 1,
                       updated_at = $8,
                       changed = t.changed or (t.spec, t.enabled, t.severity) is distinct from ($7::jsonb, $5::bool, $6::text)
                   from before where t.tenant_id = $1 and t.id = before.id returning t.id)
               select before.id, (before.spec, before.enabled, before.severity)
                       is distinct from ($7::jsonb, $5::bool, $6::text) as "rule!"
               from before join after using (id)"#,
            self.tenant().get(),
            trigger.uuid(),
            version,
            draft.name,
            draft.enabled,
            draft.severity,
            draft.spec,
            now
        );
        if let Some(row) = changed.fetch_optional(self.connection()).await? {
            // What the old rule found is not what the new one would: its incidents end and say so.
            if row.rule {
                self.ask_timers("withdraw", &row.id.to_string()).await?;
            }
            return Ok(Changed::Yes);
        }
        self.trigger_version(trigger).await
    }

    /// Writes what a trigger is for and what to do first, in the tenant's words.
    pub async fn describe_trigger(
        &mut self,
        trigger: PublicId<ids::Trigger>,
        description: Option<&str>,
        runbook: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update trigger set description = coalesce($3, description), runbook = coalesce($4, runbook)
             where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            trigger.uuid(),
            description,
            runbook
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Marks a trigger as its template's present version, left as it came.
    pub async fn mark_as_template(
        &mut self,
        trigger: PublicId<ids::Trigger>,
        template_version: i32,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update trigger set template_version = $3, changed = false, description = '', runbook = ''
             where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            trigger.uuid(),
            template_version
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Removes a trigger with the state of its alerts, if it still has `version`.
    pub async fn remove_trigger(
        &mut self,
        trigger: PublicId<ids::Trigger>,
        version: i32,
    ) -> Result<Changed, StoreError> {
        let removed = sqlx::query!(
            "delete from trigger where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            trigger.uuid(),
            version
        )
        .execute(self.connection())
        .await?;
        if removed.rows_affected() == 1 {
            self.ask_timers("withdraw", "gone").await?;
            return Ok(Changed::Yes);
        }
        self.trigger_version(trigger).await
    }

    async fn trigger_version(
        &mut self,
        trigger: PublicId<ids::Trigger>,
    ) -> Result<Changed, StoreError> {
        let version = sqlx::query_scalar!(
            "select version from trigger where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            trigger.uuid()
        );
        let version = version.fetch_optional(self.connection()).await?;
        Ok(version.map_or(Changed::Missing, Changed::Stale))
    }
}
