//! `POST /session`: address, password and, where there is a second factor, its code, to a session. The answer never
//! tells whether the address is known.

use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Session,
    cookies::Cookie,
    mac,
    open::{self, From},
    same_site, wire,
};
use crate::{
    domain::{
        ids::{PersonId, TenantId},
        member::Email,
    },
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        input::Body,
        throttle::Guess,
    },
    secrets::{Place, Secret, digest, totp},
    store::accounts::Account,
};

/// What a person types.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub struct Request {
    /// Address.
    email: String,
    /// Password.
    password: String,
    /// Code of the second factor, or a recovery code; asked for by a 401 of the type `/problems/totp-required`.
    code: Option<String>,
}

/// Signs in.
#[utoipa::path(post, path = "/session", operation_id = "session.sign_in", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 200, body = Session, description = "Signed in; sets cookies"),
        (status = 401, body = ProblemBody, description = "Wrong address or password, or a code is needed"),
        (status = 429, body = ProblemBody, description = "Too many tries")))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    same_site(&from.headers)?;
    let now = api.clock.now();
    let account = request.email.trim().to_lowercase();
    let known = api.is_known(&from.headers, &account);
    let guess = Guess { what: "sign-in", account: &account, peer: from.peer, known };
    api.take_turn(&guess, now).await?;
    let person = check(&api, &account, Secret::new(request.password), known).await?;
    second_factor(&api, &person, request.code.as_deref(), now).await?;
    api.clear_turn(&guess).await?;
    let tenant = first_tenant(&api, person.id).await?;
    let mut scoped = api.store.web(tenant).await?;
    let opened = open::open(&api, &mut scoped, person.id, &from).await?;
    let (live, refresh) = opened.ok_or(Problem::WrongPassword)?;
    let (actor, session) = (live.person_ref.to_string(), live.public_id.to_string());
    let ip = from.peer.to_string();
    scoped.audit_from(&ip, &actor, ("session.sign_in", &session), json!({})).await?;
    let answer = open::answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    Ok(answer)
}

/// Whoever signs in with this address, if the password fits.
pub(in crate::http) async fn check(
    api: &Api,
    account: &str,
    password: Secret,
    known: bool,
) -> Result<Account, Problem> {
    let person = match Email::parse(account) {
        Some(email) => api.store.system_web().await?.people().by_email(&email).await?,
        None => None,
    };
    let too_long = password.expose().len() > PASSWORD_BYTES_MAX;
    let stored = person.as_ref().filter(|_| !too_long).and_then(|p| p.password_hash.clone());
    let password = if too_long { Secret::new(String::new()) } else { password };
    let fits = api.passwords.verify(password, stored, known).await?;
    person.filter(|_| fits).ok_or(Problem::WrongPassword)
}

/// Asks for the code where the person has a second factor, and lets each code count once.
pub(in crate::http) async fn second_factor(
    api: &Api,
    person: &Account,
    code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(sealed) = &person.totp_secret else { return Ok(()) };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Err(Problem::NoCode);
    };
    let secret = api.vault.open(totp_place(person), sealed)?;
    let mut system = api.store.system_web().await?;
    let right = if let Some(step) = totp::step_of(&secret, code, now) {
        system.people().use_totp_step(person.id, step).await?
    } else if let Some(code) = totp::recovery_code(code) {
        system.people().use_recovery_code(person.id, &digest(code.as_bytes())).await?
    } else {
        false
    };
    system.commit().await?;
    if right { Ok(()) } else { Err(Problem::WrongPassword) }
}

/// Where the shared secret of a person rests: people belong to no tenant, and no tenant has the number 0.
pub(in crate::http) const fn totp_place(person: &Account) -> Place<'static> {
    Place { table: "person", column: "totp_secret", tenant: 0, row: person.public_id.uuid() }
}

async fn first_tenant(api: &Api, person: PersonId) -> Result<TenantId, Problem> {
    let memberships = api.store.system_web().await?.find_memberships(person).await?;
    memberships.into_iter().min_by_key(|tenant| tenant.get()).ok_or(Problem::NoTenant)
}

impl Api {
    /// What marks a browser as one that was let in to this account.
    pub fn known_mark(&self, email: &str) -> String {
        mac(&self.vault.derive("known"), email.as_bytes())
    }

    /// Whether a browser was let in to this account before.
    pub fn is_known(&self, headers: &HeaderMap, email: &str) -> bool {
        let right = self.known_mark(email);
        Cookie::Known.read(wire(headers), headers).is_some_and(|given| {
            subtle::ConstantTimeEq::ct_eq(given.as_bytes(), right.as_bytes()).into()
        })
    }
}

pub(in crate::http) const PASSWORD_BYTES_MAX: usize = 1_024;
