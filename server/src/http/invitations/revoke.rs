//! `DELETE /invitations/{id}`: its link works no more.

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

/// Takes an invitation back.
#[utoipa::path(delete, path = "/invitations/{id}", operation_id = "invitations.revoke", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), params(("id" = String, Path)),
    responses((status = 204, description = "Taken back"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Personnel>,
    Id(id): Id<ids::Invitation>,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    if !caller.scoped.revoke_invitation(id, now).await? {
        return Err(Problem::NotFound);
    }
    caller.done("invitation.revoke", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
