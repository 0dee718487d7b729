//! `POST /incidents/{id}/silence`: hear nothing of one incident for a while, but its end.

use axum::{Json, extract::State};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{COMMENT_CHARS_MAX, Silence};
use crate::{
    domain::ids::{self, PublicId},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id},
        session::{Caller, Operator},
    },
    store::silences::NewSilence,
};

/// For how long.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SilenceIncident)]
pub struct Request {
    /// Seconds, 60 to 2592000; an hour when not given.
    for_s: Option<i64>,
    /// At most 200 characters.
    comment: Option<String>,
}

/// Silences an incident.
#[utoipa::path(post, path = "/incidents/{id}/silence", operation_id = "incidents.silence", tag = "incidents",
    extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)),
    request_body = Request,
    responses((status = 200, body = Silence), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Incident>,
    Body(request): Body<Request>,
) -> Result<Json<Silence>, Problem> {
    let for_s = request.for_s.unwrap_or(3_600);
    let mut faults = Faults::default();
    if !(60..=2_592_000).contains(&for_s) {
        faults.add("for_s", "Use 60 to 2592000 seconds: a minute to thirty days.");
    }
    let comment = request.comment.unwrap_or_default();
    let comment = faults.printable("comment", &comment, COMMENT_CHARS_MAX);
    faults.check()?;
    let locked = caller.scoped.lock_incident(id).await?;
    let (internal, open) = locked.ok_or(Problem::NotFound)?;
    if !open {
        return Err(Problem::Conflict("The incident is over already.".to_owned()));
    }
    let (now, until) = (caller.now, caller.now + TimeDelta::seconds(for_s));
    let public_id = PublicId::make(now, &*api.dice);
    let new = NewSilence {
        public_id,
        comment: &comment,
        matcher: &json!({}),
        span: (now, until),
        by: caller.who.person(),
        incident: Some(internal),
    };
    caller.scoped.add_silence(&new).await?;
    let body = json!({"by": caller.who.actor(), "until": until, "comment": comment});
    caller.scoped.note_incident(internal, "silenced", &body, now).await?;
    let silence = super::one(&mut caller.scoped, public_id, now).await?;
    caller.done("incident.silence", &id.to_string(), json!({"until": until})).await?;
    Ok(Json(silence))
}
