//! What a stream needs to know and to write of its own host: who speaks, where it stands, what it says of itself.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::{Scoped, StoreError, rule, scope};
use crate::domain::{
    batch::InstanceKey,
    ids::{self, AgentId, HostId, InstanceId, PublicId, TenantId, TriggerId},
    severity::Severity,
    trigger::Trigger,
    watchlist::Watchlist,
};

/// The one question across tenants that a stream asks: whose agent is this?
#[derive(Debug)]
pub struct SystemIngest {
    transaction: Transaction<'static, Postgres>,
}

impl SystemIngest {
    pub(in crate::store) async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self { transaction: scope::begin(pool, "BEGIN READ ONLY".to_owned()).await? })
    }

    /// The agent with this public id.
    pub async fn find_agent(
        &mut self,
        agent: Uuid,
    ) -> Result<Option<(TenantId, AgentId)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_agent($1)"#,
            agent
        );
        let row = row.fetch_optional(&mut *self.transaction).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), AgentId::from_row(row.id))))
    }
}

/// An agent and its host, as a stream needs them.
#[derive(Debug, Clone)]
pub struct AgentRow {
    /// Internal id.
    pub id: AgentId,
    /// The public half of its key.
    pub public_key: Vec<u8>,
    /// May no longer speak: revoked, or its host retired.
    pub gone: bool,
    /// May not speak yet: its host waits for approval.
    pub pending: bool,
    /// When this was read, by the database's clock.
    pub at: DateTime<Utc>,
    /// Its host.
    pub host: HostId,
    /// Public id of its host.
    pub host_ref: PublicId<ids::Host>,
    /// Tags of its host.
    pub tags: Vec<String>,
    /// When its first batch was committed.
    pub first_batch_at: Option<DateTime<Utc>>,
}

/// How far an agent's batches are committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Names the spool.
    pub epoch: i64,
    /// Everything up to here is committed.
    pub last_seq: i64,
    /// Last confirmed generation.
    pub generation: i64,
    /// Last offered generation.
    pub offered: i64,
    /// When the last batch was committed.
    pub received_at: DateTime<Utc>,
}

/// An instance, as a stream needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRow {
    /// What identifies it on its host.
    pub key: InstanceKey,
    /// Internal id.
    pub id: InstanceId,
    /// Public id.
    pub public_id: PublicId<ids::Instance>,
    /// What people call it.
    pub name: String,
}

/// What all streams of a tenant go by; read anew every few seconds.
#[derive(Debug, Clone, Default)]
pub struct TenantView {
    /// How often agents send, in milliseconds.
    pub interval_ms: i32,
    /// Enabled triggers.
    pub triggers: Vec<Trigger>,
    /// What they need to have seen.
    pub plan: Arc<Watchlist>,
    /// Agents that may no longer speak.
    pub gone: HashSet<AgentId>,
    /// Hosts that are paused: stored, but not judged.
    pub paused: HashSet<HostId>,
    /// Agents whose streams from before this moment are over.
    pub kicked: HashMap<AgentId, DateTime<Utc>>,
    /// The tenant itself is no more.
    pub ended: bool,
}

impl Scoped {
    /// An agent with its host.
    pub async fn agent_row(&mut self, agent: AgentId) -> Result<Option<AgentRow>, StoreError> {
        let row = sqlx::query!(
            r#"select a.public_key, a.revoked_at is not null or h.state = 'retired' as "gone!",
                   h.state = 'pending' as "pending!", clock_timestamp() as "at!", a.host_id,
                   h.public_id as host_ref, h.tags, a.first_batch_at
               from agent a join host h on h.tenant_id = a.tenant_id and h.id = a.host_id
               where a.tenant_id = $1 and a.id = $2"#,
            self.tenant().get(),
            agent.get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| AgentRow {
            id: agent,
            public_key: row.public_key,
            gone: row.gone,
            pending: row.pending,
            at: row.at,
            host: HostId::from_row(row.host_id),
            host_ref: PublicId::from_row(row.host_ref),
            tags: row.tags,
            first_batch_at: row.first_batch_at,
        }))
    }

    /// Locks an agent's cursor, making it where there is none.
    pub async fn lock_cursor(&mut self, agent: AgentId, epoch: i64) -> Result<Cursor, StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "insert into cursor (tenant_id, agent_id, epoch, last_seq, received_at)
             values ($1, $2, $3, 0, clock_timestamp()) on conflict do nothing",
            tenant,
            agent.get(),
            epoch
        )
        .execute(self.connection())
        .await?;
        let row = sqlx::query_as!(
            Cursor,
            "select epoch, last_seq, generation, offered, received_at from cursor
             where tenant_id = $1 and agent_id = $2 for update",
            tenant,
            agent.get()
        );
        Ok(row.fetch_one(self.connection()).await?)
    }

    /// Places a locked cursor: at the start of a new spool, or behind what a spool no longer holds.
    pub async fn place_cursor(
        &mut self,
        agent: AgentId,
        epoch: i64,
        last_seq: i64,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update cursor set epoch = $3, last_seq = $4 where tenant_id = $1 and agent_id = $2",
            self.tenant().get(),
            agent.get(),
            epoch,
            last_seq
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes which generation was offered last: streams that were offered an earlier one move the cursor no more.
    pub async fn offer_generation(
        &mut self,
        agent: AgentId,
        generation: i64,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update cursor set offered = $3 where tenant_id = $1 and agent_id = $2",
            self.tenant().get(),
            agent.get(),
            generation
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that a copy of the agent's state was refused. False: that was written within the last ten minutes.
    pub async fn note_clone(&mut self, agent: AgentId) -> Result<bool, StoreError> {
        let noted = sqlx::query!(
            "update agent set cloned_at = clock_timestamp() where tenant_id = $1 and id = $2
             and (cloned_at is null or cloned_at < clock_timestamp() - interval '10 minutes')",
            self.tenant().get(),
            agent.get()
        );
        Ok(noted.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Writes that the agent keeps `generation`, unless a later one is kept already.
    pub async fn confirm_generation(
        &mut self,
        agent: AgentId,
        generation: i64,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update cursor set generation = $3
             where tenant_id = $1 and agent_id = $2 and generation < $3",
            self.tenant().get(),
            agent.get(),
            generation
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes who spoke and with which version; a planned absence is over, its silence is watched.
    pub async fn agent_spoke(&mut self, agent: &AgentRow, version: &str) -> Result<(), StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "update agent set version = $3, planned_back_at = null
             where tenant_id = $1 and id = $2 and (version <> $3 or planned_back_at is not null)",
            tenant,
            agent.id.get(),
            version
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref)
             values ($1, clock_timestamp() + interval '10 seconds', 'host_silent', $2)
             on conflict (tenant_id, kind, ref) do nothing",
            tenant,
            agent.host.to_string()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes when the agent's first batch was committed.
    pub async fn first_batch(&mut self, agent: AgentId) -> Result<(), StoreError> {
        sqlx::query!(
            "update agent set first_batch_at = clock_timestamp()
             where tenant_id = $1 and id = $2 and first_batch_at is null",
            self.tenant().get(),
            agent.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that the agent said goodbye and will be back within `seconds`.
    pub async fn planned_absence(
        &mut self,
        agent: AgentId,
        seconds: i32,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update agent set planned_back_at = clock_timestamp() + make_interval(secs => $3)
             where tenant_id = $1 and id = $2",
            self.tenant().get(),
            agent.get(),
            f64::from(seconds)
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Keeps what a host says of itself, where that differs from what it said last.
    pub async fn keep_facts(&mut self, host: HostId, facts: &Value) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into host_facts (tenant_id, host_id, facts)
             select $1, $2, $3::jsonb where $3::jsonb is distinct from
                (select facts from host_facts where tenant_id = $1 and host_id = $2
                 order by at desc, id desc limit 1)",
            self.tenant().get(),
            host.get(),
            facts
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The instances of a host, as its stream needs them.
    pub async fn instance_rows(&mut self, host: HostId) -> Result<Vec<InstanceRow>, StoreError> {
        let rows = sqlx::query!(
            "select id, public_id, config_directory, container, name from instance
             where tenant_id = $1 and host_id = $2",
            self.tenant().get(),
            host.get()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| InstanceRow {
                key: InstanceKey {
                    config_directory: row.config_directory,
                    container: row.container,
                },
                id: InstanceId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
            })
            .collect())
    }

    /// Makes an instance known, or gives it its new name.
    pub async fn keep_instance(
        &mut self,
        host: HostId,
        public_id: PublicId<ids::Instance>,
        key: &InstanceKey,
        name: &str,
    ) -> Result<InstanceRow, StoreError> {
        let row = sqlx::query!(
            "insert into instance (tenant_id, public_id, host_id, config_directory, container, name)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (tenant_id, host_id, config_directory, container) do update set name = $6
             returning id, public_id",
            self.tenant().get(),
            public_id.uuid(),
            host.get(),
            key.config_directory,
            key.container,
            name
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(InstanceRow {
            key: key.clone(),
            id: InstanceId::from_row(row.id),
            public_id: PublicId::from_row(row.public_id),
            name: name.to_owned(),
        })
    }

    /// Writes to the tenant's audit log what a machine did.
    pub async fn audit_machine(
        &mut self,
        actor: &str,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object) values ($1, $2, $3, $4)",
            self.tenant().get(),
            actor,
            action,
            object
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What all streams of this tenant go by, with an empty plan.
    pub async fn tenant_view(&mut self) -> Result<TenantView, StoreError> {
        let tenant = self.tenant().get();
        let interval = sqlx::query_scalar!(
            "select interval_ms from tenant where id = $1 and deleted_at is null",
            tenant
        );
        let Some(interval_ms) = interval.fetch_optional(self.connection()).await? else {
            return Ok(TenantView { ended: true, ..TenantView::default() });
        };
        let triggers = self.live_triggers().await?;
        let agents = sqlx::query!(
            r#"select a.id, a.host_id, h.state = 'paused' as "paused!", a.revoked_at is not null or h.state in ('retired', 'pending') as "gone!",
                   a.kicked_at
               from agent a join host h on h.tenant_id = a.tenant_id and h.id = a.host_id
               where a.tenant_id = $1 and (a.revoked_at is not null or h.state <> 'active'
                   or a.kicked_at > clock_timestamp() - interval '5 minutes')"#,
            tenant
        );
        let mut view = TenantView { interval_ms, triggers, ..TenantView::default() };
        for row in agents.fetch_all(self.connection()).await? {
            if let Some(at) = row.kicked_at {
                view.kicked.insert(AgentId::from_row(row.id), at);
            }
            if row.gone {
                view.gone.insert(AgentId::from_row(row.id));
            } else if row.paused {
                view.paused.insert(HostId::from_row(row.host_id));
            }
        }
        Ok(view)
    }

    /// Enabled triggers; one that this build cannot read is left out and logged.
    pub async fn live_triggers(&mut self) -> Result<Vec<Trigger>, StoreError> {
        let rows = sqlx::query!(
            "select id, name, template, version, severity, spec from trigger
             where tenant_id = $1 and enabled order by id limit 1000",
            self.tenant().get()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let triggers = rows.into_iter().filter_map(|row| {
            let rule = match rule::from_json(&row.spec) {
                Ok((_, rule)) => rule,
                Err(fault) => {
                    tracing::warn!(trigger.id = row.id, %fault, "a trigger cannot be read; skipped");
                    return None;
                }
            };
            Some(Trigger {
                id: TriggerId::from_row(row.id),
                name: row.name,
                template: row.template,
                version: row.version,
                severity: Severity::from_name(&row.severity)?,
                rule,
            })
        });
        Ok(triggers.collect())
    }
}
