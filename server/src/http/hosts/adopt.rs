//! `POST /hosts/{id}/adopt`: a host that was enrolled again takes over its own past. Only where both are one machine.

use axum::Json;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Host;
use crate::{
    domain::ids::{self, PublicId},
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Id},
        session::{Caller, Machines},
    },
};

/// Whose past.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adopt)]
pub struct Request {
    /// `host_…`, as in `adoptable`.
    from: String,
}

/// Lets a host adopt the history of an earlier enrolment; answers with the host that goes on, the earlier one.
#[utoipa::path(post, path = "/hosts/{id}/adopt", operation_id = "hosts.adopt", tag = "hosts",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))),
    params(("id" = String, Path)), request_body = Request,
    responses((status = 200, body = Host), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "Not the same machine")))]
pub async fn handle(
    mut caller: Caller<Machines>,
    Id(id): Id<ids::Host>,
    Body(request): Body<Request>,
) -> Result<Json<Host>, Problem> {
    let from: PublicId<ids::Host> = request.from.parse().map_err(|_| Problem::NotFound)?;
    let new = caller.scoped.hold_host(id).await?.ok_or(Problem::NotFound)?;
    let old = caller.scoped.hold_host(from).await?.ok_or(Problem::NotFound)?;
    let one_machine = new.machine_hash.is_some() && new.machine_hash == old.machine_hash;
    if id == from || !one_machine {
        return Err(Problem::Conflict(
            "These are not two enrolments of one machine: their machine ids differ.".to_owned(),
        ));
    }
    if new.state == "retired" {
        return Err(Problem::Conflict(format!(
            "{} is retired: it has nothing to go on with.",
            new.name
        )));
    }
    let now = caller.now;
    caller.scoped.adopt(&new, &old, now).await?;
    let host = Host::one(&mut caller.scoped, from).await?;
    caller.done("host.adopt", &host.id, json!({"by": id.to_string()})).await?;
    Ok(Json(host))
}
