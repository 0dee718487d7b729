//! `POST /me/password`: another password. Every other session ends; this one stays.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::{letter::Letter, member::Email},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
        people::links,
        session::{Caller, Myself},
    },
};

/// The old one and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub struct Request {
    /// The present password.
    old: String,
    /// 12 to 128 characters.
    new: String,
}

/// Changes one's own password.
#[utoipa::path(post, path = "/me/password", operation_id = "me.password", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 204, description = "Changed; all other sessions are over"),
        (status = 422, body = ProblemBody, description = "The old one is wrong, or the new one cannot be chosen")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let account = super::proved(&api, &mut caller, request.old).await?;
    let hash = links::choose(&api, request.new).await?;
    let (session, now) = (caller.live()?.id, caller.now);
    let again = api.page_link("forgot", "");
    let mut people = caller.scoped.people();
    people.set_password(account.id, &hash, now).await?;
    if let Some(email) = Email::parse(&account.email) {
        api.post(&mut people, &email, &Letter::PasswordChanged { link: &again }).await?;
    }
    caller.scoped.trust_session(session, now).await?;
    let actor = caller.who.actor();
    caller.done("person.change_password", &actor, json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}
