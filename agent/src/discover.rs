//! Finds the Postfix instances of this host: where their configuration, queues and logs are.
//!
//! Asks postconf(1) where there is one, else reads main.cf itself. Never runs `postfix status`, which writes a log line.

pub mod changes;
mod main_cf;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mailvane_proto::v1::InstanceFacts;
use sha2::{Digest as _, Sha256};

use crate::feed::JOURNALD;
use crate::fold::roster;

/// Where distributions and BSD ports keep Postfix's configuration.
const USUAL_DIRECTORIES: [&str; 3] =
    ["/etc/postfix", "/usr/local/etc/postfix", "/opt/postfix/conf"];
/// Where distributions keep the mail log.
const USUAL_LOGS: [&str; 3] = ["/var/log/mail.log", "/var/log/maillog", "/var/log/mail"];
/// Where systemd keeps its journal, on disk or in memory.
const JOURNALS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];
/// Settings that are asked for.
const SETTINGS: [&str; 13] = [
    "queue_directory",
    "data_directory",
    "multi_instance_name",
    "multi_instance_directories",
    "syslog_name",
    "maillog_file",
    "myhostname",
    "mail_version",
    "qmgr_message_active_limit",
    "maximal_queue_lifetime",
    "smtpd_tls_loglevel",
    "smtp_tls_loglevel",
    "process_id_directory",
];

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Its configuration directory.
    pub config_directory: PathBuf,
    /// Its settings, expanded.
    pub settings: BTreeMap<String, String>,
    /// SHA-256 of main.cf and master.cf.
    pub config_hash: Vec<u8>,
}

impl Found {
    fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Its queue directory.
    pub fn queue_directory(&self) -> PathBuf {
        match self.setting("queue_directory") {
            "" => PathBuf::from("/var/spool/postfix"),
            directory => PathBuf::from(directory),
        }
    }

    /// Its name: that of its programs in the log.
    pub fn name(&self) -> &str {
        let syslog_name = self.setting("syslog_name");
        match self.setting("multi_instance_name") {
            "" if syslog_name.is_empty() || syslog_name.contains('$') => "postfix",
            "" => syslog_name,
            name => name,
        }
    }

    /// Its Postfix's version; empty where it does not say.
    pub fn version(&self) -> &str {
        self.setting("mail_version")
    }

    fn syslog_name(&self) -> &str {
        let name = self.setting("syslog_name");
        let name = if name.is_empty() || name.contains('$') { self.name() } else { name };
        name.split('/').next().unwrap_or(name)
    }

    /// The log that postlogd writes, if it does.
    pub fn maillog(&self) -> Option<PathBuf> {
        let path = PathBuf::from(self.setting("maillog_file"));
        (path.is_absolute() && !path.starts_with("/dev")).then_some(path)
    }

    /// A limit; nothing where it is not a plain number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.setting(name).parse().ok()
    }

    /// A time such as `5d`, in seconds.
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let text = self.setting(name);
        let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
            Some(at) => text.split_at_checked(at)?,
            None => (text, "d"),
        };
        let unit_s = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(unit_s)
    }

    /// Whether its master.cf has a service of this name; one that cannot be read is taken to be as shipped.
    pub fn has_service(&self, name: &str) -> bool {
        let Ok(text) = std::fs::read_to_string(self.config_directory.join("master.cf")) else {
            return true;
        };
        text.lines().any(|line| {
            // Lines that begin with a blank go on with the service above them.
            line.starts_with(|c: char| !c.is_ascii_whitespace())
                && line.split_ascii_whitespace().next() == Some(name)
        })
    }

    /// As the roster has it.
    pub fn instance(&self) -> roster::Instance {
        roster::Instance {
            config_directory: self.config_directory.to_string_lossy().into_owned(),
            container: String::new(),
            name: self.name().to_owned(),
            syslog_name: self.syslog_name().as_bytes().to_vec(),
            tls_in: self.number("smtpd_tls_loglevel").is_some_and(|level| level > 0),
            tls_out: self.number("smtp_tls_loglevel").is_some_and(|level| level > 0),
        }
    }

    /// As the server is told.
    pub fn facts(&self, sources: Vec<String>, running: bool) -> InstanceFacts {
        InstanceFacts {
            instance: Some(self.instance().key()),
            postfix_version: self.version().to_owned(),
            queue_directory: self.queue_directory().to_string_lossy().into_owned(),
            my_hostname: self.setting("myhostname").to_owned(),
            active_limit: self.number("qmgr_message_active_limit").unwrap_or(0),
            config_hash: self.config_hash.clone(),
            sources,
            running,
        }
    }

    /// Whether master holds its lock file's process id.
    pub fn running(&self) -> bool {
        let pid_file = self.queue_directory().join("pid/master.pid");
        match std::fs::read_to_string(&pid_file) {
            Ok(pid) => Path::new("/proc").join(pid.trim()).exists(),
            // The file is root's. That it is there says that Postfix was started once.
            Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
        }
    }
}

/// Looks at the given configuration directories, or at the usual ones and those that they name.
pub fn discover(directories: Option<&[PathBuf]>) -> Vec<Found> {
    let (mut paths, follow): (Vec<PathBuf>, bool) = match directories {
        Some(directories) => (directories.to_vec(), false),
        None => (
            USUAL_DIRECTORIES
                .iter()
                .map(PathBuf::from)
                .filter(|path| path.join("main.cf").exists())
                .collect(),
            true,
        ),
    };
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while let Some(path) = paths.get(at).cloned() {
        at += 1;
        if found.len() >= roster::INSTANCES_MAX
            || found.iter().any(|known| known.config_directory == path)
        {
            continue;
        }
        let instance = look(&path);
        if follow {
            let more = instance.setting("multi_instance_directories");
            paths.extend(
                more.split([' ', ',', '\t']).filter(|path| !path.is_empty()).map(PathBuf::from),
            );
        }
        found.push(instance);
    }
    found
}

fn look(directory: &Path) -> Found {
    Found {
        config_directory: directory.into(),
        settings: main_cf::settings(directory, &SETTINGS),
        config_hash: config_hash(directory),
    }
}

/// A change of it is an event.
fn config_hash(directory: &Path) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for file in ["main.cf", "master.cf"] {
        hasher.update(std::fs::read(directory.join(file)).unwrap_or_default());
    }
    hasher.finalize().to_vec()
}

/// Logs to read: the configured one, else those that the instances write themselves, else the first usual one,
/// else the journal.
pub fn logs(configured: Option<&Path>, found: &[Found]) -> Vec<PathBuf> {
    if let Some(log) = configured {
        return vec![log.into()];
    }
    let mut logs: Vec<PathBuf> = found.iter().filter_map(Found::maillog).collect();
    if found.iter().any(|instance| instance.maillog().is_none()) || found.is_empty() {
        let usual = USUAL_LOGS.iter().map(PathBuf::from).find(|log| log.is_file());
        let journal = || {
            Path::new(crate::journald::PROGRAM).exists()
                && JOURNALS.iter().any(|path| Path::new(path).exists())
        };
        let other = || PathBuf::from(if journal() { JOURNALD } else { "/var/log/mail.log" });
        logs.push(usual.unwrap_or_else(other));
    }
    logs.sort();
    logs.dedup();
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(text: &str) -> (tempfile::TempDir, Found) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("main.cf"), text).unwrap();
        let found = look(directory.path());
        (directory, found)
    }

    #[test]
    fn an_instance_is_named_and_placed_by_its_main_cf() {
        let (directory, found) = instance(
            "multi_instance_name = postfix-t1\nqueue_directory = /srv/spool\nmaillog_file=/srv/log/mail.log\n",
        );
        assert_eq!(found.name(), "postfix-t1");
        assert_eq!(found.instance().syslog_name, b"postfix-t1");
        assert_eq!(found.queue_directory(), PathBuf::from("/srv/spool"));
        assert_eq!(logs(None, std::slice::from_ref(&found)), [PathBuf::from("/srv/log/mail.log")]);
        drop(directory);
    }

    #[test]
    fn a_null_client_may_have_no_pickup() {
        let (directory, found) = instance("");
        assert!(found.has_service("pickup"), "not readable: as shipped");
        let service = "  pickup: a line that goes on\n#pickup unix n - y 60 1 pickup\nqmgr unix n - n 300 1 qmgr\n";
        std::fs::write(directory.path().join("master.cf"), service).unwrap();
        assert!(!found.has_service("pickup"));
        assert!(found.has_service("qmgr"));
    }

    #[test]
    fn times_have_units() {
        let (_directory, found) = instance("maximal_queue_lifetime = 36h\n");
        assert_eq!(found.seconds("maximal_queue_lifetime"), Some(129_600));
    }
}
