//! `PUT /routes/order`: in which order routes are looked at.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::ids::{self, PublicId},
    http::{
        error::{Problem, ProblemBody},
        input::Body,
        session::{Admin, Caller},
    },
};

/// The order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouteOrder)]
pub struct Request {
    /// `route_…`, the first to be looked at first; those left out follow.
    ids: Vec<String>,
}

/// Puts routes into an order.
#[utoipa::path(put, path = "/routes/order", operation_id = "routes.order", tag = "routes",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    responses((status = 204, description = "Done"), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Admin>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let known: Vec<PublicId<ids::Route>> =
        caller.scoped.route_rows(None).await?.iter().map(|row| row.public_id).collect();
    let ids: Option<Vec<PublicId<ids::Route>>> =
        request.ids.iter().map(|id| id.parse().ok().filter(|id| known.contains(id))).collect();
    let Some(ids) = ids else {
        return Err(Problem::field("ids", "One of these routes does not exist."));
    };
    caller.scoped.order_routes(&ids).await?;
    caller.done("route.order", "", json!({"ids": request.ids})).await?;
    Ok(StatusCode::NO_CONTENT)
}
