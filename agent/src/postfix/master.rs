//! What master says: start, reload, end, dead daemons, throttled services, process limits.

use super::scan;

/// A line of master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Postfix runs.
    Started {
        /// Its version.
        version: &'a [u8],
        /// Its configuration directory.
        configuration: &'a [u8],
    },
    /// Configuration was read again.
    Reloaded {
        /// Its version.
        version: &'a [u8],
        /// Its configuration directory.
        configuration: &'a [u8],
    },
    /// Postfix ends.
    Terminating,
    /// A daemon ended with an error, or was killed (`signal`).
    Died {
        /// The daemon's file name.
        daemon: &'a [u8],
        /// By a signal rather than by itself.
        signal: bool,
    },
    /// A daemon dies at once at each start, so master waits before the next.
    Throttling {
        /// The daemon's file name.
        daemon: &'a [u8],
    },
    /// All processes that a service may have are busy.
    ProcessLimit {
        /// The service's name in master.cf.
        service: &'a [u8],
    },
}

/// Reads the text of a line behind its program name.
pub fn parse(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"daemon started -- version ") {
        let (version, configuration) = scan::split_once(rest, b", configuration ")?;
        return Some(Event::Started { version, configuration });
    }
    if let Some(rest) = text.strip_prefix(b"reload -- version ") {
        let (version, configuration) = scan::split_once(rest, b", configuration ")?;
        return Some(Event::Reloaded { version, configuration });
    }
    if text.starts_with(b"terminating on signal ") {
        return Some(Event::Terminating);
    }
    warning(text.strip_prefix(b"warning: ")?)
}

fn warning(rest: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = rest.strip_prefix(b"process ") {
        let (program, rest) = scan::split_once(rest, b" pid ")?;
        let (_pid, rest) = scan::number(rest)?;
        let signal = rest.starts_with(b" killed by signal ");
        let died = signal || rest.starts_with(b" exit status ");
        return died.then_some(Event::Died { daemon: file_name(program), signal });
    }
    if let Some(rest) = rest.strip_prefix(b"service \"") {
        let (service, rest) = scan::split_byte(rest, b'"')?;
        let limit = memchr::memmem::find(rest, b" has reached its process limit ").is_some();
        return limit.then_some(Event::ProcessLimit { service });
    }
    let program = rest.strip_suffix(b": bad command startup -- throttling")?;
    Some(Event::Throttling { daemon: file_name(program) })
}

fn file_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}
