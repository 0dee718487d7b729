//! `POST /channels/preview`: what a channel of a kind would be sent for a sample incident.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    domain::channel::Kind,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
        session::{Caller, Viewer},
    },
};

/// For which kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelSample)]
pub struct Request {
    /// `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`.
    kind: String,
}

/// A message as it would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sample {
    /// Plain text, or the HTML subset that Telegram takes.
    #[schema(required)]
    text: Option<String>,
    /// HTML, for e-mail.
    #[schema(required)]
    html: Option<String>,
    /// What Slack, `PagerDuty` and programs are sent.
    #[schema(required, value_type = Option<Object>)]
    json: Option<Value>,
}

/// Shows a sample message.
#[utoipa::path(post, path = "/channels/preview", operation_id = "channels.preview", tag = "channels",
    extensions(("x-min-role" = json!("viewer"))), request_body = Request,
    responses((status = 200, body = Sample), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    caller: Caller<Viewer>,
    Body(request): Body<Request>,
) -> Result<Json<Sample>, Problem> {
    let kind =
        Kind::from_name(&request.kind).ok_or_else(|| Problem::field("kind", super::KINDS_ARE))?;
    let (text, html, json) = (api.sample)(kind, caller.now);
    Ok(Json(Sample { text, html, json }))
}
