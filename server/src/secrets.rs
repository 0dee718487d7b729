//! Keeps what must not be read in the database: seals channel secrets and mints the keys of machines.
//!
//! A value sealed for one row cannot be opened in another: table, column, tenant and row are authenticated with it.
//! The master key is a file; it never enters the database, a log or a backup of the database.

pub mod key;
pub mod letter;
pub mod password;
pub mod stamp;
pub mod totp;

use std::{
    fmt, fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::clock::Dice;

/// `N` random bytes.
pub fn roll<const N: usize>(dice: &dyn Dice) -> [u8; N] {
    let mut bytes = [0; N];
    dice.fill(&mut bytes);
    bytes
}

/// SHA-256 of high-entropy secrets, the form in which they rest in the database.
pub fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A text that prints as nothing and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text in.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The one place a sealed value may be opened in.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Table that holds the value.
    pub table: &'a str,
    /// Column that holds the value.
    pub column: &'a str,
    /// Tenant that owns the row.
    pub tenant: i32,
    /// Public id of the row.
    pub row: uuid::Uuid,
}

impl Place<'_> {
    fn authenticated(&self) -> String {
        format!("{}|{}|{}|{}", self.table, self.column, self.tenant, self.row.simple())
    }
}

/// Why a secret could not be kept or read.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The master key file cannot be used.
    #[error("master key {path}: {why}. {cure}")]
    Master {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do.
        cure: &'static str,
    },
    /// Not sealed by this master key for this place.
    #[error(
        "the stored secret does not open with this server's master key: restore master.key from its backup or enter \
         the secret again"
    )]
    Foreign,
}

/// Seals and opens. One data key for each tenant, derived from the master key.
pub struct Vault {
    master: Zeroizing<[u8; MASTER_BYTES]>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault on a key that is already in memory.
    pub fn new(master: [u8; 32]) -> Self {
        Self { master: Zeroizing::new(master) }
    }

    /// Reads `master.key` in `dir`, or makes it (mode 0600) when it does not exist yet.
    pub fn open_or_create(dir: &Path, dice: &dyn Dice) -> Result<Self, VaultError> {
        let path = dir.join("master.key");
        match read_master(&path) {
            Err(VaultError::Master { .. }) if !path.exists() => create_master(&path, dice),
            other => other,
        }
        .map(|master| Self { master })
    }

    /// Seals `plain` for `place`.
    pub fn seal(
        &self,
        place: Place<'_>,
        plain: &[u8],
        dice: &dyn Dice,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_BYTES] = roll(dice);
        let aad = place.authenticated();
        let sealed = self
            .cipher(place.tenant)
            .encrypt(&nonce.into(), Payload { msg: plain, aad: aad.as_bytes() })
            .map_err(|_| VaultError::Foreign)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(SEAL_VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Vault::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let Some((&SEAL_VERSION, rest)) = sealed.split_first() else {
            return Err(VaultError::Foreign);
        };
        let Some((nonce, body)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Err(VaultError::Foreign);
        };
        let aad = place.authenticated();
        self.cipher(place.tenant)
            .decrypt(&(*nonce).into(), Payload { msg: body, aad: aad.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Foreign)
    }

    /// A 32-byte key for one purpose of the whole deployment, e.g. signing sessions.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.expand(&format!("mailvane-{purpose}-v1"))
    }

    fn cipher(&self, tenant: i32) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.expand(&format!("mailvane-tenant-v1|{tenant}"))).into())
    }

    /// One block of HKDF-Expand: the master key is uniform, so no extract step is needed.
    fn expand(&self, info: &str) -> Zeroizing<[u8; 32]> {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&*self.master) else {
            // HMAC takes keys of any length.
            std::process::abort();
        };
        mac.update(info.as_bytes());
        mac.update(&[1]);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

fn read_master(path: &Path) -> Result<Zeroizing<[u8; MASTER_BYTES]>, VaultError> {
    let broken = |why: String, cure| VaultError::Master { path: path.to_owned(), why, cure };
    let mut file = fs::File::open(path).map_err(|e| {
        broken(e.to_string(), "Make it readable by the server's user and nobody else")
    })?;
    let mode =
        file.metadata().map_err(|e| broken(e.to_string(), "Check the disk"))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(broken(format!("mode {:o} lets others read it", mode & 0o777), "chmod 600 it"));
    }
    let mut bytes = Zeroizing::new([0; MASTER_BYTES]);
    file.read_exact(&mut *bytes)
        .map_err(|e| broken(e.to_string(), "Restore it from its backup: 32 bytes"))?;
    Ok(bytes)
}

/// Written under another name and linked into place: two servers starting at once agree on one key.
fn create_master(
    path: &Path,
    dice: &dyn Dice,
) -> Result<Zeroizing<[u8; MASTER_BYTES]>, VaultError> {
    let broken = |e: io::Error| VaultError::Master {
        path: path.to_owned(),
        why: format!("cannot be made: {e}"),
        cure: "Give the server's user a data directory it may write to",
    };
    let fresh = Zeroizing::new(roll::<MASTER_BYTES>(dice));
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let written = (|| {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(&*fresh)?;
        file.sync_all()?;
        match fs::hard_link(&draft, path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    })();
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(broken)?;
    read_master(path)
}

const MASTER_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const SEAL_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemDice;

    fn place(row: u128) -> Place<'static> {
        Place { table: "channel", column: "secret", tenant: 7, row: uuid::Uuid::from_u128(row) }
    }

    #[test]
    fn a_sealed_webhook_opens_only_in_its_own_row() {
        let vault = Vault::new([9; 32]);
        let sealed = vault.seal(place(1), b"https://hooks.slack.com/x", &SystemDice).unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"slack"));
        assert_eq!(&**vault.open(place(1), &sealed).unwrap(), b"https://hooks.slack.com/x");
        for other in [
            place(2),
            Place { tenant: 8, ..place(1) },
            Place { table: "session", ..place(1) },
            Place { column: "hint", ..place(1) },
        ] {
            assert!(matches!(vault.open(other, &sealed), Err(VaultError::Foreign)));
        }
        assert!(Vault::new([8; 32]).open(place(1), &sealed).is_err());
    }

    #[test]
    fn a_damaged_value_is_refused_at_every_byte() {
        let vault = Vault::new([9; 32]);
        let sealed = vault.seal(place(1), b"x", &SystemDice).unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(vault.open(place(1), &damaged).is_err(), "byte {at}");
            assert!(vault.open(place(1), &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_master_key_is_made_once_and_never_shared() {
        let dir = tempfile::tempdir().unwrap();
        let first = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
        let second = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
        assert_eq!(*first.derive("x"), *second.derive("x"));
        let path = dir.path().join("master.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Vault::open_or_create(dir.path(), &SystemDice).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn secrets_print_as_nothing() {
        let secret = Secret::new("https://hooks.slack.com/T/B/x".into());
        assert_eq!(format!("{secret:?} {:?}", Vault::new([1; 32])), "(secret) Vault");
    }
}
