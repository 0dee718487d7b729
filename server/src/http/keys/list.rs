//! `GET /enrolment-keys`: all keys, newest first.

use axum::{Json, extract::State};

use super::EnrolmentKey;
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Caller, Machines},
};

/// Lists enrolment keys.
#[utoipa::path(get, path = "/enrolment-keys", operation_id = "keys.list", tag = "keys",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))), params(PageQuery),
    responses((status = 200, body = Page<EnrolmentKey>), (status = 403, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Machines>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<EnrolmentKey>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let before = api.position(LIST, tenant, query.cursor.as_deref())?;
    let before = before.and_then(|before| before.parse().ok());
    let mut rows = caller.scoped.enrolment_keys(None, before, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    Ok(Json(Page { items: EnrolmentKey::views(&mut caller.scoped, rows).await?, next }))
}

const LIST: &str = "enrolment-keys";
