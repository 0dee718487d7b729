//! `POST /api-tokens`: makes a token of no more than its maker may do. It is shown here and never again.

use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::ApiToken;
use crate::{
    domain::{ids::PublicId, member::Role, rights::Scope},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{Caller, Personnel},
    },
    secrets::key::{self, KeyKind},
    store::tokens::NewApiToken,
};

/// What the token may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiToken)]
pub struct Request {
    /// 1 to 120 characters.
    name: String,
    /// One or more of `read`, `write`, `scrape`, `ingest-admin`.
    scopes: Vec<String>,
    /// Seconds until it works no more, 3600 to 31536000; 90 days when not given.
    expires_in_s: Option<i64>,
}

/// The token, once.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedApiToken {
    #[serde(flatten)]
    view: ApiToken,
    /// The whole token, for `Authorization: Bearer`. It is not stored and cannot be shown again.
    token: String,
}

/// Makes an API token.
#[utoipa::path(post, path = "/api-tokens", operation_id = "tokens.create", tag = "tokens",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 201, body = CreatedApiToken), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "Too many"), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Personnel>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<CreatedApiToken>), Problem> {
    let mut faults = Faults::default();
    let name = faults.line("name", &request.name, NAME_CHARS_MAX);
    let mut scopes: Vec<Scope> =
        request.scopes.iter().filter_map(|word| faults.word("scopes", word)).collect();
    scopes.sort_unstable();
    scopes.dedup();
    if request.scopes.is_empty() {
        faults.add("scopes", "Choose at least one.");
    }
    let expires_in_s = request.expires_in_s.unwrap_or(EXPIRES_IN_S);
    if !(EXPIRES_IN_S_MIN..=EXPIRES_IN_S_MAX).contains(&expires_in_s) {
        faults.add("expires_in_s", "Use 3600 to 31536000 seconds: an hour to a year.");
    }
    let own = caller.who.role();
    for scope in scopes.iter().filter(|scope| !own.covers(scope.least_maker())) {
        faults.add("scopes", format!("{scope} is more than you may do yourself."));
    }
    faults.check()?;
    if caller.scoped.count_api_tokens(caller.now).await? >= TOKENS_MAX {
        return Err(Problem::Conflict("There are 200 tokens already: revoke some.".to_owned()));
    }
    let new = key::mint(KeyKind::Api, &*api.dice);
    let public_id = PublicId::make(caller.now, &*api.dice);
    let row = NewApiToken {
        public_id,
        key_id: &new.id,
        secret_hash: new.hash,
        name: &name,
        scopes: &scopes,
        // No token owns a tenant.
        role: own.min(Role::Admin),
        created_by: caller.live()?.person,
        expires_at: caller.now + TimeDelta::seconds(expires_in_s),
    };
    caller.scoped.add_api_token(&row).await?;
    let view = caller.scoped.api_tokens(Some(public_id), None, 1).await?.pop();
    let view = ApiToken::view(view.ok_or(Problem::Internal)?);
    let detail = json!({"key_id": new.id, "scopes": view.scopes, "expires_in_s": expires_in_s});
    caller.done("api_token.create", &public_id.to_string(), detail).await?;
    let token = new.text.expose().to_owned();
    Ok((StatusCode::CREATED, Json(CreatedApiToken { view, token })))
}

const NAME_CHARS_MAX: usize = 120;
const EXPIRES_IN_S: i64 = 90 * 86_400;
const EXPIRES_IN_S_MIN: i64 = 3_600;
const EXPIRES_IN_S_MAX: i64 = 365 * 86_400;
const TOKENS_MAX: i64 = 200;
