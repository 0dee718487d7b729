//! `POST /triggers`: adds a rule. It judges from the next batch on.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{NAME_CHARS_MAX, TRIGGERS_MAX, Trigger, TriggerSpec, known_targets, parse};
use crate::{
    domain::ids::PublicId,
    http::{
        api::Shared,
        channels::taken,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{Admin, Caller},
    },
    store::triggers::TriggerDraft,
};

/// A trigger to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTrigger)]
pub struct Request {
    /// 1 to 80 characters.
    name: String,
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    /// On, when not given.
    enabled: Option<bool>,
    /// The rule.
    #[schema(value_type = TriggerSpec)]
    spec: Value,
    /// What it is for.
    description: Option<String>,
    /// What to do, one step a line.
    runbook: Option<String>,
}

/// Adds a trigger.
#[utoipa::path(post, path = "/triggers", operation_id = "triggers.create", tag = "triggers",
    extensions(("x-min-role" = json!("admin"))), request_body = Request,
    responses((status = 201, body = Trigger), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Trigger>), Problem> {
    let mut faults = Faults::default();
    let name = faults.line("name", &request.name, NAME_CHARS_MAX);
    let spec = parse(&mut faults, &request.severity, &request.spec);
    known_targets(&mut caller.scoped, &mut faults, &spec).await?;
    super::words(&mut faults, request.description.as_deref(), request.runbook.as_deref());
    faults.check()?;
    if caller.scoped.trigger_count().await? >= TRIGGERS_MAX {
        return Err(Problem::Conflict("There are 500 triggers already. Remove one.".to_owned()));
    }
    let draft = TriggerDraft {
        name: &name,
        enabled: request.enabled.unwrap_or(true),
        severity: &request.severity,
        spec: &spec,
    };
    let id = PublicId::make(caller.now, &*api.dice);
    caller.scoped.add_trigger(id, &draft).await.map_err(|e| taken(e, &name))?;
    let (description, runbook) = (request.description.as_deref(), request.runbook.as_deref());
    caller.scoped.describe_trigger(id, description, runbook).await?;
    let row = super::one(&mut caller.scoped, id).await?;
    let detail = json!({"name": name, "severity": request.severity, "spec": spec});
    caller.done("trigger.create", &id.to_string(), detail).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
