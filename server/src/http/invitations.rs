//! Invitations into a tenant, as JSON.

pub mod accept;
pub mod create;
pub mod list;
pub mod revoke;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::members;

/// An invitation that can still be accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// `inv_…`
    id: String,
    /// To whom.
    email: String,
    /// As what.
    role: &'static str,
    /// Who invites; null: has left, and the invitation is void.
    #[schema(required)]
    invited_by: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    expires_at: DateTime<Utc>,
}

impl Invitation {
    fn view(row: members::Invitation) -> Self {
        Self {
            id: row.public_id.to_string(),
            email: row.email,
            role: row.role.word(),
            invited_by: row.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}
