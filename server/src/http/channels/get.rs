//! `GET /channels/{id}`: one channel.

use axum::Json;

use super::Channel;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// Shows a channel.
#[utoipa::path(get, path = "/channels/{id}", operation_id = "channels.get", tag = "channels",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Channel), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Channel>,
) -> Result<Json<Channel>, Problem> {
    Ok(Json(super::one(&mut caller.scoped, id).await?.into()))
}
