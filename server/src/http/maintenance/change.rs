//! `PATCH /maintenance/{id}` and `DELETE /maintenance/{id}`.

use axum::{Json, http::StatusCode};
use serde_json::json;

use super::{Maintenance, Parts};
use crate::{
    domain::ids,
    http::{
        channels::{settled, taken},
        error::{Problem, ProblemBody},
        input::{Body, Id, IfMatch},
        session::{Caller, Operator},
    },
};

/// Changes a maintenance window; what is left out stays.
#[utoipa::path(patch, path = "/maintenance/{id}", operation_id = "maintenance.change", tag = "silences",
    extensions(("x-min-role" = json!("operator"))), request_body = Parts,
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 200, body = Maintenance), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Maintenance>,
    IfMatch(version): IfMatch,
    Body(parts): Body<Parts>,
) -> Result<Json<Maintenance>, Problem> {
    let now = caller.now;
    let present = super::one(&mut caller.scoped, id, now).await?;
    let checked = parts.check(&mut caller.scoped, Some(present)).await?;
    let changed = caller.scoped.change_window((id, version), &checked.draft()).await;
    settled(changed.map_err(|e| taken(e, &checked.name))?)?;
    let window = super::one(&mut caller.scoped, id, now).await?;
    caller.done("maintenance.change", &id.to_string(), json!({"name": checked.name})).await?;
    Ok(Json(window))
}

/// Removes a maintenance window; what it held back goes out.
#[utoipa::path(delete, path = "/maintenance/{id}", operation_id = "maintenance.remove", tag = "silences",
    extensions(("x-min-role" = json!("operator"))),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody)))]
pub async fn remove(
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Maintenance>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    let window = super::one(&mut caller.scoped, id, now).await?;
    settled(caller.scoped.remove_window(id, version).await?)?;
    caller.done("maintenance.remove", &id.to_string(), json!({"name": window.name})).await?;
    Ok(StatusCode::NO_CONTENT)
}
