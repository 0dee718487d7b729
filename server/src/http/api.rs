//! What every handler may use. Made once by `app`; holds no state that is not also in the database, but throttles.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{gate::Gate, live::Hub, releases::Release, session::token::Tokens, throttle::Throttle};
use crate::{
    clock::{SharedClock, SharedDice},
    domain::channel::{Address, AddressFault, Kind},
    lifecycle::Lifecycle,
    secrets::{Vault, password::Passwords},
    store::Store,
};

/// Shared by all handlers.
pub type Shared = Arc<Api>;

/// Checks an address that a person wants news sent to: what may be shown of it, or why it cannot be used.
pub type AddressRule = Arc<dyn Fn(&Address) -> Result<String, AddressFault> + Send + Sync>;

/// What a channel of a kind would be sent for a sample incident: text, HTML, JSON.
pub type SampleRule = Arc<
    dyn Fn(Kind, DateTime<Utc>) -> (Option<String>, Option<String>, Option<Value>) + Send + Sync,
>;

/// A call to an address that a tenant chose, through the guarded client.
#[derive(Debug, Clone)]
pub struct OutCall {
    /// Where to; `https` only.
    pub url: String,
    /// Fields to be posted; none: a plain look.
    pub form: Option<Vec<(String, String)>>,
    /// Name and secret that prove who asks.
    pub basic: Option<(String, String)>,
}

/// Makes such calls: status and at most 64 KiB of body, or why there is none.
pub type Outward =
    Arc<dyn Fn(OutCall) -> BoxFuture<'static, Result<(u16, Vec<u8>), String>> + Send + Sync>;

/// Tells the figures of this process in Prometheus' text form.
pub type Figures = Arc<dyn Fn() -> String + Send + Sync>;

/// What `app` hands over.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Time of day.
    pub clock: SharedClock,
    /// Randomness.
    pub dice: SharedDice,
    /// Seals secrets.
    pub vault: Arc<Vault>,
    /// How the server is reached.
    pub site: Site,
    /// Which role may do what; another one only in tests that prove the walker.
    pub gate: Arc<dyn Gate>,
    /// Rule for addresses of channels.
    pub address_rule: AddressRule,
    /// Makes sample messages.
    pub sample: SampleRule,
    /// Wakes the loop that delivers.
    pub wake_notify: Arc<Notify>,
    /// This process' own figures.
    pub figures: Figures,
    /// Runs what outlives a request.
    pub life: Lifecycle,
    /// What this installation offers to people.
    pub offers: Offers,
    /// Wakes the loop that sends letters.
    pub wake_post: Arc<Notify>,
    /// Calls addresses that a tenant chose.
    pub outward: Outward,
}

/// What this installation offers to people.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offers {
    /// There is a mail server for letters; without one links are shown.
    pub mail: bool,
    /// Strangers may make tenants of their own.
    pub sign_up: bool,
}

/// How the server is reached, for links and install commands.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where people and agents come in, TLS.
    pub public_url: Url,
    /// SHA-256 of the private authority's certificate, in hex; none with a public certificate.
    pub ca_sha256: Option<String>,
    /// The certificate itself.
    pub ca_pem: Option<String>,
    /// What `curl --pinnedpubkey` needs to trust a certificate of the private authority; none with a public one.
    pub pin: Option<String>,
    /// The agent's release that this server hands out.
    pub release: Option<Release>,
}

/// See the module.
pub struct Api {
    /// The database.
    pub store: Store,
    /// Time of day.
    pub clock: SharedClock,
    /// Randomness.
    pub dice: SharedDice,
    /// Seals secrets.
    pub vault: Arc<Vault>,
    /// How the server is reached.
    pub site: Site,
    /// Which role may do what.
    pub gate: Arc<dyn Gate>,
    /// Rule for addresses of channels.
    pub address_rule: AddressRule,
    /// Makes sample messages.
    pub sample: SampleRule,
    /// Wakes the loop that delivers.
    pub wake_notify: Arc<Notify>,
    /// This process' own figures.
    pub figures: Figures,
    /// Runs what outlives a request.
    pub life: Lifecycle,
    /// What this installation offers to people.
    pub offers: Offers,
    /// Wakes the loop that sends letters.
    pub wake_post: Arc<Notify>,
    /// Calls addresses that a tenant chose.
    pub outward: Outward,
    /// Cancelled when the server stops taking new work.
    pub stopping: CancellationToken,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Signs and reads session tokens.
    pub tokens: Tokens,
    /// Slows down guessing.
    pub throttle: Throttle,
    /// Who watches live.
    pub hub: Hub,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Api")
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}

impl Api {
    /// Takes everything over.
    pub fn new(parts: Parts) -> Shared {
        let Parts {
            store,
            clock,
            dice,
            vault,
            site,
            gate,
            address_rule,
            sample,
            wake_notify,
            figures,
            life,
            offers,
            wake_post,
            outward,
        } = parts;
        Arc::new(Self {
            passwords: Passwords::new(&*dice),
            tokens: Tokens::new(&vault.derive("session")),
            throttle: Throttle::default(),
            hub: Hub::default(),
            store,
            clock,
            dice,
            vault,
            site,
            gate,
            address_rule,
            sample,
            wake_notify,
            figures,
            offers,
            wake_post,
            outward,
            stopping: life.soft(),
            life,
        })
    }
}
