//! Reads what `journalctl -o export` writes: entries of fields, text or binary, with an empty line behind each.
//!
//! Takes bytes in any pieces. Never keeps more than one field, whatever the size of what it skips.

use crate::postfix::line::{self, Stamp};
use crate::postfix::{Line, scan};

/// Longest field that is kept; Postfix writes 2,000 bytes at most, journald cuts lines at 48 KiB.
const FIELD_BYTES_MAX: usize = 64 * 1024;

/// The fields of one entry that a log line is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Microseconds since 1970: when it was written, else when the journal got it.
    pub at_us: i64,
    /// `SYSLOG_IDENTIFIER`, such as `postfix/smtpd`.
    pub program: Vec<u8>,
    /// `SYSLOG_PID`, else `_PID`.
    pub pid: u64,
    /// `MESSAGE`.
    pub text: Vec<u8>,
    /// Where to go on after this entry.
    pub cursor: Vec<u8>,
}

impl Entry {
    /// As a line of a log.
    pub fn line(&self) -> Line<'_> {
        line::from_program(Stamp::Instant(self.at_us / 1000), &self.program, self.pid, &self.text)
    }

    fn set(&mut self, name: &[u8], value: &[u8]) {
        let number = || scan::whole_number(value).unwrap_or(0);
        let micros = || i64::try_from(number()).unwrap_or(0);
        match name {
            b"_SOURCE_REALTIME_TIMESTAMP" => self.at_us = micros(),
            b"__REALTIME_TIMESTAMP" if self.at_us == 0 => self.at_us = micros(),
            b"SYSLOG_IDENTIFIER" => self.program = value.into(),
            b"SYSLOG_PID" => self.pid = number(),
            b"_PID" if self.pid == 0 => self.pid = number(),
            b"MESSAGE" => self.text = value.into(),
            b"__CURSOR" => self.cursor = value.into(),
            _ => {}
        }
    }
}

/// Reads entries from bytes that come in any pieces.
#[derive(Debug, Default)]
pub struct Entries {
    entry: Entry,
    /// The entry has a field.
    begun: bool,
    /// What is not a whole field yet.
    partial: Vec<u8>,
    expect: Expect,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Expect {
    /// `NAME=value`, `NAME` of a binary field, or the empty line that ends an entry.
    #[default]
    Line,
    /// The rest of a line that is too long to keep.
    Skip,
    /// Eight bytes of length, least first.
    Length(Vec<u8>),
    /// A value of this many bytes, and a line end.
    Binary(Vec<u8>, u64),
}

impl Entries {
    /// Reads on; gives each entry that is complete.
    pub fn feed(&mut self, mut bytes: &[u8], found: &mut dyn FnMut(&Entry)) {
        while !bytes.is_empty() {
            bytes = match std::mem::take(&mut self.expect) {
                Expect::Line => self.text(bytes, found),
                Expect::Skip => self.skip(bytes),
                Expect::Length(name) => self.length(name, bytes),
                Expect::Binary(name, left) => self.binary(name, left, bytes),
            };
        }
    }

    /// Ends the input; gives the last entry if no empty line followed it.
    pub fn end(&mut self, found: &mut dyn FnMut(&Entry)) {
        if self.expect == Expect::Line && !self.partial.is_empty() {
            self.feed(b"\n", found);
        }
        self.partial.clear();
        self.expect = Expect::Line;
        self.complete(found);
    }

    fn set(&mut self, name: &[u8], value: &[u8]) {
        self.begun = true;
        self.entry.set(name, value);
    }

    fn complete(&mut self, found: &mut dyn FnMut(&Entry)) {
        let entry = std::mem::take(&mut self.entry);
        if std::mem::take(&mut self.begun) {
            found(&entry);
        }
    }

    fn text<'a>(&mut self, bytes: &'a [u8], found: &mut dyn FnMut(&Entry)) -> &'a [u8] {
        let Some((head, rest)) = scan::split_byte(bytes, b'\n') else {
            self.partial.extend_from_slice(bytes);
            if self.partial.len() > FIELD_BYTES_MAX {
                self.partial.clear();
                self.expect = Expect::Skip;
            }
            return &[];
        };
        let mut line = std::mem::take(&mut self.partial);
        line.extend_from_slice(head);
        match scan::split_byte(&line, b'=') {
            _ if line.is_empty() => self.complete(found),
            Some((name, value)) => self.set(name, value),
            None => self.expect = Expect::Length(line),
        }
        rest
    }

    fn skip<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if let Some((_, rest)) = scan::split_byte(bytes, b'\n') {
            return rest;
        }
        self.expect = Expect::Skip;
        &[]
    }

    fn length<'a>(&mut self, name: Vec<u8>, bytes: &'a [u8]) -> &'a [u8] {
        let wanted = size_of::<u64>() - self.partial.len().min(size_of::<u64>());
        let (head, rest) = bytes.split_at(wanted.min(bytes.len()));
        self.partial.extend_from_slice(head);
        self.expect = match <[u8; size_of::<u64>()]>::try_from(self.partial.as_slice()) {
            Ok(length) => {
                self.partial.clear();
                Expect::Binary(name, u64::from_le_bytes(length).saturating_add(1))
            }
            Err(_) => Expect::Length(name),
        };
        rest
    }

    fn binary<'a>(&mut self, name: Vec<u8>, left: u64, bytes: &'a [u8]) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (head, rest) = bytes.split_at(here);
        if self.partial.len() + here <= FIELD_BYTES_MAX {
            self.partial.extend_from_slice(head);
        }
        let left = left - u64::try_from(here).unwrap_or(left);
        if left > 0 {
            self.expect = Expect::Binary(name, left);
            return rest;
        }
        let value = std::mem::take(&mut self.partial);
        self.set(&name, value.strip_suffix(b"\n").unwrap_or(&value));
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXPORT: &[u8] = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795436737680417\nSYSLOG_IDENTIFIER=postfix/smtpd\nSYSLOG_PID=7\n_PID=8\nMESSAGE=connect from a[192.0.2.1]\n\n\
        __CURSOR=s=2\n__REALTIME_TIMESTAMP=1795436738680417\n_PID=9\nSYSLOG_IDENTIFIER=postfix/qmgr\nMESSAGE\n\x04\0\0\0\0\0\0\0a\n=b\n";

    fn read(pieces: &[&[u8]]) -> Vec<(Vec<u8>, u64, Vec<u8>)> {
        let mut entries = Entries::default();
        let mut seen = Vec::new();
        let mut keep = |entry: &Entry| {
            let line = entry.line();
            seen.push((line.daemon.to_vec(), line.pid, line.text.to_vec()));
        };
        for piece in pieces {
            entries.feed(piece, &mut keep);
        }
        entries.end(&mut keep);
        seen
    }

    #[test]
    fn entries_read_alike_wherever_the_input_is_cut() {
        let whole = read(&[EXPORT]);
        assert_eq!(
            whole,
            [
                (b"smtpd".to_vec(), 7, b"connect from a[192.0.2.1]".to_vec()),
                (b"qmgr".to_vec(), 9, b"a\n=b".to_vec()),
            ]
        );
        for cut in 0..=EXPORT.len() {
            let (head, tail) = EXPORT.split_at(cut);
            assert_eq!(read(&[head, tail]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_core_dump_in_a_field_is_passed_over() {
        let mut export = b"__REALTIME_TIMESTAMP=1\nCOREDUMP\n".to_vec();
        export.extend_from_slice(&200_000_u64.to_le_bytes());
        export.extend(std::iter::repeat_n(b'\n', 200_001));
        export.extend_from_slice(b"SYSLOG_IDENTIFIER=postfix/pickup\nMESSAGE=x\n\n");
        assert_eq!(read(&[&export]), [(b"pickup".to_vec(), 0, b"x".to_vec())]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut entries = Entries::default();
            entries.feed(&bytes, &mut |_| {});
            entries.end(&mut |_| {});
        }
    }
}
