//! The way to the server through an HTTP proxy: CONNECT, and then what would have been said without it.
//!
//! The proxy sees the server's name and encrypted bytes, nothing else.

use std::io;

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// The head of a proxy's answer is shorter.
const HEAD_BYTES_MAX: usize = 8 * 1024;
const PORT: u16 = 80;

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// `Basic …`, where it asks for a password.
    authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl Proxy {
    /// Reads `http://[USER:PASSWORD@]HOST[:PORT]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT".to_owned();
        let text = text.trim();
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&text).map_err(|_| wrong())?;
        let host = url.host_str().unwrap_or_default();
        if url.scheme() != "http" || host.is_empty() || url.path() != "/" || url.query().is_some() {
            return Err(wrong());
        }
        let authorization = (!url.username().is_empty()).then(|| {
            let [user, password] = [url.username(), url.password().unwrap_or("")].map(decoded);
            let pair =
                base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {pair}")
        });
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(PORT),
            authorization,
        })
    }

    /// A connection to the server by way of the proxy.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let fault = |why: String| io::Error::other(format!("proxy {self:?}: {why}"));
        let mut stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| fault(error.to_string()))?;
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: ");
            request.push_str(authorization);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = head(&mut stream).await.map_err(|error| fault(error.to_string()))?;
        let status = head.lines().next().unwrap_or_default();
        match status.split(' ').nth(1) {
            Some("200") => Ok(stream),
            Some("407") => Err(fault(
                "asks for a password; say it as http://USER:PASSWORD@HOST:PORT".to_owned(),
            )),
            _ => Err(fault(format!("answers `{status}`"))),
        }
    }
}

/// Byte by byte, as what follows the head belongs to the server.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(io::Error::other("its answer does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// `%40` in a name or password of an address is `@`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let hex = hex.filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(hex.unwrap_or(*byte));
        rest = if hex.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a host is among those of `NO_PROXY`: names with all that end in them, addresses, or `*`.
pub fn is_exempt(host: &str, list: &str) -> bool {
    list.split(',').map(|name| name.trim().trim_start_matches('.')).any(|name| {
        name == "*"
            || (!name.is_empty()
                && (host.eq_ignore_ascii_case(name)
                    || host
                        .to_ascii_lowercase()
                        .ends_with(&format!(".{}", name.to_ascii_lowercase()))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_and_perhaps_a_password_which_nobody_is_shown() {
        let proxy = Proxy::parse("http://me:p%40ss@proxy.example:8080").unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("Basic bWU6cEBzcw=="));
        assert_eq!(format!("{proxy:?}"), "http://proxy.example:8080");
        assert_eq!(Proxy::parse("proxy.example:3128").unwrap().port, 3128);
        for wrong in ["", "https://proxy.example", "http://", "socks5://p:1", "http://p/x"] {
            assert!(Proxy::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn some_hosts_are_spoken_to_without_it() {
        assert!(is_exempt("mailvane.corp.example", "localhost, .corp.example"));
        assert!(is_exempt("anything", "*") && is_exempt("127.0.0.1", "127.0.0.1"));
        assert!(!is_exempt("mailvane.example", "vane.example,") && !is_exempt("a", ""));
    }
}
