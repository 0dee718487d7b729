//! One file with all that a server is: the database as it was at one moment, and the keys that open what it seals.
//!
//! Made while the server serves; put back only where nothing is. Dump and restore are PostgreSQL's own programs.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};
use tokio::process::Command;
use url::Url;

use super::{AppError, database::Database, database::prepare_data_dir};
use crate::{
    clock::{Clock as _, Dice, SystemClock},
    config::{self, Config},
    postgres::Tools,
};

/// What else makes a server this server, beside its database.
const KEYS: [&str; 3] = ["master.key", "ca.key", "ca.pem"];
const ABOUT: &str = "backup.json";
const DUMP: &str = "database.dump";
const FORMAT: u32 = 1;
/// A key file is a few lines.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// What the file says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    version: String,
    made_at: String,
}

/// Writes a backup to `to`.
pub async fn backup(config: &Config, to: &Path, dice: &dyn Dice) -> Result<String, AppError> {
    if to.exists() {
        return Err(AppError::Asked(format!(
            "{} exists already: choose another name",
            to.display()
        )));
    }
    prepare_data_dir(&config.data_dir)?;
    let database = Database::beside(config, dice).await?;
    let dump = beside(to, "dump");
    let dumped = dump_to(config, &database, &dump).await;
    database.close().await;
    let packed = dumped.and_then(|()| pack(config, &dump, to));
    remove(&dump)?;
    packed?;
    let bytes = fs::metadata(to).map_err(file(to))?.len();
    Ok(format!(
        "{} holds everything, in {} KiB. Keep it like the server itself.\n",
        to.display(),
        bytes / 1024
    ))
}

async fn dump_to(config: &Config, database: &Database, dump: &Path) -> Result<(), AppError> {
    let tools = Tools::find(config.pg_bin.as_deref(), &config.data_dir)?;
    let out = private(dump)?;
    let mut command = reaching(config, database, &tools.dump()?);
    command.args(["--format=custom", "--no-password"]).stdout(Stdio::from(out));
    finish(command, "pg_dump").await
}

fn pack(config: &Config, dump: &Path, to: &Path) -> Result<(), AppError> {
    let draft = beside(to, "new");
    let mut archive = tar::Builder::new(private(&draft)?);
    let about = About {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: SystemClock.now().to_rfc3339(),
    };
    let about = serde_json::to_vec(&about).map_err(AppError::other)?;
    let mut append = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, name, bytes).map_err(file(&draft))
    };
    append(ABOUT, &about)?;
    for name in KEYS {
        let path = config.data_dir.join(name);
        if path.exists() {
            append(name, &fs::read(&path).map_err(file(&path))?)?;
        }
    }
    let mut bytes = File::open(dump).map_err(file(dump))?;
    archive.append_file(DUMP, &mut bytes).map_err(file(&draft))?;
    let done = archive.into_inner().map_err(file(&draft))?;
    done.sync_all().map_err(file(&draft))?;
    fs::rename(&draft, to).map_err(file(to))
}

/// Puts a backup back, where there is no server yet.
pub async fn restore(config: &Config, from: &Path, dice: &dyn Dice) -> Result<String, AppError> {
    prepare_data_dir(&config.data_dir)?;
    let taken = KEYS.iter().map(|name| config.data_dir.join(name)).find(|path| path.exists());
    let taken =
        taken.or_else(|| Some(config.data_dir.join("pg/data")).filter(|path| path.exists()));
    if let Some(path) = taken {
        return Err(AppError::Asked(format!(
            "{} exists: a backup is put back only where no server is; choose an empty MAILVANE_DATA_DIR",
            path.display()
        )));
    }
    let dump = config.data_dir.join(DUMP);
    let about = unpack(from, &config.data_dir)?;
    let database = Database::open(config, dice).await?;
    let restored = restore_from(config, &database, &dump).await;
    let restored = match restored {
        Ok(()) => database.migrate().await,
        Err(error) => Err(error),
    };
    database.close().await;
    remove(&dump)?;
    restored?;
    Ok(format!(
        "The server of {} (version {}) is back. Start it: mailvane-server serve\n",
        about.made_at, about.version
    ))
}

async fn restore_from(config: &Config, database: &Database, dump: &Path) -> Result<(), AppError> {
    database.make_roles().await?;
    let tools = Tools::find(config.pg_bin.as_deref(), &config.data_dir)?;
    let mut command = reaching(config, database, &tools.restore()?);
    // All or nothing: a database that holds something already is left as it is.
    command.args(["--single-transaction", "--exit-on-error", "--no-password"]).arg(dump);
    command.stdout(Stdio::null());
    finish(command, "pg_restore").await
}

fn unpack(from: &Path, data_dir: &Path) -> Result<About, AppError> {
    let broken = |why: &str| {
        AppError::Asked(format!("{}: {why}; give a file that `backup` wrote", from.display()))
    };
    let mut archive = tar::Archive::new(File::open(from).map_err(file(from))?);
    let mut about: Option<About> = None;
    let mut dumped = false;
    for entry in archive.entries().map_err(file(from))? {
        let mut entry = entry.map_err(|error| broken(&error.to_string()))?;
        let name = entry.path().map_err(file(from))?.to_string_lossy().into_owned();
        if name == ABOUT {
            let read = serde_json::from_reader(io::Read::take(&mut entry, KEY_BYTES_MAX));
            let read: About = read.map_err(|error| broken(&error.to_string()))?;
            if read.format != FORMAT {
                return Err(broken("was written by a newer server"));
            }
            about = Some(read);
            continue;
        }
        // Only names that we know become files.
        if about.is_none() || !(name == DUMP || KEYS.contains(&name.as_str())) {
            return Err(broken("is no backup"));
        }
        let path = data_dir.join(&name);
        let mut out = private(&path)?;
        io::copy(&mut entry, &mut out).map_err(file(&path))?;
        out.flush().and_then(|()| out.sync_all()).map_err(file(&path))?;
        dumped |= name == DUMP;
    }
    about.filter(|_| dumped).ok_or_else(|| broken("ends too early"))
}

/// `program`, told how the administrator reaches the database. A password goes in by the environment, which only
/// the same user can see.
fn reaching(config: &Config, database: &Database, program: &Path) -> Command {
    let to = database.administrator();
    let mut command = Command::new(program);
    let host = to
        .get_socket()
        .map_or_else(|| to.get_host().to_owned(), |socket| socket.display().to_string());
    command
        .args(["--host", &host, "--port", &to.get_port().to_string()])
        .args(["--username", to.get_username()])
        .args(["--dbname", to.get_database().unwrap_or("mailvane")])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let config::Database::Url(url) = &config.database
        && let Ok(url) = Url::parse(url)
        && let Some(password) = url.password()
    {
        command.env("PGPASSWORD", password);
    }
    command
}

async fn finish(mut command: Command, name: &str) -> Result<(), AppError> {
    let child = command.spawn().map_err(|error| AppError::Asked(format!("{name}: {error}")))?;
    let output = child.wait_with_output().await;
    let output = output.map_err(|error| AppError::Asked(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().rev().take(4).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(AppError::Asked(format!("{name} failed; its last words:\n{}", last.join("\n"))))
}

fn private(path: &Path) -> Result<File, AppError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(file(path))
}

fn remove(path: &Path) -> Result<(), AppError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file(path)(error)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> AppError {
    move |error| AppError::Asked(format!("{}: {error}", path.display()))
}
