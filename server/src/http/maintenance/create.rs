//! `POST /maintenance`: plans work.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;

use super::{Maintenance, Parts, WINDOWS_MAX};
use crate::{
    domain::ids::PublicId,
    http::{
        api::Shared,
        channels::taken,
        error::{Problem, ProblemBody},
        input::Body,
        session::{Caller, Operator},
    },
};

/// Adds a maintenance window.
#[utoipa::path(post, path = "/maintenance", operation_id = "maintenance.create", tag = "silences",
    extensions(("x-min-role" = json!("operator"))), request_body = Parts,
    responses((status = 201, body = Maintenance), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Operator>,
    Body(parts): Body<Parts>,
) -> Result<(StatusCode, Json<Maintenance>), Problem> {
    let checked = parts.check(&mut caller.scoped, None).await?;
    if caller.scoped.window_rows(None).await?.len() >= WINDOWS_MAX {
        return Err(Problem::Conflict("There are 200 windows already. Remove one.".to_owned()));
    }
    let id = PublicId::make(caller.now, &*api.dice);
    let added = caller.scoped.add_window(id, &checked.draft()).await;
    added.map_err(|e| taken(e, &checked.name))?;
    let window = super::one(&mut caller.scoped, id, caller.now).await?;
    caller.done("maintenance.create", &id.to_string(), json!({"name": checked.name})).await?;
    Ok((StatusCode::CREATED, Json(window)))
}
