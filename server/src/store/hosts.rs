//! Hosts with their agents, what they said of themselves, and their instances.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Scoped, StoreError};
use crate::domain::ids::{self, HostId, PublicId};

/// A host as a person sees it.
#[derive(Debug)]
pub struct Host {
    /// Internal id, for paging.
    pub id: HostId,
    /// Public id.
    pub public_id: PublicId<ids::Host>,
    /// Name.
    pub name: String,
    /// `active`, `paused` or `retired`.
    pub state: String,
    /// Tags.
    pub tags: Vec<String>,
    /// When it was enrolled.
    pub created_at: DateTime<Utc>,
    /// The agent that speaks for it; the newest, when it was enrolled again.
    pub agent: Option<Agent>,
    /// What it last said of itself, as JSON of the wire's facts.
    pub facts: Option<(DateTime<Utc>, Value)>,
    /// Hosts of the same machine that were enrolled before.
    pub adoptable: Vec<PublicId<ids::Host>>,
}

/// The agent of a host.
#[derive(Debug)]
pub struct Agent {
    /// Public id.
    pub public_id: PublicId<ids::Agent>,
    /// Version.
    pub version: String,
    /// When it last delivered.
    pub last_batch_at: Option<DateTime<Utc>>,
    /// When it first delivered.
    pub first_batch_at: Option<DateTime<Utc>>,
    /// When it was enrolled.
    pub created_at: DateTime<Utc>,
    /// May no longer speak.
    pub revoked: bool,
    /// When a copy of its state was last refused.
    pub cloned_at: Option<DateTime<Utc>>,
    /// Since when it has its present key.
    pub key_since: DateTime<Utc>,
}

/// One Postfix instance.
#[derive(Debug)]
pub struct Instance {
    /// Internal id.
    pub id: ids::InstanceId,
    /// Public id.
    pub public_id: PublicId<ids::Instance>,
    /// Its host.
    pub host: HostId,
    /// Its host, for pages.
    pub host_ref: PublicId<ids::Host>,
    /// Name of its host.
    pub host_name: String,
    /// Name.
    pub name: String,
    /// Where its main.cf lies.
    pub config_directory: String,
    /// Container it runs in, or empty.
    pub container: String,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
}

/// What a person may change of a host.
#[derive(Debug, Default)]
pub struct HostChange<'a> {
    /// New name.
    pub name: Option<&'a str>,
    /// New tags, all of them.
    pub tags: Option<&'a [String]>,
    /// New state.
    pub state: Option<&'a str>,
}

impl Scoped {
    /// By age, after `after`; or the one named.
    pub async fn hosts(
        &mut self,
        only: Option<PublicId<ids::Host>>,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Host>, StoreError> {
        let rows = sqlx::query!(
            r#"select h.id, h.public_id, h.name, h.state, h.tags, h.created_at,
                   a.public_id as "agent?", a.version as "version?", a.first_batch_at as "first_batch_at?",
                   a.created_at as "agent_created_at?", a.revoked_at is not null as "revoked!",
                   a.cloned_at as "cloned_at?", a.key_since as "key_since?",
                   array(select o.public_id from host o where o.tenant_id = h.tenant_id and o.id < h.id
                         and o.machine_hash = h.machine_hash order by o.id desc limit 8) as "adoptable!",
                   c.received_at as "last_batch_at?", f.at as "facts_at?", f.facts as "facts?"
               from host h
               left join lateral (select * from agent a where a.tenant_id = h.tenant_id and a.host_id = h.id
                                  order by a.id desc limit 1) a on true
               left join scoped.cursor c on c.tenant_id = h.tenant_id and c.agent_id = a.id
               left join lateral (select at, facts from host_facts f where f.tenant_id = h.tenant_id
                                  and f.host_id = h.id order by f.at desc limit 1) f on true
               where h.tenant_id = $1 and ($2::uuid is null or h.public_id = $2) and ($3::int8 is null or h.id > $3)
               order by h.id limit $4"#,
            self.tenant().get(),
            only.map(PublicId::uuid),
            after,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Host {
                id: HostId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                state: row.state,
                tags: row.tags,
                created_at: row.created_at,
                agent: row.agent.zip(row.agent_created_at).map(|(agent, created_at)| Agent {
                    public_id: PublicId::from_row(agent),
                    version: row.version.unwrap_or_default(),
                    last_batch_at: row.last_batch_at,
                    first_batch_at: row.first_batch_at,
                    created_at,
                    revoked: row.revoked,
                    cloned_at: row.cloned_at,
                    key_since: row.key_since.unwrap_or(created_at),
                }),
                facts: row.facts_at.zip(row.facts),
                adoptable: row.adoptable.into_iter().map(PublicId::from_row).collect(),
            })
            .collect())
    }

    /// The instances of these hosts, or the one named.
    pub async fn instances(
        &mut self,
        hosts: &[HostId],
        only: Option<PublicId<ids::Instance>>,
    ) -> Result<Vec<Instance>, StoreError> {
        let hosts: Vec<i64> = hosts.iter().map(|host| host.get()).collect();
        let rows = sqlx::query!(
            "select i.id, i.public_id, i.host_id, h.public_id as host_ref, h.name as host_name, i.name,
                i.config_directory, i.container, i.first_seen_at
             from instance i join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
             where i.tenant_id = $1 and (i.host_id = any($2) or i.public_id = $3) order by i.host_id, i.id",
            self.tenant().get(),
            &hosts,
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Instance {
                id: ids::InstanceId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                host: HostId::from_row(row.host_id),
                host_ref: PublicId::from_row(row.host_ref),
                host_name: row.host_name,
                name: row.name,
                config_directory: row.config_directory,
                container: row.container,
                first_seen_at: row.first_seen_at,
            })
            .collect())
    }

    /// Every instance of the tenant.
    pub async fn all_instances(&mut self) -> Result<Vec<Instance>, StoreError> {
        let hosts =
            sqlx::query_scalar!("select id from host where tenant_id = $1", self.tenant().get());
        let hosts = hosts.fetch_all(self.connection()).await?;
        let hosts: Vec<HostId> = hosts.into_iter().map(HostId::from_row).collect();
        self.instances(&hosts, None).await
    }

    /// Internal ids of the instances named, those that are known.
    pub async fn instance_ids(
        &mut self,
        wanted: &[PublicId<ids::Instance>],
    ) -> Result<Vec<(PublicId<ids::Instance>, ids::InstanceId)>, StoreError> {
        let uuids: Vec<uuid::Uuid> = wanted.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query!(
            "select public_id, id from instance where tenant_id = $1 and public_id = any($2)",
            self.tenant().get(),
            &uuids
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let pair = |public_id, id| (PublicId::from_row(public_id), ids::InstanceId::from_row(id));
        Ok(rows.into_iter().map(|row| pair(row.public_id, row.id)).collect())
    }

    /// Changes what `change` names. False when there is no such host or it is retired.
    pub async fn change_host(
        &mut self,
        host: PublicId<ids::Host>,
        change: &HostChange<'_>,
    ) -> Result<bool, StoreError> {
        let updated = sqlx::query!(
            "update host set name = coalesce($3, name), tags = coalesce($4, tags), state = coalesce($5, state)
             where tenant_id = $1 and public_id = $2 and state <> 'retired' and (state <> 'pending' or $5::text is null)",
            self.tenant().get(),
            host.uuid(),
            change.name,
            change.tags,
            change.state
        )
        .execute(self.connection())
        .await?;
        if change.state.is_some() {
            self.ask_timers("withdraw", "hosts").await?;
        }
        Ok(updated.rows_affected() == 1)
    }

    /// Retires a host and silences its agents for ever; its history stays. False when there is no such host.
    pub async fn retire_host(
        &mut self,
        host: PublicId<ids::Host>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query!(
            "update host set state = 'retired' where tenant_id = $1 and public_id = $2 returning id",
            self.tenant().get(),
            host.uuid()
        );
        let Some(row) = row.fetch_optional(self.connection()).await? else { return Ok(false) };
        sqlx::query!(
            "update agent set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and host_id = $2",
            self.tenant().get(),
            row.id,
            now
        )
        .execute(self.connection())
        .await?;
        self.ask_timers("withdraw", "hosts").await?;
        Ok(true)
    }
}
