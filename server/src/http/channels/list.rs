//! `GET /channels`: all channels, by name.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::Channel;
use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Viewer},
};

/// All channels.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channels {
    /// By name.
    items: Vec<Channel>,
}

/// Lists channels.
#[utoipa::path(get, path = "/channels", operation_id = "channels.list", tag = "channels",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Channels), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<Channels>, Problem> {
    let rows = caller.scoped.channels(None).await?;
    Ok(Json(Channels { items: rows.into_iter().map(Channel::from).collect() }))
}
