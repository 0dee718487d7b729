//! What any daemon says about TLS sessions, in and out, and about those that failed.

use super::scan::{self, Peer};

/// A line about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A session.
    Session(Session<'a>),
    /// A handshake failed.
    Failed {
        /// With a client, rather than with a server.
        inbound: bool,
    },
    /// A server's certificate did not satisfy the policy.
    Unverified,
}

/// A session that was set up, or used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session<'a> {
    /// With a client, rather than with a server.
    pub inbound: bool,
    /// Used again for another message.
    pub reused: bool,
    /// How far the other side is known.
    pub trust: Trust,
    /// `name[address]`, of a server with its port.
    pub peer: &'a [u8],
    /// Such as `TLSv1.3`.
    pub protocol: &'a [u8],
    /// Such as `TLS_AES_256_GCM_SHA384`.
    pub cipher: &'a [u8],
    /// Such as `X25519`; TLS 1.3 only.
    pub key_exchange: Option<&'a [u8]>,
}

/// How far the other side of a session is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// No certificate; normal for clients.
    Anonymous,
    /// A certificate that nobody known has signed.
    Untrusted,
    /// A certificate signed by somebody known.
    Trusted,
    /// A certificate that satisfies the policy.
    Verified,
}

/// Reads the text of a line behind its program name.
pub fn parse(text: &[u8]) -> Option<Event<'_>> {
    if let Some((trust, rest)) = trust(text) {
        return session(trust, rest).map(Event::Session);
    }
    if text.starts_with(b"SSL_accept error from ") {
        return Some(Event::Failed { inbound: true });
    }
    if text.starts_with(b"SSL_connect error to ") {
        return Some(Event::Failed { inbound: false });
    }
    if text.starts_with(b"TLS handshake failed for service=") {
        return Some(Event::Failed { inbound: true });
    }
    let unverified = text.starts_with(b"certificate verification failed for ")
        || text.starts_with(b"server certificate verification failed for ");
    unverified.then_some(Event::Unverified)
}

fn trust(text: &[u8]) -> Option<(Trust, &[u8])> {
    let (word, rest) = scan::split_once(text, b" TLS connection ")?;
    let trust = match word {
        b"Anonymous" => Trust::Anonymous,
        b"Untrusted" => Trust::Untrusted,
        b"Trusted" => Trust::Trusted,
        b"Verified" => Trust::Verified,
        _ => return None,
    };
    Some((trust, rest))
}

fn session(trust: Trust, rest: &[u8]) -> Option<Session<'_>> {
    let (verb, rest) = scan::split_byte(rest, b' ')?;
    let reused = match verb {
        b"established" => false,
        b"reused" => true,
        _ => return None,
    };
    let (way, rest) = scan::split_byte(rest, b' ')?;
    let inbound = way == b"from";
    let (_, behind) = Peer::read(rest)?;
    let (_port_or_name, tail) = scan::split_once(behind, b": ")?;
    let peer = rest.get(..rest.len().checked_sub(tail.len() + 2)?)?;
    let (protocol, tail) = scan::split_once(tail, b" with cipher ")?;
    let (cipher, tail) = scan::split_byte(tail, b' ')?;
    let key_exchange =
        scan::split_once(tail, b" key-exchange ").map(|(_, rest)| scan::before(rest, b" "));
    Some(Session { inbound, reused, trust, peer, protocol, cipher, key_exchange })
}
