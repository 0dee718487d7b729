//! Who this host is to the server: its Ed25519 key, made here and never sent, and what the server calls it.

use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use crate::vfs::{self, Disk, Vfs as _};

const KEY_FILE: &str = "key.pem";
const IDENTITY_FILE: &str = "identity.json";
const GENERATION_FILE: &str = "generation";
const USER_KEY_FILE: &str = "user.key";
const CA_FILE: &str = "ca.pem";
const LOCK_FILE: &str = "lock";
/// Half a second in all.
const LOCK_TRIES: u32 = 10;
const LOCK_TRY_EVERY: std::time::Duration = std::time::Duration::from_millis(50);
/// None of these files is larger.
const FILE_BYTES_MAX: usize = 1 << 20;

/// What enrolment left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    /// `agent_…`
    pub agent_id: String,
    /// `host_…`
    pub host_id: String,
    /// Goes into every signature.
    pub server_name: String,
    /// Where to.
    pub server: String,
    /// Shown to people.
    pub tenant_name: String,
    /// Interval at enrolment.
    pub interval_ms: u32,
}

/// Why identity cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not enrolled.
    #[error(
        "this host is not enrolled: run `mailvane-agent enroll --server https://HOST:PORT --key-file FILE` first"
    )]
    NotEnrolled,
    /// Enrolled already.
    #[error("this host is enrolled already, as {agent_id} at {server}; to enrol it anew remove {}", path.display())]
    AlreadyEnrolled {
        /// As.
        agent_id: String,
        /// Where.
        server: String,
        /// State directory.
        path: PathBuf,
    },
    /// A running agent holds the state directory.
    #[error("another mailvane-agent uses {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// A file.
    #[error("{}: {source}; {}", path.display(), cure(source))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file's content.
    #[error("{}: {why}; restore it, or remove the state directory and enrol again", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

fn cure(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space; nothing was changed"
        }
        io::ErrorKind::ReadOnlyFilesystem => "it must be on a file system that can be written",
        _ => "it must belong to the agent's user (directory mode 0700, files 0600)",
    }
}

/// The directory with the host's identity; held by one process at a time.
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    /// Held for as long as this lives.
    _lock: std::fs::File,
}

impl StateDirectory {
    /// Opens or makes the directory and takes its lock.
    pub fn open(path: &Path) -> Result<Self, IdentityError> {
        let fault = |source| IdentityError::File { path: path.into(), source };
        Disk.create_directory(path).map_err(fault)?;
        let lock = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(fault)?;
        take(&lock).map_err(|_| IdentityError::InUse(path.into()))?;
        Ok(Self { path: path.into(), _lock: lock })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, IdentityError> {
        read(&self.path.join(name))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), IdentityError> {
        let path = self.path.join(name);
        vfs::replace(&Disk, &path, bytes).map_err(|source| IdentityError::File { path, source })
    }

    /// The identity.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        identity(&self.path)
    }

    /// Keeps the identity; the last step of enrolment.
    pub fn enrolled(&self, identity: &Identity) -> Result<(), IdentityError> {
        let bytes = serde_json::to_vec_pretty(identity).unwrap_or_default();
        self.write(IDENTITY_FILE, &bytes)
    }

    /// The key, made if there is none yet.
    pub fn key(&self) -> Result<SigningKey, IdentityError> {
        let path = self.path.join(KEY_FILE);
        if let Some(pem) = self.read(KEY_FILE)? {
            let pem = zeroize::Zeroizing::new(pem);
            return std::str::from_utf8(&pem)
                .ok()
                .and_then(|pem| SigningKey::from_pkcs8_pem(pem).ok())
                .ok_or_else(|| IdentityError::Damaged { path, why: "is no Ed25519 key".into() });
        }
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        random(seed.as_mut(), &path)?;
        let key = SigningKey::from_bytes(&seed);
        let pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| IdentityError::Damaged { path, why: error.to_string() })?;
        self.write(KEY_FILE, pem.as_bytes())?;
        Ok(key)
    }

    /// The key of user name hashes, made if there is none yet.
    pub fn user_key(&self) -> Result<[u8; 32], IdentityError> {
        let path = self.path.join(USER_KEY_FILE);
        if let Some(bytes) = self.read(USER_KEY_FILE)? {
            return bytes
                .try_into()
                .map_err(|_| IdentityError::Damaged { path, why: "is not 32 bytes".into() });
        }
        let mut key = [0; 32];
        random(&mut key, &path)?;
        self.write(USER_KEY_FILE, &key)?;
        Ok(key)
    }

    /// The last confirmed generation; 0 right after enrolment.
    pub fn generation(&self) -> Result<u64, IdentityError> {
        let path = self.path.join(GENERATION_FILE);
        let Some(bytes) = self.read(GENERATION_FILE)? else { return Ok(0) };
        let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
        number.ok_or_else(|| IdentityError::Damaged { path, why: "is no number".into() })
    }

    /// Keeps an offered generation, so that it may be confirmed.
    pub fn keep_generation(&self, generation: u64) -> Result<(), IdentityError> {
        self.write(GENERATION_FILE, format!("{generation}\n").as_bytes())
    }

    /// The authority pinned at enrolment.
    pub fn ca(&self) -> Result<Option<Vec<u8>>, IdentityError> {
        self.read(CA_FILE)
    }

    /// Pins an authority.
    pub fn pin_ca(&self, pem: &[u8]) -> Result<(), IdentityError> {
        self.write(CA_FILE, pem)
    }

    /// Fails if this host is enrolled.
    pub fn must_be_new(&self) -> Result<(), IdentityError> {
        match self.identity() {
            Ok(Identity { agent_id, server, .. }) => {
                Err(IdentityError::AlreadyEnrolled { agent_id, server, path: self.path.clone() })
            }
            Err(IdentityError::NotEnrolled) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Takes the lock. A program that the last holder was just starting holds it for a moment longer, so it is tried for a
/// while.
fn take(lock: &std::fs::File) -> rustix::io::Result<()> {
    let mut tries = LOCK_TRIES;
    loop {
        tries -= 1;
        match rustix::fs::flock(lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Err(_) if tries > 0 => std::thread::sleep(LOCK_TRY_EVERY),
            taken => return taken,
        }
    }
}

/// Whether an agent holds a state directory.
pub fn is_running(directory: &Path) -> bool {
    std::fs::File::open(directory.join(LOCK_FILE)).is_ok_and(|lock| {
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockShared).is_err()
    })
}

/// The identity in a state directory, without taking its lock.
pub fn identity(directory: &Path) -> Result<Identity, IdentityError> {
    let path = directory.join(IDENTITY_FILE);
    let bytes = read(&path)?.ok_or(IdentityError::NotEnrolled)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| IdentityError::Damaged { path, why: error.to_string() })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, IdentityError> {
    match vfs::read_all(&Disk, path, FILE_BYTES_MAX) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(IdentityError::File { path: path.into(), source }),
    }
}

fn random(bytes: &mut [u8], path: &Path) -> Result<(), IdentityError> {
    getrandom::fill(bytes)
        .map_err(|error| IdentityError::Damaged { path: path.into(), why: error.to_string() })
}

/// Signs the opening of a stream, so that nothing of it can be replayed on another.
pub fn sign(
    key: &SigningKey,
    server_name: &str,
    nonce: &[u8],
    agent_id: &str,
    epoch: u64,
    generation: u64,
) -> Vec<u8> {
    let mut message = Vec::with_capacity(256);
    let fields: [&[u8]; 4] =
        [b"mailvane-stream-v1", server_name.as_bytes(), nonce, agent_id.as_bytes()];
    for field in fields {
        message.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        message.extend_from_slice(field);
    }
    message.extend_from_slice(&epoch.to_be_bytes());
    message.extend_from_slice(&generation.to_be_bytes());
    key.sign(&message).to_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDirectory::open(&directory.path().join("state")).unwrap();
        let key = state.key().unwrap();
        assert_eq!(state.key().unwrap().to_bytes(), key.to_bytes());
        let mode = std::fs::metadata(state.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn one_agent_at_a_time_holds_the_state() {
        let directory = tempfile::tempdir().unwrap();
        let first = StateDirectory::open(directory.path()).unwrap();
        assert!(matches!(StateDirectory::open(directory.path()), Err(IdentityError::InUse(_))));
        drop(first);
        StateDirectory::open(directory.path()).unwrap();
    }

    #[test]
    fn a_generation_survives_and_starts_at_zero() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDirectory::open(directory.path()).unwrap();
        assert_eq!(state.generation().unwrap(), 0);
        state.keep_generation(7).unwrap();
        assert_eq!(state.generation().unwrap(), 7);
    }
}
