//! `GET /session`: who is signed in.

use axum::{Json, extract::State};

use super::{Caller, Myself, Session, Who};
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
};

/// Tells who is signed in. API tokens have no session.
#[utoipa::path(get, path = "/session", operation_id = "session.get", tag = "session",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))),
    responses((status = 200, body = Session), (status = 401, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
) -> Result<Json<Session>, Problem> {
    match caller.who {
        Who::Person(live) => Ok(Json(Session::view(&api, &mut caller.scoped, *live).await?)),
        Who::Token { .. } => Err(Problem::NotFound),
    }
}
