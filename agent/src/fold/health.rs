//! Counts the health of the daemons, and marks what is worth a place on the time line.

use mailvane_proto::catalogue::{
    EventKindId, KeyId, event as happened, log as log_cat, process as cat, queue as queue_cat,
};

use super::tally::Happening;
use super::{Counter, redact};
use crate::postfix::trouble::Level;
use crate::postfix::{master, postsuper, qmgr, scan, script, trouble};

impl Counter<'_> {
    /// The line itself: its size, level and daemon.
    pub(super) fn line(&mut self, bytes: usize, level: Option<Level>, recognised: bool) {
        self.tally.add(log_cat::LINES, 1);
        self.tally.add(log_cat::BYTES, u64::try_from(bytes).unwrap_or(0));
        let daemon = daemon_key(self.daemon);
        self.tally.closed(cat::DAEMON_LOG, daemon, cat::said::LINES, 1);
        if !recognised {
            self.tally.add(log_cat::UNRECOGNISED, 1);
            self.tally.closed(cat::DAEMON_LOG, daemon, cat::said::UNRECOGNISED, 1);
        }
        let Some(level) = level else { return };
        let (metric, measure, kind) = match level {
            Level::Warning => (log_cat::WARNINGS, cat::said::WARNINGS, None),
            Level::Error => (log_cat::ERRORS, cat::said::ERRORS, Some(happened::ERROR)),
            Level::Fatal => (log_cat::FATALS, cat::said::FATALS, Some(happened::FATAL)),
            Level::Panic => (log_cat::PANICS, cat::said::PANICS, Some(happened::PANIC)),
        };
        self.tally.add(metric, 1);
        self.tally.closed(cat::DAEMON_LOG, daemon, measure, 1);
        if let Some(kind) = kind {
            let text = trouble::parse(self.text).map_or(self.text, |(_, text)| text);
            let daemon = self.daemon;
            self.happen(kind, daemon, text);
        }
    }

    /// A mark on the time line.
    ///
    /// The subject is a daemon, a file, a transport or a domain: none of them anybody's.
    pub(super) fn happen(&mut self, kind: EventKindId, subject: &[u8], text: &[u8]) {
        self.tally.happen(Happening {
            at_ms: self.at_ms,
            kind,
            subject: name(subject),
            text: redact::template(text).into_string(),
            count: 1,
        });
    }

    /// master.
    pub(super) fn master(&mut self, event: &master::Event<'_>) {
        match event {
            master::Event::Started { version, configuration } => {
                self.configuration(configuration);
                self.track.end_sessions(self.place);
                self.version_mark(happened::STARTED, version);
            }
            master::Event::Reloaded { version, configuration } => {
                self.configuration(configuration);
                self.tally.add(cat::RELOADED, 1);
                self.version_mark(happened::RELOADED, version);
            }
            master::Event::Terminating => {
                self.track.end_sessions(self.place);
                self.happen(happened::STOPPED, b"", b"");
            }
            master::Event::Died { daemon, signal } => {
                self.tally.add(cat::CRASHED, 1);
                self.tally.closed(
                    cat::DAEMON_PROCESS,
                    daemon_key(daemon),
                    cat::running::CRASHED,
                    1,
                );
                let kind = if *signal { happened::DAEMON_CRASHED } else { happened::DAEMON_EXITED };
                self.happen(kind, daemon, b"");
            }
            master::Event::Throttling { daemon } => {
                self.tally.add(cat::THROTTLED, 1);
                self.tally.closed(
                    cat::DAEMON_PROCESS,
                    daemon_key(daemon),
                    cat::running::THROTTLED,
                    1,
                );
                self.happen(happened::DAEMON_THROTTLED, daemon, b"");
            }
            master::Event::ProcessLimit { service } => {
                self.tally.add(cat::PROCESS_LIMIT_REACHED, 1);
                self.happen(happened::PROCESS_LIMIT, service, b"");
            }
        }
    }

    /// A version is no secret, and a number that must not be taken out.
    fn version_mark(&mut self, kind: EventKindId, version: &[u8]) {
        let version = String::from_utf8_lossy(version);
        self.tally.happen(Happening {
            at_ms: self.at_ms,
            kind,
            subject: String::new(),
            text: version.chars().take(VERSION_CHARS_MAX).collect(),
            count: 1,
        });
    }

    /// An instance that only the log knew has a configuration directory.
    fn configuration(&mut self, directory: &[u8]) {
        if let Some(instance) = self.roster.get_mut(self.place)
            && instance.config_directory.is_empty()
        {
            instance.config_directory = String::from_utf8_lossy(directory).into_owned();
        }
    }

    /// postfix-script.
    pub(super) fn script(&mut self, event: script::Event) {
        if event == script::Event::Permissions {
            let subject = scan::rsplit_once(self.text, b": ").map_or(self.text, |(_, file)| file);
            self.happen(happened::PERMISSION_WRONG, subject, b"");
        }
    }

    /// postsuper's summaries.
    pub(super) fn operation(&mut self, operation: &postsuper::Operation<'_>) {
        use queue_cat::operation as key;
        let key = match operation.what {
            b"Deleted" => key::DELETED,
            b"Requeued" => key::REQUEUED,
            b"Placed on hold" => key::HELD,
            b"Released from hold" => key::RELEASED,
            b"Force-expired" => key::EXPIRED,
            _ => return,
        };
        self.tally.closed(
            queue_cat::QUEUE_OPERATION,
            key,
            queue_cat::operated::MESSAGES,
            operation.messages,
        );
        self.happen(happened::QUEUE_OPERATED, operation.what, b"");
    }

    /// qmgr's warnings.
    pub(super) fn queue_warning(&mut self, warning: &qmgr::Warning<'_>) {
        match warning {
            qmgr::Warning::Clogged(destination) => {
                self.happen(happened::QUEUE_CLOGGED, destination, b"");
            }
            qmgr::Warning::Corrupt => {
                self.tally.add(cat::CORRUPTED, 1);
                self.happen(happened::QUEUE_CORRUPT, b"", b"");
            }
            qmgr::Warning::TransportUnavailable(transport) => {
                self.tally.add(cat::TRANSPORT_FAILED, 1);
                self.happen(happened::TRANSPORT_FAILED, transport, b"");
            }
        }
    }

    pub(super) fn no_space(&mut self) {
        self.tally.add(cat::NO_SPACE, 1);
        let text = self.text;
        self.happen(happened::DISK_FULL, b"", text);
    }

    /// Warnings and worse that have a figure of their own, whoever says them.
    pub(super) fn trouble(&mut self) {
        let has = |words: &[u8]| memchr::memmem::find(self.text, words).is_some();
        if has(b"No space left on device") || has(b"Disk quota exceeded") {
            return self.no_space();
        }
        if has(b"lookup error")
            || has(b"map lookup problem")
            || has(b"table lookup problem")
            || self.text.starts_with(b"error: open database ")
            || has(b"unsupported dictionary type")
        {
            self.tally.add(cat::LOOKUP_FAILED, 1);
            let text = self.text;
            return self.happen(happened::TABLE_FAILED, b"", text);
        }
        if has(b"milter ") && has(b"can't read") {
            return self.tally.add(cat::MILTER_FAILED, 1);
        }
        if has(b"transport ") && has(b" failure -- see a previous warning") {
            return self.tally.add(cat::TRANSPORT_FAILED, 1);
        }
        let text = self.text;
        if has(b"QUEUE FILE NAMES WERE CHANGED") {
            self.happen(happened::QUEUE_RENAMED, b"", b"");
        } else if has(b"no SASL authentication mechanisms") || has(b"auth socket ") {
            self.happen(happened::SASL_FAILED, b"", text);
        } else if has(b"No server certs available") || has(b"TLS context initialization failed") {
            self.happen(happened::TLS_BROKEN, b"", text);
        } else if self.daemon == b"postfix-script" && text.starts_with(b"fatal: ") {
            self.happen(happened::START_FAILED, b"", text);
        }
    }
}

const VERSION_CHARS_MAX: usize = 40;
const SUBJECT_CHARS_MAX: usize = 100;

/// A name as it stands, if it is one; an address or anything else is made a template.
fn name(subject: &[u8]) -> String {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b':' | b' ')
    };
    if subject.iter().all(plain) && subject.len() <= SUBJECT_CHARS_MAX {
        return String::from_utf8_lossy(subject).into_owned();
    }
    redact::template(subject).into_string()
}

/// The key of a Postfix program.
pub(super) fn daemon_key(daemon: &[u8]) -> KeyId {
    use cat::daemon as key;
    match daemon {
        b"master" => key::MASTER,
        b"qmgr" | b"oqmgr" | b"nqmgr" => key::QMGR,
        b"pickup" => key::PICKUP,
        b"smtpd" => key::SMTPD,
        b"smtp" | b"relay" => key::SMTP,
        b"lmtp" => key::LMTP,
        b"local" => key::LOCAL,
        b"virtual" => key::VIRTUAL,
        b"pipe" => key::PIPE,
        b"cleanup" => key::CLEANUP,
        b"bounce" | b"defer" | b"trace" => key::BOUNCE,
        b"error" | b"retry" => key::ERROR,
        b"discard" => key::DISCARD,
        b"trivial-rewrite" | b"rewrite" => key::REWRITE,
        b"anvil" => key::ANVIL,
        b"scache" => key::SCACHE,
        b"tlsmgr" => key::TLSMGR,
        b"tlsproxy" => key::TLSPROXY,
        b"postscreen" => key::POSTSCREEN,
        b"dnsblog" => key::DNSBLOG,
        b"verify" => key::VERIFY,
        b"proxymap" | b"proxywrite" => key::PROXYMAP,
        b"showq" => key::SHOWQ,
        b"flush" => key::FLUSH,
        b"spawn" => key::SPAWN,
        b"postlogd" => key::POSTLOGD,
        b"qmqpd" => key::QMQPD,
        b"postsuper" => key::POSTSUPER,
        b"postdrop" => key::POSTDROP,
        b"sendmail" => key::SENDMAIL,
        b"postfix-script" => key::POSTFIX_SCRIPT,
        _ => key::OTHER,
    }
}
