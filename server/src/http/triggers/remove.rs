//! `DELETE /triggers/{id}`: removes a rule. Incidents that it opened are closed and stay in the history.

use axum::{extract::State, http::StatusCode};
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        api::Shared,
        channels::settled,
        error::{Problem, ProblemBody},
        input::{Id, IfMatch},
        session::{Admin, Caller},
    },
};

/// Removes a trigger.
#[utoipa::path(delete, path = "/triggers/{id}", operation_id = "triggers.remove", tag = "triggers",
    extensions(("x-min-role" = json!("admin"))),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Trigger>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    let row = super::one(&mut caller.scoped, id).await?;
    super::close_all(&*api.dice, &mut caller.scoped, (id, "the trigger was removed"), caller.now)
        .await?;
    settled(caller.scoped.remove_trigger(id, version).await?)?;
    caller.done("trigger.remove", &id.to_string(), json!({"name": row.name})).await?;
    api.wake_notify.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
