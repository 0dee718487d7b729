//! `GET /members`: who belongs to the tenant, and as what.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        error::{Problem, ProblemBody},
        session::{Caller, PersonView, Viewer},
    },
    store::people,
};

/// All members.
#[derive(Debug, Serialize, ToSchema)]
pub struct Members {
    /// By address.
    items: Vec<Member>,
}

/// A person in this tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    person: PersonView,
    /// `owner`, `admin`, `operator` or `viewer`.
    role: &'static str,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl Member {
    /// As JSON.
    pub fn view(row: people::Member) -> Self {
        Self {
            person: PersonView { id: row.person.to_string(), email: row.email, name: row.name },
            role: row.role.word(),
            created_at: row.created_at,
        }
    }
}

/// Lists members.
#[utoipa::path(get, path = "/members", operation_id = "members.list", tag = "members",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Members), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Members>, Problem> {
    let rows = caller.scoped.members().await?;
    Ok(Json(Members { items: rows.into_iter().map(Member::view).collect() }))
}
