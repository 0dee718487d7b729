//! Replaces this program by a newer release, if the release key that the installer left here signed it.
//!
//! Proves everything before it changes anything, never goes back to an older version, and puts the old program back
//! when the new one does not come up. The server only hands out files; it cannot make a release.

pub mod manifest;

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tonic::transport::Channel;
use tower::{Service as _, ServiceExt as _};

use self::manifest::{Fault, Manifest, Version};
use crate::identity::{self, IdentityError};
use crate::link::proxy::Proxy;
use crate::link::{LinkError, channel};
use crate::{status, vfs};

/// Where the installer leaves the key that releases must be signed with.
pub const RELEASE_KEY: &str = "/usr/share/mailvane/release.pub";
const KEY_BYTES_MAX: usize = 4 * 1024;
/// A manifest and a signature are a few lines.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// A package that is larger is none of ours.
const PACKAGE_BYTES_MAX: usize = 64 << 20;
const DOWNLOAD_TIME_MAX: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Why nothing was upgraded; the old program is in its place.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The release cannot be trusted or used.
    #[error("{0}; nothing was changed")]
    Refused(#[from] Fault),
    /// A file of this host.
    #[error("{}: {source}; run it as root, nothing was changed", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server gives no file.
    #[error("the server answers {status} for /release/{name}: has it a release?")]
    Missing {
        /// Which file.
        name: String,
        /// HTTP status.
        status: u16,
    },
    /// The server cannot be reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// This host is not enrolled.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The new program does not work here.
    #[error(
        "version {version} does not work on this host ({why}); the old program is back in its place"
    )]
    FellBack {
        /// The new version.
        version: String,
        /// What it did.
        why: String,
    },
}

impl UpgradeError {
    /// Exit code: configuration 3, refused release 4, network 5, permission 6, fell back 7.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 4,
            Self::File { .. } => 6,
            Self::Missing { .. } | Self::Link(_) => 5,
            Self::Identity(_) => 3,
            Self::FellBack { .. } => 7,
        }
    }
}

/// What to upgrade, and by what it is known to be good.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// Identity of this host.
    pub state_directory: PathBuf,
    /// The program to be replaced.
    pub program: PathBuf,
    /// The release key.
    pub key: PathBuf,
    /// The proxy on the way to the server.
    pub proxy: Option<Proxy>,
    /// Restarts the agent; empty: whoever started it does that.
    pub restart: Vec<String>,
    /// Only look whether there is a newer release.
    pub check: bool,
    /// How long the new program may take to reach the server before the old one is put back.
    pub settle: Duration,
    /// Seconds since 1970.
    pub now_s: i64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is the newest version.
    Newest(String),
    /// A newer one is there; it was only looked for.
    Available(String),
    /// The new one is in its place.
    Upgraded {
        /// The new version.
        version: String,
        /// It was restarted and reached the server.
        running: bool,
    },
}

/// Looks for a newer release and takes it.
pub async fn upgrade(wish: &Upgrade) -> Result<Outcome, UpgradeError> {
    let host = identity::identity(&wish.state_directory)?;
    let ca = identity::pinned_ca(&wish.state_directory)?;
    let key = vfs::read_all(&vfs::Disk, &wish.key, KEY_BYTES_MAX).map_err(file(&wish.key))?;
    let mut server = channel::connect(&host.server, ca.as_deref(), wish.proxy.as_ref()).await?;
    let text = get(&mut server, &host.server, "manifest", TEXT_BYTES_MAX).await?;
    let signature = get(&mut server, &host.server, "manifest.sig", TEXT_BYTES_MAX).await?;
    let manifest = Manifest::proved(&text, &signature, &key, wish.now_s)?;
    let present = Version::own();
    if manifest.version < present {
        return Err(Fault::Older { present, offered: manifest.version }.into());
    }
    if manifest.version == present {
        return Ok(Outcome::Newest(present.to_string()));
    }
    if wish.check {
        return Ok(Outcome::Available(manifest.version.to_string()));
    }
    let package = manifest.package(std::env::consts::ARCH)?;
    let bytes = get(&mut server, &host.server, &package.name, PACKAGE_BYTES_MAX).await?;
    if format!("{:x}", Sha256::digest(&bytes)) != package.sha256 {
        return Err(Fault::Package(package.name.clone()).into());
    }
    let program = unpack(&bytes).ok_or_else(|| Fault::Package(package.name.clone()))?;
    replace(wish, &manifest.version.to_string(), &program).await
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> UpgradeError {
    move |source| UpgradeError::File { path: path.to_owned(), source }
}

/// One file over the connection that agents use anyway: the same port, the same pinned authority.
async fn get(
    server: &mut Channel,
    address: &str,
    name: &str,
    bytes_max: usize,
) -> Result<Vec<u8>, UpgradeError> {
    let broken = |why: String| LinkError::Broken(format!("/release/{name}: {why}"));
    let request = http::Request::get(format!("{address}/release/{name}"))
        .body(tonic::body::Body::empty())
        .map_err(|error| broken(error.to_string()))?;
    let download = async {
        let ready = server.ready().await.map_err(|error| broken(error.to_string()))?;
        let answer = ready.call(request).await.map_err(|error| broken(error.to_string()))?;
        if answer.status() != http::StatusCode::OK {
            let status = answer.status().as_u16();
            return Err(UpgradeError::Missing { name: name.to_owned(), status });
        }
        let body = http_body_util::Limited::new(answer.into_body(), bytes_max);
        let bytes = http_body_util::BodyExt::collect(body)
            .await
            .map_err(|error| broken(error.to_string()))?;
        Ok(bytes.to_bytes().to_vec())
    };
    match tokio::time::timeout(DOWNLOAD_TIME_MAX, download).await {
        Ok(done) => done,
        Err(_) => Err(broken("took longer than five minutes".to_owned()).into()),
    }
}

/// The program out of a package.
fn unpack(package: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(package));
    for entry in archive.entries().ok()? {
        let entry = entry.ok()?;
        if entry.path().ok()?.ends_with("bin/mailvane-agent") {
            let mut bytes = Vec::new();
            entry.take(PACKAGE_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
            return Some(bytes);
        }
    }
    None
}

async fn replace(wish: &Upgrade, version: &str, program: &[u8]) -> Result<Outcome, UpgradeError> {
    let (new, previous) = (beside(&wish.program, "new"), beside(&wish.program, "previous"));
    write_program(&new, program).map_err(file(&new))?;
    let said = Command::new(&new).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if !said.as_ref().is_ok_and(|said| said.ends_with(version)) {
        std::fs::remove_file(&new).map_err(file(&new))?;
        let why = said.map_or_else(|error| error.to_string(), |said| format!("it says {said:?}"));
        return Err(UpgradeError::FellBack { version: version.to_owned(), why });
    }
    drop(std::fs::remove_file(&previous));
    std::fs::hard_link(&wish.program, &previous).map_err(file(&previous))?;
    std::fs::rename(&new, &wish.program).map_err(file(&wish.program))?;
    let Some((command, arguments)) = wish.restart.split_first() else {
        return Ok(Outcome::Upgraded { version: version.to_owned(), running: false });
    };
    let restart = || match Command::new(command).args(arguments).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command} ended with {status}")),
        Err(error) => Err(format!("{command}: {error}")),
    };
    let settled = match restart() {
        Ok(()) => settles(wish, version).await,
        Err(why) => Err(why),
    };
    match settled {
        Ok(()) => Ok(Outcome::Upgraded { version: version.to_owned(), running: true }),
        Err(why) => {
            std::fs::rename(&previous, &wish.program).map_err(file(&wish.program))?;
            let why = match restart() {
                Ok(()) => why,
                Err(again) => format!("{why}; and the old one could not be restarted: {again}"),
            };
            Err(UpgradeError::FellBack { version: version.to_owned(), why })
        }
    }
}

/// Made anew, so that a program that runs is never written into.
fn write_program(path: &Path, program: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o755).open(path)?;
    new.write_all(program)?;
    new.sync_all()
}

fn beside(program: &Path, suffix: &str) -> PathBuf {
    let mut name = program.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Waits until an agent of `version` runs here and has reached the server.
async fn settles(wish: &Upgrade, version: &str) -> Result<(), String> {
    let deadline = Instant::now() + wish.settle;
    let mut why = "it did not start".to_owned();
    while Instant::now() < deadline {
        if let Ok(Some(status)) = status::read(&wish.state_directory)
            && status.running
            && status.version == version
        {
            if status.connected {
                return Ok(());
            }
            "it runs, but does not reach the server".clone_into(&mut why);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(why)
}
