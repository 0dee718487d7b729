//! The accept loop: a deadline on every phase of a connection and a cap on how many there are.
//!
//! Never spins when the system is out of descriptors, never lets one address take all places.

use std::{
    collections::HashMap,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use metrics::counter;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Peer, Steer, hops, opened::Opened};

/// What the loop allows. One struct, so that a test reads the limits that the code obeys.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one IPv4 address or one IPv6 /64. Loopback is not counted.
    pub connections_per_address_max: usize,
    /// TLS handshakes at once. Many: one that is not gone on with costs memory only, and whoever is honest must not wait
    /// behind those who are not.
    pub handshakes_max: usize,
    /// A whole TLS handshake; also how long it may wait for its turn.
    pub handshake_time: Duration,
    /// From connection to the first byte of a request; in HTTP/2 to the end of its preface.
    pub first_byte_time: Duration,
    /// One request head; also how long an idle HTTP/1.1 connection is kept.
    pub header_time: Duration,
    /// HTTP/2 ping when nothing was heard for this long.
    pub ping_after: Duration,
    /// Answer to that ping.
    pub ping_time: Duration,
    /// HTTP/2 streams of one connection at once.
    pub streams_max: u32,
    /// Bytes of one request head.
    pub header_bytes_max: u32,
    /// Pause after the system refused to accept.
    pub refused_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 24_000,
            connections_per_address_max: 512,
            handshakes_max: 4_096,
            handshake_time: Duration::from_secs(5),
            first_byte_time: Duration::from_secs(5),
            header_time: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            ping_time: Duration::from_secs(20),
            streams_max: 64,
            header_bytes_max: 16 * 1024,
            refused_pause: Duration::from_millis(200),
        }
    }
}

/// A listener with what it serves.
pub struct Edge {
    limits: Limits,
    steer: Steer,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    by_address: Counts,
    trusted_hops: u8,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Edge {
    /// TLS when `tls` is given, plain text else.
    pub fn new(steer: Steer, tls: Option<Arc<ServerConfig>>, limits: Limits) -> Arc<Self> {
        Self::behind(0, steer, tls, limits)
    }

    /// The same, behind so many proxies of ours that append to `X-Forwarded-For`.
    pub fn behind(
        trusted_hops: u8,
        steer: Steer,
        tls: Option<Arc<ServerConfig>>,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            limits,
            steer,
            tls: tls.map(TlsAcceptor::from),
            places: Arc::new(Semaphore::new(limits.connections_max)),
            handshakes: Arc::new(Semaphore::new(limits.handshakes_max)),
            by_address: Arc::default(),
            trusted_hops,
        })
    }

    /// Accepts until `stop`, then asks every connection to finish and waits for them. The caller bounds the wait.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        while let Some(place) = tokio::select! {
            () = stop.cancelled() => None,
            place = Arc::clone(&self.places).acquire_owned() => place.ok(),
        } {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.accept_failed(&error).await;
                    continue;
                }
            };
            let Some(guest) = self.admit(peer.ip()) else {
                counter!("mailvane_edge_refused_total", "why" => "address").increment(1);
                continue;
            };
            let (edge, stop) = (Arc::clone(&self), stop.clone());
            tasks.spawn(async move {
                edge.connection(socket, peer, stop).await;
                drop((guest, place));
            });
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }

    async fn accept_failed(&self, error: &io::Error) {
        counter!("mailvane_edge_refused_total", "why" => "accept").increment(1);
        let lone_client = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        );
        if !lone_client {
            tracing::warn!(%error, "cannot accept connections, trying again");
            tokio::time::sleep(self.limits.refused_pause).await;
        }
    }

    async fn connection(&self, socket: TcpStream, peer: SocketAddr, stop: CancellationToken) {
        // Small answers must not wait for the peer's delayed acknowledgement.
        if socket.set_nodelay(true).is_err() {
            return;
        }
        let Some(acceptor) = &self.tls else {
            let mut first = [0; H2_PREFACE.len()];
            let http2 = match timeout(self.limits.first_byte_time, socket.peek(&mut first)).await {
                Ok(Ok(read)) if read > 0 => {
                    H2_PREFACE.starts_with(first.get(..read).unwrap_or(&first))
                }
                _ => return,
            };
            return self.speak(socket, http2, peer, stop).await;
        };
        let shake = async {
            let turn = timeout(self.limits.handshake_time, self.handshakes.acquire()).await;
            let _turn = turn.ok()?.ok()?;
            timeout(self.limits.handshake_time, acceptor.accept(socket)).await.ok()?.ok()
        };
        let Some(stream) = shake.await else {
            counter!("mailvane_edge_refused_total", "why" => "handshake").increment(1);
            return;
        };
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        self.speak(stream, http2, peer, stop).await;
    }

    /// The library that speaks HTTP/2 waits for ever for the preface; we do not.
    async fn speak<S>(&self, stream: S, http2: bool, peer: SocketAddr, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if !http2 {
            return self.converse(stream, false, peer, stop).await;
        }
        let preface = Opened::<_, { H2_PREFACE.len() }>::read(stream);
        match timeout(self.limits.first_byte_time, preface).await {
            Ok(Ok(opened)) if opened.first() == H2_PREFACE => {
                self.converse(opened, true, peer, stop).await;
            }
            _ => counter!("mailvane_edge_refused_total", "why" => "preface").increment(1),
        }
    }

    async fn converse<S>(&self, stream: S, http2: bool, peer: SocketAddr, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let steer = self.steer.clone();
        let hops = self.trusted_hops;
        let service = service_fn(move |mut request: Request<Incoming>| {
            let client = hops::client(request.headers(), peer.ip(), hops);
            request.extensions_mut().insert(Peer(client));
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, peer.port())));
            steer.clone().answer(request.map(Body::new))
        });
        let (io, limits) = (TokioIo::new(stream), &self.limits);
        let ended = if http2 {
            let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.streams_max)
                .max_header_list_size(limits.header_bytes_max)
                .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
                .keep_alive_interval(limits.ping_after)
                .keep_alive_timeout(limits.ping_time);
            let connection = builder.serve_connection(io, service);
            tokio::pin!(connection);
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        } else {
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(limits.header_time)
                .max_buf_size(H1_BUFFER_BYTES);
            let connection = builder.serve_connection(io, service);
            tokio::pin!(connection);
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    fn admit(&self, ip: IpAddr) -> Option<Guest> {
        let Some(ip) = group_of(ip) else { return Some(Guest(None)) };
        let mut map = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = map.entry(ip).or_default();
        if *count >= self.limits.connections_per_address_max {
            return None;
        }
        *count += 1;
        Some(Guest(Some((ip, Arc::clone(&self.by_address)))))
    }
}

/// The address under which a peer is counted; none for this machine itself.
fn group_of(ip: IpAddr) -> Option<IpAddr> {
    let ip = ip.to_canonical();
    if ip.is_loopback() {
        return None;
    }
    Some(match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    })
}

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A counted place, given back when the connection ends.
struct Guest(Option<(IpAddr, Counts)>);

impl Drop for Guest {
    fn drop(&mut self) {
        let Some((ip, map)) = self.0.take() else { return };
        let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = map.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                map.remove(&ip);
            }
        }
    }
}

const H2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const H1_BUFFER_BYTES: usize = 16 * 1024;
const RESET_STREAMS_MAX: usize = 20;
