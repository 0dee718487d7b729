//! The running agent: a thread that reads and counts, and a task that talks to the server.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailvane_proto::v1::Facts;

use crate::clock::{Clock, Steps};
use crate::config::{Begin, Config};
use crate::discover::changes::changes;
use crate::discover::{self, Found};
use crate::doctor;
use crate::feed::Feed;
use crate::gauges::HostGauges;
use crate::identity::{self, IdentityError, StateDirectory};
use crate::link::{Link, Shared};
use crate::pipe::{Parts, Pipe, lock};
use crate::sources::{Source, sources};
use crate::spool::{Recovered, SPOOL_BYTES_MAX, Spool, SpoolError};
use crate::stamp::Zone;
use crate::status::{self, Status};
use crate::tail::Start;
use crate::vfs::Disk;

/// Logs are looked at this often: four times a second costs less than 0.01 % of a core.
const TICK: Duration = Duration::from_millis(250);
/// Status is written this often.
const STATUS_EVERY_MS: i64 = 2_000;
/// Where lines that came by a socket are kept, within the state directory.
const INBOX: &str = "inbox";
/// Instances are looked for this often.
const DISCOVER_EVERY_MS: i64 = 60_000;

/// What an agent runs with.
#[derive(Clone)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// Identity, spool, status.
    pub state_directory: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Zone of the logs' stamps.
    pub zone: Zone,
}

/// Why an agent cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The log cannot be read, and no other is known.
    #[error("{0}")]
    Log(String),
    /// The authority's file.
    #[error("{}: {why}", path.display())]
    Ca {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The system.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

impl RunError {
    /// Exit code: configuration 3, permission 6, internal 70.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Identity(IdentityError::File { .. }) | Self::Spool(_) | Self::Log(_) => 6,
            Self::Identity(_) | Self::Ca { .. } => 3,
            Self::Thread(_) => 70,
        }
    }
}

/// A handle by which an agent is ended.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Shared>);

impl Stop {
    /// Ends the agent; what was counted and not yet written is read from the log again at the next start.
    pub fn stop(&self) {
        self.0.end();
    }
}

/// Runs until it is stopped.
pub async fn run(settings: Settings, stop: Stop) -> Result<(), RunError> {
    let state = Arc::new(StateDirectory::open(&settings.state_directory)?);
    let mut identity = state.identity()?;
    if let Some(server) = &settings.config.server {
        identity.server.clone_from(server);
    }
    let ca = match &settings.config.ca {
        Some(path) => Some(
            std::fs::read(path)
                .map_err(|error| RunError::Ca { path: path.clone(), why: error.to_string() })?,
        ),
        None => state.ca()?,
    };
    let shared = stop.0.clone();
    shared.interval_ms.store(u64::from(identity.interval_ms), Ordering::SeqCst);
    let worker = Worker::open(&settings, &state, shared.clone())?;
    let spool = worker.spool.clone();
    let thread = std::thread::Builder::new()
        .name("pipe".into())
        .spawn(move || worker.work())
        .map_err(RunError::Thread)?;
    let link = Link {
        identity,
        key: state.key()?,
        state: state.clone(),
        ca,
        ca_path: settings.config.ca.clone(),
        spool,
        shared: shared.clone(),
        clock: settings.clock.clone(),
    };
    link.run().await;
    shared.end();
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        tracing::error!(
            "pipe.failed: the reading thread ended by a fault; nothing counted is lost"
        );
    }
    Ok(())
}

struct Worker {
    pipe: Pipe,
    spool: Arc<Mutex<Spool>>,
    shared: Arc<Shared>,
    config: Config,
    clock: Arc<dyn Clock>,
    state_directory: PathBuf,
    found: Vec<Found>,
    sources: Vec<Source>,
    zone: Zone,
    interval_ms: u64,
    status_ms: i64,
    discovered_ms: i64,
    steps: Steps,
}

impl Worker {
    fn open(
        settings: &Settings,
        state: &StateDirectory,
        shared: Arc<Shared>,
    ) -> Result<Self, RunError> {
        let config = settings.config.clone();
        let now_ms = settings.clock.now_ms();
        let found = discover::discover(config.config_directories.as_deref(), &[]);
        let sources = sources(config.log.as_deref(), &found);
        let epoch = u64::try_from(now_ms).unwrap_or(0) * 1000;
        let bytes_max = config.spool_max_bytes.unwrap_or(SPOOL_BYTES_MAX);
        let directory = settings.state_directory.join("spool");
        let (spool, recovered) = Spool::open(Arc::new(Disk), &directory, bytes_max, epoch)?;
        readable(&sources, &recovered)?;
        let spool = Arc::new(Mutex::new(spool));
        let interval_ms = shared.interval_ms.load(Ordering::SeqCst).max(1_000);
        let parts = Parts {
            logs: Arc::new(Disk),
            sources: sources.clone(),
            inbox: settings.state_directory.join(INBOX),
            instances: found.iter().map(Found::instance).collect(),
            start: if config.log_begin == Begin::Start { Start::First } else { Start::End },
            zone: settings.zone,
            interval_ms: i64::try_from(interval_ms).unwrap_or(10_000),
            user_key: state.user_key()?,
            gauges: Box::new(HostGauges::new(
                found.clone(),
                Vec::new(),
                settings.clock.clone(),
                shared.clone(),
            )),
        };
        let pipe = Pipe::new(parts, spool.clone(), recovered, now_ms);
        let worker = Self {
            pipe,
            spool,
            shared,
            config,
            clock: settings.clock.clone(),
            state_directory: settings.state_directory.clone(),
            found,
            sources,
            zone: settings.zone,
            interval_ms,
            status_ms: 0,
            discovered_ms: now_ms,
            steps: Steps::new(settings.clock.as_ref()),
        };
        worker.tell_facts();
        Ok(worker)
    }

    fn work(mut self) {
        while !self.shared.ending() {
            let now_ms = self.clock.now_ms();
            if let Some(by_ms) = self.steps.look(self.clock.as_ref()) {
                self.pipe.clock_stepped(by_ms, now_ms);
                // What was to be done at a time is done anew from now on.
                (self.status_ms, self.discovered_ms) = (now_ms, now_ms);
            }
            self.obey(now_ms);
            let before = lock(&self.spool).next_seq();
            let more = self.pipe.tick(now_ms);
            if lock(&self.spool).next_seq() != before {
                self.shared.wake.notify_one();
            }
            if now_ms - self.discovered_ms >= DISCOVER_EVERY_MS {
                self.discovered_ms = now_ms;
                self.look_again();
            }
            if now_ms - self.status_ms >= STATUS_EVERY_MS {
                self.status_ms = now_ms;
                self.write_status(now_ms);
            }
            if !more {
                std::thread::sleep(TICK);
            }
        }
    }

    /// What the server asked for by way of the link.
    fn obey(&mut self, now_ms: i64) {
        let interval_ms = self.shared.interval_ms.load(Ordering::SeqCst);
        if interval_ms != self.interval_ms && interval_ms >= 1_000 {
            self.interval_ms = interval_ms;
            self.pipe.set_interval(i64::try_from(interval_ms).unwrap_or(10_000));
        }
        let ahead = self.shared.server_ahead.swap(0, Ordering::SeqCst);
        if ahead > 0 && ahead >= lock(&self.spool).next_seq() {
            tracing::warn!(
                server_seq = ahead,
                "spool.older: the server has later batches than this state directory"
            );
            self.pipe.restored_from_older_copy(ahead, now_ms);
        }
    }

    fn look_again(&mut self) {
        let found = discover::discover(self.config.config_directories.as_deref(), &self.found);
        if found != self.found {
            for instance in &found {
                self.pipe.discovered(instance.instance());
            }
            self.pipe.set_gauges(Box::new(HostGauges::new(
                found.clone(),
                changes(&self.found, &found),
                self.clock.clone(),
                self.shared.clone(),
            )));
            self.found = found;
            self.watch_new_logs();
        }
        self.tell_facts();
    }

    /// The log of an instance that came later. A file made since the last look is all new, an older one is not.
    fn watch_new_logs(&mut self) {
        for source in sources(self.config.log.as_deref(), &self.found) {
            if let Some(known) = self.sources.iter_mut().find(|known| known.name == source.name) {
                self.pipe.moved(&source);
                *known = source;
                continue;
            }
            let made = std::fs::metadata(&source.path).and_then(|metadata| metadata.created()).ok();
            let made_ms = made
                .and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok())
                .and_then(|since| i64::try_from(since.as_millis()).ok());
            let new = made_ms
                .is_some_and(|made_ms| made_ms >= self.discovered_ms - 2 * DISCOVER_EVERY_MS);
            let start = if new { Start::First } else { Start::End };
            let inbox = self.state_directory.join(INBOX);
            let feed = Feed::open(Arc::new(Disk), &source, None, start, &inbox);
            self.pipe.watch(feed, self.zone, self.clock.now_ms());
            self.sources.push(source);
        }
    }

    fn labels(&self) -> Vec<String> {
        self.sources.iter().map(Source::label).collect()
    }

    fn tell_facts(&self) {
        let facts = Facts {
            host_name: crate::enrol::host_name(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            os: os(),
            instances: self
                .found
                .iter()
                .map(|found| found.facts(self.labels(), found.running()))
                .collect(),
            blind_spots: doctor::blind_spots(&doctor::Scene {
                found: &self.found,
                sources: &self.sources,
            }),
        };
        if self.shared.set_facts(facts) {
            self.shared.wake.notify_one();
        }
    }

    fn write_status(&self, now_ms: i64) {
        let spool = lock(&self.spool);
        let status = Status {
            written_ms: now_ms,
            running: true,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connected: self.shared.connected.load(Ordering::SeqCst),
            acked_ms: self.shared.acked_ms.load(Ordering::SeqCst),
            waiting_batches: spool.waiting(),
            next_seq: spool.next_seq(),
            spool_bytes: spool.bytes(),
            interval_ms: self.interval_ms,
            logs: self.labels(),
            instances: self.found.iter().map(|found| found.name().to_owned()).collect(),
            troubles: self.pipe.troubles().into_iter().chain(self.shared.trouble()).collect(),
            unrecognised: self.pipe.unrecognised().clone(),
        };
        drop(spool);
        if let Err(error) = status::write(&self.state_directory, &status) {
            tracing::debug!(error = %error, "status.write");
        }
    }
}

/// A log that may not be read, or was never there, is a fault of installation; one that was read before is waited for.
fn readable(sources: &[Source], recovered: &Recovered) -> Result<(), RunError> {
    let places = recovered.replay.last().map(|record| record.places.as_slice()).unwrap_or_default();
    for source in sources.iter().filter(|source| source.is_file()) {
        let known = places.iter().any(|place| place.path == source.name);
        let path = &source.path;
        let shown = path.display();
        let fault = match std::fs::File::open(path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => continue,
            Ok(_) => format!(
                "{shown}: is no regular file; say which file is the log by `log = …` in agent.toml"
            ),
            Err(error) if error.kind() == ErrorKind::NotFound && known => {
                tracing::warn!(path = %shown, "log.missing: waiting for it to come back");
                continue;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                format!(
                    "{shown}: there is no such log; say where Postfix logs to by `log = …` in agent.toml"
                )
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => format!(
                "{shown}: may not be read by this user; add it to the group that may (Debian: usermod -aG adm mailvane)"
            ),
            Err(error) => format!("{shown}: {error}"),
        };
        return Err(RunError::Log(fault));
    }
    Ok(())
}

/// `PRETTY_NAME` of os-release.
fn os() -> String {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or("Linux").trim_matches('"').to_owned()
}

/// The identity that an agent of this state directory has, for those who only look.
pub fn enrolled(state_directory: &Path) -> Result<identity::Identity, IdentityError> {
    identity::identity(state_directory)
}
