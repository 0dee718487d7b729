//! An exact report of any log without a server: every file is read once, from its first line to its last.
//!
//! Counts with the reader and the fold of the running agent, into one interval that never closes.

mod report;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::fold::{Fold, Tallies};
use crate::journal::{Entries, Entry};
use crate::postfix::{self, Line};
use crate::stamp::{Stamps, Zone};
use crate::tail::LINE_BYTES_MAX;
pub use report::{Breakdown, Report};

/// Read in one step.
const CHUNK_BYTES: usize = 256 * 1024;
/// Begins a compressed file.
const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];
/// Begins a journal export, whose first field is one of the journal's own; no line of a log begins so.
const JOURNAL_MARK: &[u8] = b"__";
/// Messages without a line for long are looked for once in this time of the log.
const FORGET_EVERY_MS: i64 = 86_400_000;

/// What is counted while logs are read, one after the other, as one.
pub struct Parser {
    fold: Fold,
    tallies: Tallies,
    stamps: Stamps,
    framing: Framing,
    /// What is not a whole line yet.
    partial: Vec<u8>,
    last_ms: i64,
    forgot_ms: i64,
    lines: u64,
    foreign: u64,
}

/// How the records of the present log are told apart.
enum Framing {
    /// Too little was read to know.
    Unknown,
    Lines,
    Journal(Box<Entries>),
}

impl Parser {
    /// Stamps without zone are read in `zone`, those without year as the latest before `reference_ms`.
    pub fn new(zone: Zone, reference_ms: i64) -> Self {
        Self {
            fold: Fold::new([0; 32]),
            tallies: Tallies::default(),
            stamps: Stamps::new(zone, reference_ms),
            framing: Framing::Unknown,
            partial: Vec::new(),
            last_ms: reference_ms,
            forgot_ms: i64::MIN,
            lines: 0,
            foreign: 0,
        }
    }

    /// Reads a file, `-` for standard input. A journal export and a compressed file are known by their first bytes.
    pub fn file(&mut self, path: &Path) -> io::Result<()> {
        self.file_watched(path, &mut |_| {})
    }

    /// The same, telling of every piece of the file how many bytes it had.
    pub fn file_watched(&mut self, path: &Path, piece: &mut dyn FnMut(u64)) -> io::Result<()> {
        if path.as_os_str() == "-" {
            return self.read(Watched { source: io::stdin().lock(), piece });
        }
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let file = Watched { source: file, piece };
        if let Ok(modified) = file.source.metadata().and_then(|metadata| metadata.modified())
            && let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH)
        {
            self.stamps.set_reference(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        }
        self.read(file)
    }

    /// Reads anything to its end.
    pub fn read(&mut self, mut source: impl Read) -> io::Result<()> {
        let mut head = Vec::new();
        source.by_ref().take(2).read_to_end(&mut head)?;
        let read = if head == GZIP_MARK {
            self.read_plain(MultiGzDecoder::new(head.as_slice().chain(source)))
        } else {
            self.feed(&head);
            self.read_plain(source)
        };
        // What came before a fault counts.
        self.end();
        read
    }

    fn read_plain(&mut self, mut source: impl Read) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match source.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(read) => self.feed(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads on in the present log, in pieces of any size.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !matches!(self.framing, Framing::Unknown) {
            return self.framed(bytes);
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() >= JOURNAL_MARK.len() {
            self.framing = if self.partial.starts_with(JOURNAL_MARK) {
                Framing::Journal(Box::default())
            } else {
                Framing::Lines
            };
            let head = std::mem::take(&mut self.partial);
            self.framed(&head);
        }
    }

    /// Ends a log: its last line may lack its end, and the next may be of another kind.
    pub fn end(&mut self) {
        if let Framing::Journal(mut entries) =
            std::mem::replace(&mut self.framing, Framing::Unknown)
        {
            entries.end(&mut |entry| self.entry(entry));
        }
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            self.line(&line);
        }
    }

    fn framed(&mut self, bytes: &[u8]) {
        match std::mem::replace(&mut self.framing, Framing::Lines) {
            Framing::Journal(mut entries) => {
                entries.feed(bytes, &mut |entry| self.entry(entry));
                self.framing = Framing::Journal(entries);
            }
            Framing::Lines | Framing::Unknown => self.split(bytes),
        }
    }

    fn split(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, tail) = rest.split_at(end);
            if self.partial.is_empty() {
                self.line(line);
            } else {
                self.keep(line);
                let mut whole = std::mem::take(&mut self.partial);
                self.line(&whole);
                whole.clear();
                self.partial = whole;
            }
            rest = tail.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    /// Of a line that is too long for any log, the beginning tells enough.
    fn keep(&mut self, part: &[u8]) {
        let room = LINE_BYTES_MAX.saturating_sub(self.partial.len()).min(part.len());
        self.partial.extend_from_slice(part.get(..room).unwrap_or_default());
    }

    /// Counts one line without its end.
    pub fn line(&mut self, bytes: &[u8]) {
        self.lines += 1;
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let bytes = bytes.get(..LINE_BYTES_MAX).unwrap_or(bytes);
        match Line::parse(bytes) {
            Some(line) => self.count(&line, bytes.len() + 1),
            None => self.foreign += 1,
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.lines += 1;
        self.count(&entry.line(), entry.text.len());
    }

    fn count(&mut self, line: &Line<'_>, bytes: usize) {
        if !postfix::is_postfix(line) {
            self.foreign += 1;
        }
        let at_ms = self.stamps.resolve(line.stamp).unwrap_or(self.last_ms);
        self.last_ms = at_ms;
        self.fold.line(line, bytes, at_ms, &mut self.tallies);
        if at_ms > self.forgot_ms.saturating_add(FORGET_EVERY_MS) {
            self.fold.track.forget_idle(at_ms);
            self.forgot_ms = at_ms;
        }
    }

    /// The report of what was read so far.
    pub fn report(&self) -> Report {
        Report::new(self.lines, self.foreign, &self.fold.roster, &self.tallies)
    }
}

/// Tells how much is read.
struct Watched<'a, R> {
    source: R,
    piece: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        (self.piece)(u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}

/// Bytes of all files together, as far as they can be told.
pub fn bytes(paths: &[PathBuf]) -> u64 {
    paths.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
}

/// Reads all files in their order.
pub fn parse(paths: &[PathBuf], zone: Zone, reference_ms: i64) -> Result<Report, String> {
    let mut parser = Parser::new(zone, reference_ms);
    for path in paths {
        parser.file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(parser.report())
}
