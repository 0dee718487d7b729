//! `POST /incidents/{id}/resolve`: a person says it is over. If it is not, the next samples open a new one.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Incident;
use crate::{
    domain::ids,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id},
        session::{Caller, Operator},
    },
    store::incidents::Closing,
};

/// Why it is over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Resolve)]
pub struct Request {
    /// At most 2000 characters.
    note: Option<String>,
}

/// Ends an incident.
#[utoipa::path(post, path = "/incidents/{id}/resolve", operation_id = "incidents.resolve", tag = "incidents",
    extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)), request_body = Request,
    responses((status = 200, body = Incident), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Incident>,
    Body(request): Body<Request>,
) -> Result<Json<Incident>, Problem> {
    let mut faults = Faults::default();
    let note = request.note.map(|note| faults.printable("note", &note, NOTE_CHARS_MAX));
    faults.check()?;
    caller.scoped.lock_alert_of(id).await?;
    let locked = caller.scoped.lock_incident(id).await?;
    let (internal, open) = locked.ok_or(Problem::NotFound)?;
    if !open {
        return Err(Problem::Conflict("The incident is over already.".to_owned()));
    }
    let body = json!({"by": caller.who.actor(), "note": note});
    let closing = Closing { reason: "resolved by a person", body: &body, now: caller.now };
    caller.scoped.close_incident(internal, &closing, &*api.dice).await?;
    let (view, _) = Incident::view(super::one(&mut caller.scoped, id).await?);
    caller.done("incident.resolve", &id.to_string(), json!({})).await?;
    api.wake_notify.notify_one();
    Ok(Json(view))
}

/// Longest note, characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
