//! `GET /invitations`: those that can still be accepted, newest first.

use axum::{Json, extract::State};

use super::Invitation;
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Caller, Personnel},
};

/// Lists invitations.
#[utoipa::path(get, path = "/invitations", operation_id = "invitations.list", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(PageQuery),
    responses((status = 200, body = Page<Invitation>), (status = 403, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Personnel>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Invitation>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let before = api.position(LIST, tenant, query.cursor.as_deref())?;
    let before = before.and_then(|before| before.parse().ok());
    let take = (page::fetch(limit), caller.now);
    let mut rows = caller.scoped.invitations(None, before, take).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    Ok(Json(Page { items: rows.into_iter().map(Invitation::view).collect(), next }))
}

const LIST: &str = "invitations";
