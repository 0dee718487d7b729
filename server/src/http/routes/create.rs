//! `POST /routes`: adds a route behind all others.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;

use super::{Parts, ROUTES_MAX, Route};
use crate::{
    domain::ids::PublicId,
    http::{
        api::Shared,
        channels::taken,
        error::{Problem, ProblemBody},
        input::Body,
        session::{Admin, Caller},
    },
};

/// Adds a route.
#[utoipa::path(post, path = "/routes", operation_id = "routes.create", tag = "routes",
    extensions(("x-min-role" = json!("admin"))), request_body = Parts,
    responses((status = 201, body = Route), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Body(parts): Body<Parts>,
) -> Result<(StatusCode, Json<Route>), Problem> {
    let checked = parts.check(&mut caller.scoped, None).await?;
    if caller.scoped.route_rows(None).await?.len() >= ROUTES_MAX {
        return Err(Problem::Conflict("There are 200 routes already. Remove one.".to_owned()));
    }
    let id = PublicId::make(caller.now, &*api.dice);
    let added = caller.scoped.add_route(id, &checked.draft()).await;
    added.map_err(|e| taken(e, &checked.name))?;
    let route = super::one(&mut caller.scoped, id).await?;
    caller.done("route.create", &id.to_string(), json!({"name": checked.name})).await?;
    Ok((StatusCode::CREATED, Json(route)))
}
