//! The headers that every answer carries, so that a browser refuses what a page of ours never does.

use std::net::IpAddr;

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderName, HeaderValue,
        header::{
            CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::{self, Next},
    response::Response,
};

/// How requests come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Our own TLS.
    Tls,
    /// Plain text on loopback: a browser on this machine, or a proxy that ends TLS.
    Plain,
}

/// Set on requests that came in plain text from a browser on this machine; nobody outside can set it.
pub const PLAIN_MARK: HeaderName = HeaderName::from_static("x-mailvane-plain");

/// Adds them, and marks requests that came in plain text.
pub fn secure(router: Router, way: Way) -> Router {
    router.layer(middleware::from_fn(move |mut request: Request, next: Next| async move {
        request.headers_mut().remove(PLAIN_MARK);
        if way == Way::Plain && names_this_machine(&request) {
            request.headers_mut().insert(PLAIN_MARK, HeaderValue::from_static("1"));
        }
        let mut answer: Response = next.run(request).await;
        let headers = answer.headers_mut();
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if way == Way::Tls {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
        }
        answer
    }))
}

/// A browser that names a loopback host speaks to us without a proxy between.
fn names_this_machine(request: &Request) -> bool {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| request.uri().host()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// No inline script or style anywhere: the build puts them into files.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";
const HSTS: &str = "max-age=31536000";
const FIXED: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, CSP),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
