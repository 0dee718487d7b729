//! Hosts and their instances, as JSON.

pub mod adopt;
pub mod approve;
pub mod change;
pub mod get;
pub mod instance;
pub mod list;
pub mod retire;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{error::Problem, input::Faults};
use crate::{
    domain::ids::{self, HostId, PublicId},
    store::{Scoped, hosts},
};

/// A machine that runs an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Host {
    /// `host_…`
    id: String,
    /// Name.
    name: String,
    /// `pending` (waits for approval), `active`, `paused` or `retired`.
    state: String,
    /// Tags.
    tags: Vec<String>,
    /// When it was enrolled.
    created_at: DateTime<Utc>,
    /// The agent that speaks for it.
    #[schema(required)]
    agent: Option<Agent>,
    /// What it says of itself.
    #[schema(required)]
    facts: Option<Facts>,
    /// Its Postfix instances.
    instances: Vec<HostInstance>,
    /// Hosts of the same machine, enrolled before, whose history it may adopt: `host_…`.
    adoptable: Vec<String>,
}

/// The agent of a host.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    /// `agent_…`
    id: String,
    /// Version.
    version: String,
    /// When it last delivered.
    #[schema(required)]
    last_batch_at: Option<DateTime<Utc>>,
    /// When it first delivered.
    #[schema(required)]
    first_batch_at: Option<DateTime<Utc>>,
    /// When it was enrolled.
    created_at: DateTime<Utc>,
    /// May no longer speak.
    revoked: bool,
    /// When a copy of its state was last refused; null: never.
    #[schema(required)]
    cloned_at: Option<DateTime<Utc>>,
    /// Since when it has its present key.
    key_since: DateTime<Utc>,
}

/// An instance, within its host.
#[derive(Debug, Serialize, ToSchema)]
pub struct HostInstance {
    /// `inst_…`
    id: String,
    /// Name.
    name: String,
    /// Where its main.cf lies.
    config_directory: String,
    /// Container it runs in, or empty.
    container: String,
    /// When it was first seen.
    first_seen_at: DateTime<Utc>,
}

/// What a host says of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Facts {
    /// When it said so.
    pub at: DateTime<Utc>,
    /// Operating system.
    pub os: String,
    /// Version of the agent.
    pub agent_version: String,
    /// Its Postfix instances.
    pub instances: Vec<InstanceFacts>,
    /// What cannot be seen, and the line that would cure it.
    pub blind_spots: Vec<BlindSpot>,
}

/// What a host says of one instance.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InstanceFacts {
    /// Where its main.cf lies.
    pub config_directory: String,
    /// Name.
    pub name: String,
    /// `mail_version`
    pub postfix_version: String,
    /// `queue_directory`
    pub queue_directory: String,
    /// `myhostname`
    pub my_hostname: String,
    /// `qmgr_message_active_limit`
    pub active_limit: u64,
    /// Where its log is read.
    pub sources: Vec<String>,
    /// Whether its master runs.
    pub running: bool,
}

/// A metric group that cannot be seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlindSpot {
    /// The instance; null: the whole host.
    #[schema(required)]
    pub config_directory: Option<String>,
    /// Metric group.
    pub group: String,
    /// Why.
    pub why: String,
    /// The one line that would fix it.
    pub cure: String,
}

impl Host {
    /// Hosts with their instances.
    async fn views(scoped: &mut Scoped, rows: Vec<hosts::Host>) -> Result<Vec<Self>, Problem> {
        let ids: Vec<HostId> = rows.iter().map(|row| row.id).collect();
        let mut by_host: HashMap<HostId, Vec<HostInstance>> = HashMap::new();
        for row in scoped.instances(&ids, None).await? {
            by_host.entry(row.host).or_default().push(HostInstance {
                id: row.public_id.to_string(),
                name: row.name,
                config_directory: row.config_directory,
                container: row.container,
                first_seen_at: row.first_seen_at,
            });
        }
        Ok(rows
            .into_iter()
            .map(|row| {
                let instances = by_host.remove(&row.id).unwrap_or_default();
                Self::view(row, instances)
            })
            .collect())
    }

    fn view(row: hosts::Host, instances: Vec<HostInstance>) -> Self {
        Self {
            id: row.public_id.to_string(),
            name: row.name,
            state: row.state,
            tags: row.tags,
            created_at: row.created_at,
            agent: row.agent.map(|agent| Agent {
                id: agent.public_id.to_string(),
                version: agent.version,
                last_batch_at: agent.last_batch_at,
                first_batch_at: agent.first_batch_at,
                created_at: agent.created_at,
                revoked: agent.revoked,
                cloned_at: agent.cloned_at,
                key_since: agent.key_since,
            }),
            facts: row.facts.map(|(at, facts)| facts_of(at, facts)),
            instances,
            adoptable: row.adoptable.iter().map(ToString::to_string).collect(),
        }
    }

    /// The one named, or not found.
    async fn one(scoped: &mut Scoped, id: PublicId<ids::Host>) -> Result<Self, Problem> {
        let rows = scoped.hosts(Some(id), None, 1).await?;
        Self::views(scoped, rows).await?.pop().ok_or(Problem::NotFound)
    }
}

/// Tags that a host may have.
pub(super) fn host_tags(faults: &mut Faults, tags: &[String]) -> Vec<String> {
    if tags.len() > TAGS_MAX {
        faults.add("tags", "Use at most 32 tags.");
    }
    tags.iter().take(TAGS_MAX).map(|tag| faults.line("tags", tag, TAG_CHARS_MAX)).collect()
}

const TAG_CHARS_MAX: usize = 40;
const TAGS_MAX: usize = 32;

/// Facts as they were stored; what an older server wrote otherwise is left out, not invented.
pub(super) fn facts_of(at: DateTime<Utc>, stored: serde_json::Value) -> Facts {
    let mut facts: Facts = serde_json::from_value(stored).unwrap_or_default();
    facts.at = at;
    facts
}
