//! Reads what `journalctl -o export` writes: entries of fields, text or binary, with an empty line behind each.

use crate::postfix::line::{self, Stamp};
use crate::postfix::{Line, scan};

/// The fields of one entry that a log line is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Microseconds since 1970.
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
        match name {
            // The time of writing; the journal's own time may be later.
            b"_SOURCE_REALTIME_TIMESTAMP" => self.at_us = i64::try_from(number()).unwrap_or(0),
            b"__REALTIME_TIMESTAMP" if self.at_us == 0 => {
                self.at_us = i64::try_from(number()).unwrap_or(0);
            }
            b"SYSLOG_IDENTIFIER" => self.program = value.into(),
            b"SYSLOG_PID" => self.pid = number(),
            b"_PID" if self.pid == 0 => self.pid = number(),
            b"MESSAGE" => self.text = value.into(),
            b"__CURSOR" => self.cursor = value.into(),
            _ => {}
        }
    }
}

/// A larger field is passed over with its entry.
const FIELD_BYTES_MAX: u64 = 16 << 20;

/// Takes the first whole entry off `bytes`: the entry and what follows it; nothing while it is not whole.
pub fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let mut entry = Entry::default();
    let mut rest = bytes;
    let mut empty = true;
    loop {
        let (line, tail) = scan::split_byte(rest, b'\n')?;
        if line.is_empty() {
            // Several empty lines are one end.
            if empty {
                rest = tail;
                continue;
            }
            return Some((entry, tail));
        }
        empty = false;
        rest = tail;
        if let Some((name, value)) = scan::split_byte(line, b'=') {
            entry.set(name, value);
            continue;
        }
        let (length, tail) = rest.split_first_chunk::<8>()?;
        let length = u64::from_le_bytes(*length);
        let size = usize::try_from(length.min(FIELD_BYTES_MAX)).ok()?;
        let value = tail.get(..size)?;
        entry.set(line, value);
        rest = tail.get(size..)?.strip_prefix(b"\n")?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_binary_fields_make_a_line() {
        let mut bytes = b"__CURSOR=c1\n__REALTIME_TIMESTAMP=1795436600000000\nSYSLOG_IDENTIFIER=postfix/smtpd\nSYSLOG_PID=7\nMESSAGE\n".to_vec();
        bytes.extend_from_slice(&5_u64.to_le_bytes());
        bytes.extend_from_slice(b"a\nb=c\n\nrest");
        let (entry, rest) = entry(&bytes).unwrap();
        assert_eq!(entry.text, b"a\nb=c");
        assert_eq!(entry.line().daemon, b"smtpd");
        assert_eq!(rest, b"rest");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = entry(&bytes);
        }
    }
}
