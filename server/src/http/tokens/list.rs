//! `GET /api-tokens`: all tokens, newest first.

use axum::{Json, extract::State};

use super::ApiToken;
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Caller, Personnel},
};

/// Lists API tokens.
#[utoipa::path(get, path = "/api-tokens", operation_id = "tokens.list", tag = "tokens",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(PageQuery),
    responses((status = 200, body = Page<ApiToken>), (status = 403, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Personnel>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ApiToken>>, Problem> {
    let limit = page::limit(query.limit)?;
    let tenant = caller.tenant();
    let before = api.position(LIST, tenant, query.cursor.as_deref())?;
    let before = before.and_then(|before| before.parse().ok());
    let mut rows = caller.scoped.api_tokens(None, before, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| api.cursor(LIST, tenant, &row.id.to_string()));
    Ok(Json(Page { items: rows.into_iter().map(ApiToken::view).collect(), next }))
}

const LIST: &str = "api-tokens";
