//! What waits in Postfix's queues: a walk over the directories, names and stat only, never a file's content.
//!
//! What cannot be listed is *not visible*, never zero. Ages come from arrival: long queue ids hold it, else the file's
//! birth; never from mtime, which in deferred is the time of the next try.

mod id;
pub mod scout;
pub mod showq;
pub mod wave;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use wave::Wave;

/// The queues, in the order in which they are walked: a message that moves from deferred to active meanwhile is seen
/// twice at worst, not missed.
pub const QUEUES: [Queue; 11] = [
    Queue::Deferred,
    Queue::Hold,
    Queue::Maildrop,
    Queue::Incoming,
    Queue::Active,
    Queue::Corrupt,
    Queue::Saved,
    Queue::Defer,
    Queue::Bounce,
    Queue::Trace,
    Queue::Flush,
];

/// Hashed directories are nested at most this deep; Postfix's own limit is 2.
const DEPTH_MAX: usize = 4;
/// Arrival times remembered; beyond it files are looked at anew each time.
const KNOWN_MAX: usize = 1_000_000;

/// A directory of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// From sendmail(1), waiting for pickup.
    Maildrop,
    /// Waiting for room in active.
    Incoming,
    /// Being delivered.
    Active,
    /// Waiting for the next try.
    Deferred,
    /// Parked.
    Hold,
    /// Damaged.
    Corrupt,
    /// Could not be returned.
    Saved,
    /// Logs of deferred recipients.
    Defer,
    /// Logs of refused recipients.
    Bounce,
    /// Logs for delivery reports.
    Trace,
    /// Lists for ETRN.
    Flush,
}

impl Queue {
    /// The directory's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maildrop => "maildrop",
            Self::Incoming => "incoming",
            Self::Active => "active",
            Self::Deferred => "deferred",
            Self::Hold => "hold",
            Self::Corrupt => "corrupt",
            Self::Saved => "saved",
            Self::Defer => "defer",
            Self::Bounce => "bounce",
            Self::Trace => "trace",
            Self::Flush => "flush",
        }
    }

    /// The queue whose directory has this name.
    pub fn of_name(name: &[u8]) -> Option<Self> {
        QUEUES.into_iter().find(|queue| queue.name().as_bytes() == name)
    }

    /// Files that are not complete yet are no messages.
    fn has_incomplete_files(self) -> bool {
        matches!(self, Self::Maildrop | Self::Incoming)
    }

    /// Its files are messages with an age.
    fn has_ages(self) -> bool {
        matches!(self, Self::Incoming | Self::Active | Self::Deferred | Self::Hold | Self::Maildrop)
    }
}

/// What one queue holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages, or files.
    pub messages: u64,
    /// Bytes of their files.
    pub bytes: u64,
    /// Messages by age: qshape's buckets from 5 to 1280 minutes and beyond.
    pub ages: [u64; AGE_BUCKETS],
    /// Age of the oldest, seconds.
    pub oldest_s: u64,
    /// Messages older than a day.
    pub over_24h: u64,
    /// Of deferred messages: when they are tried again.
    pub retry: Wave,
    /// Of deferred messages: when they expire, if the lifetime is known.
    pub expire: Wave,
}

/// Buckets of ages.
pub const AGE_BUCKETS: usize = 10;
const FIRST_BUCKET_S: u64 = 300;
const DAY_S: u64 = 86_400;

impl Depth {
    fn add(&mut self, known: Known, now_s: u64) {
        let age_s = now_s.saturating_sub(u64::from(known.arrived_s));
        self.bytes += u64::from(known.bytes);
        self.oldest_s = self.oldest_s.max(age_s);
        self.over_24h += u64::from(age_s > DAY_S);
        if let Some(count) = self.ages.get_mut(bucket_of(age_s)) {
            *count += 1;
        }
    }
}

/// qshape's bucket of an age.
fn bucket_of(age_s: u64) -> usize {
    let within = |bucket: &usize| age_s < FIRST_BUCKET_S << *bucket;
    (0..AGE_BUCKETS - 1).find(within).unwrap_or(AGE_BUCKETS - 1)
}

#[derive(Debug, Clone, Copy)]
struct Known {
    arrived_s: u32,
    bytes: u32,
    /// When a deferred message is tried again: its file's mtime, which lies ahead.
    next_try_s: u32,
}

/// Walks one instance's queues and remembers when messages came.
#[derive(Debug)]
pub struct Walker {
    directory: PathBuf,
    lifetime_s: Option<u64>,
    known: HashMap<u64, Known>,
}

impl Walker {
    /// For the queue directory of an instance that gives messages up after `lifetime_s` seconds.
    pub fn new(directory: &Path, lifetime_s: Option<u64>) -> Self {
        Self { directory: directory.into(), lifetime_s, known: HashMap::new() }
    }

    /// The queue directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Walks all queues; each is what was found, or why it cannot be seen.
    pub fn walk(&mut self, now_ms: i64) -> Vec<(Queue, io::Result<Depth>)> {
        let mut seen = HashMap::new();
        let depths = QUEUES.map(|queue| {
            let mut walk = Walk {
                queue,
                now_s: u64::try_from(now_ms / 1000).unwrap_or(0),
                lifetime_s: self.lifetime_s,
                known: &self.known,
                seen: &mut seen,
                depth: Depth::default(),
            };
            let walked = walk.directory(&self.directory.join(queue.name()), 0);
            (queue, walked.map(|()| walk.depth))
        });
        self.known = seen;
        depths.into()
    }
}

/// The walk over one queue.
struct Walk<'a> {
    queue: Queue,
    now_s: u64,
    lifetime_s: Option<u64>,
    known: &'a HashMap<u64, Known>,
    seen: &'a mut HashMap<u64, Known>,
    depth: Depth,
}

impl Walk<'_> {
    fn directory(&mut self, directory: &Path, level: usize) -> io::Result<()> {
        let entries = match fs::read_dir(directory) {
            // A hash directory can go while its parent is being walked.
            Err(error) if level > 0 && error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            let hashed = name.len() == 1
                && level < DEPTH_MAX
                && entry.file_type().is_ok_and(|kind| kind.is_dir());
            if hashed {
                self.directory(&entry.path(), level + 1)?;
            } else if self.queue == Queue::Flush || is_queue_file(name) {
                self.file(&entry);
            }
        }
        Ok(())
    }

    fn file(&mut self, entry: &fs::DirEntry) {
        if !self.queue.has_ages() {
            self.depth.messages += 1;
            return;
        }
        let key = crate::fold::hash(entry.file_name().as_encoded_bytes());
        let remembered = self.known.get(&key).copied().filter(|known| self.is_current(*known));
        // What is gone meanwhile is counted where it went, or nowhere.
        let Some(known) = remembered.or_else(|| look(self.queue, entry)) else { return };
        if self.seen.len() < KNOWN_MAX && self.queue != Queue::Maildrop {
            self.seen.insert(key, known);
        }
        self.depth.messages += 1;
        self.depth.add(known, self.now_s);
        if self.queue == Queue::Deferred {
            self.depth.retry.add(u64::from(known.next_try_s), self.now_s);
            if let Some(lifetime_s) = self.lifetime_s {
                self.depth.expire.add(u64::from(known.arrived_s) + lifetime_s, self.now_s);
            }
        }
    }

    /// What was seen of a file holds while it waits. Once a try was due, the next one is written on the file anew.
    fn is_current(&self, known: Known) -> bool {
        match self.queue {
            Queue::Deferred => u64::from(known.next_try_s) > self.now_s,
            queue => !queue.has_incomplete_files(),
        }
    }
}

/// Arrival and size of a complete message; nothing for anything else.
fn look(queue: Queue, entry: &fs::DirEntry) -> Option<Known> {
    let metadata = entry.metadata().ok()?;
    let complete = metadata.permissions().mode() & 0o700 == 0o700;
    if !metadata.is_file() || (queue.has_incomplete_files() && !complete) {
        return None;
    }
    let name = entry.file_name();
    let from_name = id::arrival_s(name.as_encoded_bytes());
    let time = if queue == Queue::Maildrop {
        metadata.modified()
    } else {
        metadata.created().or(metadata.modified())
    };
    let from_file = || time.ok()?.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let arrived_s = from_name.or_else(from_file).unwrap_or(0);
    let modified = metadata.modified().ok();
    let next_try_s = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Some(Known {
        next_try_s: u32::try_from(next_try_s.map_or(0, |since| since.as_secs()))
            .unwrap_or(u32::MAX),
        arrived_s: u32::try_from(arrived_s).unwrap_or(u32::MAX),
        bytes: u32::try_from(metadata.len()).unwrap_or(u32::MAX),
    })
}

/// `[A-Za-z0-9_]+`, at least six: what Postfix takes for a queue file.
fn is_queue_file(name: &[u8]) -> bool {
    name.len() >= 6 && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    fn put(directory: &Path, name: &str, mode: u32) {
        fs::create_dir_all(directory).unwrap();
        fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(mode)
            .open(directory.join(name))
            .unwrap();
    }

    fn spool() -> tempfile::TempDir {
        let spool = tempfile::tempdir().unwrap();
        for queue in QUEUES {
            fs::create_dir(spool.path().join(queue.name())).unwrap();
        }
        spool
    }

    fn depth(walker: &mut Walker, queue: Queue, now_ms: i64) -> io::Result<Depth> {
        walker.walk(now_ms).into_iter().find(|(other, _)| *other == queue).unwrap().1
    }

    #[test]
    fn hashed_and_flat_files_count_and_strangers_do_not() {
        let spool = spool();
        let deferred = spool.path().join("deferred");
        put(&deferred.join("A"), "AF128B62034", 0o700);
        put(&deferred.join("B/C"), "BC128B62034", 0o710);
        put(&deferred, "C111FA182B1", 0o700);
        put(&deferred.join("E"), "README.txt", 0o700);
        let mut walker = Walker::new(spool.path(), Some(5 * DAY_S));
        assert_eq!(depth(&mut walker, Queue::Deferred, 0).unwrap().messages, 3);
    }

    #[test]
    fn a_message_still_being_written_is_none_yet() {
        let spool = spool();
        put(&spool.path().join("incoming"), "AF128B62034", 0o600);
        put(&spool.path().join("incoming"), "AF128B62035", 0o700);
        let mut walker = Walker::new(spool.path(), Some(5 * DAY_S));
        assert_eq!(depth(&mut walker, Queue::Incoming, 0).unwrap().messages, 1);
    }

    #[test]
    fn the_next_try_is_read_anew_once_it_was_due() {
        let spool = spool();
        let deferred = spool.path().join("deferred");
        put(&deferred, "AF128B62034", 0o700);
        let file = fs::File::options().write(true).open(deferred.join("AF128B62034")).unwrap();
        let at = |seconds| UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        file.set_modified(at(10_000)).unwrap();
        let mut walker = Walker::new(spool.path(), Some(5 * DAY_S));
        let mut retry =
            |now_s: i64| depth(&mut walker, Queue::Deferred, now_s * 1000).unwrap().retry.counts();
        assert_eq!(retry(9_000), [0, 0, 0, 1, 0, 0, 0], "in 1,000 s");
        assert_eq!(retry(9_800), [0, 1, 0, 0, 0, 0, 0], "in 200 s");
        assert_eq!(retry(10_000), [1, 0, 0, 0, 0, 0, 0], "due");
        file.set_modified(at(14_000)).unwrap();
        assert_eq!(retry(10_100), [0, 0, 0, 0, 1, 0, 0], "tried, and again in 3,900 s");
    }

    #[test]
    fn what_cannot_be_listed_is_not_zero() {
        let spool = spool();
        fs::remove_dir(spool.path().join("hold")).unwrap();
        let mut walker = Walker::new(spool.path(), Some(5 * DAY_S));
        assert!(depth(&mut walker, Queue::Hold, 0).is_err());
        assert_eq!(depth(&mut walker, Queue::Corrupt, 0).unwrap().messages, 0);
    }

    #[test]
    fn ages_come_from_long_ids_and_fall_into_qshapes_buckets() {
        let spool = spool();
        put(&spool.path().join("deferred"), "4jY4pL3ssWz1lq10", 0o700);
        let mut walker = Walker::new(spool.path(), Some(5 * DAY_S));
        let arrived = i64::try_from(id::arrival_s(b"4jY4pL3ssWz1lq10").unwrap()).unwrap();
        let depth = depth(&mut walker, Queue::Deferred, (arrived + 700) * 1000).unwrap();
        assert_eq!(depth.oldest_s, 700);
        assert_eq!(depth.ages, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }
}
