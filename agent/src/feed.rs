//! A source of log lines, whatever it is: a file that rotates, or the journal. The one place that knows both.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journald::Journald;
use crate::postfix::Line;
use crate::tail::checkpoint::Checkpoint;
use crate::tail::{Lost, Progress, Start, Tail};
use crate::vfs::Vfs;

/// The name under which the journal stands among paths of logs.
pub const JOURNALD: &str = "journald";

/// A source.
pub enum Feed {
    /// A file.
    File(Tail),
    /// The systemd journal.
    Journal(Journald),
}

impl Feed {
    /// Goes on at a place, or begins.
    pub fn open(logs: Arc<dyn Vfs>, path: &Path, place: Option<&Checkpoint>, start: Start) -> Self {
        if path.as_os_str() == JOURNALD {
            return Self::Journal(Journald::new(Path::new(crate::journald::PROGRAM), place, start));
        }
        Self::File(match place {
            Some(place) => Tail::resume(logs, path, place),
            None => Tail::new(logs, path, start),
        })
    }

    /// Opens the log where reading is to begin, so that there is a place before the first line.
    pub fn begin(&mut self) {
        if let Self::File(tail) = self {
            tail.begin();
        }
    }

    /// Path of the file, or [`JOURNALD`].
    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(tail) => tail.path().into(),
            Self::Journal(_) => JOURNALD.into(),
        }
    }

    /// As facts and status name it.
    pub fn name(path: &Path) -> String {
        if path.as_os_str() == JOURNALD {
            JOURNALD.into()
        } else {
            format!("file:{}", path.display())
        }
    }

    /// Hands out lines with their size; text without a known stamp is no line of a log, and is passed over.
    pub fn read(
        &mut self,
        now_ms: i64,
        bytes_max: usize,
        line: &mut dyn FnMut(&Line<'_>, usize),
    ) -> Progress {
        match self {
            Self::File(tail) => tail.read(now_ms, bytes_max, &mut |bytes| {
                if let Some(parsed) = Line::parse(bytes) {
                    line(&parsed, bytes.len() + 1);
                }
            }),
            Self::Journal(journal) => journal
                .read(now_ms, bytes_max, &mut |entry| line(&entry.line(), entry.text.len() + 1)),
        }
    }

    /// The place behind the last line that was handed out.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        match self {
            Self::File(tail) => tail.checkpoint(),
            Self::Journal(journal) => journal.checkpoint(),
        }
    }

    /// What was gone before it was read, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        match self {
            Self::File(tail) => tail.take_lost(),
            Self::Journal(journal) => journal.take_lost(),
        }
    }

    /// How often the log was rotated since the start.
    pub fn rotations(&self) -> u64 {
        match self {
            Self::File(tail) => tail.rotations(),
            Self::Journal(_) => 0,
        }
    }

    /// Bytes written and not read yet, as far as that can be told.
    pub fn behind(&self) -> u64 {
        match self {
            Self::File(tail) => tail.behind(),
            Self::Journal(_) => 0,
        }
    }

    /// Goes to the log's end, leaving out what is between.
    pub fn skip_to_end(&mut self) {
        match self {
            Self::File(tail) => tail.skip_to_end(),
            Self::Journal(journal) => journal.skip_to_end(),
        }
    }
}
