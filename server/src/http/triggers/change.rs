//! `PATCH /triggers/{id}`: name, severity, on or off, another rule.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{NAME_CHARS_MAX, Trigger, TriggerSpec, known_targets, parse};
use crate::{
    domain::ids,
    http::{
        api::Shared,
        channels::{settled, taken},
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id, IfMatch},
        session::{Admin, Caller},
    },
    store::triggers::TriggerDraft,
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TriggerChange)]
pub struct Request {
    /// 1 to 80 characters.
    name: Option<String>,
    /// `info`, `warning`, `error` or `critical`.
    severity: Option<String>,
    /// On or off.
    enabled: Option<bool>,
    /// The whole rule.
    #[schema(value_type = Option<TriggerSpec>)]
    spec: Option<Value>,
    /// What it is for; empty: the template's words.
    description: Option<String>,
    /// What to do, one step a line; empty: the template's words.
    runbook: Option<String>,
}

/// Changes a trigger.
#[utoipa::path(patch, path = "/triggers/{id}", operation_id = "triggers.change", tag = "triggers",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 200, body = Trigger), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Trigger>,
    IfMatch(version): IfMatch,
    Body(request): Body<Request>,
) -> Result<Json<Trigger>, Problem> {
    let row = super::one(&mut caller.scoped, id).await?;
    let mut faults = Faults::default();
    let name = request.name.unwrap_or(row.name);
    let name = faults.line("name", &name, NAME_CHARS_MAX);
    let severity = request.severity.unwrap_or(row.severity);
    let spec = parse(&mut faults, &severity, request.spec.as_ref().unwrap_or(&row.spec));
    known_targets(&mut caller.scoped, &mut faults, &spec).await?;
    super::words(&mut faults, request.description.as_deref(), request.runbook.as_deref());
    faults.check()?;
    let draft = TriggerDraft {
        name: &name,
        enabled: request.enabled.unwrap_or(row.enabled),
        severity: &severity,
        spec: &spec,
    };
    let now = caller.now;
    if !draft.enabled {
        let why = (id, "the trigger was switched off");
        super::close_all(&*api.dice, &mut caller.scoped, why, now).await?;
    }
    let changed = caller.scoped.change_trigger(id, version, &draft, now).await;
    settled(changed.map_err(|e| taken(e, &name))?)?;
    let (description, runbook) = (request.description.as_deref(), request.runbook.as_deref());
    caller.scoped.describe_trigger(id, description, runbook).await?;
    let row = super::one(&mut caller.scoped, id).await?;
    let detail = json!({"name": row.name, "severity": row.severity, "enabled": row.enabled, "spec": row.spec});
    caller.done("trigger.change", &id.to_string(), detail).await?;
    api.wake_notify.notify_one();
    Ok(Json(row.into()))
}
