//! A source of log lines, whatever it is: a file that rotates, docker's file of objects, the journal, or a socket.
//!
//! The one place that knows them all. Positions are kept under the source's name, not under its present path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::docker;
use crate::journald::Journald;
use crate::postfix::Line;
use crate::sources::{Kind, Source};
use crate::syslog::Inbox;
use crate::tail::checkpoint::Checkpoint;
use crate::tail::{Lost, Progress, Start, Tail};
use crate::vfs::Vfs;

/// The name under which the journal stands among paths of logs.
pub const JOURNALD: &str = "journald";

/// A source that is being read.
pub struct Feed {
    source: Source,
    from: From,
}

enum From {
    File(Tail),
    Docker(Tail),
    Journal(Journald),
    Socket(Inbox),
}

impl Feed {
    /// Goes on at a place, or begins. Sockets keep what they were sent in `inbox` until it is counted.
    pub fn open(
        logs: Arc<dyn Vfs>,
        source: &Source,
        place: Option<&Checkpoint>,
        start: Start,
        inbox: &Path,
    ) -> Self {
        let tail = |logs| match place {
            Some(place) => Tail::resume(logs, &source.path, place),
            None => Tail::new(logs, &source.path, start),
        };
        let from = match source.kind {
            Kind::File => From::File(tail(logs)),
            Kind::Docker => From::Docker(tail(logs)),
            Kind::Journal => {
                From::Journal(Journald::new(Path::new(crate::journald::PROGRAM), place, start))
            }
            Kind::Socket => From::Socket(Inbox::open(logs, &source.name, place, inbox)),
        };
        Self { source: source.clone(), from }
    }

    /// Opens the log where reading is to begin, so that there is a place before the first line.
    pub fn begin(&mut self) {
        match &mut self.from {
            From::File(tail) | From::Docker(tail) => tail.begin(),
            From::Socket(inbox) => inbox.begin(),
            From::Journal(_) => {}
        }
    }

    /// Name of the source.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Where the log is now.
    pub fn path(&self) -> PathBuf {
        self.source.path.clone()
    }

    /// The same log is somewhere else now, as when its container was made anew.
    pub fn moved(&mut self, path: &Path) {
        self.source.path = path.into();
        if let From::File(tail) | From::Docker(tail) = &mut self.from {
            tail.moved(path);
        }
    }

    /// Hands out lines with their size; text without a known stamp is no line of a log, and is passed over.
    pub fn read(
        &mut self,
        now_ms: i64,
        bytes_max: usize,
        line: &mut dyn FnMut(&Line<'_>, usize),
    ) -> Progress {
        let mut plain = |bytes: &[u8]| {
            if let Some(parsed) = Line::parse(bytes) {
                line(&parsed, bytes.len() + 1);
            }
        };
        match &mut self.from {
            From::File(tail) => tail.read(now_ms, bytes_max, &mut plain),
            From::Socket(inbox) => inbox.read(now_ms, bytes_max, &mut plain),
            From::Docker(tail) => tail.read(now_ms, bytes_max, &mut |bytes| {
                if let Some(entry) = docker::entry(bytes)
                    && let Some(parsed) = entry.line()
                {
                    line(&parsed, entry.text.len() + 1);
                }
            }),
            From::Journal(journal) => journal
                .read(now_ms, bytes_max, &mut |entry| line(&entry.line(), entry.text.len() + 1)),
        }
    }

    /// The place behind the last line that was handed out.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let place = match &self.from {
            From::File(tail) | From::Docker(tail) => tail.checkpoint(),
            From::Journal(journal) => journal.checkpoint(),
            From::Socket(inbox) => inbox.checkpoint(),
        };
        place.map(|place| Checkpoint { path: self.source.name.clone(), ..place })
    }

    /// What was gone before it was read, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        match &mut self.from {
            From::File(tail) | From::Docker(tail) => tail.take_lost(),
            From::Journal(journal) => journal.take_lost(),
            From::Socket(inbox) => inbox.take_lost(),
        }
    }

    /// How often the log was rotated since the start; the agent's own files are no log.
    pub fn rotations(&self) -> u64 {
        match &self.from {
            From::File(tail) | From::Docker(tail) => tail.rotations(),
            From::Journal(_) | From::Socket(_) => 0,
        }
    }

    /// Bytes written and not read yet, as far as that can be told.
    pub fn behind(&self) -> u64 {
        match &self.from {
            From::File(tail) | From::Docker(tail) => tail.behind(),
            From::Socket(inbox) => inbox.behind(),
            From::Journal(_) => 0,
        }
    }

    /// Goes to the log's end, leaving out what is between.
    pub fn skip_to_end(&mut self) {
        match &mut self.from {
            From::File(tail) | From::Docker(tail) => tail.skip_to_end(),
            From::Journal(journal) => journal.skip_to_end(),
            From::Socket(inbox) => inbox.skip_to_end(),
        }
    }
}
