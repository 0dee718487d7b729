//! Cookies of a session: how they are named, set, read and taken away.
//!
//! Over TLS they carry the prefixes that a subdomain cannot forge. Plain text exists on this machine only, where a
//! browser would not send a `Secure` cookie back.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// How the request reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// TLS, ours or a proxy's.
    Secure,
    /// Plain text on loopback.
    Plain,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The signed token.
    Access,
    /// The refresh secret.
    Refresh,
    /// The mark of a browser that was let in to an account before.
    Known,
    /// What a browser was told before it went to another provider to sign on.
    SignOn,
}

impl Cookie {
    const fn name(self, wire: Wire) -> &'static str {
        match (self, wire) {
            (Self::Access, Wire::Secure) => "__Host-at",
            (Self::Refresh, Wire::Secure) => "__Secure-rt",
            (Self::Known, Wire::Secure) => "__Host-known",
            (Self::SignOn, Wire::Secure) => "__Host-sso",
            (Self::Known, Wire::Plain) => "mailvane_known",
            (Self::SignOn, Wire::Plain) => "mailvane_sso",
            (Self::Access, Wire::Plain) => "mailvane_at",
            (Self::Refresh, Wire::Plain) => "mailvane_rt",
        }
    }

    const fn scope(self) -> &'static str {
        match self {
            // A provider sends the browser back from its own site: that is what Lax lets through.
            Self::Access | Self::SignOn => "Path=/; SameSite=Lax",
            Self::Known => "Path=/; SameSite=Strict",
            Self::Refresh => "Path=/api/v1/session; SameSite=Strict",
        }
    }

    /// The header that sets it.
    pub fn set(self, wire: Wire, value: &str, max_age_s: i64) -> Option<(HeaderName, HeaderValue)> {
        let secure = match wire {
            Wire::Secure => "; Secure",
            Wire::Plain => "",
        };
        let text = format!(
            "{}={value}; {}; HttpOnly{secure}; Max-Age={max_age_s}",
            self.name(wire),
            self.scope()
        );
        Some((header::SET_COOKIE, HeaderValue::from_str(&text).ok()?))
    }

    /// Its value. Two cookies of one name are a trick: neither counts.
    pub fn read(self, wire: Wire, headers: &HeaderMap) -> Option<&str> {
        let name = self.name(wire);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_and_a_doubled_one_does_not_count() {
        let (_, set) = Cookie::Access.set(Wire::Secure, "abc", 300).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-at=abc; Path=/;") && set.contains("; Secure"), "{set}");
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("x=1; __Host-at=abc"));
        assert_eq!(Cookie::Access.read(Wire::Secure, &headers), Some("abc"));
        assert_eq!(Cookie::Access.read(Wire::Plain, &headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-at=evil"));
        assert_eq!(Cookie::Access.read(Wire::Secure, &headers), None);
    }
}
