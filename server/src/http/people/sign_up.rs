//! `POST /sign-up`: somebody asks for a tenant of their own. Nothing exists before the address is confirmed, and the
//! answer never tells whether the address is known.

use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::links::{self, NAME_CHARS_MAX, Wanted};
use crate::{
    domain::letter::Letter,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{open::From, same_site},
        throttle::Guess,
    },
    secrets::key::{self, KeyKind},
    store::links::Purpose,
};

/// What a person types.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub struct Request {
    /// Address.
    email: String,
    /// Name of the person; may be empty.
    #[serde(default)]
    name: String,
    /// Name of the organisation.
    tenant: String,
    /// 12 to 128 characters.
    password: String,
}

/// The way on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnItsWay {
    /// A letter with the link went to the address.
    pub mailed: bool,
    /// The link itself, where there is no mail server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Asks for a tenant of one's own.
#[utoipa::path(post, path = "/sign-up", operation_id = "people.sign_up", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 202, body = OnItsWay), (status = 409, body = ProblemBody, description = "Sign-up is closed"),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<OnItsWay>), Problem> {
    same_site(&from.headers)?;
    if !api.offers.sign_up {
        return Err(Problem::Conflict("Sign-up is closed here: ask for an invitation.".to_owned()));
    }
    let mut faults = Faults::default();
    let email = links::address(&mut faults, "email", &request.email);
    let name = faults.printable("name", &request.name, NAME_CHARS_MAX);
    let tenant = faults.line("tenant", &request.tenant, NAME_CHARS_MAX);
    faults.check()?;
    let email = email.ok_or(Problem::Internal)?;
    let now = api.clock.now();
    let guess = Guess { what: "sign-up", account: email.as_str(), peer: from.peer, known: false };
    api.take_turn(&guess, now).await?;
    // Hashed for known addresses too: it takes the same time.
    let hash = links::choose(&api, request.password).await?;
    let mut system = api.store.system_web().await?;
    let known = system.people().by_email(&email).await?.is_some();
    let token = if known {
        // A link that never works looks like one that does.
        key::mint(KeyKind::Link, &*api.dice).text
    } else {
        let detail =
            json!({"name": name, "tenant": tenant, "hash": hash, "mailed": api.offers.mail});
        let wanted =
            Wanted { purpose: Purpose::SignUp, email: &email, person: None, detail, life: LIFE };
        api.make_link(&mut system.people(), wanted, now).await?
    };
    let link = api.page_link("sign-up/confirm", token.expose());
    let sign_in = api.page_link("signin", "");
    let letter = if known {
        Letter::SignUpKnown { link: &sign_in }
    } else {
        Letter::SignUp { tenant: &tenant, link: &link }
    };
    let mailed = api.post(&mut system.people(), &email, &letter).await?;
    system.commit().await?;
    let link = (!mailed).then_some(link);
    Ok((StatusCode::ACCEPTED, Json(OnItsWay { mailed, link })))
}

const LIFE: TimeDelta = TimeDelta::days(1);
