//! `PATCH /hosts/{id}`: name, tags, pause.

use axum::Json;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Host, host_tags};
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id},
        session::{Caller, Machines},
    },
    store::hosts::HostChange,
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HostChange)]
pub struct Request {
    /// 1 to 253 characters.
    name: Option<String>,
    /// All tags the host shall have: at most 32, each of 1 to 40 characters.
    tags: Option<Vec<String>>,
    /// `active` or `paused`.
    state: Option<String>,
}

/// Changes a host.
#[utoipa::path(patch, path = "/hosts/{id}", operation_id = "hosts.change", tag = "hosts",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))), params(("id" = String, Path)), request_body = Request,
    responses((status = 200, body = Host), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Machines>,
    Id(id): Id<ids::Host>,
    Body(request): Body<Request>,
) -> Result<Json<Host>, Problem> {
    let mut faults = Faults::default();
    let name = request.name.map(|name| faults.line("name", &name, NAME_CHARS_MAX));
    let tags = request.tags.map(|tags| host_tags(&mut faults, &tags));
    if request.state.as_ref().is_some_and(|state| !matches!(state.as_str(), "active" | "paused")) {
        faults.add("state", "Use active or paused; to retire a host, delete it.");
    }
    faults.check()?;
    let change = HostChange {
        name: name.as_deref(),
        tags: tags.as_deref(),
        state: request.state.as_deref(),
    };
    if !caller.scoped.change_host(id, &change).await? {
        let host = Host::one(&mut caller.scoped, id).await?;
        return Err(Problem::Conflict(format!(
            "{} is retired or waits for approval: it stays as it is.",
            host.name
        )));
    }
    let host = Host::one(&mut caller.scoped, id).await?;
    let detail = json!({"name": host.name, "tags": host.tags, "state": host.state});
    caller.done("host.change", &host.id, detail).await?;
    Ok(Json(host))
}

const NAME_CHARS_MAX: usize = 253;
