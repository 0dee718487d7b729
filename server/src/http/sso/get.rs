//! `GET /sso`: what is set.

use axum::{Json, extract::State};

use super::Sso;
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    session::{Caller, Owner},
};

/// Shows the tenant's sign-on.
#[utoipa::path(get, path = "/sso", operation_id = "sso.get", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))),
    responses((status = 200, body = Sso), (status = 404, body = ProblemBody, description = "None is set")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Owner>,
) -> Result<Json<Sso>, Problem> {
    let row = caller.scoped.sign_on().await?.ok_or(Problem::NotFound)?;
    Ok(Json(Sso::view(&api, row)))
}
