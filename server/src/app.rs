//! Builds every room and hands each its neighbours: the only wiring there is. Starts, waits, stops.

pub mod admin;
pub mod backup;
pub mod database;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{net::TcpListener, sync::Notify};
use url::Url;

use self::database::Database;
use crate::{
    clock::{Clock, SharedClock, SharedDice, SystemClock, SystemDice},
    config::{Config, ConfigFaults},
    edge::{
        self, ListenError, Steer,
        accept::{Edge, Limits},
        ca, headers, tls,
    },
    http::{
        self,
        api::{Api, Figures, Offers, Outward, Parts, Shared, Site},
        gate::Strict,
        releases::{Release, ReleaseError},
    },
    ingest::{Ingest, Neighbours},
    lifecycle::{self, Lifecycle, Stopped, drive},
    notify::{
        self, Notifier,
        client::{Allowed, GuardedClient},
        mailer::Mailer,
        post::{self, Post},
        weekly::Weekly,
    },
    postgres::PostgresError,
    secrets::{Vault, VaultError},
    store::{StoreError, migrate::MigrateError},
    telemetry,
    timers::{self, Timers},
    upkeep::{self, Upkeep},
};

/// Why the server does not run. One line, with what to do.
#[derive(Debug, Error)]
pub enum AppError {
    /// The settings are wrong.
    #[error("the settings are wrong:\n{0}")]
    Config(#[from] ConfigFaults),
    /// The directory of keys and certificates cannot be used.
    #[error(
        "MAILVANE_DATA_DIR {path}: {source}. Make it writable by this user or choose another directory"
    )]
    DataDir {
        /// The directory.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A port cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The embedded PostgreSQL does not run.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The database cannot be reached or refuses.
    #[error("DATABASE_URL: {0}")]
    Database(String),
    /// The schema is not at this version and cannot be brought there.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No master key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No private authority.
    #[error(transparent)]
    Ca(#[from] ca::CaError),
    /// No certificate.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// No release of the agent where one should be.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Asked(String),
}

impl AppError {
    /// Anything else, in its own words.
    pub fn other(error: impl std::fmt::Display) -> Self {
        Self::Asked(error.to_string())
    }
}

/// Brings the database up to this version.
pub async fn migrate(config: &Config) -> Result<(), AppError> {
    database::prepare_data_dir(&config.data_dir)?;
    let database = Database::open(config, &SystemDice).await?;
    let migrated = database.migrate().await;
    database.close().await;
    migrated
}

/// Runs until SIGTERM or Ctrl-C.
pub async fn serve(config: Config) -> Result<(), AppError> {
    tls::install_crypto();
    if let Some(place) = &config.failpoint {
        lifecycle::arm(place);
    }
    let recorder = telemetry::start(&config).map_err(AppError::other)?;
    let figures: Figures = Arc::new(move || recorder.render());
    database::prepare_data_dir(&config.data_dir)?;
    let listeners = Listeners::open(&config).await?;
    let database = Database::open(&config, &SystemDice).await?;
    let outcome = run(&config, &database, listeners, figures).await;
    database.close().await;
    outcome
}

struct Listeners {
    tls: TcpListener,
    plain: Option<TcpListener>,
}

impl Listeners {
    /// Ports are taken before the database is started: a second server fails at once and touches nothing.
    async fn open(config: &Config) -> Result<Self, AppError> {
        let tls = edge::listen("MAILVANE_LISTEN", config.listen).await?;
        let plain = match config.plain_listen {
            Some(addr) => Some(edge::listen("MAILVANE_PLAIN_LISTEN", addr).await?),
            None => None,
        };
        Ok(Self { tls, plain })
    }
}

#[expect(clippy::too_many_lines, reason = "the only wiring there is, read from top to bottom")]
async fn run(
    config: &Config,
    database: &Database,
    listeners: Listeners,
    figures: Figures,
) -> Result<(), AppError> {
    database.migrate().await?;
    let store = database.store().await?;
    let (clock, dice): (SharedClock, SharedDice) = (Arc::new(SystemClock), Arc::new(SystemDice));
    let vault = Arc::new(Vault::open_or_create(&config.data_dir, &*dice)?);
    let certificate = Certificate::ready(config, &*clock, &listeners)?;
    let life = Lifecycle::new();
    let client = GuardedClient::new(Allowed::new(config.outbound_allow.iter().cloned()));
    let (owed, letters) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mailer = config.smtp.as_ref().map(Mailer::new).transpose().map_err(AppError::other)?;
    let (rule, samples_lead_to) = (client.clone(), certificate.site.public_url.clone());
    let api = Api::new(Parts {
        store: store.clone(),
        clock: Arc::clone(&clock),
        dice: Arc::clone(&dice),
        vault: Arc::clone(&vault),
        site: certificate.site.clone(),
        gate: Arc::new(Strict),
        address_rule: Arc::new(move |address| notify::hint(&rule, address)),
        sample: Arc::new(move |kind, now| {
            let sample = notify::preview::sample(kind, now, &samples_lead_to);
            (sample.text, sample.html, sample.json)
        }),
        wake_notify: Arc::clone(&owed),
        figures,
        life: life.clone(),
        offers: Offers { mail: mailer.is_some(), sign_up: config.sign_up },
        wake_post: Arc::clone(&letters),
        outward: outward(client.clone()),
    });
    let outside = (clock, dice);
    let carrier = mailer.clone().map(Arc::new);
    if let Some(mailer) = mailer {
        let weekly = Weekly::new(notify::weekly::Neighbours {
            store: store.clone(),
            vault: Arc::clone(&vault),
            dice: Arc::clone(&outside.1),
            public_url: certificate.site.public_url.clone(),
            post: Arc::clone(&letters),
        });
        drive(&life, outside.clone(), Arc::default(), notify::weekly::PACE, weekly);
        let post = Post::new(store.clone(), Arc::clone(&vault), mailer);
        drive(&life, outside.clone(), letters, post::PACE, post);
    }
    let upkeep = Upkeep::new(store.clone());
    // Before anything is taken in: a row for an hour that is not open would be late.
    upkeep.prepare(outside.0.now()).await?;
    drive(&life, outside.clone(), Arc::default(), upkeep::PACE, upkeep);
    let usual = upkeep::usual::Usual::new(store.clone());
    drive(&life, outside.clone(), Arc::default(), upkeep::usual::PACE, usual);
    let ingest = Ingest::start(Neighbours {
        store: store.clone(),
        clock: Arc::clone(&outside.0),
        dice: Arc::clone(&outside.1),
        life: life.clone(),
        server_name: Arc::clone(&certificate.server_name),
        owed: Arc::clone(&owed),
    });
    let timers = Timers::new(store.clone(), Arc::clone(&outside.1), Arc::clone(&owed));
    drive(&life, outside.clone(), Arc::default(), timers::PACE, timers);
    let audit = timers::audit::Audit::new(store.clone());
    drive(&life, outside.clone(), Arc::default(), timers::audit::PACE, audit);
    let notifier = Notifier::new(notify::Neighbours {
        store: store.clone(),
        clock: Arc::clone(&outside.0),
        dice: Arc::clone(&outside.1),
        vault,
        client,
        mailer: carrier,
        life: life.clone(),
        public_url: certificate.site.public_url.clone(),
        owed: Arc::clone(&owed),
    });
    drive(&life, outside, owed, notify::PACE, notifier);
    let grpc = ingest.routes().prepare().into_axum_router();
    open_doors(&life, api, grpc, &certificate, (listeners, config.trusted_proxies));
    tracing::info!(address = %certificate.site.public_url, "ready");
    until_told().await;
    stop(&life).await;
    store.close().await;
    Ok(())
}

fn open_doors(
    life: &Lifecycle,
    api: Shared,
    grpc: axum::Router,
    certificate: &Certificate,
    (listeners, hops): (Listeners, u8),
) {
    let web = headers::secure(http::router(Arc::clone(&api), false), headers::Way::Tls);
    let limits = Limits::default();
    let edge = Edge::behind(
        hops,
        Steer::both(grpc.clone(), web),
        Some(Arc::clone(&certificate.tls)),
        limits,
    );
    life.spawn("edge.tls", edge.serve(listeners.tls, life.soft()));
    if let Some(listener) = listeners.plain {
        let web = headers::secure(http::router(api, true), headers::Way::Plain);
        // A proxy on this machine that ends TLS may hand streams of agents over in plain text.
        let edge = Edge::behind(hops, Steer::both(grpc, web), None, limits);
        life.spawn("edge.plain", edge.serve(listener, life.soft()));
    }
}

/// Calls to addresses that tenants choose, through the one client that cannot be led astray.
fn outward(client: GuardedClient) -> Outward {
    Arc::new(move |call| {
        let client = client.clone();
        Box::pin(async move {
            let target = client.target(&call.url).map_err(|refused| refused.to_string())?;
            client.fetch(&target, call.form, call.basic).await
        })
    })
}

/// What TLS needs and what people are told about it.
struct Certificate {
    tls: Arc<rustls::ServerConfig>,
    site: Site,
    server_name: Arc<str>,
}

impl Certificate {
    fn ready(config: &Config, clock: &dyn Clock, listeners: &Listeners) -> Result<Self, AppError> {
        let listen = listeners.tls.local_addr().unwrap_or(config.listen);
        let public_url = match &config.public_url {
            Some(url) => url.clone(),
            None => own_url(listen)?,
        };
        let host = public_url.host_str().unwrap_or("localhost").trim_matches(['[', ']']);
        let server_name = config.server_name.clone().unwrap_or_else(|| host.to_owned());
        let server_name: Arc<str> = server_name.into();
        let release = config.release_dir.as_deref().map(Release::open).transpose()?;
        let site = |ca_sha256, ca_pem, pin| Site {
            public_url: public_url.clone(),
            ca_sha256,
            ca_pem,
            pin,
            release: release.clone(),
        };
        if let Some(files) = &config.tls {
            let tls = tls::load(&files.cert, &files.key)?;
            return Ok(Self { tls, site: site(None, None, None), server_name });
        }
        let names = own_names(host, &server_name, listen);
        let files = ca::ensure(&config.data_dir, &names, clock.now())?;
        let pem = std::fs::read_to_string(&files.ca).ok();
        let site = site(tls::fingerprint(&files.ca), pem, Some(files.pin));
        Ok(Self { tls: tls::load(&files.cert, &files.key)?, site, server_name })
    }
}

/// Every name under which somebody may look for this server without a proxy before it.
fn own_names(host: &str, server_name: &str, listen: SocketAddr) -> Vec<String> {
    let mut names: Vec<String> =
        [host, server_name, "localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !listen.ip().is_unspecified() {
        names.push(listen.ip().to_string());
    }
    names.sort();
    names.dedup();
    names
}

fn own_url(listen: SocketAddr) -> Result<Url, AppError> {
    let text = if listen.ip().is_unspecified() {
        format!("https://localhost:{}", listen.port())
    } else {
        format!("https://{listen}")
    };
    Url::parse(&text).map_err(AppError::other)
}

async fn until_told() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        pressed = tokio::signal::ctrl_c() => drop(pressed),
    }
}

/// Connections of clients that never answer must not keep us: the deadline is ours.
async fn stop(life: &Lifecycle) {
    tracing::info!("stopping");
    if let Stopped::Forced { left } = life.stop(STOP_TIME_MAX).await {
        tracing::warn!(left, "some tasks did not finish in time and were dropped");
    }
}

const STOP_TIME_MAX: Duration = Duration::from_secs(12);
