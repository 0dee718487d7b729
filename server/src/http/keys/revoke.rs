//! `DELETE /enrolment-keys/{id}`: the key admits nobody any more. Hosts that it admitted stay.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Machines},
    },
};

/// Revokes an enrolment key.
#[utoipa::path(delete, path = "/enrolment-keys/{id}", operation_id = "keys.revoke", tag = "keys",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))), params(("id" = String, Path)),
    responses((status = 204, description = "Revoked"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Machines>,
    Id(id): Id<ids::EnrolmentKey>,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    if !caller.scoped.revoke_enrolment_key(id, now).await? {
        return Err(Problem::NotFound);
    }
    caller.done("enrolment_key.revoke", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
