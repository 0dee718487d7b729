//! `GET /hosts`: all hosts, oldest first.

use axum::{Json, extract::State};

use super::Host;
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Caller, Viewer},
};

/// Lists hosts.
#[utoipa::path(get, path = "/hosts", operation_id = "hosts.list", tag = "hosts",
    extensions(("x-min-role" = json!("viewer"))), params(PageQuery),
    responses((status = 200, body = Page<Host>), (status = 401, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Viewer>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Host>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let after = api.position(LIST, tenant, query.cursor.as_deref())?;
    let after = after.and_then(|after| after.parse().ok());
    let mut rows = caller.scoped.hosts(None, after, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    Ok(Json(Page { items: Host::views(&mut caller.scoped, rows).await?, next }))
}

const LIST: &str = "hosts";
