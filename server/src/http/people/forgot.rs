//! `POST /password/forgot`: always the same answer, at once; whether a letter goes out is decided behind it.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

use super::links::{self, Wanted};
use crate::{
    domain::{letter::Letter, member::Email},
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{open::From, same_site},
        throttle::Guess,
    },
    store::links::Purpose,
};

/// Whose password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Forgot)]
pub struct Request {
    /// Address.
    email: String,
}

/// Asks for a link to choose a new password. Without a mail server the administrator makes it at the console.
#[utoipa::path(post, path = "/password/forgot", operation_id = "people.forgot", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 202, description = "If the address is known, a letter is on its way"),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    same_site(&from.headers)?;
    let mut faults = Faults::default();
    let email = links::address(&mut faults, "email", &request.email);
    faults.check()?;
    let (email, now) = (email.ok_or(Problem::Internal)?, api.clock.now());
    let guess = Guess { what: "forgot", account: email.as_str(), peer: from.peer, known: false };
    api.take_turn(&guess, now).await?;
    let behind = Arc::clone(&api);
    api.life.spawn("http.forgot", async move {
        if let Err(problem) = send(&behind, &email, now).await {
            tracing::warn!(?problem, "a link for a new password could not be made");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

async fn send(api: &Api, email: &Email, now: DateTime<Utc>) -> Result<(), Problem> {
    if !api.offers.mail {
        return Ok(());
    }
    let mut system = api.store.system_web().await?;
    let Some(person) = system.people().by_email(email).await? else { return Ok(()) };
    let wanted = Wanted {
        purpose: Purpose::Reset,
        email,
        person: Some(person.id),
        detail: json!({}),
        life: LIFE,
    };
    let token = api.make_link(&mut system.people(), wanted, now).await?;
    let link = api.page_link("reset", token.expose());
    api.post(&mut system.people(), email, &Letter::Reset { link: &link }).await?;
    Ok(system.commit().await?)
}

/// How long the link works.
pub const LIFE: TimeDelta = TimeDelta::hours(1);
