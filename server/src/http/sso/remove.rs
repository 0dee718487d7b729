//! `DELETE /sso`: people sign in with their passwords again.

use axum::http::StatusCode;
use serde_json::json;

use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Owner},
};

/// Removes the tenant's sign-on.
#[utoipa::path(delete, path = "/sso", operation_id = "sso.remove", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Owner>) -> Result<StatusCode, Problem> {
    if !caller.scoped.remove_sign_on().await? {
        return Err(Problem::NotFound);
    }
    caller.done("sso.remove", "", json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
