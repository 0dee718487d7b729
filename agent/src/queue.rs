//! What waits in Postfix's queues: a walk over the directories, names and stat only, never a file's content.
//!
//! What cannot be listed is *not visible*, never zero. Ages come from arrival: long queue ids hold it, else the file's
//! birth; never from mtime, which in deferred is the time of the next try.

pub mod answer;
mod id;
mod known;
pub mod remote;
pub mod scout;
pub mod showq;
mod watch;
pub mod wave;
mod yard;

use std::io;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use known::Known;
use remote::Remote;
use wave::Wave;
use yard::Yard;

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

    /// Messages come and leave whole, by one rename, and there may be many: worth to be told of each.
    fn is_watched(self) -> bool {
        matches!(self, Self::Deferred | Self::Hold)
    }

    /// Its files are messages with an age.
    pub fn has_ages(self) -> bool {
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
    /// Everything but the number of messages comes from one of so many messages; 1 is all of them.
    pub one_of: u64,
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

    /// Each message that was looked at stands for so many.
    fn scale(&mut self, by: u64) {
        self.bytes *= by;
        self.over_24h *= by;
        self.ages = self.ages.map(|count| count * by);
        self.retry.scale(by);
        self.expire.scale(by);
    }
}

/// qshape's bucket of an age.
fn bucket_of(age_s: u64) -> usize {
    let within = |bucket: &usize| age_s < FIRST_BUCKET_S << *bucket;
    (0..AGE_BUCKETS - 1).find(within).unwrap_or(AGE_BUCKETS - 1)
}

/// Looks at one instance's queues and remembers when messages came.
#[derive(Debug)]
pub struct Walker {
    directory: PathBuf,
    lifetime_s: Option<u64>,
    yards: Vec<Yard>,
    spent_us: i64,
}

/// Queues with what each holds, or why it cannot be seen.
pub type Seen = Vec<(Queue, io::Result<Depth>)>;

impl Walker {
    /// For the queue directory of an instance that gives messages up after `lifetime_s` seconds.
    pub fn new(directory: &Path, lifetime_s: Option<u64>) -> Self {
        let yards = QUEUES.iter().map(|queue| Yard::new(*queue, directory)).collect();
        Self { directory: directory.into(), lifetime_s, yards, spent_us: 0 }
    }

    /// The queue directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Looks at all queues; walks those whose walk is due.
    pub fn walk(&mut self, now_ms: i64) -> Seen {
        let mut buffer = vec![MaybeUninit::uninit(); yard::BUFFER_BYTES];
        let spent = self.yards.iter_mut().map(|yard| yard.look(now_ms, &mut buffer));
        self.spent_us += spent.sum::<i64>();
        let depth = |(queue, yard): (Queue, &Yard)| (queue, yard.depth(now_ms, self.lifetime_s));
        QUEUES.into_iter().zip(&self.yards).map(depth).collect()
    }

    /// Microseconds of CPU that looking took since the last call.
    pub fn take_spent_us(&mut self) -> i64 {
        std::mem::take(&mut self.spent_us)
    }
}

/// What this user saw itself, and of what it may not see what the helper says.
///
/// Without a helper, what cannot be seen stays so: the doctor names the cure.
pub fn with_helper(
    own: Seen,
    helper: &mut Remote,
    directory: &Path,
    lifetime_s: Option<u64>,
) -> Seen {
    let denied = |(_, depth): &(Queue, io::Result<Depth>)| {
        depth.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    if !own.iter().any(denied) {
        return own;
    }
    let Ok(Some(mut told)) = helper.ask(directory, lifetime_s) else { return own };
    let mut better = |queue: Queue, depth: io::Result<Depth>| {
        let place = told.iter().position(|(other, _)| *other == queue);
        match (depth, place.map(|place| told.swap_remove(place).1)) {
            (Err(_), Some(Ok(depth))) => (queue, Ok(depth)),
            (depth, _) => (queue, depth),
        }
    };
    own.into_iter().map(|(queue, depth)| better(queue, depth)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::time::UNIX_EPOCH;

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
        let hold = depth(&mut walker, Queue::Hold, 0);
        assert_eq!(hold.unwrap_err().kind(), io::ErrorKind::NotFound);
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

    #[test]
    fn between_walks_every_message_that_comes_or_leaves_is_counted() {
        let spool = spool();
        let deferred = spool.path().join("deferred");
        for number in 0..300 {
            put(&deferred.join("A"), &format!("A{number:010X}"), 0o700);
        }
        let mut walker = Walker::new(spool.path(), None);
        assert_eq!(depth(&mut walker, Queue::Deferred, 1_000).unwrap().messages, 300);
        put(&spool.path().join("active"), "B0000000001", 0o700);
        fs::rename(spool.path().join("active/B0000000001"), deferred.join("A/B0000000001"))
            .unwrap();
        fs::remove_file(deferred.join("A/A0000000007")).unwrap();
        fs::remove_file(deferred.join("A/A0000000008")).unwrap();
        // The same moment: no walk is due.
        let seen = depth(&mut walker, Queue::Deferred, 1_000).unwrap();
        assert_eq!((seen.messages, seen.one_of), (299, 1));
        assert_eq!(seen.ages.iter().sum::<u64>(), 299);
        // A new hash directory: the next walk finds what inotify could not tell.
        put(&deferred.join("C"), "C0000000001", 0o700);
        depth(&mut walker, Queue::Deferred, 1_000).unwrap();
        assert_eq!(depth(&mut walker, Queue::Deferred, 1_000_000).unwrap().messages, 300);
    }
}
