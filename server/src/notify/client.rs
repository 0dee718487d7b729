//! The only HTTP client for addresses that a tenant may choose; it cannot be led into anybody's private network.
//!
//! Names are resolved here and refused whole if any address is not public, so a second look-up cannot change the
//! answer. It never follows a redirect, never uses a proxy from the environment, never decompresses.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use thiserror::Error;
use url::{Host, Url};

use super::address::globally_reachable;

/// `host:port` pairs that may be reached though they are private or not TLS: laboratories only. `service=host:port`
/// leads calls of a well-known service there.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    pairs: HashSet<String>,
    detours: HashMap<String, String>,
}

impl Allowed {
    /// From `host:port` and `service=host:port` texts.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut allowed = Self::default();
        for text in texts {
            let text = text.to_lowercase();
            let (service, pair) = match text.split_once('=') {
                Some((service, pair)) => (Some(service.to_owned()), pair.to_owned()),
                None => (None, text),
            };
            if let Some(service) = service {
                allowed.detours.insert(service, pair.clone());
            }
            allowed.pairs.insert(pair);
        }
        allowed
    }

    fn covers(&self, url: &Url) -> bool {
        let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else {
            return false;
        };
        self.pairs.contains(&format!("{host}:{port}"))
    }
}

/// Why an address may not be called. Says nothing of what lives there.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// No URL, or with parts that hide the true target.
    #[error("this is no usable address: give an https:// URL without user name and fragment")]
    Malformed,
    /// Not TLS, or an unusual port.
    #[error("only https on port 443 or 8443 is called")]
    SchemeOrPort,
    /// Not public.
    #[error("this address is not on the public internet")]
    NotPublic,
}

/// An address that passed the rules that need no look-up.
#[derive(Clone)]
pub struct Target {
    url: Url,
    laboratory: bool,
}

impl fmt::Debug for Target {
    /// The path of a webhook is its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.url.host_str().unwrap_or_default())
    }
}

impl Target {
    /// Checks `text`.
    pub fn parse(text: &str, allowed: &Allowed) -> Result<Self, Refused> {
        if text.len() > URL_BYTES_MAX
            || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err(Refused::Malformed);
        }
        let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
        let clean = url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some_and(|host| !host.is_empty() && host.len() <= HOST_BYTES_MAX);
        if !clean {
            return Err(Refused::Malformed);
        }
        if allowed.covers(&url) && matches!(url.scheme(), "http" | "https") {
            return Ok(Self { url, laboratory: true });
        }
        if url.scheme() != "https" || !matches!(url.port_or_known_default(), Some(443 | 8443)) {
            return Err(Refused::SchemeOrPort);
        }
        let public = match url.host() {
            Some(Host::Ipv4(ip)) => globally_reachable(ip.into()),
            Some(Host::Ipv6(ip)) => globally_reachable(ip.into()),
            Some(Host::Domain(name)) => public_name(name),
            None => false,
        };
        if public { Ok(Self { url, laboratory: false }) } else { Err(Refused::NotPublic) }
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// Names that can only mean something near us are refused before they reach the resolver.
fn public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    !matches!(
        last,
        "localhost"
            | "local"
            | "internal"
            | "lan"
            | "home"
            | "corp"
            | "intranet"
            | "arpa"
            | "test"
            | "invalid"
            | "example"
            | "onion"
    )
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// HTTP status.
        code: u16,
        /// `Retry-After`, where it was a plain number of seconds.
        retry_after: Option<Duration>,
        /// First printable characters of the body.
        excerpt: String,
        /// The body, at most 64 KiB of it.
        body: Vec<u8>,
    },
    /// The request cannot have arrived.
    NotSent(String),
    /// The request may have arrived; no complete answer came back.
    Ambiguous(String),
}

/// See the module.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    public: Result<reqwest::Client, String>,
    laboratory: Result<reqwest::Client, String>,
    allowed: Allowed,
}

impl GuardedClient {
    /// A client that reaches the public internet and, besides, what `allowed` names.
    pub fn new(allowed: Allowed) -> Self {
        Self::with_lookup(allowed, Arc::new(SystemLookup))
    }

    /// The same with another resolver, whose answers are filtered like the system's.
    pub fn with_lookup(allowed: Allowed, lookup: Arc<dyn Lookup>) -> Self {
        Self {
            public: build(
                true,
                Arc::new(Filter { lookup: Arc::clone(&lookup), public_only: true }),
            ),
            laboratory: build(false, Arc::new(Filter { lookup, public_only: false })),
            allowed,
        }
    }

    /// Checks an address a person typed.
    pub fn target(&self, text: &str) -> Result<Target, Refused> {
        Target::parse(text, &self.allowed)
    }

    /// The address of a well-known service, written in this program: not a tenant's choice.
    pub fn service(&self, text: &str) -> Result<Target, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
        let detour = url.host_str().and_then(|host| self.allowed.detours.get(host));
        match detour {
            Some(pair) => {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                self.target(&format!("http://{pair}{}{query}", url.path()))
            }
            None => self.target(text),
        }
    }

    /// Sends `body` as JSON and reads at most 64 KiB of the answer.
    pub async fn post_json(&self, target: &Target, body: Vec<u8>) -> Answer {
        self.post(target, &[], body).await
    }

    /// The same with headers, whose values may be secrets.
    pub async fn post(
        &self,
        target: &Target,
        headers: &[(HeaderName, String)],
        body: Vec<u8>,
    ) -> Answer {
        let client = if target.laboratory { &self.laboratory } else { &self.public };
        let client = match client {
            Ok(client) => client,
            Err(why) => return Answer::NotSent(why.clone()),
        };
        let mut request =
            client.post(target.url.clone()).header(CONTENT_TYPE, "application/json; charset=utf-8");
        for (name, value) in headers {
            let Ok(mut value) = HeaderValue::from_str(value) else {
                return Answer::NotSent(format!("{name} holds what no header may hold"));
            };
            value.set_sensitive(true);
            request = request.header(name.clone(), value);
        }
        let request = request.body(body);
        match tokio::time::timeout(CALL_TIME_MAX, exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Answer::Ambiguous("no complete answer within 10 s".to_owned()),
        }
    }
}

impl GuardedClient {
    /// Looks at an address, or posts a form to it; status and at most 64 KiB of the body.
    pub async fn fetch(
        &self,
        target: &Target,
        form: Option<Vec<(String, String)>>,
        basic: Option<(String, String)>,
    ) -> Result<(u16, Vec<u8>), String> {
        let client = if target.laboratory { &self.laboratory } else { &self.public };
        let client = client.as_ref().map_err(Clone::clone)?;
        let mut request = match form {
            None => client.get(target.url.clone()),
            Some(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish();
                client
                    .post(target.url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body)
            }
        };
        if let Some((name, secret)) = basic {
            request = request.basic_auth(name, Some(secret));
        }
        match tokio::time::timeout(CALL_TIME_MAX, take(request)).await {
            Ok(taken) => taken,
            Err(_) => Err("no complete answer within 10 s".to_owned()),
        }
    }
}

/// The whole answer; one that is too long is none.
async fn take(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), String> {
    let mut response = request.send().await.map_err(cause_of)?;
    let code = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(cause_of)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err("the answer has more than 64 KiB".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok((code, body))
}

#[expect(clippy::disallowed_methods, reason = "this is the guarded client")]
fn build(https_only: bool, filter: Arc<Filter>) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .user_agent(concat!("Mailvane/", env!("CARGO_PKG_VERSION")))
        .https_only(https_only)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIME_MAX)
        .pool_idle_timeout(POOL_IDLE)
        .dns_resolver(filter)
        .build()
        .map_err(|e| format!("no TLS client, is the package ca-certificates installed? ({e})"))
}

async fn exchange(request: reqwest::RequestBuilder) -> Answer {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(e) if e.is_connect() || e.is_builder() => return Answer::NotSent(cause_of(e)),
        Err(e) => return Answer::Ambiguous(cause_of(e)),
    };
    let code = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok())
        .map(|s| Duration::from_secs(s.into()));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                body.extend_from_slice(&chunk);
            }
            Err(e) if body.is_empty() && code == 200 => return Answer::Ambiguous(cause_of(e)),
            Ok(_) | Err(_) => break,
        }
    }
    Answer::Status { code, retry_after, excerpt: excerpt(&body), body }
}

/// The innermost cause, never the URL: the path of a webhook is its password.
fn cause_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut source: &dyn std::error::Error = &error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    excerpt(source.to_string().as_bytes())
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        })
        .take(EXCERPT_CHARS_MAX)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Turns a name into addresses.
pub trait Lookup: Send + Sync + fmt::Debug {
    /// All addresses of `name`.
    fn lookup(
        &self,
        name: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>>;
}

/// The resolver of the machine.
#[derive(Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(
        &self,
        name: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.take(ADDRESSES_MAX).collect())
        })
    }
}

struct Filter {
    lookup: Arc<dyn Lookup>,
    public_only: bool,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.lookup(name.as_str().to_owned());
        let public_only = self.public_only;
        Box::pin(async move {
            let found = found.await?;
            // One private address among public ones is an attack or a mistake: refuse the name.
            if public_only && !found.iter().all(|addr| globally_reachable(addr.ip())) {
                return Err(Refused::NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

const URL_BYTES_MAX: usize = 2_000;
const HOST_BYTES_MAX: usize = 253;
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const EXCERPT_CHARS_MAX: usize = 200;
const ADDRESSES_MAX: usize = 64;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(4);
const CALL_TIME_MAX: Duration = Duration::from_secs(10);
const POOL_IDLE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
