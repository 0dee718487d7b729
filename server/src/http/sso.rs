//! Sign-on by a tenant's own provider (`OpenID Connect`, code flow with PKCE): what is set, and the words in between.
//!
//! A person there is issuer and subject, never an address. An account that exists is linked only by somebody who is
//! signed in to it; an address counts only within domains that the tenant has proved to be its own.

pub mod callback;
pub mod get;
pub mod put;
pub mod remove;
pub mod start;
mod verify;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    api::{Api, OutCall},
    error::Problem,
};
use crate::{
    domain::ids::{self, PublicId, TenantId},
    secrets::Place,
    store::sso,
};

/// What a tenant has set. The secret never comes back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sso {
    /// The provider.
    issuer: String,
    /// Our name there.
    client_id: String,
    /// Addresses of these domains sign on there.
    domains: Vec<String>,
    /// To be allowed at the provider.
    redirect_uri: String,
}

impl Sso {
    fn view(api: &Api, row: sso::SignOn) -> Self {
        Self {
            issuer: row.issuer,
            client_id: row.client_id,
            domains: row.domains,
            redirect_uri: redirect_uri(api),
        }
    }
}

/// What a provider says of itself.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
}

/// What a browser keeps between start and callback, sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Trip {
    tenant: i32,
    state: String,
    nonce: String,
    verifier: String,
    ends: i64,
}

impl Api {
    /// What the provider says of itself; it must call itself what the tenant calls it.
    async fn discover(&self, issuer: &str) -> Result<Discovery, String> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let (status, body) = (self.outward)(OutCall { url, form: None, basic: None }).await?;
        if status != 200 {
            return Err(format!("the provider answers {status}"));
        }
        let found: Discovery =
            serde_json::from_slice(&body).map_err(|_| "the provider does not describe itself")?;
        let sound = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri]
            .iter()
            .all(|url| url.scheme() == "https");
        if found.issuer != issuer || !sound {
            return Err(
                "the provider calls itself otherwise, or is not reached by https".to_owned()
            );
        }
        Ok(found)
    }
}

fn redirect_uri(api: &Api) -> String {
    format!("{}/api/v1/sso/callback", api.site.public_url.as_str().trim_end_matches('/'))
}

/// Where the secret of a tenant's provider rests.
const fn secret_place(tenant: TenantId, row: PublicId<ids::Sso>) -> Place<'static> {
    Place { table: "sso", column: "client_secret", tenant: tenant.get(), row: row.uuid() }
}

/// Where what a browser keeps in between is sealed for.
const TRIP: Place<'static> = Place { table: "sso", column: "trip", tenant: 0, row: Uuid::nil() };
/// How long a person may take at the provider.
const TRIP_S: i64 = 600;

/// A domain as it stands in addresses.
fn domain_of(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (text.len() <= 253 && text.contains('.') && text.split('.').all(label)).then_some(text)
}

/// Back to the page of signing in, with one word that the page knows.
fn back(word: &str) -> Problem {
    Problem::Elsewhere(format!("/signin#sso={word}"))
}
