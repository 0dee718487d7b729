//! `DELETE /tenant`: the end of a tenant. Its name must be typed; from then on nobody gets in, and everything is removed.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Body,
    session::{Caller, Owner},
};

/// Proof that it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantEnd)]
pub struct Request {
    /// The tenant's name, letter by letter.
    name: String,
}

/// Deletes the tenant with everything in it.
#[utoipa::path(delete, path = "/tenant", operation_id = "tenant.remove", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 204, description = "Over; figures are removed within the hour"),
        (status = 403, body = ProblemBody), (status = 422, body = ProblemBody, description = "Another name")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Owner>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let tenant = caller.scoped.tenant_row().await?;
    if request.name != tenant.name {
        return Err(Problem::field("name", "Type the name exactly as it is shown."));
    }
    let actor = caller.who.actor();
    caller.scoped.end_tenant(caller.now).await?;
    caller.done("tenant.remove", &tenant.public_id.to_string(), serde_json::json!({})).await?;
    tracing::warn!(tenant = %tenant.public_id, actor, "a tenant was deleted by its owner");
    api.wake_notify.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
