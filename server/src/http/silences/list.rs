//! `GET /silences`: those that hold, come, or ended within a month.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::Silence;
use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Viewer},
};

/// Silences.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silences {
    /// Those that end last first.
    items: Vec<Silence>,
}

/// Lists silences.
#[utoipa::path(get, path = "/silences", operation_id = "silences.list", tag = "silences",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Silences), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Silences>, Problem> {
    let now = caller.now;
    let rows = caller.scoped.silence_rows(None).await?;
    Ok(Json(Silences { items: rows.into_iter().map(|row| Silence::view(row, now)).collect() }))
}
