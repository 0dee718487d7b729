//! `/me/totp`: the second factor. It counts only once its first code was typed; switching it off needs one more.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::{letter::Letter, member::Email},
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        input::Body,
        session::{Caller, Myself, sign_in},
        throttle::Guess,
    },
    secrets::{digest, totp},
    store::accounts::Account,
};

/// What goes into an authenticator.
#[derive(Serialize, ToSchema)]
pub struct TotpDraft {
    /// To be typed where nothing can be scanned.
    secret: String,
    /// What the picture says.
    uri: String,
    /// The picture, SVG.
    qr_svg: String,
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    /// Six digits.
    code: String,
}

/// Codes for the day the authenticator is lost.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each works once. They are shown here and never again.
    recovery_codes: Vec<String>,
}

/// Proof that it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpOff {
    /// The present password.
    password: String,
    /// Six digits, or a recovery code.
    code: String,
}

/// Begins: a secret that does not count yet.
#[utoipa::path(post, path = "/me/totp", operation_id = "me.totp.begin", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))),
    responses((status = 200, body = TotpDraft), (status = 409, body = ProblemBody, description = "On already")))]
pub async fn begin(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
) -> Result<Json<TotpDraft>, Problem> {
    let account = super::account(&mut caller).await?;
    if account.totp_secret.is_some() {
        return Err(Problem::Conflict(
            "There is a second factor already: switch it off first.".to_owned(),
        ));
    }
    let secret = totp::make(&*api.dice);
    let sealed = api.vault.seal(sign_in::totp_place(&account), &secret, &*api.dice)?;
    caller.scoped.people().draft_totp(account.id, &sealed).await?;
    let actor = caller.who.actor();
    caller.done("person.draft_totp", &actor, json!({})).await?;
    let uri = totp::uri(&secret, &account.email).expose().to_owned();
    let qr_svg = picture(&uri).ok_or(Problem::Internal)?;
    Ok(Json(TotpDraft { secret: totp::base32(&secret), uri, qr_svg }))
}

/// Confirms with the first code: from now on signing in asks for one.
#[utoipa::path(post, path = "/me/totp/confirm", operation_id = "me.totp.confirm", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = TotpCode,
    responses((status = 200, body = RecoveryCodes), (status = 409, body = ProblemBody, description = "Not begun"),
        (status = 422, body = ProblemBody, description = "Wrong code")))]
pub async fn confirm(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    Body(request): Body<TotpCode>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let account = super::account(&mut caller).await?;
    let not_begun = || Problem::Conflict("Begin first: there is no secret to confirm.".to_owned());
    let draft = account.totp_draft.as_ref().ok_or_else(not_begun)?;
    let guess = Guess { what: "totp", account: &account.email, peer: caller.peer, known: true };
    api.take_turn(&guess, caller.now).await?;
    let secret = api.vault.open(sign_in::totp_place(&account), draft)?;
    let wrong = || Problem::field("code", "Wrong code: check the clock of the authenticator.");
    let step = totp::step_of(&secret, request.code.trim(), caller.now).ok_or_else(wrong)?;
    let codes = totp::recovery_codes(&*api.dice);
    let hashes: Vec<Vec<u8>> =
        codes.iter().map(|code| digest(code.expose().as_bytes()).to_vec()).collect();
    let mut people = caller.scoped.people();
    if !people.confirm_totp(account.id, step).await? {
        return Err(not_begun());
    }
    people.keep_recovery_codes(account.id, &hashes).await?;
    tell(&api, &mut caller, &account, true).await?;
    let actor = caller.who.actor();
    caller.done("person.totp_on", &actor, json!({})).await?;
    let recovery_codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Switches the second factor off.
#[utoipa::path(delete, path = "/me/totp", operation_id = "me.totp.off", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = TotpOff,
    responses((status = 204, description = "Off"), (status = 422, body = ProblemBody, description = "Wrong")))]
pub async fn off(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    Body(request): Body<TotpOff>,
) -> Result<StatusCode, Problem> {
    let account = super::proved(&api, &mut caller, request.password).await?;
    if account.totp_secret.is_none() {
        return Err(Problem::Conflict("There is no second factor.".to_owned()));
    }
    let proof = sign_in::second_factor(&api, &account, Some(&request.code), caller.now).await;
    if matches!(proof, Err(Problem::WrongPassword | Problem::NoCode)) {
        return Err(Problem::field("code", "Wrong code, or one that was used already."));
    }
    proof?;
    caller.scoped.people().drop_totp(account.id).await?;
    tell(&api, &mut caller, &account, false).await?;
    let actor = caller.who.actor();
    caller.done("person.totp_off", &actor, json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tell(
    api: &Api,
    caller: &mut Caller<Myself>,
    account: &Account,
    on: bool,
) -> Result<(), Problem> {
    let link = api.page_link("settings", "");
    if let Some(email) = Email::parse(&account.email) {
        let letter = Letter::SecondFactor { on, link: &link };
        api.post(&mut caller.scoped.people(), &email, &letter).await?;
    }
    Ok(())
}

fn picture(uri: &str) -> Option<String> {
    let code = qrcode::QrCode::new(uri.as_bytes()).ok()?;
    Some(code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build())
}
