//! `DELETE /grants/{id}`: the access is over, in every tab.

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

/// Takes a grant back.
#[utoipa::path(delete, path = "/grants/{id}", operation_id = "grants.revoke", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(("id" = String, Path)),
    responses((status = 204, description = "Over"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Personnel>,
    Id(id): Id<ids::Grant>,
) -> Result<StatusCode, Problem> {
    if !caller.scoped.revoke_grant(id).await? {
        return Err(Problem::NotFound);
    }
    caller.done("grant.revoke", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
