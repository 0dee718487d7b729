//! `POST /incidents/{id}/acknowledge`: somebody takes it; nobody else needs to be told again until it runs out.

use axum::{Json, extract::State};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Incident;
use crate::{
    domain::ids,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Id},
        session::{Caller, Operator},
    },
};

/// For how long.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Acknowledge)]
pub struct Request {
    /// Seconds, 60 to 604800; eight hours when not given.
    until_s: Option<i64>,
}

/// Takes an incident.
#[utoipa::path(post, path = "/incidents/{id}/acknowledge", operation_id = "incidents.acknowledge",
    tag = "incidents", extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)),
    request_body = Request,
    responses((status = 200, body = Incident), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Incident>,
    Body(request): Body<Request>,
) -> Result<Json<Incident>, Problem> {
    let until_s = request.until_s.unwrap_or(UNTIL_S);
    if !(60..=UNTIL_S_MAX).contains(&until_s) {
        return Err(Problem::field("until_s", "Use 60 to 604800 seconds: a minute to a week."));
    }
    let locked = caller.scoped.lock_incident(id).await?;
    let (internal, open) = locked.ok_or(Problem::NotFound)?;
    if !open {
        return Err(Problem::Conflict("The incident is over already.".to_owned()));
    }
    let (now, until) = (caller.now, caller.now + TimeDelta::seconds(until_s));
    let by = caller.who.person();
    caller.scoped.acknowledge_incident(internal, by, (now, until)).await?;
    let body = json!({"by": caller.who.actor(), "until": until});
    caller.scoped.note_incident(internal, "acknowledged", &body, now).await?;
    caller.scoped.tell_acknowledged(internal, (now, &*api.dice)).await?;
    let (view, _) = Incident::view(super::one(&mut caller.scoped, id).await?);
    caller.done("incident.acknowledge", &id.to_string(), json!({"until": until})).await?;
    api.wake_notify.notify_one();
    Ok(Json(view))
}

const UNTIL_S: i64 = 8 * 3_600;
const UNTIL_S_MAX: i64 = 7 * 86_400;
