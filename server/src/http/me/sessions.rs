//! `DELETE /me/sessions/{id}`: ends one of one's own sessions, wherever it is.

use axum::{extract::State, http::StatusCode};
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Myself},
    },
};

/// Ends a session.
#[utoipa::path(delete, path = "/me/sessions/{id}", operation_id = "me.end_session", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), params(("id" = String, Path)),
    responses((status = 204, description = "Over"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    caller: Caller<Myself>,
    Id(id): Id<ids::Session>,
) -> Result<StatusCode, Problem> {
    let (person, actor) = (caller.live()?.person, caller.who.actor());
    let (now, ip) = (caller.now, caller.peer.to_string());
    drop(caller);
    for tenant in api.store.system_web().await?.find_memberships(person).await? {
        let mut scoped = api.store.web(tenant).await?;
        if scoped.revoke_own_session(person, id, now).await? {
            let what = ("session.end", id.to_string());
            scoped.audit_from(&ip, &actor, (what.0, &what.1), json!({})).await?;
            scoped.commit().await?;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Problem::NotFound)
}
