//! The encrypted connection to the server, and why there is none.

use std::path::PathBuf;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};

use super::proxy::Proxy;

/// A connection that is not there after this long is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer that is gone without a word is noticed after this and [`KEEPALIVE_TIMEOUT`].
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
const HTTPS_PORT: u16 = 443;
/// Where distributions keep the authorities that they trust.
const SYSTEM_AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];

/// Why the server cannot be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The address is none.
    #[error("{0}")]
    Address(String),
    /// Nothing answers, or it is not who it should be.
    #[error("{server}: {why}")]
    Connect {
        /// Where.
        server: String,
        /// Why, with what to do.
        why: String,
    },
    /// The server says no.
    #[error("the server says: {}", .0.message())]
    Refused(Box<Status>),
    /// The server broke the contract or ended the stream.
    #[error("{0}")]
    Broken(String),
    /// State of this host.
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
}

impl LinkError {
    /// Whether trying again can help without a person.
    pub fn retry(&self) -> bool {
        match self {
            Self::Address(_) | Self::Identity(_) => false,
            Self::Connect { .. } | Self::Broken(_) => true,
            Self::Refused(status) => !matches!(
                status.code(),
                Code::Unauthenticated
                    | Code::PermissionDenied
                    | Code::InvalidArgument
                    | Code::FailedPrecondition
            ),
        }
    }
}

impl From<Status> for LinkError {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

/// Connects. `ca` is the authority in PEM; the system's authorities where absent.
pub async fn connect(
    server: &str,
    ca: Option<&[u8]>,
    proxy: Option<&Proxy>,
) -> Result<Channel, LinkError> {
    let url = crate::config::server_url(server).map_err(LinkError::Address)?;
    let authorities = match ca {
        Some(pem) => pem.to_vec(),
        None => system_authorities().ok_or_else(|| {
            LinkError::Address("this system has no list of certificate authorities: give the server's with --ca FILE".into())
        })?,
    };
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authorities))
        .domain_name(url.host_str().unwrap_or_default().trim_matches(['[', ']']));
    let endpoint = Endpoint::from_shared(url.as_str().trim_end_matches('/').to_owned())
        .and_then(|endpoint| endpoint.tls_config(tls))
        .map_err(|error| LinkError::Address(format!("{server}: {}", chain(&error))))?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .user_agent(concat!("mailvane-agent/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| LinkError::Address(chain(&error)))?;
    let connected = match proxy.cloned() {
        None => endpoint.connect().await,
        Some(proxy) => {
            let (host, port) =
                (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default());
            let by_proxy = tower::service_fn(move |_: tonic::transport::Uri| {
                let (proxy, host) = (proxy.clone(), host.clone());
                async move { proxy.connect(&host, port.unwrap_or(HTTPS_PORT)).await.map(TokioIo::new) }
            });
            endpoint.connect_with_connector(by_proxy).await
        }
    };
    connected.map_err(|error| LinkError::Connect {
        server: server.to_owned(),
        why: advice(&chain(&error)),
    })
}

fn system_authorities() -> Option<Vec<u8>> {
    SYSTEM_AUTHORITIES.iter().map(PathBuf::from).find_map(|path| std::fs::read(path).ok())
}

/// An error with all its causes, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

fn advice(why: &str) -> String {
    let what_to_do = match () {
        () if why.contains("UnknownIssuer") || why.contains("invalid peer certificate") => {
            "; the server's certificate is not signed by the authority in --ca: take ca.pem from the page *Add a host*"
        }
        () if why.contains("proxy http://") => "; check `proxy` in agent.toml, or HTTPS_PROXY",
        () if why.contains("onnection refused") => {
            "; is the server running, and is the port right?"
        }
        () if why.contains("failed to lookup") || why.contains("dns error") => {
            "; check the host name"
        }
        () if why.contains("timed out") || why.contains("elapsed") => {
            "; check firewalls between here and there"
        }
        () => "",
    };
    format!("{why}{what_to_do}")
}
