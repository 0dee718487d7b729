//! One open log file, plain or compressed, and the place in it.

use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::checkpoint::{self, Checkpoint, FIRST_LINE_BYTES, MARKER_BYTES};
use crate::vfs::{File, Stat, Vfs};

/// An open file.
pub(super) struct Reader {
    source: Source,
    stat: Stat,
    /// Bytes read.
    offset: u64,
    /// The last bytes read: for the marker, reaching back over a line that is not complete yet.
    recent: Vec<u8>,
    first_line: Option<u64>,
    /// The first bytes that came out of a compressed file.
    unpacked_head: Vec<u8>,
}

enum Source {
    Plain(Box<dyn File>),
    Compressed(Box<MultiGzDecoder<Sequential>>),
}

/// Enough to tell two files from each other whose first lines are alike.
pub(super) const HEAD_BYTES: usize = 1_024;
/// Longest partial line and the marker before it.
const RECENT_BYTES_MAX: usize = super::LINE_BYTES_MAX + super::CHUNK_BYTES + MARKER_BYTES;

impl Reader {
    /// Opens a file at a place; of a compressed one the place counts what comes out of it.
    pub(super) fn open(vfs: &dyn Vfs, path: &Path, offset: u64) -> io::Result<Self> {
        let file = vfs.open(path)?;
        let stat = file.stat()?;
        if !stat.is_file {
            return Err(io::Error::other("is not a regular file"));
        }
        let source = if path.extension().is_some_and(|extension| extension == "gz") {
            Source::Compressed(Box::new(MultiGzDecoder::new(Sequential { file, offset: 0 })))
        } else {
            Source::Plain(file)
        };
        let mut reader = Self {
            source,
            stat,
            offset: 0,
            recent: Vec::new(),
            first_line: None,
            unpacked_head: Vec::new(),
        };
        reader.skip_to(offset)?;
        Ok(reader)
    }

    fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        if let Source::Plain(file) = &self.source {
            let mut head = [0; FIRST_LINE_BYTES];
            let read = file.read_at(0, &mut head)?;
            self.first_line = checkpoint::first_line(head.get(..read).unwrap_or_default());
            let back = offset.min(u64::try_from(MARKER_BYTES).unwrap_or(0));
            self.offset = offset - back;
        }
        let mut chunk = vec![0; super::CHUNK_BYTES];
        while self.offset < offset {
            let want = usize::try_from(offset - self.offset).unwrap_or(usize::MAX).min(chunk.len());
            let read = self.read(chunk.get_mut(..want).unwrap_or_default())?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Reads on.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.source {
            Source::Plain(file) => file.read_at(self.offset, buffer)?,
            Source::Compressed(decoder) => decoder.read(buffer)?,
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        if self.first_line.is_none() && self.offset < u64::try_from(FIRST_LINE_BYTES).unwrap_or(0) {
            let mut head = self.recent.clone();
            head.extend_from_slice(bytes);
            self.first_line = checkpoint::first_line(&head);
        }
        if matches!(self.source, Source::Compressed(_)) && self.unpacked_head.len() < HEAD_BYTES {
            self.unpacked_head.extend(bytes.iter().take(HEAD_BYTES - self.unpacked_head.len()));
        }
        self.offset += u64::try_from(read).unwrap_or(0);
        self.recent.extend_from_slice(bytes);
        if self.recent.len() > RECENT_BYTES_MAX {
            let surplus = self.recent.len() - RECENT_BYTES_MAX;
            self.recent.drain(..surplus);
        }
        Ok(read)
    }

    /// What it is.
    pub(super) fn stat(&self) -> io::Result<Stat> {
        match &self.source {
            Source::Plain(file) => file.stat(),
            Source::Compressed(_) => Ok(self.stat),
        }
    }

    /// Hash of the first line.
    pub(super) fn first_line(&self) -> Option<u64> {
        self.first_line
    }

    /// The first bytes of the text, by which a copy is known. Of a compressed file nothing must have been read yet.
    pub(super) fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; HEAD_BYTES];
        if let Source::Plain(file) = &self.source {
            let read = file.read_at(0, &mut head)?;
            head.truncate(read);
            return Ok(head);
        }
        if self.offset == 0 {
            self.read(&mut head)?;
        }
        Ok(self.unpacked_head.clone())
    }

    /// Bytes not read yet.
    pub(super) fn behind(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.size.saturating_sub(self.offset))
    }

    /// If the file was truncated since: begins anew, and says how many bytes at least were lost.
    pub(super) fn truncated(&mut self) -> io::Result<Option<u64>> {
        let Source::Plain(file) = &self.source else { return Ok(None) };
        let stat = file.stat()?;
        let shrunk = stat.size < self.offset;
        let changed =
            !shrunk && stat.mtime_ms != self.stat.mtime_ms && self.text_changed(file.as_ref())?;
        self.stat = stat;
        if !shrunk && !changed {
            return Ok(None);
        }
        (self.offset, self.first_line) = (0, None);
        self.recent.clear();
        Ok(Some(0))
    }

    fn text_changed(&self, file: &dyn File) -> io::Result<bool> {
        let count = self.recent.len().min(MARKER_BYTES);
        let before = self.recent.get(self.recent.len() - count..).unwrap_or_default();
        let mut now = vec![0; count];
        let from = self.offset.saturating_sub(u64::try_from(count).unwrap_or(0));
        let read = file.read_at(from, &mut now)?;
        Ok(now.get(..read) != Some(before))
    }

    /// The place, `partial` bytes back: behind the last complete line.
    pub(super) fn checkpoint(&self, path: String, partial: usize) -> Checkpoint {
        let end = self.recent.len().saturating_sub(partial);
        let before = self.recent.get(..end).unwrap_or_default();
        Checkpoint {
            path,
            dev: self.stat.dev,
            ino: self.stat.ino,
            offset: self.offset.saturating_sub(u64::try_from(partial).unwrap_or(0)),
            marker: checkpoint::marker(before),
            first_line: self.first_line.unwrap_or(0),
            cursor: Vec::new(),
        }
    }

    /// Whether this reader stands at a remembered place.
    pub(super) fn is_at(&self, place: &Checkpoint) -> bool {
        self.offset == place.offset && checkpoint::marker(&self.recent) == place.marker
    }
}

/// A file read from its start to its end.
struct Sequential {
    file: Box<dyn File>,
    offset: u64,
}

impl io::Read for Sequential {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(self.offset, buffer)?;
        self.offset += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}
