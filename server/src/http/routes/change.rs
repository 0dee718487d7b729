//! `PATCH /routes/{id}` and `DELETE /routes/{id}`.

use axum::{Json, http::StatusCode};
use serde_json::json;

use super::{Parts, Route};
use crate::{
    domain::ids,
    http::{
        channels::{settled, taken},
        error::{Problem, ProblemBody},
        input::{Body, Id, IfMatch},
        session::{Admin, Caller},
    },
};

/// Changes a route; what is left out stays.
#[utoipa::path(patch, path = "/routes/{id}", operation_id = "routes.change", tag = "routes",
    extensions(("x-min-role" = json!("admin"))), request_body = Parts,
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 200, body = Route), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Route>,
    IfMatch(version): IfMatch,
    Body(parts): Body<Parts>,
) -> Result<Json<Route>, Problem> {
    let present = super::one(&mut caller.scoped, id).await?;
    let checked = parts.check(&mut caller.scoped, Some(present)).await?;
    let changed = caller.scoped.change_route((id, version), &checked.draft()).await;
    settled(changed.map_err(|e| taken(e, &checked.name))?)?;
    let route = super::one(&mut caller.scoped, id).await?;
    caller.done("route.change", &id.to_string(), json!({"name": checked.name})).await?;
    Ok(Json(route))
}

/// Removes a route.
#[utoipa::path(delete, path = "/routes/{id}", operation_id = "routes.remove", tag = "routes",
    extensions(("x-min-role" = json!("admin"))),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody)))]
pub async fn remove(
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Route>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    let route = super::one(&mut caller.scoped, id).await?;
    settled(caller.scoped.remove_route(id, version).await?)?;
    caller.done("route.remove", &id.to_string(), json!({"name": route.name})).await?;
    Ok(StatusCode::NO_CONTENT)
}
