//! `GET /maintenance` and `GET /maintenance/{id}`: by name.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::Maintenance;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// All maintenance windows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Windows {
    /// By name.
    items: Vec<Maintenance>,
}

/// Lists maintenance windows.
#[utoipa::path(get, path = "/maintenance", operation_id = "maintenance.list", tag = "silences",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Windows), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Windows>, Problem> {
    let now = caller.now;
    let rows = caller.scoped.window_rows(None).await?;
    Ok(Json(Windows { items: rows.into_iter().map(|row| Maintenance::view(row, now)).collect() }))
}

/// Shows a maintenance window.
#[utoipa::path(get, path = "/maintenance/{id}", operation_id = "maintenance.get", tag = "silences",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Maintenance), (status = 404, body = ProblemBody)))]
pub async fn one(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Maintenance>,
) -> Result<Json<Maintenance>, Problem> {
    let now = caller.now;
    Ok(Json(super::one(&mut caller.scoped, id, now).await?))
}
