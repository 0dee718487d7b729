//! One stream to the server: proves who this host is, sends batches in order, learns what arrived; for ever.
//!
//! Knows nothing of logs and queues. Losing the stream at any moment costs nothing: what was not acknowledged is sent again.

mod backoff;
pub mod channel;
pub mod proxy;
mod session;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use mailvane_proto::v1::Facts;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::identity::{Identity, StateDirectory};
use crate::spool::Spool;
use backoff::Backoff;
pub use channel::LinkError;
pub use proxy::Proxy;

/// A stream that lived this long was a good one: the next wait is short again.
const GOOD_STREAM_MS: i64 = 30_000;

/// What link and pipe tell one another, besides the spool.
#[derive(Debug, Default)]
pub struct Shared {
    /// The server's wish, milliseconds; 0 while it has none.
    pub interval_ms: AtomicU64,
    /// The server has batches that the spool does not know of; 0 for none.
    pub server_ahead: AtomicU64,
    /// A stream is open and proved.
    pub connected: AtomicBool,
    /// Streams opened since the start.
    pub streams: AtomicU64,
    /// When the server last acknowledged anything, milliseconds since 1970; 0 for never.
    pub acked_ms: AtomicI64,
    /// Wakes the link: there is a new batch, new facts, or the end.
    pub wake: Notify,
    /// The agent is to end.
    pub stop: AtomicBool,
    /// What is true of this host.
    pub facts: Mutex<Facts>,
    /// The last failure, for status.
    pub trouble: Mutex<Option<String>>,
}

impl Shared {
    /// The facts as they are now.
    pub fn facts(&self) -> Facts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the facts; says whether they changed.
    pub fn set_facts(&self, facts: Facts) -> bool {
        let mut known = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *known != facts;
        *known = facts;
        changed
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// The last failure.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the agent.
    pub fn end(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Whether the agent is to end.
    pub fn ending(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// The link.
pub struct Link {
    /// Who this host is.
    pub identity: Identity,
    /// Its key.
    pub key: SigningKey,
    /// Where generations are kept.
    pub state: Arc<StateDirectory>,
    /// The authority of the server's certificate; the system's where absent.
    pub ca: Option<Vec<u8>>,
    /// Another authority file than the pinned one, for messages.
    pub ca_path: Option<PathBuf>,
    /// The way to the server; straight where absent.
    pub proxy: Option<Proxy>,
    /// The batches.
    pub spool: Arc<Mutex<Spool>>,
    /// Words to and from the pipe.
    pub shared: Arc<Shared>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Link {
    /// Keeps a stream open until the end is asked for.
    pub async fn run(&self) {
        let mut backoff = Backoff::default();
        while !self.shared.ending() {
            let began_ms = self.clock.now_ms();
            let error = self.stream().await.err();
            self.shared.connected.store(false, Ordering::SeqCst);
            if self.shared.ending() {
                return;
            }
            if self.clock.now_ms() - began_ms > GOOD_STREAM_MS {
                backoff = Backoff::default();
            }
            let wait = backoff.next(random_fraction());
            if let Some(error) = error {
                tracing::warn!(error = %error, retry_in_ms = wait.as_millis(), "link.lost");
                self.shared.set_trouble(Some(error.to_string()));
            }
            self.sleep(wait).await;
        }
    }

    /// Waits, but not beyond the end.
    async fn sleep(&self, wait: Duration) {
        let ends = async {
            while !self.shared.ending() {
                self.shared.wake.notified().await;
            }
        };
        let waited = tokio::time::timeout(wait, ends).await;
        tracing::trace!(ended = waited.is_ok(), "link.waited");
    }
}

/// 0 to 1, for the jitter of waits; a half where the system gives no randomness.
fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
