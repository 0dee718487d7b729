//! `PUT /sso`: another provider signs the tenant's people on. Domains count only once the tenant has shown that they
//! are its own: by a text of ours at an address of theirs.

use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{Sso, domain_of, secret_place};
use crate::{
    domain::ids::PublicId,
    http::{
        api::{Api, OutCall, Shared},
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{Caller, Owner},
    },
    store::sso::SignOn,
};

/// Which provider, and for whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSso)]
pub struct Request {
    /// `https://…`, as the provider calls itself.
    issuer: String,
    /// Our name there.
    client_id: String,
    /// Our secret there.
    client_secret: String,
    /// 1 to 16 domains, as `example.org`.
    domains: Vec<String>,
}

/// Sets the tenant's sign-on.
#[utoipa::path(put, path = "/sso", operation_id = "sso.put", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 200, body = Sso), (status = 422, body = ProblemBody,
        description = "A domain is not shown to be yours: its fault says which text belongs where")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Owner>,
    Body(request): Body<Request>,
) -> Result<Json<Sso>, Problem> {
    let mut faults = Faults::default();
    let issuer = faults.line("issuer", &request.issuer, TEXT_CHARS_MAX);
    let client_id = faults.line("client_id", &request.client_id, TEXT_CHARS_MAX);
    let secret = faults.line("client_secret", &request.client_secret, TEXT_CHARS_MAX);
    let domains: Vec<String> = request.domains.iter().filter_map(|text| domain_of(text)).collect();
    if domains.len() != request.domains.len() || domains.is_empty() || domains.len() > DOMAINS_MAX {
        faults.add("domains", "Give 1 to 16 domains, as example.org.");
    }
    faults.check()?;
    let mut faults = Faults::default();
    if let Err(why) = api.discover(&issuer).await {
        faults.add("issuer", format!("This provider cannot be used: {why}."));
    }
    let tenant = caller.tenant();
    for domain in &domains {
        let text = proof_text(&api, tenant.get(), domain);
        if !shows(&api, domain, &text).await {
            faults.add(
                "domains",
                format!("Show that {domain} is yours: put {text} at https://{domain}{PROOF_PATH}."),
            );
        }
    }
    faults.check()?;
    let public_id = PublicId::make(caller.now, &*api.dice);
    let sealed = api.vault.seal(secret_place(tenant, public_id), secret.as_bytes(), &*api.dice)?;
    let new = SignOn { public_id, issuer, client_id, client_secret: sealed, domains };
    caller.scoped.set_sign_on(&new).await?;
    let detail = json!({"issuer": new.issuer, "client_id": new.client_id, "domains": new.domains});
    caller.done("sso.set", &public_id.to_string(), detail).await?;
    Ok(Json(Sso::view(&api, new)))
}

/// A text that only this tenant is told, for this domain.
pub(super) fn proof_text(api: &Api, tenant: i32, domain: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(*api.vault.derive("domain"));
    hash.update(format!("{tenant}|{domain}"));
    format!("mailvane-domain={}", URL_SAFE_NO_PAD.encode(hash.finalize()))
}

async fn shows(api: &Api, domain: &str, text: &str) -> bool {
    let call = OutCall { url: format!("https://{domain}{PROOF_PATH}"), form: None, basic: None };
    match (api.outward)(call).await {
        Ok((200, body)) => String::from_utf8_lossy(&body).trim() == text,
        _ => false,
    }
}

const PROOF_PATH: &str = "/.well-known/mailvane-domain.txt";
const TEXT_CHARS_MAX: usize = 500;
const DOMAINS_MAX: usize = 16;
