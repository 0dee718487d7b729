//! What a provider says of a person, believed only as far as it is signed, meant for us, and an answer to our question.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;

/// A person as the provider knows them.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) email_verified: bool,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What an answer must fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// Reads an id token. The error says why, for the log.
pub(super) fn read(token: &str, keys: &JwkSet, expected: Expected<'_>) -> Result<Claims, String> {
    if token.len() > TOKEN_BYTES_MAX || keys.keys.len() > KEYS_MAX {
        return Err("the token or the set of keys is too large".to_owned());
    }
    let header = decode_header(token).map_err(|e| e.to_string())?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(format!("{:?} is not accepted", header.alg));
    }
    let kid = header.kid.ok_or("the token names no key")?;
    let jwk = keys.find(&kid).ok_or("the key is not the provider's")?;
    let key = DecodingKey::from_jwk(jwk).map_err(|e| e.to_string())?;
    // Times are checked below against our own clock; here only the signature, with the one algorithm that was named.
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims: Claims = decode(token, &key, &validation).map_err(|e| e.to_string())?.claims;
    claims.fit(expected)?;
    Ok(claims)
}

impl Claims {
    fn fit(&self, expected: Expected<'_>) -> Result<(), String> {
        let now = expected.now.timestamp();
        let for_us = match &self.aud {
            Audience::One(one) => one == expected.client_id,
            Audience::Many(many) => {
                many.iter().any(|one| one == expected.client_id)
                    && self.azp.as_deref() == Some(expected.client_id)
            }
        };
        let faults = [
            (self.iss != expected.issuer, "another issuer"),
            (!for_us, "meant for somebody else"),
            (
                self.azp.as_deref().is_some_and(|azp| azp != expected.client_id),
                "asked for by another",
            ),
            (self.nonce.as_deref() != Some(expected.nonce), "no answer to our question"),
            (self.exp <= now - LEEWAY_S, "over"),
            (self.iat > now + LEEWAY_S || self.iat < now - AGE_S_MAX, "not of now"),
            (self.sub.is_empty() || self.sub.len() > SUBJECT_BYTES_MAX, "nobody in particular"),
        ];
        match faults.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, why)) => Err(why.to_owned()),
            None => Ok(()),
        }
    }
}

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
const TOKEN_BYTES_MAX: usize = 16 * 1024;
const KEYS_MAX: usize = 32;
const SUBJECT_BYTES_MAX: usize = 255;
const LEEWAY_S: i64 = 30;
const AGE_S_MAX: i64 = 600;
