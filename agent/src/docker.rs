//! Reads the objects in which docker keeps what a container prints: `{"log":"…\n","stream":"stdout","time":"…"}`.
//!
//! Docker cuts longer output after 16 KiB into several objects; Postfix writes 2,000 bytes at most.

use serde::Deserialize;

use crate::postfix::Line;
use crate::postfix::line::{self, Stamp};

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When docker got it, milliseconds since 1970; nothing if the stamp is none.
    pub at_ms: Option<i64>,
    /// What the container printed, without its line end.
    pub text: Vec<u8>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    log: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    time: std::borrow::Cow<'a, str>,
}

/// Reads one line of docker's file; nothing if it is none of docker's objects.
pub fn entry(bytes: &[u8]) -> Option<Entry> {
    let object: Object<'_> = serde_json::from_slice(bytes).ok()?;
    let at_ms = line::instant(object.time.as_bytes());
    let text = object.log.trim_end_matches(['\n', '\r']).as_bytes().to_vec();
    Some(Entry { at_ms, text })
}

impl Entry {
    /// The line that a syslog writer in the container printed; docker's stamp has a zone and a year, its own may not.
    pub fn line(&self) -> Option<Line<'_>> {
        let mut line = Line::parse(&self.text)?;
        if let Some(at_ms) = self.at_ms {
            line.stamp = Stamp::Instant(at_ms);
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_of_postlogd_has_the_time_that_docker_gave_it() {
        let object = br#"{"log":"Nov 23 12:23:28 mx1 postfix/smtpd[54]: connect from \u003ca\u003e[192.0.2.1]\n","stream":"stdout","time":"2026-11-23T12:23:28.5Z"}"#;
        let entry = entry(object).unwrap();
        let line = entry.line().unwrap();
        assert_eq!(line.stamp, Stamp::Instant(1_795_436_608_500));
        assert_eq!(line.text, b"connect from <a>[192.0.2.1]");
    }

    #[test]
    fn what_is_no_object_is_no_line() {
        assert_eq!(entry(b"Nov 23 12:23:28 mx1 postfix/smtpd[54]: x"), None);
        assert_eq!(entry(br#"{"log":"#), None);
        assert!(entry(br#"{"log":"banner of the image\n"}"#).unwrap().line().is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(entry) = entry(&bytes) {
                let _ = entry.line();
            }
        }
    }
}
