//! `GET /triggers`: all triggers, by name.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::Trigger;
use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Viewer},
};

/// All triggers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Triggers {
    /// By name.
    items: Vec<Trigger>,
}

/// Lists triggers.
#[utoipa::path(get, path = "/triggers", operation_id = "triggers.list", tag = "triggers",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Triggers), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Triggers>, Problem> {
    let rows = caller.scoped.triggers(None).await?;
    Ok(Json(Triggers { items: rows.into_iter().map(Trigger::from).collect() }))
}
