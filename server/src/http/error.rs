//! The one error body: what failed, what to do, and the request's number. The status is chosen in one match.
//!
//! Never says anything of another tenant: foreign and unknown ids are one answer.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{member::Role, plan::Full, rights::Scope},
    http::api::Shared,
    secrets::{self, VaultError, password::Busy},
    store::StoreError,
};

/// Why a request was not served.
#[derive(Debug, Clone)]
pub enum Problem {
    /// No such thing, or not yours.
    NotFound,
    /// No route of that name.
    NoRoute,
    /// Another method.
    NoMethod,
    /// Nobody, or no longer.
    SignedOut,
    /// Wrong address or password.
    WrongPassword,
    /// Address and password are right; the code of the second factor is missing.
    NoCode,
    /// Right, but a member of nothing.
    NoTenant,
    /// A link or invitation that works no more, or never did.
    SpentLink,
    /// Go on at this address of ours.
    Elsewhere(String),
    /// The role does not cover it.
    Forbidden(Role),
    /// The token's scope does not cover it; none: no token may do it.
    OutOfScope(Option<Scope>),
    /// The plan is full, or the trial over.
    Full(Full),
    /// The proof that our own page sent it is missing.
    Forged,
    /// The request cannot be read.
    Malformed(String),
    /// Named fields are wrong.
    Invalid(BTreeMap<String, String>),
    /// Not JSON.
    NotJson,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// It exists already, or there are too many, or its state forbids it.
    Conflict(String),
    /// Changed by somebody else since it was read.
    Stale(i32),
    /// `If-Match` is missing.
    NoVersion,
    /// Too often; again after so many seconds.
    TooMany(u64),
    /// Cannot be served now; again after so many seconds.
    Unavailable(&'static str, u64),
    /// Our fault.
    Internal,
}

/// `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `about:blank` where the status says the kind; else the name of the kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What failed.
    title: String,
    /// HTTP status.
    status: u16,
    /// What to do.
    detail: String,
    /// Number of the request, as in the server's log.
    request_id: String,
    /// Field by field, where fields are to blame.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    fields: BTreeMap<String, String>,
}

impl Problem {
    /// One wrong field.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Self::Invalid(BTreeMap::from([(name.to_owned(), message.into())]))
    }

    /// Status, title, detail.
    #[expect(clippy::too_many_lines, reason = "one row a problem: a table is read as one piece")]
    fn words(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        let say = |text: &str| text.to_owned();
        match self {
            Self::NotFound => (S::NOT_FOUND, "Not found", say("There is nothing of this id here.")),
            Self::NoRoute => (
                S::NOT_FOUND,
                "No such address",
                say("See /api/openapi.json for every address of this API."),
            ),
            Self::NoMethod => (
                S::METHOD_NOT_ALLOWED,
                "Method not allowed",
                say("See /api/openapi.json for what may be done here."),
            ),
            Self::SignedOut => {
                (S::UNAUTHORIZED, "Signed out", say("Sign in, or send a valid API token."))
            }
            Self::WrongPassword => (
                S::UNAUTHORIZED,
                "Wrong address or password",
                say("Check both and try again; after five wrong tries you have to wait."),
            ),
            Self::Forbidden(needed) => {
                (S::FORBIDDEN, "Not allowed", format!("This needs the role {needed} or above."))
            }
            Self::NoCode => (
                S::UNAUTHORIZED,
                "Code needed",
                say("Send code too: six digits of your authenticator, or a recovery code."),
            ),
            Self::NoTenant => (
                S::UNAUTHORIZED,
                "Member of nothing",
                say("No organisation has you as a member any more: ask for an invitation."),
            ),
            Self::SpentLink => (
                S::GONE,
                "This link works no more",
                say("It was used, has expired, or was replaced by a newer one: ask for another."),
            ),
            Self::OutOfScope(Some(scope)) => (
                S::FORBIDDEN,
                "Not in the token's scope",
                format!(
                    "This needs a token with the scope {scope}, made by somebody who may do it."
                ),
            ),
            Self::OutOfScope(None) => {
                (S::FORBIDDEN, "Not for tokens", say("Only a person who is signed in can do this."))
            }
            Self::Full(full) => (S::CONFLICT, "The plan does not cover more", full.to_string()),
            Self::Elsewhere(_) => (S::SEE_OTHER, "Go on elsewhere", String::new()),
            Self::Forged => (
                S::FORBIDDEN,
                "Request not from our page",
                say("Send the csrf value of your session in X-Mailvane-CSRF."),
            ),
            Self::Malformed(what) => (S::BAD_REQUEST, "Request not understood", what.clone()),
            Self::Invalid(_) => (
                S::UNPROCESSABLE_ENTITY,
                "Some values cannot be used",
                say("Nothing was changed. Correct the fields named below and send it again."),
            ),
            Self::NotJson => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "JSON expected",
                say("Send Content-Type: application/json, and {} where there is nothing to say."),
            ),
            Self::TooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "Request too large",
                say("A body may have at most 64 KiB. Nothing was changed."),
            ),
            Self::TooSlow => (
                S::REQUEST_TIMEOUT,
                "Request too slow",
                say("The body did not arrive within 10 s. Nothing was changed; send it again."),
            ),
            Self::Conflict(what) => (S::CONFLICT, "Not possible as things are", what.clone()),
            Self::Stale(version) => (
                S::PRECONDITION_FAILED,
                "Changed by somebody else",
                format!("Nothing was changed. Read it again: the present version is {version}."),
            ),
            Self::NoVersion => (
                S::PRECONDITION_REQUIRED,
                "Version missing",
                say("Send If-Match with the version that you read, e.g. If-Match: \"3\"."),
            ),
            Self::TooMany(wait) => {
                (S::TOO_MANY_REQUESTS, "Too many tries", format!("Wait {wait} s and try again."))
            }
            Self::Unavailable(what, wait) => (
                S::SERVICE_UNAVAILABLE,
                "Not available now",
                format!("{what} Try again in {wait} s."),
            ),
            Self::Internal => (
                S::INTERNAL_SERVER_ERROR,
                "The server failed",
                say("Nothing was changed. Try again; if it stays, report the request_id."),
            ),
        }
    }

    /// `about:blank`, but where a program must tell one answer from another of the same status.
    const fn kind(&self) -> &'static str {
        match self {
            Self::NoCode => "/problems/totp-required",
            Self::Full(_) => "/problems/plan-limit",
            Self::SpentLink => "/problems/spent-link",
            _ => "about:blank",
        }
    }

    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) | Self::Unavailable(_, wait) => Some(*wait),
            _ => None,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "the database did not answer a request");
            return Self::Unavailable("The database does not answer.", 5);
        }
        tracing::error!(%error, "a request failed");
        Self::Internal
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::Unavailable("Too many people sign in at once.", 3)
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        tracing::error!(%error, "a secret could not be sealed or opened");
        Self::Internal
    }
}

impl IntoResponse for Problem {
    /// The body is written by [`number`], which knows the request's number.
    fn into_response(self) -> Response {
        let mut answer = self.words().0.into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Numbers each request, writes the problem's body, and one line a request into the log.
pub async fn number(
    axum::extract::State(api): axum::extract::State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let id = hex(&secrets::roll::<8>(&*api.dice));
    let begun = tokio::time::Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "page".to_owned(), |path| path.as_str().to_owned());
    let mut answer = next.run(request).await;
    if let Some(problem) = answer.extensions_mut().remove::<Problem>() {
        answer = body(&problem, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert("x-request-id", value);
    }
    let status = answer.status().as_u16();
    let spent = begun.elapsed();
    metrics::histogram!("mailvane_http_seconds", "route" => route.clone(), "status" => class(status))
        .record(spent.as_secs_f64());
    tracing::debug!(request = id, %method, route, status, ms = spent.as_millis(), "http");
    answer
}

const fn class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn body(problem: &Problem, request_id: &str) -> Response {
    let (status, title, detail) = problem.words();
    let fields = match problem {
        Problem::Invalid(fields) => fields.clone(),
        _ => BTreeMap::new(),
    };
    let body = ProblemBody {
        kind: problem.kind(),
        title: title.to_owned(),
        status: status.as_u16(),
        detail,
        request_id: request_id.to_owned(),
        fields,
    };
    let mut answer = (status, Json(body)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = problem.retry_after() {
        headers.insert(header::RETRY_AFTER, wait.into());
    }
    if let Problem::Elsewhere(address) = problem
        && let Ok(address) = HeaderValue::from_str(address)
    {
        headers.insert(header::LOCATION, address);
    }
    if matches!(problem, Problem::SignedOut) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn hex(bytes: &[u8]) -> String {
    let digits = b"0123456789abcdef";
    let digit = |n: u8| digits.get(usize::from(n)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
