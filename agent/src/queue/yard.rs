//! One queue's directory: walked when it is due, and kept exact by [`super::watch`] in between.
//!
//! Names and stat only; never opens a queue file.

use std::ffi::{CStr, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, StatxFlags, openat, statx};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::known::{Known, Table, key};
use super::watch::{Change, Watch};
use super::{Depth, Queue, id};

/// A walk takes at most this share of a core: the next one waits so many times as long as the last one took.
const DUTY: i64 = 200;
/// The same where nothing is missed by waiting, as every change is told, and for files that are no messages.
const DUTY_LAZY: i64 = 1_000;
/// Hashed directories are nested at most this deep; Postfix's own limit is 2.
const LEVELS_MAX: usize = 4;
/// Names read in one step: some 1,500.
pub(super) const BUFFER_BYTES: usize = 64 << 10;

/// Where names are read into.
pub(super) type Buffer = [MaybeUninit<u8>];

/// One queue of one spool.
#[derive(Debug)]
pub(super) struct Yard {
    queue: Queue,
    directory: PathBuf,
    table: Table,
    /// Messages, or files.
    count: u64,
    watch: Option<Watch>,
    walked_ms: i64,
    walk_us: i64,
    /// Why it cannot be seen.
    closed: Option<io::ErrorKind>,
}

impl Yard {
    pub(super) fn new(queue: Queue, spool: &Path) -> Self {
        Self {
            queue,
            directory: spool.join(queue.name()),
            table: Table::default(),
            count: 0,
            watch: None,
            walked_ms: i64::MIN,
            walk_us: 0,
            closed: None,
        }
    }

    /// Brings it up to date. Gives the microseconds of CPU that it took.
    pub(super) fn look(&mut self, now_ms: i64, buffer: &mut Buffer) -> i64 {
        let began_us = cpu_us();
        self.apply_changes();
        let lazy = self.watch.is_some() || !self.queue.has_ages();
        let rest_ms = self.walk_us * if lazy { DUTY_LAZY } else { DUTY } / 1000;
        // A clock that was set back must not stop the walks.
        let due = now_ms >= self.walked_ms.saturating_add(rest_ms) || now_ms < self.walked_ms;
        if due {
            self.walk(seconds(now_ms), buffer);
            (self.walked_ms, self.walk_us) = (now_ms, cpu_us() - began_us);
        }
        cpu_us() - began_us
    }

    /// What it holds at `now_ms`.
    pub(super) fn depth(&self, now_ms: i64, lifetime_s: Option<u64>) -> io::Result<Depth> {
        if let Some(closed) = self.closed {
            return Err(closed.into());
        }
        if !self.queue.has_ages() {
            return Ok(Depth { messages: self.count, one_of: 1, ..Depth::default() });
        }
        let waves = self.queue == Queue::Deferred;
        let depth = self.table.depth(seconds(now_ms), lifetime_s, waves);
        Ok(Depth { messages: self.count, ..depth })
    }

    fn walk(&mut self, now_s: u64, buffer: &mut Buffer) {
        if self.watch.is_none() && self.queue.is_watched() {
            // Without it, walks come more often.
            self.watch = Watch::new().ok();
        }
        self.table.begin();
        let before = std::mem::take(&mut self.count);
        let opened = open(CWD, &self.directory);
        let walked = opened.and_then(|root| {
            let mut walk = Walk { yard: self, now_s, buffer };
            walk.level(&root, &walk.yard.directory.clone(), 0)
        });
        self.closed = walked.as_ref().err().map(|errno| errno.kind());
        if walked.is_err() {
            (self.table, self.watch, self.count) = (Table::default(), None, before);
        }
        self.table.end();
    }

    /// What inotify told. If it did not tell all, the next walk is not put off.
    fn apply_changes(&mut self) {
        let Some(watch) = self.watch.take() else { return };
        let told_all = watch.drain(|change| match change {
            Change::Came(directory, name) => self.came(directory, name),
            Change::Left(name) => self.left(name),
            Change::Touched(directory, name) if self.table.wants(key(name)) => {
                self.came(directory, name);
            }
            Change::Touched(..) => {}
        });
        if told_all {
            self.watch = Some(watch);
        }
    }

    fn came(&mut self, directory: &Path, name: &[u8]) {
        if !is_queue_file(name) {
            return;
        }
        let key = key(name);
        let path = directory.join(OsStr::from_bytes(name));
        let new = if self.table.wants(key) {
            let known = look(CWD, &path, self.queue, name).ok().flatten();
            known.is_some_and(|known| self.table.put(key, known))
        } else {
            true
        };
        self.count += u64::from(new);
    }

    fn left(&mut self, name: &[u8]) {
        if is_queue_file(name) {
            let key = key(name);
            let known = !self.table.wants(key) || self.table.remove(key);
            self.count = self.count.saturating_sub(u64::from(known));
        }
    }
}

/// A walk over one queue.
struct Walk<'a> {
    yard: &'a mut Yard,
    now_s: u64,
    buffer: &'a mut Buffer,
}

impl Walk<'_> {
    fn level(&mut self, directory: &OwnedFd, path: &Path, level: usize) -> Result<(), Errno> {
        if let Some(watch) = &mut self.yard.watch
            && watch.add(path).is_err()
        {
            self.yard.watch = None;
        }
        let mut hashed: Vec<u8> = Vec::new();
        let mut entries = RawDir::new(directory, self.buffer);
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno),
            };
            let name = entry.file_name();
            match name.to_bytes() {
                [letter] if *letter != b'.' && level < LEVELS_MAX => {
                    if matches!(entry.file_type(), FileType::Directory | FileType::Unknown) {
                        hashed.push(*letter);
                    }
                }
                bytes if self.yard.queue == Queue::Flush && !bytes.starts_with(b".") => {
                    self.yard.count += 1;
                }
                bytes if is_queue_file(bytes) => {
                    file(self.yard, self.now_s, directory, name)?;
                }
                _ => {}
            }
        }
        for letter in hashed {
            let name = char::from(letter).to_string();
            match open(directory, &name) {
                Ok(inner) => self.level(&inner, &path.join(&name), level + 1)?,
                // It can go while its parent is being walked, and may be a file with a short name.
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

fn file(yard: &mut Yard, now_s: u64, directory: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    let queue = yard.queue;
    if !queue.has_ages() {
        yard.count += 1;
        return Ok(());
    }
    let key = key(name.to_bytes());
    if !queue.has_incomplete_files() {
        let wanted = yard.table.wants(key);
        let known = if wanted { yard.table.see(key) } else { None };
        // Once a try was due, the next one is written on the file anew; the watch tells of it.
        let current = |known: Known| {
            queue != Queue::Deferred || yard.watch.is_some() || u64::from(known.next_try_s) > now_s
        };
        if !wanted || known.is_some_and(current) {
            yard.count += 1;
            return Ok(());
        }
    }
    if let Some(known) = look(directory, name, queue, name.to_bytes())? {
        yard.count += 1;
        yard.table.put(key, known);
    }
    Ok(())
}

/// Arrival, size and next try of a complete message; nothing for anything else, or if it is gone.
fn look(
    directory: impl std::os::fd::AsFd,
    path: impl rustix::path::Arg,
    queue: Queue,
    name: &[u8],
) -> Result<Option<Known>, Errno> {
    let fields = StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::SIZE | StatxFlags::MTIME;
    let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
    let stat = match statx(directory, path, how, fields | StatxFlags::BTIME) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno),
    };
    let mode = u32::from(stat.stx_mode);
    let is_file = FileType::from_raw_mode(mode) == FileType::RegularFile;
    if !is_file || (queue.has_incomplete_files() && mode & 0o700 != 0o700) {
        return Ok(None);
    }
    let modified_s = u64::try_from(stat.stx_mtime.tv_sec).unwrap_or(0);
    let born_s = u64::try_from(stat.stx_btime.tv_sec).unwrap_or(0);
    let from_file = if queue == Queue::Maildrop || born_s == 0 { modified_s } else { born_s };
    let arrived_s = id::arrival_s(name).unwrap_or(from_file);
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Ok(Some(Known {
        arrived_s: narrow(arrived_s),
        bytes: narrow(stat.stx_size),
        next_try_s: narrow(modified_s),
    }))
}

fn open(at: impl std::os::fd::AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    openat(
        at,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// `[A-Za-z0-9_]+`, at least six: what Postfix takes for a queue file.
pub(super) fn is_queue_file(name: &[u8]) -> bool {
    name.len() >= 6 && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or(0)
}

/// CPU time of this thread, microseconds.
fn cpu_us() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}
