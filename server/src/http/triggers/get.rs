//! `GET /triggers/{id}`: one trigger.

use axum::Json;

use super::Trigger;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// Shows a trigger.
#[utoipa::path(get, path = "/triggers/{id}", operation_id = "triggers.get", tag = "triggers",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Trigger), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Trigger>,
) -> Result<Json<Trigger>, Problem> {
    Ok(Json(super::one(&mut caller.scoped, id).await?.into()))
}
