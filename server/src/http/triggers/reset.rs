//! `POST /triggers/{id}/reset`: a default trigger becomes what its template is now.

use axum::{Json, extract::State};
use serde_json::json;

use super::Trigger;
use crate::{
    domain::{defaults, ids},
    http::{
        api::Shared,
        channels::settled,
        error::{Problem, ProblemBody},
        input::{Id, IfMatch},
        session::{Admin, Caller},
    },
    store::{rule, triggers::TriggerDraft},
};

/// Takes the template's newest version in place of what was changed.
#[utoipa::path(post, path = "/triggers/{id}/reset", operation_id = "triggers.reset", tag = "triggers",
    extensions(("x-min-role" = json!("admin"))),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 200, body = Trigger), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 412, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Trigger>,
    IfMatch(version): IfMatch,
) -> Result<Json<Trigger>, Problem> {
    let row = super::one(&mut caller.scoped, id).await?;
    let Some(template) = row.template.as_deref().and_then(defaults::named) else {
        return Err(Problem::Conflict("This trigger was not made from a template.".to_owned()));
    };
    let spec = rule::to_json(&template.spec);
    let draft = TriggerDraft {
        name: &row.name,
        enabled: row.enabled,
        severity: template.severity.name(),
        spec: &spec,
    };
    settled(caller.scoped.change_trigger(id, version, &draft, caller.now).await?)?;
    caller.scoped.mark_as_template(id, template.version).await?;
    let row = super::one(&mut caller.scoped, id).await?;
    let detail = json!({"name": row.name, "template_version": template.version});
    caller.done("trigger.reset", &id.to_string(), detail).await?;
    api.wake_notify.notify_one();
    Ok(Json(row.into()))
}
