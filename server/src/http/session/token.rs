//! The signed token in the access cookie: a five-minute cache of the session row, never the truth.
//!
//! One algorithm, one key, one header: whatever else a token's header says is refused before its signature is read.

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{
    domain::ids::{self, PublicId, TenantId},
    secrets,
};

/// Signs and reads.
pub struct Tokens {
    signing: EncodingKey,
    reading: DecodingKey,
    header: Header,
    validation: Validation,
    prefix: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
    /// Always `access`.
    pub typ: String,
    /// `user_…`
    pub sub: String,
    /// `sess_…`
    pub sid: String,
    /// Number of the tenant.
    pub ten: i32,
    /// Seconds since 1970.
    pub iat: i64,
    /// Seconds since 1970.
    pub nbf: i64,
    /// Seconds since 1970.
    pub exp: i64,
}

/// Whom a valid token speaks for, if the session row agrees.
#[derive(Debug, Clone, Copy)]
pub struct Bearer {
    /// Whose door.
    pub tenant: TenantId,
    /// Which session.
    pub session: PublicId<ids::Session>,
    /// Whose session.
    pub person: PublicId<ids::Person>,
}

impl Tokens {
    /// From 32 secret bytes.
    pub fn new(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key();
        let kid: String =
            secrets::digest(public.as_bytes()).iter().take(4).map(ToString::to_string).collect();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid);
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are checked below, by our own clock and as whole numbers only.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let der = key.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).unwrap_or_default();
        let mut tokens = Self {
            signing: EncodingKey::from_ed_der(&der),
            reading: DecodingKey::from_ed_der(public.as_bytes()),
            header,
            validation,
            prefix: String::new(),
        };
        let sample = tokens.encode(&Claims::sample()).unwrap_or_default();
        sample.split_inclusive('.').next().unwrap_or_default().clone_into(&mut tokens.prefix);
        tokens
    }

    /// A token for a session.
    pub fn sign(&self, bearer: &Bearer, now: DateTime<Utc>) -> Option<String> {
        self.encode(&Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            typ: ACCESS.to_owned(),
            sub: bearer.person.to_string(),
            sid: bearer.session.to_string(),
            ten: bearer.tenant.get(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + LIFE).timestamp(),
        })
    }

    fn encode(&self, claims: &Claims) -> Option<String> {
        jsonwebtoken::encode(&self.header, claims, &self.signing)
            .map_err(|error| tracing::error!(%error, "a session token could not be signed"))
            .ok()
    }

    /// Whom `token` speaks for at `now`.
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Bearer> {
        let sound = token.len() <= TOKEN_BYTES_MAX
            && token.starts_with(&self.prefix)
            && !self.prefix.is_empty()
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if !sound {
            return None;
        }
        let claims =
            jsonwebtoken::decode::<Claims>(token, &self.reading, &self.validation).ok()?.claims;
        let now = now.timestamp();
        let in_time = claims.nbf <= now.saturating_add(LEEWAY_S)
            && claims.iat <= now.saturating_add(LEEWAY_S)
            && claims.exp > now.saturating_sub(LEEWAY_S)
            && claims.exp.saturating_sub(claims.iat) <= LIFE.num_seconds();
        if !in_time || claims.typ != ACCESS {
            return None;
        }
        Some(Bearer {
            tenant: TenantId::from_row(claims.ten),
            session: claims.sid.parse().ok()?,
            person: claims.sub.parse().ok()?,
        })
    }
}

impl Claims {
    fn sample() -> Self {
        Self {
            iss: String::new(),
            aud: String::new(),
            typ: String::new(),
            sub: String::new(),
            sid: String::new(),
            ten: 0,
            iat: 0,
            nbf: 0,
            exp: 0,
        }
    }
}

/// How long a token lives.
pub const LIFE: TimeDelta = TimeDelta::minutes(5);
const LEEWAY_S: i64 = 30;
const TOKEN_BYTES_MAX: usize = 2_048;
const ISSUER: &str = "mailvane";
const AUDIENCE: &str = "web";
const ACCESS: &str = "access";

#[cfg(test)]
mod tests;
