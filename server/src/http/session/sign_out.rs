//! `DELETE /session`: ends the session in every tab.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{Caller, Myself, Who, cookies::Cookie, wire};
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
};

/// Signs out.
#[utoipa::path(delete, path = "/session", operation_id = "session.sign_out", tag = "session",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))),
    responses((status = 204, description = "Signed out; removes cookies"),
        (status = 401, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    headers: HeaderMap,
    mut caller: Caller<Myself>,
) -> Result<Response, Problem> {
    let (id, session) = match &caller.who {
        Who::Person(live) => (live.id, live.public_id.to_string()),
        Who::Token { .. } => return Err(Problem::NotFound),
    };
    caller.scoped.revoke_session(id, api.clock.now()).await?;
    caller.done("session.sign_out", &session, json!({})).await?;
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let wire = wire(&headers);
    let gone = [Cookie::Access.set(wire, "", 0), Cookie::Refresh.set(wire, "", 0)];
    for (name, value) in gone.into_iter().flatten() {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}
