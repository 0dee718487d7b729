//! Old logs into the server, on request: counted into their own past before the agent's first run, and flagged as such.
//!
//! Only writes into the spool; the next run sends it. Nothing is counted twice: where the last file is the log that the
//! agent reads, the run goes on behind its last line, and a host that reports already takes no older lines.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flate2::read::MultiGzDecoder;

use crate::discover::{Found, discover};
use crate::fold::Tallies;
use crate::fold::roster::Roster;
use crate::identity::StateDirectory;
use crate::pipe::{Gauges, Parts, Pipe, lock};
use crate::run::{RunError, Settings};
use crate::sources::Source;
use crate::spool::{SPOOL_BYTES_MAX, Spool};
use crate::tail::Start;
use crate::vfs::Disk;

/// Old figures are kept by the minute, the longest that the server takes.
const INTERVAL_MS: i64 = 60_000;
/// An unpacked log is kept here while it is read, within the state directory.
const UNPACKED: &str = "backfill.log";

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Backfilled {
    /// Batches that wait for the server.
    pub batches: u64,
    /// End of the last one, milliseconds since 1970; 0 if there is none.
    pub until_ms: i64,
}

/// Counts files, the oldest first, into the spool of a host that is enrolled and has not run yet.
pub fn backfill(settings: &Settings, files: &[PathBuf]) -> Result<Backfilled, RunError> {
    let state = StateDirectory::open(&settings.state_directory)?;
    state.identity()?;
    let found = discover(settings.config.config_directories.as_deref(), &[]);
    let directory = settings.state_directory.join("spool");
    let user_key = state.user_key()?;
    // As much as the run will keep: a year of minutes of a busy host is less.
    let bytes_max = settings.config.spool_max_bytes.unwrap_or(SPOOL_BYTES_MAX);
    for (number, file) in files.iter().enumerate() {
        let now_ms = settings.clock.now_ms();
        let epoch = u64::try_from(now_ms).unwrap_or(0) * 1_000;
        let (spool, recovered) = Spool::open(Arc::new(Disk), &directory, bytes_max, epoch)?;
        let until_ms = recovered.replay.last().map_or(0, |record| record.end_ms);
        if number == 0 && until_ms > 0 {
            return Err(RunError::Log(format!(
                "this host has counted already, up to {}; old logs can be added only before its first run",
                time(until_ms)
            )));
        }
        let (path, unpacked) = plain(file, &settings.state_directory)
            .map_err(|error| RunError::Log(format!("{}: {error}", file.display())))?;
        let spool = Arc::new(Mutex::new(spool));
        let parts = Parts {
            logs: Arc::new(Disk),
            sources: vec![Source::named(&path)],
            inbox: settings.state_directory.clone(),
            instances: found.iter().map(Found::instance).collect(),
            start: Start::First,
            zone: settings.zone,
            interval_ms: INTERVAL_MS,
            user_key,
            gauges: Box::new(Nothing),
            past: true,
        };
        count(Pipe::new(parts, spool.clone(), recovered, now_ms), &spool, now_ms);
        if unpacked {
            std::fs::remove_file(&path)
                .map_err(|error| RunError::Log(format!("{}: {error}", path.display())))?;
        }
    }
    let (spool, recovered) = Spool::open(Arc::new(Disk), &directory, bytes_max, 0)?;
    let until_ms = recovered.replay.last().map_or(0, |record| record.end_ms);
    Ok(Backfilled { batches: spool.waiting(), until_ms })
}

/// Reads to the end, and writes every interval that has passed.
fn count(mut pipe: Pipe, spool: &Mutex<Spool>, now_ms: i64) {
    loop {
        let before = lock(spool).next_seq();
        let more = pipe.tick(now_ms);
        if !more && lock(spool).next_seq() == before {
            return;
        }
    }
}

/// A file that can be read as it is; says whether it was made for that.
fn plain(file: &Path, directory: &Path) -> io::Result<(PathBuf, bool)> {
    let mut source = File::open(file)?;
    if !source.metadata()?.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let mut mark = [0; 2];
    let begun = source.read(&mut mark)?;
    if begun < mark.len() || mark != [0x1f, 0x8b] {
        return Ok((std::path::absolute(file)?, false));
    }
    let path = directory.join(UNPACKED);
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    io::copy(&mut MultiGzDecoder::new(File::open(file)?), &mut File::create(&path)?)?;
    Ok((path, true))
}

/// For people.
pub fn time(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms);
    at.map(|at| at.with_timezone(&chrono::Local).format("%F %T").to_string()).unwrap_or_default()
}

/// Queues and processes of the past cannot be measured any more.
struct Nothing;

impl Gauges for Nothing {
    fn measure(&mut self, _roster: &Roster, _now_ms: i64, _tallies: &mut Tallies) {}
}
