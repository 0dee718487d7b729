//! `POST /channels`: adds a place where news goes.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Channel, NAME_CHARS_MAX, SlackAddress, seal, severity};
use crate::{
    domain::ids::PublicId,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{Admin, Caller},
    },
    store::channels::NewChannel,
};

/// A channel to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewChannel)]
pub struct Request {
    /// `slack`
    kind: String,
    /// 1 to 80 characters.
    name: String,
    /// `info`, `warning`, `error` or `critical`; `info` when not given.
    severity_min: Option<String>,
    /// For kind `slack`.
    slack: Option<SlackAddress>,
}

/// Adds a channel.
#[utoipa::path(post, path = "/channels", operation_id = "channels.create", tag = "channels",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    responses((status = 201, body = Channel), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Channel>), Problem> {
    let mut faults = Faults::default();
    let name = faults.line("name", &request.name, NAME_CHARS_MAX);
    let severity_min = request.severity_min.as_deref().unwrap_or("info");
    severity(&mut faults, "severity_min", severity_min);
    let public_id = PublicId::make(caller.now, &*api.dice);
    let sealed = match (request.kind.as_str(), &request.slack) {
        ("slack", Some(slack)) => seal(&api, &mut faults, (caller.tenant(), public_id), slack)?,
        ("slack", None) => {
            faults.add("slack", "Give the webhook that Slack made for you.");
            None
        }
        _ => {
            faults.add("kind", "Use slack.");
            None
        }
    };
    faults.check()?;
    let (hint, secret) = sealed.ok_or(Problem::Internal)?;
    if caller.scoped.channel_count().await? >= CHANNELS_MAX {
        return Err(Problem::Conflict("There are 200 channels already. Remove one.".to_owned()));
    }
    let row = caller.scoped.plan().await?;
    row.plan.room_for_channel(row.usage.channels, row.trial_ends_at, caller.now)?;
    let new = NewChannel {
        public_id,
        kind: &request.kind,
        name: &name,
        hint: &hint,
        secret: &secret,
        severity_min,
    };
    caller.scoped.add_channel(&new).await.map_err(|e| super::taken(e, &name))?;
    let row = super::one(&mut caller.scoped, public_id).await?;
    let detail = json!({"name": name, "kind": request.kind, "hint": hint});
    caller.done("channel.create", &public_id.to_string(), detail).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

const CHANNELS_MAX: i64 = 200;
