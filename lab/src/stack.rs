//! The real binaries, started and ended as an administrator would: server and agent, each a process of its own.
//!
//! Tests, proofs and `./dev up` stand on it. It ends only what it started, and what it started ends with it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{api::Api, postfix::free_port};

/// How long a first start may take: making a database cluster on a busy machine included.
const READY_MAX: Duration = Duration::from_mins(2);
/// How long a polite end may take before it becomes a kill.
const STOP_MAX: Duration = Duration::from_secs(15);
/// How much of a log is shown when something fails, in lines.
const LAST_WORDS: usize = 12;

/// What went wrong with a process.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// There is no such program yet.
    #[error("{0} is not there: build it first (cargo build)")]
    NotBuilt(PathBuf),
    /// A command failed.
    #[error("`{command}` failed: {said}")]
    Failed {
        /// The command line.
        command: String,
        /// Its last words.
        said: String,
    },
    /// Something took too long.
    #[error("{what} was not ready in {seconds} s; its log ends with:\n{said}")]
    Late {
        /// What was awaited.
        what: &'static str,
        /// For how long.
        seconds: u64,
        /// Its last words.
        said: String,
    },
    /// A file or process.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

fn fault(what: impl Into<String>) -> impl FnOnce(io::Error) -> StackError {
    let what = what.into();
    move |source| StackError::Io { what, source }
}

/// Where the programs lie.
#[derive(Debug, Clone)]
pub struct Binaries(PathBuf);

impl Binaries {
    /// The programs built together with the one that runs now.
    pub fn beside_me() -> Result<Self, StackError> {
        let me = std::env::current_exe().map_err(fault("find the running program"))?;
        let mut dir = me.parent().unwrap_or(Path::new(".")).to_owned();
        if dir.file_name().is_some_and(|name| name == "deps") {
            dir.pop();
        }
        Ok(Self(dir))
    }

    /// The path of one of them.
    pub fn find(&self, name: &str) -> Result<PathBuf, StackError> {
        let path = self.0.join(name);
        if path.is_file() { Ok(path) } else { Err(StackError::NotBuilt(path)) }
    }
}

/// A process of ours: in a process group of its own, its words in a file, ended when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(name: &'static str, mut command: Command, log: &Path) -> Result<Self, StackError> {
        let words = OpenOptions::new().create(true).append(true).open(log);
        let words = words.map_err(fault(format!("open {}", log.display())))?;
        let errors = words.try_clone().map_err(fault("share a log"))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(words)
            .stderr(errors)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(fault(format!("start {name}")))?;
        Ok(Self { name, child, log: log.to_owned() })
    }

    /// Its process id; `None` when it has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its last lines.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(LAST_WORDS)..).unwrap_or_default().join("\n")
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> io::Result<std::process::ExitStatus> {
        self.child.wait().await
    }

    /// Whether it has ended already.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// kill -9, as a power cut would.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Asks it to end, and insists after a while.
    pub async fn stop(mut self) -> io::Result<()> {
        if let Some(pid) = self.pid() {
            signal(pid, Signal::TERM)?;
        }
        match timeout(STOP_MAX, self.child.wait()).await {
            Ok(ended) => ended.map(|_status| ()),
            Err(_elapsed) => self.child.kill().await,
        }
    }
}

/// Sends a signal to one process, by its id.
pub fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a process id"))?;
    Ok(kill_process(pid, signal)?)
}

/// Where a server keeps its things and listens.
#[derive(Debug, Clone)]
pub struct ServerPlan {
    /// The programs.
    pub binaries: Binaries,
    /// `MAILVANE_DATA_DIR`.
    pub data_dir: PathBuf,
    /// TLS listener.
    pub listen: SocketAddr,
    /// Plain listener.
    pub plain: SocketAddr,
    /// `MAILVANE_OUTBOUND_ALLOW`: a fake's address, or empty.
    pub outbound_allow: String,
    /// Further settings by their names; they win over the above.
    pub settings: Vec<(&'static str, String)>,
    /// Log file.
    pub log: PathBuf,
}

impl ServerPlan {
    /// Where the page and the API are, in plain text.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// Where agents and encrypted browsers go.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("https://{}", self.listen)
    }

    /// The private CA that the server made.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.data_dir.join("ca.pem")
    }

    /// Starts the server and waits until it is ready.
    pub async fn start(&self) -> Result<Process, StackError> {
        let mut command = self.command()?;
        command.arg("serve");
        let mut server = Process::start("mailvane-server", command, &self.log)?;
        let api = Api::new(&self.url());
        let deadline = Instant::now() + READY_MAX;
        while !api.is_up("/readyz").await {
            if server.has_ended() {
                let command = "mailvane-server serve".to_owned();
                return Err(StackError::Failed { command, said: server.last_words() });
            }
            if Instant::now() > deadline {
                let (seconds, said) = (READY_MAX.as_secs(), server.last_words());
                return Err(StackError::Late { what: "the server", seconds, said });
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    /// Runs `mailvane-server admin …` beside the running server and reads its JSON answer.
    pub async fn admin(&self, arguments: &[&str]) -> Result<Value, StackError> {
        let mut command = self.command()?;
        command.arg("admin").args(arguments);
        let shown = format!("mailvane-server admin {}", arguments.join(" "));
        let output = finish(command, &shown, None).await?;
        Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }

    /// The process id of the server's own PostgreSQL, if it runs: a stale file may name a stranger.
    pub fn postgres_pid(&self) -> io::Result<u32> {
        let text = fs::read_to_string(self.data_dir.join("pg/data/postmaster.pid"))?;
        let pid: Option<u32> = text.lines().next().and_then(|line| line.trim().parse().ok());
        let runs = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name.trim() == "postgres")
        };
        pid.filter(runs)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no PostgreSQL runs here"))
    }

    /// The superuser's URL of the server's own PostgreSQL, for the user that runs the server.
    pub fn database_url(&self) -> io::Result<String> {
        let socket_dir = fs::read_to_string(self.data_dir.join("pg/socket"))?;
        let port = fs::read_to_string(self.data_dir.join("pg/data/postmaster.pid"))?;
        let port = port.lines().nth(3).unwrap_or("5432").trim().to_owned();
        Ok(format!("postgres:///mailvane?host={}&port={port}&user=mailvane", socket_dir.trim()))
    }

    fn command(&self) -> Result<Command, StackError> {
        let mut command = tethered(&self.binaries.find("mailvane-server")?);
        command
            .env_remove("DATABASE_URL")
            .env("MAILVANE_DATA_DIR", &self.data_dir)
            .env("MAILVANE_LISTEN", self.listen.to_string())
            .env("MAILVANE_PLAIN_LISTEN", self.plain.to_string())
            .env("MAILVANE_PUBLIC_URL", self.url());
        if !self.outbound_allow.is_empty() {
            command.env("MAILVANE_OUTBOUND_ALLOW", &self.outbound_allow);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// Where an agent keeps its things and what it reads.
#[derive(Debug, Clone)]
pub struct AgentPlan {
    /// The programs.
    pub binaries: Binaries,
    /// Its configuration file.
    pub config: PathBuf,
    /// `--state-dir`.
    pub state_dir: PathBuf,
    /// The server's TLS address.
    pub server: String,
    /// The server's private CA.
    pub ca: PathBuf,
    /// Postfix's configuration directory and log; the agent looks for itself if there is none.
    pub postfix: Option<(PathBuf, PathBuf)>,
    /// Log file.
    pub log: PathBuf,
}

impl AgentPlan {
    /// Writes the configuration file.
    pub fn configure(&self) -> Result<(), StackError> {
        let mut text =
            format!("server = {:?}\nca = {:?}\n", self.server, self.ca.display().to_string());
        if let Some((config_directory, log)) = &self.postfix {
            let (config_directory, log) =
                (config_directory.display().to_string(), log.display().to_string());
            text = format!("{text}config_directories = [{config_directory:?}]\nlog = {log:?}\n");
        }
        fs::create_dir_all(&self.state_dir)
            .map_err(fault(format!("make {}", self.state_dir.display())))?;
        fs::write(&self.config, text).map_err(fault(format!("write {}", self.config.display())))
    }

    /// Enrols the real way: the key goes in by standard input.
    pub async fn enrol(&self, key: &str) -> Result<(), StackError> {
        let mut command = self.command()?;
        command
            .args(["enroll", "--server", &self.server, "--ca"])
            .arg(&self.ca)
            .args(["--key-file", "-"]);
        self.place(&mut command);
        finish(command, "mailvane-agent enroll", Some(key)).await.map(|_output| ())
    }

    /// Starts the agent.
    pub fn start(&self) -> Result<Process, StackError> {
        let mut command = self.command()?;
        command.arg("run");
        self.place(&mut command);
        Process::start("mailvane-agent", command, &self.log)
    }

    fn place(&self, command: &mut Command) {
        command.arg("--config").arg(&self.config).arg("--state-dir").arg(&self.state_dir);
    }

    fn command(&self) -> Result<Command, StackError> {
        Ok(tethered(&self.binaries.find("mailvane-agent")?))
    }
}

/// A program that is told to end when the lab ends, even when the lab is killed.
fn tethered(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]).arg(program);
    command
}

/// Runs a command to its end, its standard input fed with `input`.
async fn finish(
    mut command: Command,
    shown: &str,
    input: Option<&str>,
) -> Result<Output, StackError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(fault(format!("start {shown}")))?;
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that ends before it has read says why itself.
        let _ended =
            tokio::io::AsyncWriteExt::write_all(&mut stdin, format!("{text}\n").as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(fault(format!("run {shown}")))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(StackError::Failed { command: shown.to_owned(), said })
}

/// Runs a command with `DATABASE_URL` at a freshly migrated database, which is gone afterwards.
pub async fn with_database(command: &[String]) -> Result<(), StackError> {
    let dir = scratch_dir().map_err(fault("make a scratch directory"))?;
    let port = || free_port().map_err(fault("find a free port"));
    let plan = ServerPlan {
        binaries: Binaries::beside_me()?,
        data_dir: dir.path().join("server"),
        listen: port()?,
        plain: port()?,
        outbound_allow: String::new(),
        settings: Vec::new(),
        log: dir.path().join("server.log"),
    };
    let server = plan.start().await?;
    let (program, arguments) = command.split_first().unzip();
    let status = Command::new(program.map_or("true", String::as_str))
        .args(arguments.unwrap_or_default())
        .env("DATABASE_URL", plan.database_url().map_err(fault("find the server's database"))?)
        .status()
        .await
        .map_err(fault(format!("run {command:?}")))?;
    server.stop().await.map_err(fault("stop the server"))?;
    if status.success() {
        return Ok(());
    }
    Err(StackError::Failed { command: command.join(" "), said: status.to_string() })
}

/// A directory that is gone when dropped and that every user may pass, as daemons that change users must.
pub fn scratch_dir() -> io::Result<tempfile::TempDir> {
    let dir = tempfile::Builder::new().prefix("mailvane-lab-").tempdir()?;
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
    Ok(dir)
}

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, text: &str) -> Result<(), StackError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file: io::Result<File> =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(fault(format!("write {}", path.display())))
}
