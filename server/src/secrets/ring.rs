//! The master keys of an installation as they lie in `master.key`: the newest seals, older ones only open.
//!
//! The file is 32 bytes a key, newest first, mode 0600. It is never written into: it is replaced whole, so that whoever
//! reads it sees all keys of one moment.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use zeroize::Zeroizing;

use super::{VaultError, expand, roll};
use crate::clock::Dice;

/// A master key.
pub(super) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// What a sealed value calls the key that sealed it.
pub(super) fn name(key: &Key) -> [u8; NAME_BYTES] {
    let mut name = [0; NAME_BYTES];
    name.iter_mut()
        .zip(expand(key, "mailvane-key-name-v1").iter())
        .for_each(|(to, from)| *to = *from);
    name
}

/// What tells one file of keys from the one that replaced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Seen {
    /// How the file looks now; none: it cannot be looked at.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        let changed = (file.ctime(), file.ctime_nsec());
        Some(Self { inode: file.ino(), bytes: file.len(), changed })
    }
}

/// The keys, newest first.
pub(super) struct Ring {
    newest: Key,
    older: Vec<Key>,
}

impl Ring {
    /// One key alone.
    pub(super) fn of(key: [u8; KEY_BYTES]) -> Self {
        Self { newest: Zeroizing::new(key), older: Vec::new() }
    }

    pub(super) const fn newest(&self) -> &Key {
        &self.newest
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// Reads the file; one that others may read is refused.
    pub(super) fn read(path: &Path) -> Result<Self, VaultError> {
        let broken = |why: String, cure| VaultError::Master { path: path.to_owned(), why, cure };
        let file = fs::File::open(path).map_err(|e| {
            broken(e.to_string(), "Make it readable by the server's user and nobody else")
        })?;
        let mode = file
            .metadata()
            .map_err(|e| broken(e.to_string(), "Check the disk"))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(broken(
                format!("mode {:o} lets others read it", mode & 0o777),
                "chmod 600 it",
            ));
        }
        let cure = "Restore it from its backup: 32 bytes a key";
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEYS_MAX * KEY_BYTES + 1));
        let most = u64::try_from(KEYS_MAX * KEY_BYTES + 1).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut bytes).map_err(|e| broken(e.to_string(), cure))?;
        let (keys, rest) = bytes.as_chunks::<KEY_BYTES>();
        match keys.split_first() {
            Some((newest, older)) if rest.is_empty() && older.len() < KEYS_MAX => Ok(Self {
                newest: Zeroizing::new(*newest),
                older: older.iter().copied().map(Zeroizing::new).collect(),
            }),
            _ => Err(broken(format!("{} bytes are no keys", bytes.len()), cure)),
        }
    }

    /// Puts a fresh key before these.
    pub(super) fn renewed(&self, path: &Path, dice: &dyn Dice) -> Result<(), VaultError> {
        if self.older.len() + 1 >= KEYS_MAX {
            return Err(VaultError::Master {
                path: path.to_owned(),
                why: format!("holds {KEYS_MAX} keys, the most there may be"),
                cure: "Run `mailvane-server admin rotate-secrets --forget` first",
            });
        }
        let fresh = Zeroizing::new(roll::<KEY_BYTES>(dice));
        replace(path, std::iter::once(&fresh).chain(self.keys()))
    }

    /// Leaves the newest alone.
    pub(super) fn alone(&self, path: &Path) -> Result<(), VaultError> {
        replace(path, std::iter::once(&self.newest))
    }
}

/// Makes the first key. Two servers that start at once agree on one.
pub(super) fn create(path: &Path, dice: &dyn Dice) -> Result<Ring, VaultError> {
    let fresh = Zeroizing::new(roll::<KEY_BYTES>(dice));
    let made = draft(path, std::iter::once(&fresh), |draft| match fs::hard_link(draft, path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    made.map_err(|e| unmade(path, &e))?;
    Ring::read(path)
}

fn replace<'a>(path: &Path, keys: impl Iterator<Item = &'a Key>) -> Result<(), VaultError> {
    draft(path, keys, |draft| fs::rename(draft, path)).map_err(|e| unmade(path, &e))
}

/// Written under another name first; a crash leaves the old file or the new one, never half of it.
fn draft<'a>(
    path: &Path,
    keys: impl Iterator<Item = &'a Key>,
    settle: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let written = (|| {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        // Whoever replaces the file of another user leaves it to that user.
        if let Ok(old) = fs::metadata(path) {
            std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        for key in keys {
            file.write_all(&**key)?;
        }
        file.sync_all()?;
        settle(&draft)
    })();
    match fs::remove_file(&draft) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => written.and(Err(e)),
        _ => written,
    }?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn unmade(path: &Path, e: &io::Error) -> VaultError {
    VaultError::Master {
        path: path.to_owned(),
        why: format!("cannot be written: {e}"),
        cure: "Give the server's user a data directory it may write to",
    }
}

const KEY_BYTES: usize = 32;
/// Enough for three renewals that nobody forgot after.
pub(super) const KEYS_MAX: usize = 4;
pub(super) const NAME_BYTES: usize = 4;
