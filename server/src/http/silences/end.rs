//! `DELETE /silences/{id}`: ends it now; what it held back goes out.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Operator},
    },
};

/// Ends a silence.
#[utoipa::path(delete, path = "/silences/{id}", operation_id = "silences.end", tag = "silences",
    extensions(("x-min-role" = json!("operator"))), params(("id" = String, Path)),
    responses((status = 204, description = "Ended"), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Operator>,
    Id(id): Id<ids::Silence>,
) -> Result<StatusCode, Problem> {
    let now = caller.now;
    if !caller.scoped.end_silence(id, now).await? {
        return Err(Problem::NotFound);
    }
    caller.done("silence.end", &id.to_string(), json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
