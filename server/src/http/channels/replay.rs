//! `POST /channels/{id}/replay`: sends dead letters again.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::ids,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Id},
        session::{Caller, Operator},
    },
};

/// Which of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Replay)]
pub struct Request {
    /// Only those owed since then.
    since: Option<DateTime<Utc>>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// How many go out again; at most a thousand at once.
    replayed: u64,
}

/// Sends dead letters again.
#[utoipa::path(post, path = "/channels/{id}/replay", operation_id = "channels.replay", tag = "channels",
    extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)), request_body = Request,
    responses((status = 200, body = Replayed), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Channel>,
    Body(request): Body<Request>,
) -> Result<Json<Replayed>, Problem> {
    let channel = super::one(&mut caller.scoped, id).await?;
    if !channel.enabled {
        let why = format!("{} is switched off. Switch it on, then send them again.", channel.name);
        return Err(Problem::Conflict(why));
    }
    let replayed = caller.scoped.replay_dead(channel.id, request.since).await?;
    caller.done("channel.replay", &id.to_string(), json!({"replayed": replayed})).await?;
    api.wake_notify.notify_one();
    Ok(Json(Replayed { replayed }))
}
