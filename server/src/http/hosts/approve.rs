//! `POST /hosts/{id}/approve`: a host that was admitted by a key with approval may speak.

use axum::Json;
use serde_json::json;

use super::Host;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Machines},
    },
};

/// Approves a host.
#[utoipa::path(post, path = "/hosts/{id}/approve", operation_id = "hosts.approve", tag = "hosts",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))),
    params(("id" = String, Path)),
    responses((status = 200, body = Host), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "Retired")))]
pub async fn handle(
    mut caller: Caller<Machines>,
    Id(id): Id<ids::Host>,
) -> Result<Json<Host>, Problem> {
    let held = caller.scoped.hold_host(id).await?.ok_or(Problem::NotFound)?;
    if held.state == "retired" {
        return Err(Problem::Conflict(format!("{} is retired: enrol it again.", held.name)));
    }
    caller.scoped.approve_host(&held).await?;
    let host = Host::one(&mut caller.scoped, id).await?;
    caller.done("host.approve", &host.id, json!({"name": host.name})).await?;
    Ok(Json(host))
}
