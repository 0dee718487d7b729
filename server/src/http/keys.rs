//! Enrolment keys, as JSON. A key's secret is in one answer only: the one that made it.

pub mod create;
pub mod list;
pub mod revoke;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Problem;
use crate::store::{Scoped, keys};

/// A key that admits agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolmentKey {
    /// `ekey_…`
    id: String,
    /// The part of the key that may be shown.
    key_id: String,
    /// What a person wrote to it.
    comment: String,
    /// Who made it, by address; null: the command line.
    #[schema(required)]
    created_by: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// Until when it admits.
    expires_at: DateTime<Utc>,
    /// How often it admitted when it was new.
    uses: i32,
    /// How often it still admits.
    uses_left: i32,
    /// When it last admitted.
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    /// From where; empty: never.
    last_used_ip: String,
    /// Tags of every host that it admits.
    tags: Vec<String>,
    /// Networks that it admits from; none: from anywhere.
    networks: Vec<String>,
    /// Hosts that it admits wait until a person says yes.
    approve: bool,
    /// Taken back by a person.
    revoked: bool,
    /// Hosts that it admitted.
    hosts: Vec<AdmittedHost>,
}

/// A host that a key admitted.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdmittedHost {
    /// `host_…`
    id: String,
    /// Name.
    name: String,
    /// When its agent first delivered; null: not yet.
    #[schema(required)]
    first_batch_at: Option<DateTime<Utc>>,
}

impl EnrolmentKey {
    async fn views(
        scoped: &mut Scoped,
        rows: Vec<keys::EnrolmentKey>,
    ) -> Result<Vec<Self>, Problem> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut hosts: HashMap<i64, Vec<AdmittedHost>> = HashMap::new();
        for row in scoped.admitted_by(&ids).await? {
            hosts.entry(row.key).or_default().push(AdmittedHost {
                id: row.host.to_string(),
                name: row.name,
                first_batch_at: row.first_batch_at,
            });
        }
        let mut view = |row: keys::EnrolmentKey| Self {
            id: row.public_id.to_string(),
            key_id: row.key_id,
            comment: row.comment,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            uses: row.uses,
            uses_left: row.uses_left,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
            tags: row.tags,
            networks: row.networks,
            approve: row.approve,
            revoked: row.revoked,
            hosts: hosts.remove(&row.id).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(&mut view).collect())
    }
}
