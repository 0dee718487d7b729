//! `GET /audit`: who did what, newest first.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Admin, Caller},
};

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    at: DateTime<Utc>,
    /// `user_…`, `token_…`, `agent_…` or `system`.
    actor: String,
    /// As `channel.create`.
    action: String,
    /// To what, by id.
    object: String,
    /// More.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Lists the audit log.
#[utoipa::path(get, path = "/audit", operation_id = "audit.list", tag = "members",
    extensions(("x-min-role" = json!("admin"))), params(PageQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let before = api.position(LIST, tenant, query.cursor.as_deref())?;
    let before = before.and_then(|before| before.parse().ok());
    let mut rows = caller.scoped.audit_page(before, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    let items = rows.into_iter().map(|row| AuditEntry {
        at: row.at,
        actor: row.actor,
        action: row.action,
        object: row.object,
        detail: row.detail,
    });
    Ok(Json(Page { items: items.collect(), next }))
}

const LIST: &str = "audit";
