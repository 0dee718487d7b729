//! The two listeners: TLS for everybody (page, REST and gRPC on one port), plain text for this machine only.
//!
//! Never knows a route: it is handed a router for each kind of content. Owns the accept loop, because a library's
//! loop waits for ever on a client that connects and says nothing.

pub mod accept;
pub mod ca;
pub mod headers;
pub mod hops;
mod opened;
pub mod tls;

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, header::CONTENT_TYPE},
};
use thiserror::Error;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Who is at the other end, beyond the proxies that the settings trust; on every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Why a listener could not be opened.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Another process listens there.
    #[error(
        "{name} {addr}: the port is taken{holder}. Stop it or choose another address with {name}"
    )]
    Taken {
        /// The setting.
        name: &'static str,
        /// The address.
        addr: SocketAddr,
        /// ` by NAME (pid N)`, or empty when the system does not tell.
        holder: String,
    },
    /// Anything else.
    #[error("{name} {addr}: cannot listen: {source}")]
    Other {
        /// The setting.
        name: &'static str,
        /// The address.
        addr: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Opens a listener; `name` is the setting that a person would change.
pub async fn listen(name: &'static str, addr: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(addr).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => {
            ListenError::Taken { name, addr, holder: holder::of(addr.port()).unwrap_or_default() }
        }
        _ => ListenError::Other { name, addr, source },
    })
}

/// Machines speak gRPC, people and scripts everything else; the content type tells them apart.
#[derive(Debug, Clone)]
pub struct Steer {
    grpc: Option<Router>,
    web: Router,
}

impl Steer {
    /// Both kinds on one port.
    pub fn both(grpc: Router, web: Router) -> Self {
        Self { grpc: Some(grpc), web }
    }

    /// Page and REST only.
    pub fn web(web: Router) -> Self {
        Self { grpc: None, web }
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        let is_grpc = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
        match self.grpc {
            Some(grpc) if is_grpc => grpc.oneshot(request).await,
            _ => self.web.oneshot(request).await,
        }
    }
}

mod holder;
