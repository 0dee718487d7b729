//! `GET /audit`, `/audit.csv`, `/audit/chain`: who did what, newest first; as a table for others; and whether anybody
//! has touched what was written.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Query,
        page::{self, Page},
        query::AuditQuery,
        session::{Caller, Personnel},
    },
    store::audit::{Entry, Wanted},
};

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    at: DateTime<Utc>,
    /// `user_…`, `token_…`, `agent_…`, `console` or `system`.
    actor: String,
    /// As `channel.create`.
    action: String,
    /// To what, by id.
    object: String,
    /// From which address; empty: not by a person.
    ip: String,
    /// More.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Whether anybody has touched what was written.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditChain {
    /// Rows in the chain.
    rows: i64,
    /// Every row stands on the one before.
    intact: bool,
    /// The last hash: whoever keeps it elsewhere notices if rows at the end are taken away.
    head: String,
}

fn wanted(query: &AuditQuery) -> Wanted<'_> {
    let (actor, action) = (query.actor.as_deref(), query.action.as_deref());
    Wanted { actor, action, from: query.from, to: query.to }
}

/// Lists the audit log.
#[utoipa::path(get, path = "/audit", operation_id = "audit.list", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Personnel>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let before = api.position(LIST, tenant, query.cursor.as_deref())?;
    let before = before.and_then(|before| before.parse().ok());
    let mut rows = caller.scoped.audit_page(&wanted(&query), before, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    let items = rows.into_iter().map(|row| AuditEntry {
        at: row.at,
        actor: row.actor,
        action: row.action,
        object: row.object,
        ip: row.ip,
        detail: row.detail,
    });
    Ok(Json(Page { items: items.collect(), next }))
}

/// The audit log as a table.
#[utoipa::path(get, path = "/audit.csv", operation_id = "audit.csv", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(AuditQuery),
    responses((status = 200, content_type = "text/csv", body = String,
        description = "time,actor,action,object,address,detail; newest first, at most 50000 rows"),
        (status = 403, body = ProblemBody)))]
pub async fn csv(
    mut caller: Caller<Personnel>,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let rows = caller.scoped.audit_page(&wanted(&query), None, CSV_ROWS_MAX).await?;
    caller.done("audit.export", "", json!({"rows": rows.len()})).await?;
    let head = "time,actor,action,object,address,detail\r\n".to_owned();
    let lines = std::iter::once(head).chain(rows.into_iter().map(|row| line(&row)));
    let lines = lines.map(Ok::<_, std::convert::Infallible>);
    let mut answer = Body::from_stream(stream::iter(lines)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"mailvane-audit.csv\""),
    );
    Ok(answer)
}

/// Follows the chain of the audit log.
#[utoipa::path(get, path = "/audit/chain", operation_id = "audit.chain", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))),
    responses((status = 200, body = AuditChain), (status = 403, body = ProblemBody)))]
pub async fn chain(mut caller: Caller<Personnel>) -> Result<Json<AuditChain>, Problem> {
    let chain = caller.scoped.audit_chain().await?;
    let intact = chain.broken_at.is_none();
    Ok(Json(AuditChain { rows: chain.rows, intact, head: chain.head }))
}

fn line(row: &Entry) -> String {
    let at = row.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let detail = row.detail.to_string();
    let cells = [&at, &row.actor, &row.action, &row.object, &row.ip, &detail];
    let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that a spreadsheet takes as text: what could begin a formula gets an apostrophe before it.
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

const LIST: &str = "audit";
const CSV_ROWS_MAX: i64 = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_ends_early() {
        for (text, cell) in [
            ("plain", "\"plain\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\tx", "\"'\tx\""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
    }
}
