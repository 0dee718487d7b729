//! `GET /grants`: who of the installation may look in, why, and until when.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Personnel},
};

/// All grants that are not over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Grants {
    items: Vec<Grant>,
}

/// Access for a while.
#[derive(Debug, Serialize, ToSchema)]
pub struct Grant {
    /// `grant_…`
    id: String,
    /// Whose.
    email: String,
    /// As what.
    role: &'static str,
    /// Why.
    reason: String,
    /// Since when.
    created_at: DateTime<Utc>,
    /// Until when.
    until: DateTime<Utc>,
}

/// Lists grants.
#[utoipa::path(get, path = "/grants", operation_id = "grants.list", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))),
    responses((status = 200, body = Grants), (status = 403, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Personnel>) -> Result<Json<Grants>, Problem> {
    let now = caller.now;
    let items = caller.scoped.grants(now).await?.into_iter().map(|row| Grant {
        id: row.public_id.to_string(),
        email: row.email,
        role: row.role.word(),
        reason: row.reason,
        created_at: row.created_at,
        until: row.until,
    });
    Ok(Json(Grants { items: items.collect() }))
}
