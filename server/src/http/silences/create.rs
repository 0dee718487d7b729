//! `POST /silences`: hear nothing of some news for a while.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{COMMENT_CHARS_MAX, Silence};
use crate::{
    domain::ids::PublicId,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        routes::matching::Match,
        session::{Caller, Operator},
    },
    store::silences::NewSilence,
};

/// A silence to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSilence)]
pub struct Request {
    /// At most 200 characters.
    #[serde(default)]
    comment: String,
    /// Which news; all, when not given.
    #[serde(rename = "match", default)]
    #[schema(required = false)]
    matches: Match,
    /// From; now, when not given.
    starts_at: Option<DateTime<Utc>>,
    /// To; within a year.
    ends_at: DateTime<Utc>,
}

/// Adds a silence.
#[utoipa::path(post, path = "/silences", operation_id = "silences.create", tag = "silences",
    extensions(("x-min-role" = json!("operator"))), request_body = Request,
    responses((status = 201, body = Silence), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Silence>), Problem> {
    let mut faults = Faults::default();
    let comment = faults.printable("comment", &request.comment, COMMENT_CHARS_MAX);
    let matcher = request.matches.check(&mut caller.scoped, &mut faults).await?;
    let starts_at = request.starts_at.unwrap_or(caller.now);
    if request.ends_at <= starts_at.max(caller.now) {
        faults.add("ends_at", "A silence ends after it begins, and not in the past.");
    }
    if request.ends_at - caller.now > TimeDelta::days(366) {
        faults.add("ends_at", "A silence ends within a year.");
    }
    faults.check()?;
    if caller.scoped.silence_rows(None).await?.len() >= SILENCES_MAX {
        return Err(Problem::Conflict("There are 200 silences already. End one.".to_owned()));
    }
    let public_id = PublicId::make(caller.now, &*api.dice);
    let new = NewSilence {
        public_id,
        comment: &comment,
        matcher: &matcher,
        span: (starts_at, request.ends_at),
        by: caller.who.person(),
        incident: None,
    };
    caller.scoped.add_silence(&new).await?;
    let silence = super::one(&mut caller.scoped, public_id, caller.now).await?;
    let detail = json!({"match": matcher, "ends_at": request.ends_at, "comment": comment});
    caller.done("silence.create", &public_id.to_string(), detail).await?;
    Ok((StatusCode::CREATED, Json(silence)))
}

const SILENCES_MAX: usize = 200;
