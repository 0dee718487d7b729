//! Our own private PostgreSQL when no `DATABASE_URL` is set: found, made, started, watched, stopped.
//!
//! It never speaks SQL and knows no table. The cluster has its own user, listens on one private socket and lets in
//! only the operating-system user that runs the server, by a peer map. It goes down with the server, even when the
//! server is killed, and comes up again when it is killed itself.

use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use tokio::time::Instant;

mod cluster;
mod keeper;
mod owner;
mod programs;

use cluster::Cluster;
use owner::Owner;
use programs::Programs;

/// The superuser of the embedded cluster.
pub const SUPERUSER: &str = "mailvane";
/// The database in it that holds everything.
pub const DATABASE: &str = "mailvane";

/// Who may log in to the embedded cluster, from the server's own operating-system user.
const LOGINS: [&str; 5] = [SUPERUSER, "svc_web", "svc_ingest", "svc_loops", "svc_upkeep"];
const READY_MAX: Duration = Duration::from_mins(5);
const READY_POLL: Duration = Duration::from_millis(20);
const STOP_FAST_MAX: Duration = Duration::from_secs(8);
const STOP_QUIT_MAX: Duration = Duration::from_secs(2);

/// Why the embedded cluster does not run.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No programs of a fitting version.
    #[error("{0}")]
    NoPrograms(String),
    /// The place of the data cannot be used.
    #[error("{path}: {why}")]
    Place {
        /// Which path.
        path: PathBuf,
        /// What is wrong and what to do.
        why: String,
    },
    /// Another server holds the data.
    #[error(
        "{path} is in use by PostgreSQL with process id {pid}; stop the server that runs there, or set \
         MAILVANE_DATA_DIR to another directory"
    )]
    InUse {
        /// Directory of the data.
        path: PathBuf,
        /// Of the postmaster.
        pid: i32,
    },
    /// A program failed.
    #[error("{program} failed; its last words:\n{output}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// The operating system said no.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// What it said.
        source: io::Error,
    },
}

/// Where the embedded cluster can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    socket_dir: PathBuf,
}

impl Place {
    /// How the superuser reaches `database`.
    pub fn administrator(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(cluster::PORT)
            .username(SUPERUSER)
            .database(database)
    }
}

/// PostgreSQL's own programs for backups, in the version of the data.
#[derive(Debug)]
pub struct Tools(Programs);

impl Tools {
    /// Looks in `bin`, else in the usual places; the embedded data under `data_dir` decide the version, if there are any.
    pub fn find(bin: Option<&Path>, data_dir: &Path) -> Result<Self, PostgresError> {
        let major = fs::read_to_string(data_dir.join("pg/data/PG_VERSION")).ok();
        let major = major.and_then(|text| text.trim().parse().ok());
        Programs::find(bin, major).map(Self)
    }

    /// `pg_dump`
    pub fn dump(&self) -> Result<PathBuf, PostgresError> {
        self.0.further("pg_dump")
    }

    /// `pg_restore`
    pub fn restore(&self) -> Result<PathBuf, PostgresError> {
        self.0.further("pg_restore")
    }
}

/// A running cluster; dropped without [`Embedded::stop`] it goes down with the process.
#[derive(Debug)]
pub struct Embedded {
    place: Place,
    watch: Arc<Watch>,
    keeper: Option<std::thread::JoinHandle<()>>,
}

/// What the keeper thread and its owner tell each other.
#[derive(Debug, Default)]
struct Watch {
    /// The postmaster, or 0 between two lives.
    pid: AtomicI32,
    stopping: AtomicBool,
    lives: AtomicI32,
}

impl Embedded {
    /// Makes the cluster under `data_dir`/pg if there is none, starts it and waits until it answers.
    pub async fn start(data_dir: &Path, bin: Option<&Path>) -> Result<Self, PostgresError> {
        let (data_dir, bin) = (data_dir.to_owned(), bin.map(Path::to_owned));
        let prepared = tokio::task::spawn_blocking(move || prepare(&data_dir, bin.as_deref()));
        let (cluster, programs) = prepared.await.map_err(|error| PostgresError::Io {
            doing: "prepare the embedded PostgreSQL".to_owned(),
            source: io::Error::other(error),
        })??;
        let place = Place { socket_dir: cluster.socket_dir.clone() };
        let watch = Arc::new(Watch::default());
        let keeper = keeper::keep(cluster.clone(), programs, Arc::clone(&watch))?;
        let embedded = Self { place, watch, keeper: Some(keeper) };
        embedded.ready(&cluster).await?;
        Ok(embedded)
    }

    /// Where the cluster of a server that runs on `data_dir` can be reached, if one runs.
    pub fn attach(data_dir: &Path) -> Result<Option<Place>, PostgresError> {
        let pg = data_dir.join("pg");
        let Ok(socket_dir) = fs::read_to_string(pg.join(cluster::SOCKET_FILE)) else {
            return Ok(None);
        };
        let socket_dir = PathBuf::from(socket_dir.trim());
        if cluster::live_postmaster(&pg.join("data")).is_none() {
            return Ok(None);
        }
        match UnixStream::connect(socket_dir.join(cluster::socket_name())) {
            Ok(_) => Ok(Some(Place { socket_dir })),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(PostgresError::Place {
                    path: socket_dir,
                    why:
                        "the server runs as another user; run this command as that user or as root"
                            .to_owned(),
                })
            }
            Err(_) => Ok(None),
        }
    }

    /// Where it can be reached.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Process id of the postmaster, unless it is just being started again.
    pub fn pid(&self) -> Option<i32> {
        Some(self.watch.pid.load(Ordering::SeqCst)).filter(|pid| *pid > 0)
    }

    /// Shuts down fast: open transactions end, everything committed is kept.
    pub async fn stop(mut self) {
        self.watch.stopping.store(true, Ordering::SeqCst);
        for (signal, patience) in [(Signal::INT, STOP_FAST_MAX), (Signal::QUIT, STOP_QUIT_MAX)] {
            self.signal(signal);
            let until = Instant::now() + patience;
            while Instant::now() < until {
                if self.keeper.as_ref().is_none_or(std::thread::JoinHandle::is_finished) {
                    self.keeper = None;
                    return;
                }
                tokio::time::sleep(READY_POLL).await;
            }
        }
        tracing::warn!("the embedded PostgreSQL did not stop in time; its next start recovers");
    }

    fn signal(&self, signal: Signal) {
        let pid = self.watch.pid.load(Ordering::SeqCst);
        if let Some(pid) = Pid::from_raw(pid)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(%error, "the embedded PostgreSQL is gone already");
        }
    }

    async fn ready(&self, cluster: &Cluster) -> Result<(), PostgresError> {
        let until = Instant::now() + READY_MAX;
        loop {
            if cluster.is_ready() {
                return Ok(());
            }
            let died = self.watch.lives.load(Ordering::SeqCst) > keeper::FIRST_LIVES_MAX;
            if died || Instant::now() > until {
                self.watch.stopping.store(true, Ordering::SeqCst);
                self.signal(Signal::QUIT);
                return Err(PostgresError::Failed {
                    program: "postgres",
                    output: cluster.last_words(),
                });
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if self.keeper.is_some() {
            self.watch.stopping.store(true, Ordering::SeqCst);
            self.signal(Signal::INT);
        }
    }
}

fn prepare(data_dir: &Path, bin: Option<&Path>) -> Result<(Cluster, Programs), PostgresError> {
    let owner = Owner::find()?;
    let cluster = Cluster::lay_out(data_dir, owner)?;
    cluster.wait_until_free()?;
    let programs = Programs::find(bin, cluster.major()?)?;
    cluster.make(&programs)?;
    Ok((cluster, programs))
}

fn failed(doing: impl Into<String>) -> impl FnOnce(io::Error) -> PostgresError {
    let doing = doing.into();
    move |source| PostgresError::Io { doing, source }
}
