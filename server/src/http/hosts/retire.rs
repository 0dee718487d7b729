//! `DELETE /hosts/{id}`: retires the host and revokes its agent. Its history stays.

use axum::{extract::State, http::StatusCode};
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Machines},
    },
    store::incidents::Closing,
};

/// Retires a host.
#[utoipa::path(delete, path = "/hosts/{id}", operation_id = "hosts.retire", tag = "hosts",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))), params(("id" = String, Path)),
    responses((status = 204, description = "Retired; its agent may no longer speak"),
        (status = 404, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Machines>,
    Id(id): Id<ids::Host>,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    let reason = "the host was retired";
    let body = json!({"reason": reason});
    for incident in caller.scoped.lock_open_incidents(None, Some(id)).await? {
        let closing = Closing { reason, body: &body, now };
        caller.scoped.close_incident(incident, &closing, &*api.dice).await?;
    }
    if !caller.scoped.retire_host(id, now).await? {
        return Err(Problem::NotFound);
    }
    caller.done("host.retire", &id.to_string(), json!({})).await?;
    api.wake_notify.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
