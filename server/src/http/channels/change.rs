//! `PATCH /channels/{id}`: name, threshold, on or off, another address.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Channel, NAME_CHARS_MAX, SlackAddress, seal, severity};
use crate::{
    domain::ids,
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
    /// Another address.
    slack: Option<SlackAddress>,
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
    super::one(&mut caller.scoped, id).await?;
    let mut faults = Faults::default();
    let name = request.name.map(|name| faults.line("name", &name, NAME_CHARS_MAX));
    if let Some(word) = &request.severity_min {
        severity(&mut faults, "severity_min", word);
    }
    let sealed = match &request.slack {
        Some(slack) => seal(&api, &mut faults, (caller.tenant(), id), slack)?,
        None => None,
    };
    faults.check()?;
    let change = ChannelChange {
        name: name.as_deref(),
        severity_min: request.severity_min.as_deref(),
        enabled: request.enabled,
        address: sealed.as_ref().map(|(hint, secret)| (hint.as_str(), secret.as_slice())),
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
