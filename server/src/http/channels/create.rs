//! `POST /channels`: adds a place where news goes.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Channel, NAME_CHARS_MAX,
    address::{
        Addresses, EmailAddress, PagerDutyAddress, Sealed, SlackAddress, SlackBotAddress,
        TelegramAddress, WebhookAddress,
    },
    severity,
};
use crate::{
    domain::{channel::Kind, ids::PublicId},
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
    /// `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`.
    kind: String,
    /// 1 to 80 characters.
    name: String,
    /// `info`, `warning`, `error` or `critical`; `info` when not given.
    severity_min: Option<String>,
    /// `chan_…` of the channel that is told when this one fails.
    fallback_channel: Option<String>,
    /// For kind `slack`.
    slack: Option<SlackAddress>,
    /// For kind `slack_bot`.
    slack_bot: Option<SlackBotAddress>,
    /// For kind `pagerduty`.
    pagerduty: Option<PagerDutyAddress>,
    /// For kind `telegram`.
    telegram: Option<TelegramAddress>,
    /// For kind `email`.
    email: Option<EmailAddress>,
    /// For kind `webhook`.
    webhook: Option<WebhookAddress>,
}

/// A channel that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedChannel {
    #[serde(flatten)]
    channel: Channel,
    /// The secret of a webhook that was made here: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Adds a channel.
#[utoipa::path(post, path = "/channels", operation_id = "channels.create", tag = "channels",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    responses((status = 201, body = CreatedChannel), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<CreatedChannel>), Problem> {
    let mut faults = Faults::default();
    let name = faults.line("name", &request.name, NAME_CHARS_MAX);
    let severity_min = request.severity_min.as_deref().unwrap_or("info");
    severity(&mut faults, "severity_min", severity_min);
    let fallback = match &request.fallback_channel {
        Some(text) => super::fallback(&mut caller.scoped, &mut faults, None, text).await?,
        None => None,
    };
    let public_id = PublicId::make(caller.now, &*api.dice);
    let Some(kind) = Kind::from_name(&request.kind) else {
        faults.add("kind", super::KINDS_ARE);
        return Err(faults.problem());
    };
    let addresses = Addresses {
        slack: request.slack,
        slack_bot: request.slack_bot,
        pagerduty: request.pagerduty,
        telegram: request.telegram,
        email: request.email,
        webhook: request.webhook,
    };
    let sealed = addresses.seal(&api, &mut faults, kind, (caller.tenant(), public_id))?;
    faults.check()?;
    let Sealed { hint, secret, shown } = sealed.ok_or(Problem::Internal)?;
    if caller.scoped.channel_count().await? >= CHANNELS_MAX {
        return Err(Problem::Conflict("There are 200 channels already. Remove one.".to_owned()));
    }
    let row = caller.scoped.plan().await?;
    row.plan.room_for_channel(row.usage.channels, row.trial_ends_at, caller.now)?;
    let new = NewChannel {
        public_id,
        kind: kind.name(),
        name: &name,
        hint: &hint,
        secret: &secret,
        severity_min,
        fallback,
    };
    caller.scoped.add_channel(&new).await.map_err(|e| super::taken(e, &name))?;
    let row = super::one(&mut caller.scoped, public_id).await?;
    let detail = json!({"name": name, "kind": request.kind, "hint": hint});
    caller.done("channel.create", &public_id.to_string(), detail).await?;
    Ok((StatusCode::CREATED, Json(CreatedChannel { channel: row.into(), secret: shown })))
}

const CHANNELS_MAX: i64 = 200;
