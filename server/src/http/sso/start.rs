//! `GET /sso/start`: sends a browser to the provider of its address' domain, with nothing that a stranger could use.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{TRIP, TRIP_S, Trip, back, domain_of, redirect_uri};
use crate::{
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Query,
        query::SsoStartQuery,
        session::{cookies::Cookie, wire},
    },
    secrets::roll,
};

/// Begins signing on elsewhere.
#[utoipa::path(get, path = "/sso/start", operation_id = "sso.start", tag = "session",
    extensions(("x-min-role" = json!("public"))), params(SsoStartQuery),
    responses((status = 303, description = "To the provider, or back to the page of signing in"),
        (status = 400, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<SsoStartQuery>,
) -> Result<Response, Problem> {
    let domain = query.email.rsplit_once('@').and_then(|(_, domain)| domain_of(domain));
    let domain = domain.ok_or_else(|| back("none"))?;
    let tenants = api.store.system_web().await?.find_sso(&domain).await?;
    let tenant = *tenants.first().ok_or_else(|| back("none"))?;
    let set = api.store.web(tenant).await?.sign_on().await?.ok_or_else(|| back("none"))?;
    let found = api.discover(&set.issuer).await.map_err(|why| {
        tracing::warn!(why, "a tenant's provider cannot be reached");
        back("unavailable")
    })?;
    let word = || URL_SAFE_NO_PAD.encode(roll::<32>(&*api.dice));
    let trip = Trip {
        tenant: tenant.get(),
        state: word(),
        nonce: word(),
        verifier: word(),
        ends: api.clock.now().timestamp() + TRIP_S,
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(trip.verifier.as_bytes()));
    let mut url = found.authorization_endpoint;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &set.client_id)
        .append_pair("redirect_uri", &redirect_uri(&api))
        .append_pair("scope", "openid email profile")
        .append_pair("state", &trip.state)
        .append_pair("nonce", &trip.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("login_hint", &query.email);
    let plain = serde_json::to_vec(&trip).map_err(|_| Problem::Internal)?;
    let sealed = URL_SAFE_NO_PAD.encode(api.vault.seal(TRIP, &plain, &*api.dice)?);
    let mut answer = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(url.as_str()).map_err(|_| back("unavailable"))?;
    answer.headers_mut().insert(header::LOCATION, to);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some((name, value)) = Cookie::SignOn.set(wire(&headers), &sealed, TRIP_S) {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}
