//! Finds a remembered place again among a log and its rotated siblings, and puts the siblings in order.

use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::reader::Reader;
use crate::vfs::{Stat, Vfs};

/// Rotated siblings looked at.
const SIBLINGS_MAX: usize = 200;

/// A place found again.
pub(super) struct Found {
    /// Stands at the place.
    pub(super) reader: Reader,
    /// In a file that had been rotated away.
    pub(super) rotated: bool,
}

/// Looks for a place: in the log, else in the file of the same inode, else in a copy with the same first line.
pub(super) fn find(vfs: &dyn Vfs, path: &Path, place: &Checkpoint) -> Option<Found> {
    let same_inode = |stat: &Stat| (stat.dev, stat.ino) == (place.dev, place.ino);
    if vfs.stat(path).is_ok_and(|stat| same_inode(&stat))
        && let Some(reader) = at_place(vfs, path, place)
    {
        return Some(Found { reader, rotated: false });
    }
    let siblings = siblings(vfs, path);
    let renamed = siblings.iter().position(|sibling| {
        same_inode(&sibling.stat) && at_place(vfs, &sibling.path, place).is_some()
    });
    let copied = || {
        siblings.iter().position(|sibling| {
            at_place(vfs, &sibling.path, place).is_some_and(|reader| {
                place.first_line != 0 && reader.first_line() == Some(place.first_line)
            })
        })
    };
    let index = renamed.or_else(copied)?;
    let sibling = siblings.get(index)?;
    let reader = at_place(vfs, &sibling.path, place)?;
    Some(Found { reader, rotated: true })
}

/// The oldest rotated sibling that is newer than an open file; copies of what was read are left out.
pub(super) fn next(vfs: &dyn Vfs, path: &Path, open: &Stat, seen: &[Vec<u8>]) -> Option<Reader> {
    let siblings = siblings(vfs, path);
    let same = |sibling: &Sibling| (sibling.stat.dev, sibling.stat.ino) == (open.dev, open.ino);
    // A file that was compressed or removed meanwhile has its place by age.
    let newer = match siblings.iter().position(same) {
        Some(index) => index + 1,
        None => siblings.partition_point(|sibling| sibling.stat.mtime_ms < open.mtime_ms),
    };
    // A copy of the log itself, made by hand, is no rotated log either.
    let log = head_of(vfs, path);
    siblings.iter().skip(newer).find_map(|sibling| {
        let head = head_of(vfs, &sibling.path)?;
        let copy = seen.iter().chain(&log).any(|other| is_copy(&head, other));
        (!copy && !head.is_empty()).then(|| Reader::open(vfs, &sibling.path, 0).ok()).flatten()
    })
}

/// One of two texts goes on where the other ends. Files whose first lines are alike differ soon after.
fn is_copy(a: &[u8], b: &[u8]) -> bool {
    !a.is_empty() && !b.is_empty() && a.iter().zip(b).all(|(a, b)| a == b)
}

fn head_of(vfs: &dyn Vfs, path: &Path) -> Option<Vec<u8>> {
    let mut reader = Reader::open(vfs, path, 0).ok()?;
    reader.head().ok()
}

/// A reader at the place, if the file has the same text before it.
fn at_place(vfs: &dyn Vfs, path: &Path, place: &Checkpoint) -> Option<Reader> {
    let reader = Reader::open(vfs, path, place.offset).ok()?;
    reader.is_at(place).then_some(reader)
}

struct Sibling {
    path: PathBuf,
    stat: Stat,
}

/// `mail.log.1`, `mail.log-20261123`, `mail.log.20261123-122326.gz`: oldest first. The log itself is none of them.
fn siblings(vfs: &dyn Vfs, path: &Path) -> Vec<Sibling> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    let rotated = |other: &PathBuf| {
        let other =
            other.file_name().map(|other| other.to_string_lossy().into_owned()).unwrap_or_default();
        other.strip_prefix(&*name).is_some_and(|rest| rest.starts_with(['.', '-']))
    };
    let paths = vfs.list(directory).unwrap_or_default();
    let sibling = |path: PathBuf| {
        let stat = vfs.stat(&path).ok()?;
        stat.is_file.then_some(Sibling { path, stat })
    };
    let log = vfs.stat(path).ok();
    let mut siblings: Vec<_> = paths
        .into_iter()
        .filter(rotated)
        .take(SIBLINGS_MAX)
        .filter_map(sibling)
        .filter(|sibling| {
            log.is_none_or(|log| (log.dev, log.ino) != (sibling.stat.dev, sibling.stat.ino))
        })
        .collect();
    siblings.sort_by_key(|sibling| {
        (sibling.stat.mtime_ms, std::cmp::Reverse(rotation(&sibling.path)), sibling.path.clone())
    });
    siblings
}

/// The number of `mail.log.2` or `mail.log.2.gz`: files of the same age are older the higher it is.
fn rotation(path: &Path) -> u64 {
    let name = path.to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
