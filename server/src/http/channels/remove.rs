//! `DELETE /channels/{id}`: removes it with all that is still owed to it.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::{Id, IfMatch},
        session::{Admin, Caller},
    },
};

/// Removes a channel.
#[utoipa::path(delete, path = "/channels/{id}", operation_id = "channels.remove", tag = "channels",
    extensions(("x-min-role" = json!("admin"))),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "Version that was read")),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Channel>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    let row = super::one(&mut caller.scoped, id).await?;
    super::settled(caller.scoped.remove_channel(id, version).await?)?;
    caller.done("channel.remove", &id.to_string(), json!({"name": row.name})).await?;
    Ok(StatusCode::NO_CONTENT)
}
