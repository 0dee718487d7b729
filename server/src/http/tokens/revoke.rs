//! `DELETE /api-tokens/{id}`: the token works no more, from the next request on.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Personnel},
    },
};

/// Revokes an API token.
#[utoipa::path(delete, path = "/api-tokens/{id}", operation_id = "tokens.revoke", tag = "tokens",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(("id" = String, Path)),
    responses((status = 204, description = "Revoked"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Personnel>,
    Id(id): Id<ids::ApiToken>,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    if !caller.scoped.revoke_api_token(id, now).await? {
        return Err(Problem::NotFound);
    }
    caller.done("api_token.revoke", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
