//! A small client of the REST API, as a script of a customer would have it: sign in, ask, change.
//!
//! It speaks to the server's plain loopback listener and keeps cookies itself. It retries nothing.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Method, header};
use serde_json::{Value, json};

/// Longest time for one request.
const REQUEST_MAX: Duration = Duration::from_secs(15);

/// Why an answer is not there.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answered.
    #[error("{method} {path}: {source}")]
    Transport {
        /// Method of the request.
        method: String,
        /// Path of the request.
        path: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The server refused.
    #[error("{method} {path} was answered {status}: {body}")]
    Status {
        /// Method of the request.
        method: String,
        /// Path of the request.
        path: String,
        /// Status of the answer.
        status: u16,
        /// Body of the answer.
        body: String,
    },
}

/// A signed-in client.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

impl Api {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`, not signed in.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self {
            client: client(),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    /// Somebody else at the same server, known to nobody; shares this one's connections.
    #[must_use]
    pub fn stranger(&self) -> Self {
        Self { cookies: BTreeMap::new(), csrf: String::new(), ..self.clone() }
    }

    /// The same person in the same session, on connections of their own.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { client: client(), ..self.clone() }
    }

    /// Signs in; later requests carry the session.
    pub async fn sign_in(base: &str, email: &str, password: &str) -> Result<Self, ApiError> {
        let mut api = Self::new(base);
        let body = json!({"email": email, "password": password});
        let answer = api.request(Method::POST, "/api/v1/session", Some(&body)).await?;
        api.remember(answer.headers());
        let session: Value = read("POST", "/api/v1/session", answer).await?;
        session.get("csrf").and_then(Value::as_str).unwrap_or("").clone_into(&mut api.csrf);
        Ok(api)
    }

    /// Signs in again from the same browser: the cookies that it has go along.
    pub async fn sign_in_again(&self, email: &str, password: &str) -> Result<Self, ApiError> {
        let mut api = self.clone();
        let body = json!({"email": email, "password": password});
        let answer = api.request(Method::POST, "/api/v1/session", Some(&body)).await?;
        api.remember(answer.headers());
        let session: Value = read("POST", "/api/v1/session", answer).await?;
        session.get("csrf").and_then(Value::as_str).unwrap_or("").clone_into(&mut api.csrf);
        Ok(api)
    }

    /// Asks for `path` below `/api/v1`.
    pub async fn get(&self, path: &str) -> Result<Value, ApiError> {
        let path = format!("/api/v1{path}");
        let answer = self.request(Method::GET, &path, None).await?;
        read("GET", &path, answer).await
    }

    /// Changes something below `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let path = format!("/api/v1{path}");
        let answer = self.request(Method::POST, &path, Some(body)).await?;
        read("POST", &path, answer).await
    }

    /// Whether `path` of the server, outside the API, answers with success.
    pub async fn is_up(&self, path: &str) -> bool {
        self.request(Method::GET, path, None).await.is_ok_and(|answer| answer.status().is_success())
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<reqwest::Response, ApiError> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(body) = body {
            request = request.header("X-Mailvane-CSRF", &self.csrf).json(body);
        }
        let fault = |source| ApiError::Transport {
            method: method.to_string(),
            path: path.to_owned(),
            source,
        };
        request.send().await.map_err(fault)
    }

    fn remember(&mut self, headers: &header::HeaderMap) {
        for cookie in
            headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok())
        {
            let pair = cookie.split(';').next().unwrap_or("");
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

async fn read(method: &str, path: &str, answer: reqwest::Response) -> Result<Value, ApiError> {
    let (method, path) = (method.to_owned(), path.to_owned());
    let status = answer.status();
    let fault = |source| ApiError::Transport { method: method.clone(), path: path.clone(), source };
    let body = answer.text().await.map_err(fault)?;
    if !status.is_success() {
        return Err(ApiError::Status { method, path, status: status.as_u16(), body });
    }
    Ok(serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the guarded client is the server's; the lab calls its own loopback"
)]
fn client() -> reqwest::Client {
    // A second call finds the provider installed, which is just as well.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let built = reqwest::Client::builder().timeout(REQUEST_MAX).no_proxy().build();
    built.unwrap_or_default()
}
