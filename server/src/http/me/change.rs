//! `PATCH /me`: another name; the weekly report or none.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::get::{self, Me};
use crate::http::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::{Body, Faults},
    people::links::NAME_CHARS_MAX,
    session::{Caller, Myself},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MeChange)]
pub struct Request {
    /// At most 120 characters.
    name: Option<String>,
    /// Whether the weekly report of this tenant is wanted by mail.
    weekly_report: Option<bool>,
}

/// Changes one's own name, and what one gets by mail.
#[utoipa::path(patch, path = "/me", operation_id = "me.change", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 200, body = Me), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    Body(request): Body<Request>,
) -> Result<Json<Me>, Problem> {
    let mut faults = Faults::default();
    let name = request.name.map(|name| faults.printable("name", &name, NAME_CHARS_MAX));
    faults.check()?;
    if let Some(name) = &name {
        let person = caller.live()?.person;
        caller.scoped.people().rename(person, name).await?;
    }
    if let Some(wants) = request.weekly_report {
        let person = caller.live()?.person;
        caller.scoped.set_reads_report(person, wants).await?;
    }
    let me = get::view(&api, &mut caller).await?;
    let actor = caller.who.actor();
    caller.done("person.change", &actor, json!({})).await?;
    Ok(Json(me))
}
