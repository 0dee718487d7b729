//! Keeps what must not be read in the database: seals channel secrets and mints the keys of machines.
//!
//! A value sealed for one row cannot be opened in another: table, column, tenant and row are authenticated with it.
//! The master keys are a file; they never enter the database, a log or a backup of the database.

pub mod key;
pub mod letter;
pub mod password;
mod ring;
pub mod stamp;
pub mod totp;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use self::ring::{Key, Ring};
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

/// Seals and opens. One data key for each tenant, derived from the newest master key.
pub struct Vault {
    /// The newest key when this server started: what is derived from it stays alike until the next start.
    root: Key,
    held: Mutex<Held>,
    path: Option<PathBuf>,
}

/// The master keys as they were last seen.
struct Held {
    ring: Arc<Ring>,
    seen: Option<ring::Seen>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault on a key that is already in memory.
    pub fn new(master: [u8; 32]) -> Self {
        Self::on(Ring::of(master), None, None)
    }

    /// Reads `master.key` in `dir`, or makes it (mode 0600) when it does not exist yet.
    pub fn open_or_create(dir: &Path, dice: &dyn Dice) -> Result<Self, VaultError> {
        let path = dir.join(MASTER_FILE);
        let seen = ring::Seen::of(&path);
        let ring = match Ring::read(&path) {
            Err(VaultError::Master { .. }) if !path.exists() => ring::create(&path, dice),
            other => other,
        }?;
        Ok(Self::on(ring, seen, Some(path)))
    }

    fn on(ring: Ring, seen: Option<ring::Seen>, path: Option<PathBuf>) -> Self {
        let root = ring.newest().clone();
        Self { root, held: Mutex::new(Held { ring: Arc::new(ring), seen }), path }
    }

    /// Puts a fresh master key before those in `master.key`: from now on everything is sealed with it, also by a server
    /// that runs.
    pub fn renew(&self, dice: &dyn Dice) -> Result<(), VaultError> {
        let Some(path) = &self.path else { return Err(VaultError::Foreign) };
        self.ring().renewed(path, dice)
    }

    /// Leaves only the newest master key in `master.key`.
    pub fn forget_older(&self) -> Result<(), VaultError> {
        let Some(path) = &self.path else { return Err(VaultError::Foreign) };
        self.ring().alone(path)
    }

    /// How many master keys there are, and how many there may be.
    pub fn keys(&self) -> (usize, usize) {
        (self.ring().keys().count(), ring::KEYS_MAX)
    }

    /// How everything begins that was sealed with the newest master key.
    pub fn newest_mark(&self) -> Vec<u8> {
        let ring = self.ring();
        [&[SEAL_VERSION][..], &ring::name(ring.newest())].concat()
    }

    /// Seals `plain` for `place`.
    pub fn seal(
        &self,
        place: Place<'_>,
        plain: &[u8],
        dice: &dyn Dice,
    ) -> Result<Vec<u8>, VaultError> {
        let ring = self.ring();
        let nonce: [u8; NONCE_BYTES] = roll(dice);
        let aad = place.authenticated();
        let sealed = cipher(ring.newest(), place.tenant)
            .encrypt(&nonce.into(), Payload { msg: plain, aad: aad.as_bytes() })
            .map_err(|_| VaultError::Foreign)?;
        Ok([&[SEAL_VERSION][..], &ring::name(ring.newest()), &nonce, &sealed].concat())
    }

    /// Opens what [`Vault::seal`] made for the same place, with whichever master key of the file sealed it.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let ring = self.ring();
        let (named, rest) = match sealed.split_first() {
            Some((&SEAL_VERSION, rest)) => {
                let (name, rest) =
                    rest.split_first_chunk::<{ ring::NAME_BYTES }>().ok_or(VaultError::Foreign)?;
                (Some(*name), rest)
            }
            // Sealed before keys had names: any of them may fit.
            Some((&NAMELESS_VERSION, rest)) => (None, rest),
            _ => return Err(VaultError::Foreign),
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Foreign)?;
        let aad = place.authenticated();
        ring.keys()
            .filter(|key| named.is_none_or(|named| ring::name(key) == named))
            .find_map(|key| {
                let message = Payload { msg: body, aad: aad.as_bytes() };
                cipher(key, place.tenant).decrypt(&(*nonce).into(), message).ok()
            })
            .map(Zeroizing::new)
            .ok_or(VaultError::Foreign)
    }

    /// A 32-byte key for one purpose of the whole deployment, e.g. signing sessions. It is another one after the next
    /// start once the master key was renewed.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.root, purpose)
    }

    /// The same from every master key that is known: for what was given out long ago and comes back.
    fn derive_all(&self, purpose: &str) -> Vec<Zeroizing<[u8; 32]>> {
        let ring = self.ring();
        let known = std::iter::once(&self.root).chain(ring.keys());
        known.map(|key| derived(key, purpose)).collect()
    }

    /// The keys of the file; it is read again when it was replaced.
    fn ring(&self) -> Arc<Ring> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path {
            let seen = ring::Seen::of(path);
            if seen.is_some() && seen != held.seen {
                match Ring::read(path) {
                    Ok(ring) => {
                        held.ring = Arc::new(ring);
                        held.seen = seen;
                    }
                    Err(error) => tracing::error!(%error, "the master keys known before are used"),
                }
            }
        }
        Arc::clone(&held.ring)
    }
}

fn derived(key: &Key, purpose: &str) -> Zeroizing<[u8; 32]> {
    expand(key, &format!("mailvane-{purpose}-v1"))
}

fn cipher(key: &Key, tenant: i32) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*expand(key, &format!("mailvane-tenant-v1|{tenant}"))).into())
}

/// One block of HKDF-Expand: the master key is uniform, so no extract step is needed.
fn expand(key: &Key, info: &str) -> Zeroizing<[u8; 32]> {
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&**key) else {
        // HMAC takes keys of any length.
        std::process::abort();
    };
    mac.update(info.as_bytes());
    mac.update(&[1]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

const MASTER_FILE: &str = "master.key";
const NONCE_BYTES: usize = 24;
const SEAL_VERSION: u8 = 2;
const NAMELESS_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

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

    /// A server runs, another process renews the key: what was sealed before and after opens in both.
    #[test]
    fn a_key_is_renewed_under_a_running_server() {
        let dir = tempfile::tempdir().unwrap();
        let running = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
        let before = running.seal(place(1), b"before", &SystemDice).unwrap();
        let (session, mark) = (running.derive("session"), running.newest_mark());
        Vault::open_or_create(dir.path(), &SystemDice).unwrap().renew(&SystemDice).unwrap();
        assert_eq!(&**running.open(place(1), &before).unwrap(), b"before");
        let after = running.seal(place(1), b"after", &SystemDice).unwrap();
        assert!(after.starts_with(&running.newest_mark()) && !after.starts_with(&mark));
        assert_eq!(*running.derive("session"), *session, "nobody is signed out meanwhile");
        let path = dir.path().join("master.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let started_later = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
        assert_ne!(*started_later.derive("session"), *session);
        started_later.forget_older().unwrap();
        for vault in [&running, &started_later] {
            assert!(matches!(vault.open(place(1), &before), Err(VaultError::Foreign)));
            assert_eq!(&**vault.open(place(1), &after).unwrap(), b"after");
        }
    }

    #[test]
    fn no_more_keys_are_kept_than_may_be_and_a_damaged_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
        while vault.keys().0 < vault.keys().1 {
            vault.renew(&SystemDice).unwrap();
        }
        assert!(matches!(vault.renew(&SystemDice), Err(VaultError::Master { .. })));
        let path = dir.path().join("master.key");
        for bytes in [vec![], vec![1; 31], vec![1; 33], vec![1; 5 * 32]] {
            fs::write(&path, &bytes).unwrap();
            let refused = Vault::open_or_create(dir.path(), &SystemDice).unwrap_err().to_string();
            assert!(refused.contains("backup"), "{} bytes: {refused}", bytes.len());
        }
    }

    #[test]
    fn what_was_sealed_before_keys_had_names_still_opens() {
        let vault = Vault::new([9; 32]);
        let sealed = vault.seal(place(1), b"old", &SystemDice).unwrap();
        let nameless = [&[NAMELESS_VERSION][..], &sealed[1 + ring::NAME_BYTES..]].concat();
        assert_eq!(&**vault.open(place(1), &nameless).unwrap(), b"old");
    }

    #[test]
    fn secrets_print_as_nothing() {
        let secret = Secret::new("https://hooks.slack.com/T/B/x".into());
        assert_eq!(format!("{secret:?} {:?}", Vault::new([1; 32])), "(secret) Vault");
    }
}
