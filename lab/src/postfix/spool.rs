//! The depth of the queues by names alone: what the truth says about messages still waiting.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use serde::Serialize;

/// Messages in each queue at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Handed in by local programs, not yet picked up.
    pub maildrop: u64,
    /// Being written, or waiting for room in active.
    pub incoming: u64,
    /// Being delivered.
    pub active: u64,
    /// Waiting for the next attempt.
    pub deferred: u64,
    /// Held by an operator or a rule.
    pub hold: u64,
}

impl Depth {
    /// Messages that Postfix will still work on by itself.
    #[must_use]
    pub fn moving(&self) -> u64 {
        self.maildrop + self.incoming + self.active + self.deferred
    }
}

/// Counts the messages under `queue_directory`.
pub(super) fn depth(queue_directory: &Path) -> io::Result<Depth> {
    let count = |name: &str| files(&queue_directory.join(name));
    Ok(Depth {
        maildrop: count("maildrop")?,
        incoming: count("incoming")?,
        active: count("active")?,
        deferred: count("deferred")?,
        hold: count("hold")?,
    })
}

/// Complete messages below `dir`; what vanishes meanwhile is not there, and what its owner may not run is still
/// being written, or was given up while it was.
fn files(dir: &Path) -> io::Result<u64> {
    let mut count = 0;
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(fault) => return Err(fault),
    };
    for entry in entries {
        let entry = entry?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => count += files(&entry.path())?,
            Ok(kind) if kind.is_file() => {
                let complete = |file: fs::Metadata| file.permissions().mode() & 0o700 == 0o700;
                count += u64::from(entry.metadata().is_ok_and(complete));
            }
            _ => {}
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_queues_are_walked() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("deferred/A")).unwrap();
        fs::create_dir_all(dir.path().join("active")).unwrap();
        for (name, mode) in [
            ("deferred/A/AF1", 0o700),
            ("deferred/BF2", 0o710),
            ("active/CF3", 0o700),
            ("active/DF4", 0o600),
        ] {
            let file = dir.path().join(name);
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        }
        let depth = depth(dir.path()).unwrap();
        assert_eq!((depth.deferred, depth.active, depth.hold), (2, 1, 0));
        assert_eq!(depth.moving(), 3);
    }
}
