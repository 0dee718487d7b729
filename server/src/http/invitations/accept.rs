//! `POST /invitations/accept`: the link came back. Who has an account proves it by password; who has none gets one.
//!
//! The link alone never opens an existing account: where there is no mail server, whoever invites has seen it too.

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::{
    domain::{
        ids::{PersonId, PublicId},
        member::{Email, Role},
    },
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        people::links::{self, NAME_CHARS_MAX},
        session::{
            Session,
            open::{self, From},
            same_site, sign_in,
        },
        throttle::Guess,
    },
    secrets::{
        Secret,
        key::{self, KeyKind},
    },
    store::{Scoped, accounts::NewPerson, members::HeldInvitation},
};

/// The token, and who accepts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Accept)]
pub struct Request {
    /// `mv_inv_…`
    token: String,
    /// Name of the person, for a new account.
    name: Option<String>,
    /// The password of the account that the address has, or of the new one.
    password: Option<String>,
    /// Code of the second factor, where the account has one.
    code: Option<String>,
}

/// Accepts an invitation.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "invitations.accept", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 200, body = Session, description = "A member now; sets cookies"),
        (status = 401, body = ProblemBody, description = "The address has an account: its password is needed"),
        (status = 410, body = ProblemBody, description = "The link works no more"),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    same_site(&from.headers)?;
    let now = api.clock.now();
    let email = look(&api, &request.token, now).await?;
    let guess = Guess { what: "accept", account: email.as_str(), peer: from.peer, known: false };
    api.take_turn(&guess, now).await?;
    let known = api.store.system_web().await?.people().by_email(&email).await?;
    let password = request.password.unwrap_or_default();
    let mut hash = None;
    if known.is_some() {
        let account = sign_in::check(&api, email.as_str(), Secret::new(password), false).await?;
        sign_in::second_factor(&api, &account, request.code.as_deref(), now).await?;
    } else {
        hash = Some(links::choose(&api, password).await?);
    }
    api.clear_turn(&guess).await?;
    let (mut scoped, held) = hold(&api, &request.token, now).await?;
    let person = match known {
        Some(account) => account.id,
        None => begin(&api, &mut scoped, &email, (request.name, hash), now).await?,
    };
    if !scoped.join(person, held.role).await? {
        return Err(Problem::Conflict("You are a member already: sign in.".to_owned()));
    }
    scoped.accept_invitation(&held, now).await?;
    let opened = open::open(&api, &mut scoped, person, &from).await?;
    let (live, refresh) = opened.ok_or(Problem::Internal)?;
    let (ip, actor) = (from.peer.to_string(), live.person_ref.to_string());
    let detail = json!({"email": email.as_str(), "role": held.role.word()});
    let object = held.public_id.to_string();
    scoped.audit_from(&ip, &actor, ("invitation.accept", &object), detail).await?;
    let answer = open::answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    Ok(answer)
}

/// To whom the invitation is; nothing is locked or changed.
async fn look(api: &Shared, token: &str, now: DateTime<Utc>) -> Result<Email, Problem> {
    let (_, held) = hold(api, token, now).await?;
    Email::parse(&held.email).ok_or(Problem::SpentLink)
}

/// The invitation, locked, if it can still be accepted: its inviter must still be one who may give that role.
async fn hold(
    api: &Shared,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(Scoped, HeldInvitation), Problem> {
    let presented =
        key::parse(KeyKind::Invitation, token.trim()).map_err(|_| Problem::SpentLink)?;
    let mut system = api.store.system_web().await?;
    let found = system.find_invitation(&presented.id).await?;
    drop(system);
    let (tenant, id) = found.ok_or(Problem::SpentLink)?;
    let mut scoped = api.store.web(tenant).await?;
    let held = scoped.hold_invitation(id, now).await?.ok_or(Problem::SpentLink)?;
    let right = bool::from(held.secret_hash.ct_eq(&presented.hash));
    let covered = held.inviter.is_some_and(|inviter| inviter.covers(held.role.max(Role::Admin)));
    if right && covered { Ok((scoped, held)) } else { Err(Problem::SpentLink) }
}

async fn begin(
    api: &Shared,
    scoped: &mut Scoped,
    email: &Email,
    (name, hash): (Option<String>, Option<String>),
    now: DateTime<Utc>,
) -> Result<PersonId, Problem> {
    let mut faults = Faults::default();
    let name = faults.printable("name", &name.unwrap_or_default(), NAME_CHARS_MAX);
    faults.check()?;
    let new = NewPerson {
        public_id: PublicId::make(now, &*api.dice),
        email,
        name: &name,
        password_hash: hash.as_deref(),
        verified_at: api.offers.mail.then_some(now),
    };
    // Made by somebody else in this moment: then that password counts, at the next try.
    scoped.people().make(&new).await?.ok_or(Problem::WrongPassword)
}
