//! What came into the large queues and left them since the last look: inotify's word, so that counts are exact between walks.
//!
//! Sees names only. When the kernel's list overflows or a directory is new, it says that a walk is due.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// Directories watched of one spool: two queues hashed two levels deep.
const WATCHES_MAX: usize = 2 * (1 + 16 + 256);
/// Read in one step.
const BUFFER_BYTES: usize = 16 << 10;

/// What happened to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// It is there, in this directory.
    Came(&'a Path, &'a [u8]),
    /// It is gone.
    Left(&'a [u8]),
    /// Its times or its mode changed.
    Touched(&'a Path, &'a [u8]),
}

/// Watches one queue.
#[derive(Debug)]
pub(super) struct Watch {
    inotify: OwnedFd,
    directories: HashMap<i32, PathBuf>,
}

impl Watch {
    /// Nothing watched yet.
    pub(super) fn new() -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Self { inotify, directories: HashMap::new() })
    }

    /// Watches a directory too.
    pub(super) fn add(&mut self, directory: &Path) -> io::Result<()> {
        if self.directories.len() >= WATCHES_MAX {
            return Err(io::Error::other("too many directories"));
        }
        let what = WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB
            // A change of the time of modification alone.
            | WatchFlags::MODIFY
            | WatchFlags::ONLYDIR;
        let number = inotify::add_watch(&self.inotify, directory, what)?;
        self.directories.insert(number, directory.into());
        Ok(())
    }

    /// Tells what happened since the last call. Says whether that is all: if not, a walk is due.
    pub(super) fn drain(&self, mut tell: impl FnMut(Change<'_>)) -> bool {
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER_BYTES];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::WOULDBLOCK) => return true,
                Err(Errno::INTR) => continue,
                Err(_) => return false,
            };
            let what = event.events();
            let lost = ReadFlags::QUEUE_OVERFLOW | ReadFlags::IGNORED | ReadFlags::UNMOUNT;
            if what.intersects(lost | ReadFlags::ISDIR) {
                return false;
            }
            let (Some(directory), Some(name)) =
                (self.directories.get(&event.wd()), event.file_name())
            else {
                return false;
            };
            if what.intersects(ReadFlags::MOVED_TO | ReadFlags::CREATE) {
                tell(Change::Came(directory, name.to_bytes()));
            } else if what.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
                tell(Change::Left(name.to_bytes()));
            } else {
                tell(Change::Touched(directory, name.to_bytes()));
            }
        }
    }
}
