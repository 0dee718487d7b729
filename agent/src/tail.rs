//! One log that rotates, as lines with a place: every line once, whatever logrotate, copytruncate or postlogd do.
//!
//! Knows nothing of what the lines mean, and keeps no file of its own: the place goes to disk with what was counted.

pub mod checkpoint;
mod find;
mod reader;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::vfs::{Stat, Vfs};
use checkpoint::Checkpoint;
use reader::Reader;

/// A rotated file may still be written to until its writer is told to open the new one.
pub const ROTATION_GRACE_MS: i64 = 5_000;
/// A longer line is counted as one, and its rest skipped.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Read in one step.
const CHUNK_BYTES: usize = 64 * 1024;

/// What reading came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Read to the end.
    AtEnd,
    /// There is more.
    More,
    /// Nothing now, but older lines may still come: the source has only just begun to speak.
    Waiting,
    /// The log cannot be read now.
    Blocked(String),
}

/// Text that was gone before it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Bytes, where known.
    pub bytes: u64,
    /// What happened.
    pub why: &'static str,
}

/// Where a log is read from the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From its first line.
    First,
    /// From what is written from now on.
    End,
}

/// One log.
pub struct Tail {
    vfs: Arc<dyn Vfs>,
    path: PathBuf,
    start: Start,
    current: Option<Reader>,
    /// The open file had been rotated away before it was opened.
    opened_late: bool,
    /// Heads of files that were read, so that a copy is not read again.
    seen: Vec<Vec<u8>>,
    /// Since when the path has named another file, or none.
    rotated_ms: Option<i64>,
    lost: Vec<Lost>,
    /// Bytes read but not yet a line.
    partial: Vec<u8>,
    skipping: bool,
    rotations: u64,
}

impl Tail {
    /// A log that has never been read.
    pub fn new(vfs: Arc<dyn Vfs>, path: &Path, start: Start) -> Self {
        Self {
            vfs,
            path: path.into(),
            start,
            current: None,
            opened_late: false,
            seen: Vec::new(),
            rotated_ms: None,
            lost: Vec::new(),
            partial: Vec::new(),
            skipping: false,
            rotations: 0,
        }
    }

    /// A log that was read up to a place. What came between then and now is read first, from wherever it went.
    pub fn resume(vfs: Arc<dyn Vfs>, path: &Path, place: &Checkpoint) -> Self {
        let mut tail = Self::new(vfs, path, Start::First);
        match find::find(tail.vfs.as_ref(), path, place) {
            Some(found) => {
                tail.current = Some(found.reader);
                tail.opened_late = found.rotated;
            }
            None => tail.lost.push(Lost { bytes: 0, why: "the log that was being read is gone" }),
        }
        tail
    }

    /// The same log has another path now. An open file is read to its end, wherever the path leads.
    pub fn moved(&mut self, path: &Path) {
        self.path = path.into();
    }

    /// The log's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place behind the last line that was handed out; nothing before the first file was opened.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let path = self.path.to_string_lossy().into_owned();
        self.current.as_ref().map(|reader| reader.checkpoint(path, self.partial.len()))
    }

    /// Opens the log, if it is there, without reading it.
    pub fn begin(&mut self) {
        if self.current.is_none()
            && let Err(error) = self.open_next()
        {
            tracing::debug!(error = %error, "log.begin");
        }
    }

    /// What was gone before it was read, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.lost)
    }

    /// How often the log was rotated since the start.
    pub fn rotations(&self) -> u64 {
        self.rotations
    }

    /// Bytes written and not read yet, as far as the open file tells.
    pub fn behind(&self) -> u64 {
        self.current.as_ref().map_or(0, Reader::behind)
    }

    /// Goes to the log's end, leaving out what is between.
    pub fn skip_to_end(&mut self) {
        (self.current, self.start) = (None, Start::End);
        self.partial.clear();
    }

    /// Hands out complete lines without their ends, at most about `bytes_max` bytes of them.
    pub fn read(&mut self, now_ms: i64, bytes_max: usize, line: &mut dyn FnMut(&[u8])) -> Progress {
        match self.try_read(now_ms, bytes_max, line) {
            Ok(progress) => progress,
            Err(error) => Progress::Blocked(format!("{}: {error}", self.path.display())),
        }
    }

    fn try_read(
        &mut self,
        now_ms: i64,
        bytes_max: usize,
        line: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Progress> {
        let mut budget = bytes_max;
        loop {
            if self.current.is_none() && !self.open_next()? {
                return Ok(Progress::AtEnd);
            }
            self.check_truncated()?;
            if !self.drain(&mut budget, line)? {
                return Ok(Progress::More);
            }
            if !self.finished(now_ms)? {
                return Ok(Progress::AtEnd);
            }
            // A line without its end in a file that nobody writes to any more is all there will be of it.
            if !self.partial.is_empty() {
                let rest = std::mem::take(&mut self.partial);
                Self::hand_out(&rest, line);
            }
            self.skipping = false;
            self.leave();
        }
    }

    /// Goes on to the next newer file; to the log itself, if there is none between.
    fn leave(&mut self) {
        self.rotations += 1;
        self.rotated_ms = None;
        let Some(mut reader) = self.current.take() else { return };
        if let Ok(head) = reader.head() {
            self.seen.push(head);
            let surplus = self.seen.len().saturating_sub(SEEN_MAX);
            self.seen.drain(..surplus);
        }
        let next = reader
            .stat()
            .ok()
            .and_then(|open| find::next(self.vfs.as_ref(), &self.path, &open, &self.seen));
        self.opened_late = next.is_some();
        self.current = next;
    }

    /// Opens the log. Says whether there is one.
    fn open_next(&mut self) -> io::Result<bool> {
        self.opened_late = false;
        let stat = match self.vfs.stat(&self.path) {
            Ok(stat) => stat,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // What appears from now on is new, all of it.
                self.start = Start::First;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        if !stat.is_file {
            return Err(io::Error::other("is not a regular file"));
        }
        let offset = if self.start == Start::End { stat.size } else { 0 };
        self.start = Start::First;
        self.current = Some(Reader::open(self.vfs.as_ref(), &self.path, offset)?);
        Ok(true)
    }

    /// A file that shrank, or whose text before the place changed, was truncated: it begins anew.
    fn check_truncated(&mut self) -> io::Result<()> {
        let Some(reader) = &mut self.current else { return Ok(()) };
        if let Some(bytes) = reader.truncated()? {
            self.lost
                .push(Lost { bytes, why: "the log was truncated before it was read to its end" });
            self.partial.clear();
            self.skipping = false;
            self.rotations += 1;
        }
        Ok(())
    }

    /// Reads to the end of the open file; says whether the budget sufficed.
    fn drain(&mut self, budget: &mut usize, line: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let Some(reader) = &mut self.current else { return Ok(true) };
            let read = reader.read(&mut chunk)?;
            if read == 0 {
                return Ok(true);
            }
            self.split(chunk.get(..read).unwrap_or_default(), line);
            *budget = budget.saturating_sub(read);
            if *budget == 0 {
                return Ok(false);
            }
        }
    }

    fn split(&mut self, mut bytes: &[u8], line: &mut dyn FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
            bytes = rest.get(1..).unwrap_or_default();
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.partial.is_empty() {
                Self::hand_out(head, line);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(head);
                Self::hand_out(&whole, line);
                whole.clear();
                self.partial = whole;
            }
        }
        if self.skipping {
            return;
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() > LINE_BYTES_MAX {
            let start = std::mem::take(&mut self.partial);
            Self::hand_out(&start, line);
            self.skipping = true;
        }
    }

    /// A line without NULs in front, which copytruncate leaves, and without a carriage return at its end.
    fn hand_out(text: &[u8], line: &mut dyn FnMut(&[u8])) {
        let start = text.iter().position(|byte| *byte != 0).unwrap_or(text.len());
        let text = text.get(start..).unwrap_or_default();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !text.is_empty() {
            line(text);
        }
    }

    /// Whether nothing more will come into the open file.
    fn finished(&mut self, now_ms: i64) -> io::Result<bool> {
        let Some(reader) = &self.current else { return Ok(true) };
        let open = reader.stat()?;
        let named = match self.vfs.stat(&self.path) {
            Ok(stat) => Some(stat),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if named.is_some_and(|named| same_file(&named, &open)) {
            self.rotated_ms = None;
            return Ok(false);
        }
        let since = *self.rotated_ms.get_or_insert(now_ms);
        let settled = self.opened_late && now_ms - open.mtime_ms >= ROTATION_GRACE_MS;
        let waited = named.is_some() && now_ms - since >= ROTATION_GRACE_MS;
        Ok(settled || waited)
    }
}

/// Heads remembered: logrotate keeps four to seven files by default.
const SEEN_MAX: usize = 16;

fn same_file(a: &Stat, b: &Stat) -> bool {
    (a.dev, a.ino) == (b.dev, b.ino)
}

#[cfg(test)]
mod tests;
