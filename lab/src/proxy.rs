//! The fault proxy: a wire between agent and server that can be cut at any moment, in the middle of a message.
//!
//! It passes bytes and understands none of them, so TLS stays whole from end to end.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Connections that may pass at once.
const CONNECTIONS_MAX: usize = 1_024;

/// A running proxy. It stops when dropped, and every connection with it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    cut: watch::Sender<u64>,
    open: Arc<AtomicBool>,
    passed: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Listens on a free loopback port and passes everything to `target`.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (cut, cuts) = watch::channel(0);
        let (open, passed) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let mut tasks = JoinSet::new();
        tasks.spawn(pass(listener, target, cuts, open.clone(), passed.clone()));
        Ok(Self { address, cut, open, passed, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has carried.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Cuts every connection now; new ones may come at once.
    pub fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Lets new connections through, or hangs up on them.
    pub fn open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }
}

async fn pass(
    listener: TcpListener,
    target: SocketAddr,
    cuts: watch::Receiver<u64>,
    open: Arc<AtomicBool>,
    passed: Arc<AtomicU64>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if !open.load(Ordering::Relaxed) || connections.len() >= CONNECTIONS_MAX {
            continue;
        }
        passed.fetch_add(1, Ordering::Relaxed);
        connections.spawn(carry(client, target, cuts.clone()));
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, mut cuts: watch::Receiver<u64>) {
    cuts.mark_unchanged();
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    tokio::select! {
        // How a connection ended is for its two ends to judge.
        _ended = copy_bidirectional(&mut client, &mut server) => {}
        _cut = cuts.changed() => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_cut_ends_what_passes_and_lets_the_next_one_through() {
        let target = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Proxy::start(target.local_addr().unwrap()).await.unwrap();
        for _ in 0..2 {
            let mut client = TcpStream::connect(proxy.address()).await.unwrap();
            let (mut server, _) = target.accept().await.unwrap();
            client.write_all(b"a").await.unwrap();
            assert_eq!(server.read_u8().await.unwrap(), b'a');
            proxy.cut();
            assert_eq!(client.read(&mut [0; 8]).await.unwrap_or(0), 0, "the wire is dead");
        }
        assert_eq!(proxy.passed(), 2);
    }
}
