//! An exact report of any log without a server: every file is read once, from its first line to its last.

mod report;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::fold::{Fold, Tallies};
use crate::postfix::Line;
use crate::stamp::{Stamps, Zone};
pub use report::Report;

/// Read in one step.
const BUFFER_BYTES: usize = 256 * 1024;
/// A longer line is cut here.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// What is counted while files are read.
pub struct Parser {
    fold: Fold,
    tallies: Tallies,
    stamps: Stamps,
    last_ms: i64,
    lines: u64,
}

impl Parser {
    /// Stamps without zone are read in `zone`, those without year as the latest before `reference_ms`.
    pub fn new(zone: Zone, reference_ms: i64) -> Self {
        Self {
            fold: Fold::new([0; 32]),
            tallies: Tallies::default(),
            stamps: Stamps::new(zone, reference_ms),
            last_ms: reference_ms,
            lines: 0,
        }
    }

    /// Reads a file, `-` for standard input. A journal export and a compressed file are known by their first bytes.
    pub fn file(&mut self, path: &Path) -> io::Result<()> {
        if path.as_os_str() == "-" {
            return self.read(io::stdin().lock());
        }
        let file = File::open(path)?;
        if let Ok(modified) = file.metadata().and_then(|metadata| metadata.modified())
            && let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH)
        {
            self.stamps.set_reference(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        }
        self.read(file)
    }

    /// Reads anything.
    pub fn read(&mut self, source: impl Read) -> io::Result<()> {
        let mut source = BufReader::with_capacity(BUFFER_BYTES, source);
        let head = source.fill_buf()?;
        if head.starts_with(b"\x1f\x8b") {
            let unpacked = BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(source));
            return self.lines(unpacked);
        }
        if head.starts_with(b"__CURSOR=") {
            return self.journal(source);
        }
        self.lines(source)
    }

    fn lines(&mut self, mut source: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = source.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(());
            }
            let cut = line.last() != Some(&b'\n');
            self.line(trimmed(&line));
            if cut && u64::try_from(read).is_ok_and(|read| read == LINE_BYTES_MAX) {
                source.skip_until(b'\n')?;
            }
        }
    }

    fn journal(&mut self, mut source: impl BufRead) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            let chunk = source.fill_buf()?;
            let read = chunk.len();
            bytes.extend_from_slice(chunk);
            source.consume(read);
            if read == 0 {
                bytes.extend_from_slice(b"\n\n");
            }
            let mut rest = bytes.as_slice();
            while let Some((entry, tail)) = crate::journal::entry(rest) {
                rest = tail;
                self.lines += 1;
                let line = entry.line();
                self.count(&line, entry.text.len());
            }
            if read == 0 {
                return Ok(());
            }
            bytes = rest.to_vec();
        }
    }

    /// Counts one line without its end.
    pub fn line(&mut self, bytes: &[u8]) {
        self.lines += 1;
        if let Some(line) = Line::parse(bytes) {
            self.count(&line, bytes.len() + 1);
        }
    }

    fn count(&mut self, line: &Line<'_>, bytes: usize) {
        let at_ms = self.stamps.resolve(line.stamp).unwrap_or(self.last_ms);
        self.last_ms = at_ms;
        self.fold.line(line, bytes, at_ms, &mut self.tallies);
    }

    /// The report of what was read so far.
    pub fn report(&self) -> Report {
        Report::new(self.lines, &self.fold.roster, &self.tallies)
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads all files in their order.
pub fn parse(paths: &[PathBuf], zone: Zone, reference_ms: i64) -> Result<Report, String> {
    let mut parser = Parser::new(zone, reference_ms);
    for path in paths {
        parser.file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(parser.report())
}
