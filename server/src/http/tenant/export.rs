//! `GET /tenant/export`: everything a tenant owns but its figures and secrets, one JSON object a line.
//!
//! Figures have an export of their own, which thins them out as asked: `/series.csv`.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::json;

use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Owner},
};

/// Exports the tenant's data.
#[utoipa::path(get, path = "/tenant/export", operation_id = "tenant.export", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))),
    responses((status = 200, content_type = "application/x-ndjson", body = String,
        description = "One object {kind, row} a line"), (status = 403, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Owner>) -> Result<Response, Problem> {
    let tenant = caller.scoped.tenant_row().await?;
    let mut chunks = Vec::new();
    for kind in caller.scoped.export_kinds() {
        let rows = caller.scoped.export(kind, ROWS_MAX).await?;
        let lines: Vec<String> =
            rows.into_iter().map(|row| json!({"kind": kind, "row": row}).to_string()).collect();
        let lines = if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" };
        chunks.push(Ok::<_, std::convert::Infallible>(lines));
    }
    caller.done("tenant.export", &tenant.public_id.to_string(), json!({})).await?;
    let mut answer = Body::from_stream(stream::iter(chunks)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"mailvane-export.ndjson\""),
    );
    Ok(answer)
}

/// Rows of one kind, newest first: at 1 KiB each 50 MB.
const ROWS_MAX: i64 = 50_000;
