//! `POST /password/reset`: the link came back with a new password. Every session ends.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::links;
use crate::{
    domain::{letter::Letter, member::Email},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
        session::{open::From, same_site},
        throttle::Guess,
    },
    store::links::Purpose,
};

/// The token and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reset)]
pub struct Request {
    /// `mv_lnk_…`
    token: String,
    /// 12 to 128 characters.
    password: String,
}

/// Chooses a new password.
#[utoipa::path(post, path = "/password/reset", operation_id = "people.reset", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 204, description = "Done: sign in"),
        (status = 410, body = ProblemBody, description = "The link works no more"),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    same_site(&from.headers)?;
    let now = api.clock.now();
    let guess = Guess { what: "reset", account: "", peer: from.peer, known: false };
    // Looked at first without a lock: a token that never was costs no hash of a password.
    let mut system = api.store.system_web().await?;
    if let Err(problem) =
        links::hold(&mut system.people(), &request.token, Purpose::Reset, now).await
    {
        drop(system);
        api.take_turn(&guess, now).await?;
        return Err(problem);
    }
    drop(system);
    let hash = links::choose(&api, request.password).await?;
    let mut system = api.store.system_web().await?;
    let mut people = system.people();
    let link = links::hold(&mut people, &request.token, Purpose::Reset, now).await?;
    let person = link.person.ok_or(Problem::SpentLink)?;
    let account = people.by_id(person).await?.ok_or(Problem::SpentLink)?;
    // A link proves the address that it was mailed to, and no later one.
    if account.email != link.email {
        return Err(Problem::SpentLink);
    }
    people.spend_link(&link, now).await?;
    people.set_password(person, &hash, now).await?;
    people.verified(person, now).await?;
    if let Some(email) = Email::parse(&account.email) {
        let again = api.page_link("forgot", "");
        api.post(&mut people, &email, &Letter::PasswordChanged { link: &again }).await?;
    }
    system.commit().await?;
    let (ip, actor) = (from.peer.to_string(), account.public_id.to_string());
    for tenant in api.store.system_web().await?.find_memberships(person).await? {
        let mut scoped = api.store.web(tenant).await?;
        scoped.audit_from(&ip, &actor, ("person.reset_password", &actor), json!({})).await?;
        scoped.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
