//! A private Postfix from the system's package: own configuration, spool and log under one directory, loopback only.
//!
//! It never touches `/etc/postfix`, never sends off the machine, and ends only what it started: a guard process
//! holds a pipe from the lab and stops this one instance when the pipe closes, however the lab ends.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep},
};

mod conf;
mod spool;

pub use conf::{Pace, Plan, REFUSED};
pub use spool::Depth;

/// How long `postfix start` may take until its port answers.
const START_MAX: Duration = Duration::from_secs(20);
/// How long `postfix stop` may take.
const STOP_MAX: Duration = Duration::from_secs(20);
/// How often a drop looks whether it has stopped.
const DROP_LOOK: Duration = Duration::from_millis(50);

/// Why the lab has no Postfix.
#[derive(Debug, thiserror::Error)]
pub enum PostfixError {
    /// A plain user.
    #[error(
        "the lab Postfix needs root, because Postfix's daemons change users: run this with sudo"
    )]
    NotRoot,
    /// No package.
    #[error("no Postfix here: apt-get install --no-install-recommends postfix")]
    NotInstalled,
    /// Its daemons could not reach the directory.
    #[error(
        "{0} is not open to all users (mode 0755 or wider), and Postfix's daemons must pass it: choose another --dir"
    )]
    Closed(PathBuf),
    /// One of its tools failed.
    #[error("`{command}` failed: {detail}")]
    Tool {
        /// The command line.
        command: String,
        /// What it said.
        detail: String,
    },
    /// It did not come up or down in time.
    #[error("Postfix did not {0} in time; its log says: {1}")]
    Late(&'static str, String),
    /// A file or socket.
    #[error("the lab Postfix at {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A running private Postfix. Dropping it stops it.
#[derive(Debug)]
pub struct Postfix {
    plan: Plan,
    guard: Child,
}

impl Postfix {
    /// Starts the instance that `plan` describes and waits until it answers. A leftover instance in the same
    /// directory, whose lab was killed, is stopped first; its spool and log are kept.
    pub async fn start(plan: Plan) -> Result<Self, PostfixError> {
        if !rustix::process::geteuid().is_root() {
            return Err(PostfixError::NotRoot);
        }
        let mail_owner = owner_of_mail()?;
        lay_out(&plan, mail_owner)?;
        if run("postfix", &plan.etc(), &["status"]).await.is_ok() {
            run("postfix", &plan.etc(), &["stop"]).await?;
        }
        let guard = guard(&plan.etc()).map_err(|source| at(&plan.dir, source))?;
        run("postfix", &plan.etc(), &["start"]).await?;
        let postfix = Self { plan, guard };
        postfix.wait_for_port().await?;
        Ok(postfix)
    }

    /// The configuration directory.
    #[must_use]
    pub fn config_directory(&self) -> PathBuf {
        self.plan.etc()
    }

    /// The mail log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.plan.log()
    }

    /// Where it takes mail.
    #[must_use]
    pub fn smtp(&self) -> SocketAddr {
        self.plan.smtp
    }

    /// The process id of its `master`.
    pub fn master_pid(&self) -> io::Result<u32> {
        let text = fs::read_to_string(self.plan.spool().join("pid/master.pid"))?;
        text.trim()
            .parse()
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "master.pid is not a number"))
    }

    /// Rotates the log as Postfix itself does: a new name, a reload, a new file.
    pub async fn rotate_log(&self) -> Result<(), PostfixError> {
        run("postfix", &self.plan.etc(), &["logrotate"]).await
    }

    /// Has the queue manager try all deferred mail now.
    pub async fn flush(&self) -> Result<(), PostfixError> {
        run("postqueue", &self.plan.etc(), &["-f"]).await
    }

    /// Deletes all deferred mail, as an operator would after a mistake.
    pub async fn delete_deferred(&self) -> Result<(), PostfixError> {
        run("postsuper", &self.plan.etc(), &["-d", "ALL", "deferred"]).await
    }

    /// How many messages are in each queue now.
    pub fn depth(&self) -> io::Result<Depth> {
        spool::depth(&self.plan.spool())
    }

    /// Stops this instance and waits until it is gone.
    pub async fn stop(mut self) -> Result<(), PostfixError> {
        drop(self.guard.stdin.take());
        match tokio::time::timeout(STOP_MAX, self.guard.wait()).await {
            Ok(_stopped) => Ok(()),
            Err(_elapsed) => Err(PostfixError::Late("stop", self.last_words())),
        }
    }

    async fn wait_for_port(&self) -> Result<(), PostfixError> {
        let deadline = Instant::now() + START_MAX;
        while TcpStream::connect(self.plan.smtp).await.is_err() {
            if Instant::now() > deadline {
                return Err(PostfixError::Late("start", self.last_words()));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.plan.log()).unwrap_or_default();
        log.lines().rev().take(3).collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for Postfix {
    /// Waits for the end here too: whoever drops this may remove its directory next.
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let tries = STOP_MAX.as_millis() / DROP_LOOK.as_millis();
        for _ in 0..tries {
            if !matches!(self.guard.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(DROP_LOOK);
        }
    }
}

/// Directories and configuration, as Postfix demands them.
fn lay_out(plan: &Plan, mail_owner: u32) -> Result<(), PostfixError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |source| PostfixError::Io { path, source }
    };
    for dir in [plan.dir.clone(), plan.etc(), plan.spool(), plan.data(), plan.log_directory()] {
        fs::create_dir_all(&dir).map_err(fault(&dir))?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).map_err(fault(&dir))?;
    }
    chown(plan.data(), Some(mail_owner), None).map_err(fault(&plan.data()))?;
    for parent in plan.dir.ancestors() {
        let mode = fs::metadata(parent).map_err(fault(parent))?.permissions().mode();
        if mode & 0o001 == 0 {
            return Err(PostfixError::Closed(parent.to_owned()));
        }
    }
    for (name, text) in [
        ("main.cf", conf::main_cf(plan)),
        ("master.cf", conf::master_cf(plan.smtp)),
        ("transport", conf::transport(plan)),
        ("header_checks", conf::HEADER_CHECKS.to_owned()),
    ] {
        let path = plan.etc().join(name);
        fs::write(&path, text).map_err(fault(&path))?;
    }
    Ok(())
}

/// The user that Postfix's daemons run as.
fn owner_of_mail() -> Result<u32, PostfixError> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = passwd.lines().find(|line| line.starts_with("postfix:"));
    line.and_then(|line| line.split(':').nth(2)?.parse().ok()).ok_or(PostfixError::NotInstalled)
}

/// Waits for its pipe to close, then stops the instance. In a process group of its own, so that a Ctrl-C on the
/// terminal reaches the lab alone.
fn guard(etc: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", "cat >/dev/null; exec postfix -c \"$1\" stop", "postfix-guard"])
        .arg(etc)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

async fn run(tool: &str, etc: &Path, arguments: &[&str]) -> Result<(), PostfixError> {
    let output =
        Command::new(tool).arg("-c").arg(etc).args(arguments).stdin(Stdio::null()).output().await;
    let output = match output {
        Ok(output) => output,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            return Err(PostfixError::NotInstalled);
        }
        Err(source) => return Err(at(etc, source)),
    };
    if output.status.success() {
        return Ok(());
    }
    Err(PostfixError::Tool {
        command: format!("{tool} -c {} {}", etc.display(), arguments.join(" ")),
        detail: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn at(path: &Path, source: io::Error) -> PostfixError {
    PostfixError::Io { path: path.to_owned(), source }
}

/// A free loopback port, for the moment of asking.
pub fn free_port() -> io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
