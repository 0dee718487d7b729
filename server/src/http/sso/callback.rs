//! `GET /sso/callback`: a browser comes back from the provider. Whatever is wrong, it lands on the page of signing in
//! with one word, and nothing that came along is shown to anybody.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{
    TRIP, Trip, back, domain_of, redirect_uri, secret_place,
    verify::{self, Claims, Expected},
};
use crate::{
    domain::{
        ids::{PersonId, PublicId, TenantId},
        member::{Email, Role},
    },
    http::{
        api::{Api, OutCall, Shared},
        error::{Problem, ProblemBody},
        input::Query,
        query::SsoCallbackQuery,
        session::{
            cookies::Cookie,
            open::{self, From},
            wire,
        },
    },
    store::{Scoped, accounts::NewPerson, sso::SignOn},
};

/// What the provider gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Ends signing on elsewhere.
#[utoipa::path(get, path = "/sso/callback", operation_id = "sso.callback", tag = "session",
    extensions(("x-min-role" = json!("public"))), params(SsoCallbackQuery),
    responses((status = 303, description = "Signed in, or back to the page of signing in"),
        (status = 400, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Query(query): Query<SsoCallbackQuery>,
) -> Result<Response, Problem> {
    let trip = trip(&api, &from.headers, query.state.as_deref()).ok_or_else(|| back("expired"))?;
    let code = query.code.filter(|_| query.error.is_none()).ok_or_else(|| back("refused"))?;
    let tenant = TenantId::from_row(trip.tenant);
    // No connection is held while a provider takes its time.
    let mut scoped = api.store.web(tenant).await?;
    let set = scoped.sign_on().await?.ok_or_else(|| back("none"))?;
    scoped.commit().await?;
    let claims = exchange(&api, (tenant, &set), &code, &trip).await.map_err(|why| {
        tracing::warn!(tenant.id = %tenant, why, "signing on elsewhere was refused");
        back("failed")
    })?;
    let mut scoped = api.store.web(tenant).await?;
    let person = person(&api, &mut scoped, &set, (&claims, &from)).await?;
    let person = person.ok_or_else(|| back("unknown"))?;
    let opened = open::open(&api, &mut scoped, person, &from).await?;
    let (live, refresh) = opened.ok_or_else(|| back("unknown"))?;
    let (ip, actor) = (from.peer.to_string(), live.person_ref.to_string());
    let session = live.public_id.to_string();
    let detail = json!({"issuer": set.issuer});
    scoped.audit_from(&ip, &actor, ("session.sign_on", &session), detail).await?;
    let now = api.clock.now();
    let signed = open::answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    let mut answer = StatusCode::SEE_OTHER.into_response();
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for value in signed.headers().get_all(header::SET_COOKIE) {
        answer.headers_mut().append(header::SET_COOKIE, value.clone());
    }
    if let Some((name, value)) = Cookie::SignOn.set(wire(&from.headers), "", 0) {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

/// What this browser began, if it was this browser and not long ago.
fn trip(api: &Api, headers: &HeaderMap, state: Option<&str>) -> Option<Trip> {
    let kept = Cookie::SignOn.read(wire(headers), headers)?;
    let sealed = URL_SAFE_NO_PAD.decode(kept).ok()?;
    let plain = api.vault.open(TRIP, &sealed).ok()?;
    let trip: Trip = serde_json::from_slice(&plain).ok()?;
    let same = bool::from(trip.state.as_bytes().ct_eq(state?.as_bytes()));
    (same && trip.ends > api.clock.now().timestamp()).then_some(trip)
}

async fn exchange(
    api: &Api,
    (tenant, set): (TenantId, &SignOn),
    code: &str,
    trip: &Trip,
) -> Result<Claims, String> {
    let found = api.discover(&set.issuer).await?;
    let secret = api
        .vault
        .open(secret_place(tenant, set.public_id), &set.client_secret)
        .map_err(|e| e.to_string())?;
    let secret = String::from_utf8_lossy(&secret).into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri(api)),
        ("code_verifier", &trip.verifier),
        ("client_id", &set.client_id),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let call = OutCall {
        url: found.token_endpoint.to_string(),
        form: Some(form),
        basic: Some((set.client_id.clone(), secret)),
    };
    let (status, body) = (api.outward)(call).await?;
    if status != 200 {
        return Err(format!("the provider answers {status} to the code"));
    }
    let tokens: Tokens =
        serde_json::from_slice(&body).map_err(|_| "the provider gives no id token")?;
    let call = OutCall { url: found.jwks_uri.to_string(), form: None, basic: None };
    let (_, body) = (api.outward)(call).await?;
    let keys: JwkSet = serde_json::from_slice(&body).map_err(|_| "the provider shows no keys")?;
    let expected = Expected {
        issuer: &set.issuer,
        client_id: &set.client_id,
        nonce: &trip.nonce,
        now: api.clock.now(),
    };
    verify::read(&tokens.id_token, &keys, expected)
}

/// Who that is here: somebody known by issuer and subject; somebody new, of a proved domain; or the one who is signed
/// in right now and links the two. An account is never opened by an address alone.
async fn person(
    api: &Api,
    scoped: &mut Scoped,
    set: &SignOn,
    (claims, from): (&Claims, &From),
) -> Result<Option<PersonId>, Problem> {
    let now = api.clock.now();
    if let Some(person) = scoped.people().by_identity(&claims.iss, &claims.sub).await? {
        let member = scoped.role_of_person(person, now).await?.is_some();
        return Ok(member.then_some(person));
    }
    let email = claims.email.as_deref().filter(|_| claims.email_verified).and_then(Email::parse);
    let Some(email) = email else { return Ok(None) };
    let domain = email.as_str().rsplit_once('@').and_then(|(_, domain)| domain_of(domain));
    if !domain.is_some_and(|domain| set.domains.contains(&domain)) {
        return Ok(None);
    }
    let person = if let Some(known) = scoped.people().by_email(&email).await? {
        let here = Cookie::Access
            .read(wire(&from.headers), &from.headers)
            .and_then(|token| api.tokens.read(token, now))
            .filter(|bearer| bearer.tenant == scoped.tenant());
        let Some(bearer) = here else { return Ok(None) };
        let live = api.live(scoped, &bearer, now).await?;
        if live.is_none_or(|live| live.person != known.id) {
            return Ok(None);
        }
        known.id
    } else {
        let name = claims.name.as_deref().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
        let new = NewPerson {
            public_id: PublicId::make(now, &*api.dice),
            email: &email,
            name: &name,
            password_hash: None,
            verified_at: Some(now),
        };
        let Some(person) = scoped.people().make(&new).await? else { return Ok(None) };
        scoped.join(person, Role::Viewer).await?;
        person
    };
    scoped.people().link_identity(&claims.iss, &claims.sub, person).await?;
    Ok(Some(person))
}
