//! API tokens, as JSON.

pub mod create;
pub mod list;
pub mod revoke;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::tokens;

/// A scoped key for scripts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiToken {
    /// `token_…`
    id: String,
    /// The part of the token that may be shown.
    key_id: String,
    /// Name.
    name: String,
    /// `read`, `write`, `scrape`, `ingest-admin`.
    scopes: Vec<String>,
    /// The role that bounds it.
    role: &'static str,
    /// Who made it; null: has left, and the token works no more.
    #[schema(required)]
    created_by: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// Until when it works.
    expires_at: DateTime<Utc>,
    /// When it was last used, to the minute; null: never.
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    /// From where; empty: never.
    last_used_ip: String,
    /// Taken back by a person.
    revoked: bool,
}

impl ApiToken {
    fn view(row: tokens::ApiToken) -> Self {
        Self {
            id: row.public_id.to_string(),
            key_id: row.key_id,
            name: row.name,
            scopes: row.scopes,
            role: row.role.word(),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
            revoked: row.revoked,
        }
    }
}
