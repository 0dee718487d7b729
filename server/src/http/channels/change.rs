//! `PATCH /channels/{id}`: name, threshold, on or off, another address.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Channel, NAME_CHARS_MAX,
    address::{
        Addresses, EmailAddress, PagerDutyAddress, SlackAddress, SlackBotAddress, TelegramAddress,
        WebhookAddress,
    },
    severity,
};
use crate::{
    domain::{channel::Kind, ids},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id, IfMatch},
        session::{Admin, Caller},
    },
    store::channels::ChannelChange,
};

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelChange)]
pub struct Request {
    /// 1 to 80 characters.
    name: Option<String>,
    /// `info`, `warning`, `error` or `critical`.
    severity_min: Option<String>,
    /// On again also after the receiver's answer stopped it.
    enabled: Option<bool>,
    /// `chan_…` of the channel that is told when this one fails; empty: none.
    fallback_channel: Option<String>,
    /// Another address, for kind `slack`.
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

/// Changes a channel.
#[utoipa::path(patch, path = "/channels/{id}", operation_id = "channels.change", tag = "channels",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 200, body = Channel), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Channel>,
    IfMatch(version): IfMatch,
    Body(request): Body<Request>,
) -> Result<Json<Channel>, Problem> {
    let present = super::one(&mut caller.scoped, id).await?;
    let mut faults = Faults::default();
    let name = request.name.map(|name| faults.line("name", &name, NAME_CHARS_MAX));
    if let Some(word) = &request.severity_min {
        severity(&mut faults, "severity_min", word);
    }
    let fallback = match request.fallback_channel.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(text) => Some(super::fallback(&mut caller.scoped, &mut faults, Some(id), text).await?),
    };
    let addresses = Addresses {
        slack: request.slack,
        slack_bot: request.slack_bot,
        pagerduty: request.pagerduty,
        telegram: request.telegram,
        email: request.email,
        webhook: request.webhook,
    };
    let kind = Kind::from_name(&present.kind).ok_or(Problem::Internal)?;
    let sealed = if addresses.is_empty() {
        None
    } else {
        addresses.seal(&api, &mut faults, kind, (caller.tenant(), id))?
    };
    faults.check()?;
    let change = ChannelChange {
        name: name.as_deref(),
        severity_min: request.severity_min.as_deref(),
        enabled: request.enabled,
        address: sealed.as_ref().map(|sealed| (sealed.hint.as_str(), sealed.secret.as_slice())),
        fallback,
    };
    let changed = caller.scoped.change_channel(id, version, &change).await;
    super::settled(changed.map_err(|e| super::taken(e, name.as_deref().unwrap_or_default()))?)?;
    let row = super::one(&mut caller.scoped, id).await?;
    let detail = json!({"name": row.name, "severity_min": row.severity_min, "enabled": row.enabled,
        "new_address": sealed.is_some()});
    caller.done("channel.change", &id.to_string(), detail).await?;
    api.wake_notify.notify_one();
    Ok(Json(row.into()))
}
