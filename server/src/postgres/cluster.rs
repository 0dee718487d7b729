//! The cluster on disk: its directories, how it is made, whether somebody uses it.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::{
        fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{LOGINS, Owner, PostgresError, Programs, SUPERUSER, failed};

/// Part of the socket's name only: nothing listens on a network.
pub(super) const PORT: u16 = 5432;
/// Says where the socket is, for commands beside the server.
pub(super) const SOCKET_FILE: &str = "socket";
/// A Unix socket's path holds at most this many bytes.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// A postmaster whose server was killed needs a moment to go down.
const FREE_MAX: Duration = Duration::from_secs(15);
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
const LAST_WORDS_LINES: usize = 8;

/// The cluster's directories and owner.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) data: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) owner: Owner,
    pub(super) log: PathBuf,
    pg: PathBuf,
}

pub(super) fn socket_name() -> String {
    format!(".s.PGSQL.{PORT}")
}

impl Cluster {
    /// Makes the directories around the data. Parents stay passable: only data and socket are the cluster's own.
    pub(super) fn lay_out(data_dir: &Path, owner: Owner) -> Result<Self, PostgresError> {
        let pg = data_dir.join("pg");
        let making = |path: &Path| failed(format!("make directory {}", path.display()));
        fs::create_dir_all(data_dir).map_err(making(data_dir))?;
        if !pg.exists() {
            fs::DirBuilder::new().mode(0o755).create(&pg).map_err(making(&pg))?;
        }
        fs::set_permissions(&pg, fs::Permissions::from_mode(0o755)).map_err(making(&pg))?;
        let data = pg.join("data");
        owner.refuse_unreachable(&data)?;
        let socket_dir = Self::socket_dir(&pg, &owner)?;
        let note = pg.join(SOCKET_FILE);
        fs::write(&note, socket_dir.display().to_string())
            .map_err(failed(format!("write {}", note.display())))?;
        Ok(Self { log: pg.join("postgres.log"), data, socket_dir, owner, pg })
    }

    /// `pg`/run, or a short directory of the same cluster under /tmp where that path would be too long.
    fn socket_dir(pg: &Path, owner: &Owner) -> Result<PathBuf, PostgresError> {
        let mut dir = pg.join("run");
        if dir.join(socket_name()).as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let digest = Sha256::digest(pg.as_os_str().as_encoded_bytes());
            let name: String = URL_SAFE_NO_PAD.encode(digest).chars().take(12).collect();
            dir = PathBuf::from(format!("/tmp/mailvane-{name}"));
        }
        if !dir.exists() {
            let made = fs::DirBuilder::new().mode(0o700).create(&dir);
            made.map_err(failed(format!("make directory {}", dir.display())))?;
            owner.give(&dir)?;
        }
        let metadata =
            fs::symlink_metadata(&dir).map_err(failed(format!("look at {}", dir.display())))?;
        if !metadata.is_dir() || metadata.uid() != owner.uid() || metadata.mode() & 0o077 != 0 {
            return Err(PostgresError::Place {
                path: dir,
                why: "belongs to somebody else or is open to others; remove it".to_owned(),
            });
        }
        Ok(dir)
    }

    /// The major version that made the data, if there are any.
    pub(super) fn major(&self) -> Result<Option<u32>, PostgresError> {
        let file = self.data.join("PG_VERSION");
        match fs::read_to_string(&file) {
            Ok(text) => match text.trim().parse() {
                Ok(major) => Ok(Some(major)),
                Err(_) => Err(PostgresError::Place {
                    path: file,
                    why: "does not hold a version; restore the directory from a backup".to_owned(),
                }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(format!("read {}", file.display()))(error)),
        }
    }

    /// Runs initdb in a directory beside and moves it into place, so that an interrupted one leaves nothing half-made.
    pub(super) fn make(&self, programs: &Programs) -> Result<(), PostgresError> {
        let part = self.pg.join("data.part");
        if part.exists() {
            fs::remove_dir_all(&part).map_err(failed(format!("remove {}", part.display())))?;
        }
        if self.data.exists() {
            return self.write_access(&self.data);
        }
        let made = fs::DirBuilder::new().mode(0o700).create(&part);
        made.map_err(failed(format!("make directory {}", part.display())))?;
        self.owner.give(&part)?;
        let mut initdb = self.owner.command(&programs.initdb())?;
        initdb.current_dir("/").arg("-D").arg(&part);
        initdb.args(["-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "peer"]);
        let output = initdb.arg("--data-checksums").output().map_err(failed("run initdb"))?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(PostgresError::Failed { program: "initdb", output });
        }
        self.write_access(&part)?;
        fs::rename(&part, &self.data).map_err(failed(format!("move {} into place", part.display())))
    }

    /// One way in: the server's own operating-system user, as one of our logins, over the socket.
    fn write_access(&self, data: &Path) -> Result<(), PostgresError> {
        let user = &self.owner.server_user;
        let map = LOGINS.map(|login| format!("mailvane \"{user}\" {login}\n")).concat();
        for (name, text) in
            [("pg_hba.conf", "local all all peer map=mailvane\n"), ("pg_ident.conf", map.as_str())]
        {
            let path = data.join(name);
            let mut options = fs::OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(failed(format!("write {}", path.display())))?;
            self.owner.give(&path)?;
        }
        Ok(())
    }

    /// Waits for a postmaster that is on its way out; removes the pid file of one that is gone.
    pub(super) fn wait_until_free(&self) -> Result<(), PostgresError> {
        let until = Instant::now() + FREE_MAX;
        while let Some(pid) = live_postmaster(&self.data) {
            if Instant::now() > until {
                return Err(PostgresError::InUse { path: self.data.clone(), pid });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let file = self.data.join("postmaster.pid");
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed(format!("remove stale {}", file.display()))(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether the postmaster says it is ready and its socket answers.
    pub(super) fn is_ready(&self) -> bool {
        let pid_file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
            && UnixStream::connect(self.socket_dir.join(socket_name())).is_ok()
    }

    /// The log, moved aside once it is long.
    pub(super) fn open_log(&self) -> io::Result<fs::File> {
        if fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
            fs::rename(&self.log, self.log.with_extension("log.1"))?;
        }
        fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log)
    }

    /// The end of the log, for an error message.
    pub(super) fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let mut lines: Vec<&str> = log.lines().rev().take(LAST_WORDS_LINES).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// The process id in the pid file of `data`, if that process lives and is a postmaster on these data. Where process
/// 1 reaps nobody a killed postmaster stays as a zombie, and after a reboot its number belongs to somebody else.
pub(super) fn live_postmaster(data: &Path) -> Option<i32> {
    let pid_file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = pid_file.lines().next()?.trim().parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let zombie = rest.trim_start().starts_with('Z');
    let elsewhere = fs::read_link(format!("/proc/{pid}/cwd"))
        .is_ok_and(|cwd| data.canonicalize().is_ok_and(|data| data != cwd));
    (name == "postgres" && !zombie && !elsewhere).then_some(pid)
}
