//! The thread that starts postgres, waits for it, and starts it again when it dies unasked.
//!
//! A thread of its own, because the kernel tells postgres to stop when the *thread* that started it ends.

use std::{
    os::unix::process::CommandExt as _,
    process::Stdio,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{Cluster, PostgresError, Programs, Watch, failed};

/// A first start that failed this often is given up.
pub(super) const FIRST_LIVES_MAX: i32 = 3;
/// A life longer than this ends a row of failures.
const GOOD_LIFE: Duration = Duration::from_secs(10);
const RESTART_WAIT: Duration = Duration::from_millis(250);
const RESTART_WAIT_MAX: Duration = Duration::from_secs(5);

/// What an embedded cluster is told; the rest are PostgreSQL's own defaults.
const SETTINGS: [&str; 14] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=64",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "wal_compression=on",
    "checkpoint_timeout=10min",
    "synchronous_commit=on",
    "password_encryption=scram-sha-256",
    "autovacuum_vacuum_scale_factor=0.02",
    "autovacuum_naptime=15s",
    "jit=off",
    "timezone=UTC",
    "log_min_messages=warning",
];

pub(super) fn keep(
    cluster: Cluster,
    programs: Programs,
    watch: Arc<Watch>,
) -> Result<thread::JoinHandle<()>, PostgresError> {
    let keeping = move || {
        let mut wait = RESTART_WAIT;
        while !watch.stopping.load(Ordering::SeqCst) {
            let begun = Instant::now();
            if let Err(error) = live_once(&cluster, &programs, &watch) {
                tracing::error!(%error, "the embedded PostgreSQL could not be started");
            }
            watch.pid.store(0, Ordering::SeqCst);
            if watch.stopping.load(Ordering::SeqCst) {
                return;
            }
            metrics::counter!("mailvane_postgres_restarts_total").increment(1);
            tracing::warn!("the embedded PostgreSQL ended unasked; starting it again");
            wait = if begun.elapsed() > GOOD_LIFE { RESTART_WAIT } else { wait * 2 };
            wait = wait.min(RESTART_WAIT_MAX);
            thread::sleep(wait);
        }
    };
    let builder = thread::Builder::new().name("postgres-keeper".to_owned());
    builder.spawn(keeping).map_err(failed("start the thread that keeps PostgreSQL"))
}

/// Starts postgres and waits until it ends.
fn live_once(cluster: &Cluster, programs: &Programs, watch: &Watch) -> Result<(), PostgresError> {
    watch.lives.fetch_add(1, Ordering::SeqCst);
    cluster.wait_until_free()?;
    let mut postgres = cluster.owner.command(&programs.postgres())?;
    postgres.current_dir("/").arg("-D").arg(&cluster.data).arg("-k").arg(&cluster.socket_dir);
    for setting in SETTINGS {
        postgres.args(["-c", setting]);
    }
    let log = cluster.open_log().map_err(failed("open the log of PostgreSQL"))?;
    let errors = log.try_clone().map_err(failed("open the log of PostgreSQL"))?;
    // Ctrl-C at the terminal reaches only the server, which then stops postgres in order.
    postgres.process_group(0).stdin(Stdio::null()).stdout(log).stderr(errors);
    let mut child = postgres.spawn().map_err(failed("start postgres"))?;
    let pid = i32::try_from(child.id()).unwrap_or(0);
    watch.pid.store(pid, Ordering::SeqCst);
    let status = child.wait().map_err(failed("wait for postgres"))?;
    tracing::debug!(%status, "postgres ended");
    Ok(())
}
