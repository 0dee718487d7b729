//! What a request brings, turned into what cannot be wrong: JSON bodies, query strings, ids, words.
//!
//! Unknown keys are refused on writes; a text never carries control characters or writing-direction tricks.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use axum::{
    body::{Body as AxumBody, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

use super::error::Problem;
use crate::domain::ids::{Kind, PublicId};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes =
            to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| Problem::TooLarge)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = T::deserialize(&mut reader)
            .and_then(|value| reader.end().map(|()| value))
            .map_err(|e| Problem::Malformed(format!("The JSON body cannot be read: {e}.")))?;
        Ok(Self(value))
    }
}

/// A query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.len() > QUERY_BYTES_MAX) {
            return Err(Problem::Malformed("The query has more than 8 KiB.".to_owned()));
        }
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|e| {
                Problem::Malformed(format!("The query cannot be read: {}.", e.body_text()))
            })
    }
}

/// The id in a path. What is no id at all is answered like an id that does not exist.
pub struct Id<K>(pub PublicId<K>);

impl<K: Kind> std::fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Send + Sync, K: Kind> FromRequestParts<S> for Id<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let axum::extract::Path(text) = path.map_err(|_| Problem::NotFound)?;
        text.parse().map(Self).map_err(|_| Problem::NotFound)
    }
}

/// The version that a change was based on.
#[derive(Debug)]
pub struct IfMatch(pub i32);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::IF_MATCH).ok_or(Problem::NoVersion)?;
        let version = value.to_str().ok().and_then(|text| {
            text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))?.parse().ok()
        });
        version.map(Self).ok_or(Problem::NoVersion)
    }
}

/// Before a handler opens a transaction, the body must be here, whole; and it must be JSON, which a foreign page's form
/// cannot send.
pub async fn gather(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next().map(str::trim) == Some("application/json"));
    if !json {
        return Problem::NotJson.into_response();
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, AxumBody::from(bytes))).await,
        Ok(Err(_)) => Problem::TooLarge.into_response(),
        Err(_) => Problem::TooSlow.into_response(),
    }
}

/// Gathers what is wrong field by field, so that a person corrects all of it at once.
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<String, String>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.entry(field.to_owned()).or_insert_with(|| message.into());
    }

    /// Keeps the value, or notes why it is none.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|e| self.add(field, e.to_string())).ok()
    }

    /// A line of text: trimmed, 1 to `max` characters, printable.
    pub fn line(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(field, "Say something here.");
        }
        self.printable(field, text, max)
    }

    /// The same, but may be empty.
    pub fn printable(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.chars().count() > max {
            self.add(field, format!("Use at most {max} characters."));
        }
        if text.chars().any(unprintable) {
            self.add(field, "Control characters and hidden marks are not allowed.");
        }
        text.to_owned()
    }

    /// One of a few words.
    pub fn word<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        self.take(field, text.parse())
    }

    /// The faults as an answer, whether there are any or not.
    pub fn problem(self) -> Problem {
        Problem::Invalid(self.0)
    }

    /// Goes on only without faults.
    pub fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.0)) }
    }
}

/// Characters that a name on a page must not carry: they hide or turn what stands beside them.
pub fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Largest request body, bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
const QUERY_BYTES_MAX: usize = 8 * 1024;
