//! What every story needs: one embedded PostgreSQL for the test binary, a fresh database for each story, a manual clock.
//!
//! Stories log in as the service roles; only making databases and tenants is done as the administrator.

pub(crate) mod api;
pub(crate) mod fleet;
pub(crate) mod post;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::{DateTime, TimeZone as _, Utc};
use mailvane_server::{
    clock::{ManualClock, SeededDice},
    domain::ids::{PublicId, TenantId},
    postgres::{Embedded, Place},
    store::{Admin, Store, migrate, roles},
};
#[expect(
    clippy::disallowed_types,
    reason = "names of test databases are formed from a number"
)]
use sqlx::AssertSqlSafe;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions};

/// The database that each story's own is copied from.
const TEMPLATE: &str = "mailvane_template";

/// A database of one story.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) administrator: PgConnectOptions,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dice: Arc<SeededDice>,
}

impl Db {
    /// An empty database with the schema of this version.
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let place = tokio::task::spawn_blocking(cluster).await.unwrap();
        let name = format!("story_{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let mut connection = place.administrator("postgres").connect().await.unwrap();
        // Two copies of one template at a time disturb each other.
        connection.execute("select pg_advisory_lock(1)").await.unwrap();
        let make = format!("create database {name} template {TEMPLATE}");
        connection.execute(AssertSqlSafe(make)).await.unwrap();
        drop(connection);
        Self::at(place.administrator(&name)).await
    }

    /// An empty database on a cluster of the story's own.
    pub(crate) async fn on(place: &Place) -> Self {
        roles::make_database(&place.administrator("postgres")).await.unwrap();
        let administrator = place.administrator(mailvane_server::postgres::DATABASE);
        roles::make_roles(&administrator, &roles::Proof::Peer).await.unwrap();
        migrate::migrate(&administrator).await.unwrap();
        Self::at(administrator).await
    }

    /// A database that is there already.
    pub(crate) async fn at(administrator: PgConnectOptions) -> Self {
        let logins = roles::logins(&administrator, &roles::Proof::Peer);
        let store = Store::connect(logins).await.unwrap();
        let clock = Arc::new(ManualClock::at(noon()));
        Self { store, administrator, clock, dice: Arc::new(SeededDice::new(11)) }
    }

    /// A tenant with nothing in it.
    pub(crate) async fn tenant(&self, name: &str) -> TenantId {
        let mut admin = Admin::begin(&self.administrator).await.unwrap();
        let id = PublicId::make(noon(), &*self.dice);
        let tenant = admin.create_tenant(id, name).await.unwrap();
        admin.commit().await.unwrap();
        tenant
    }

    /// A connection as the administrator, to look behind the walls.
    pub(crate) async fn behind(&self) -> PgConnection {
        self.administrator.connect().await.unwrap()
    }
}

/// When stories begin.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

/// A directory that the cluster's user may walk through, named after this process.
pub(crate) fn passable_dir(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("mailvane-it-{}-{name}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

fn cluster() -> Place {
    static CLUSTER: OnceLock<(Embedded, Place)> = OnceLock::new();
    let (_, place) = CLUSTER.get_or_init(|| {
        sweep_up();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let embedded = Embedded::start(&passable_dir("db"), None).await.unwrap();
            let place = embedded.place().clone();
            let mut connection = place.administrator("postgres").connect().await.unwrap();
            connection.execute("create database mailvane_template").await.unwrap();
            // Stories end by the end of the process: what is on the disk afterwards is of no use.
            connection.execute("alter system set fsync = off").await.unwrap();
            connection.execute("select pg_reload_conf()").await.unwrap();
            let template = place.administrator(TEMPLATE);
            roles::make_roles(&template, &roles::Proof::Peer).await.unwrap();
            migrate::migrate(&template).await.unwrap();
            (embedded, place)
        })
    });
    place.clone()
}

/// Removes what test processes that are gone left behind.
fn sweep_up() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix("mailvane-it-").and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}
