//! `POST /incidents/{id}/note`: a line for the timeline.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id},
        session::{Caller, Operator},
    },
};

/// What to note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Note)]
pub struct Request {
    /// 1 to 2000 characters.
    text: String,
}

/// Adds a note.
#[utoipa::path(post, path = "/incidents/{id}/note", operation_id = "incidents.note", tag = "incidents",
    extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)), request_body = Request,
    responses((status = 204, description = "Noted"), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Incident>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let mut faults = Faults::default();
    let text = faults.line("text", &request.text, super::resolve::NOTE_CHARS_MAX);
    faults.check()?;
    let locked = caller.scoped.lock_incident(id).await?;
    let (internal, _) = locked.ok_or(Problem::NotFound)?;
    let (now, body) = (caller.now, json!({"by": caller.who.actor(), "text": text}));
    caller.scoped.note_incident(internal, "note", &body, now).await?;
    caller.done("incident.note", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
