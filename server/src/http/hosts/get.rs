//! `GET /hosts/{id}`: one host.

use axum::Json;

use super::Host;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// Shows a host.
#[utoipa::path(get, path = "/hosts/{id}", operation_id = "hosts.get", tag = "hosts",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Host), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Host>,
) -> Result<Json<Host>, Problem> {
    Ok(Json(Host::one(&mut caller.scoped, id).await?))
}
