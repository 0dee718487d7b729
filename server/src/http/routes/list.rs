//! `GET /routes` and `GET /routes/{id}`: in the order in which they are looked at.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::Route;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// All routes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Routes {
    /// In their order.
    items: Vec<Route>,
}

/// Lists routes.
#[utoipa::path(get, path = "/routes", operation_id = "routes.list", tag = "routes",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Routes), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Routes>, Problem> {
    let rows = caller.scoped.route_rows(None).await?;
    Ok(Json(Routes { items: rows.into_iter().map(Route::from).collect() }))
}

/// Shows a route.
#[utoipa::path(get, path = "/routes/{id}", operation_id = "routes.get", tag = "routes",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Route), (status = 404, body = ProblemBody)))]
pub async fn one(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Route>,
) -> Result<Json<Route>, Problem> {
    Ok(Json(super::one(&mut caller.scoped, id).await?))
}
