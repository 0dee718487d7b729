//! Finds the Postfix instances of this host: where their configuration, queues and logs are.
//!
//! Asks postconf(1) where there is one, else reads main.cf itself. Never runs `postfix status`, which writes a log line.

pub mod changes;
pub mod inside;
mod main_cf;
pub mod master_cf;
pub mod running;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mailvane_proto::v1::InstanceFacts;
use sha2::{Digest as _, Sha256};

use crate::fold::roster;
use crate::health::processes;
use crate::vfs::{Disk, read_all};
use master_cf::Service;
use running::{Container, Running};

/// Where distributions and BSD ports keep Postfix's configuration.
const USUAL_DIRECTORIES: [&str; 3] =
    ["/etc/postfix", "/usr/local/etc/postfix", "/opt/postfix/conf"];
/// A larger configuration file is none.
const FILE_BYTES_MAX: usize = 4 << 20;
/// Settings that are asked for.
const SETTINGS: [&str; 36] = [
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
    "default_process_limit",
    "smtpd_tls_loglevel",
    "smtp_tls_loglevel",
    "tlsproxy_tls_loglevel",
    "smtp_log_tls_feature_status",
    "smtp_tls_connection_reuse",
    "process_id_directory",
    "enable_long_queue_ids",
    "soft_bounce",
    "header_checks",
    "mime_header_checks",
    "nested_header_checks",
    "body_checks",
    "smtpd_tls_security_level",
    "smtpd_tls_cert_file",
    "smtpd_tls_eccert_file",
    "smtpd_tls_dcert_file",
    "smtpd_tls_chain_files",
    "smtpd_tls_wrappermode",
    "tls_server_sni_maps",
    "inet_interfaces",
    "smtp_tls_cert_file",
    "smtp_tls_chain_files",
    "alternate_config_directories",
    "authorized_mailq_users",
    "compatibility_level",
];

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Its configuration directory, as the instance names it.
    pub config_directory: PathBuf,
    /// The container it runs in; empty for none.
    pub container: String,
    /// The container's id as its engine has it; empty where there is none.
    pub container_id: String,
    /// The container's file system as seen from here; empty for none.
    pub root: PathBuf,
    /// Its settings, expanded.
    pub settings: BTreeMap<String, String>,
    /// SHA-256 of main.cf and master.cf.
    pub config_hash: Vec<u8>,
    /// When the program that told the settings was written, milliseconds since 1970; 0 where none did.
    pub told_by_ms: i64,
}

impl Found {
    /// A setting's value; empty where it has none.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Whether a setting is `yes`.
    pub fn is_set(&self, name: &str) -> bool {
        self.setting(name).eq_ignore_ascii_case("yes")
    }

    /// Where a path of the instance is on this host.
    pub fn host_path(&self, path: &Path) -> PathBuf {
        if self.root.as_os_str().is_empty() {
            path.into()
        } else {
            inside::resolve(&self.root, path)
        }
    }

    /// Its queue directory, on this host.
    pub fn queue_directory(&self) -> PathBuf {
        self.host_path(Path::new(match self.setting("queue_directory") {
            "" => "/var/spool/postfix",
            directory => directory,
        }))
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

    /// Its version's numbers: 3.7.11 as [3, 7, 11].
    pub fn version_numbers(&self) -> Option<Vec<u32>> {
        let numbers = self.version().split(['.', '-']).map_while(|part| part.parse().ok());
        Some(numbers.collect::<Vec<u32>>()).filter(|numbers| !numbers.is_empty())
    }

    /// Whether its version is known, and this one or a later.
    pub fn version_is_at_least(&self, wanted: &[u32]) -> bool {
        self.version_numbers().is_some_and(|version| version.as_slice() >= wanted)
    }

    /// Whether a TLS log level is 1 or more.
    pub fn logs_tls(&self, name: &str) -> bool {
        self.number(name).is_some_and(|level| level > 0)
    }

    /// postlogd writes to the standard output of its container.
    pub fn logs_to_stdout(&self) -> bool {
        self.setting("maillog_file").starts_with("/dev/")
    }

    fn syslog_name(&self) -> &str {
        let name = self.setting("syslog_name");
        let name = if name.is_empty() || name.contains('$') { self.name() } else { name };
        name.split('/').next().unwrap_or(name)
    }

    /// The log that postlogd writes, if it does, as the instance names it.
    pub fn maillog(&self) -> Option<PathBuf> {
        let path = PathBuf::from(self.setting("maillog_file"));
        (path.is_absolute() && !path.starts_with("/dev")).then_some(path)
    }

    /// The services of its master.cf; none where it cannot be read.
    pub fn services(&self) -> Vec<Service> {
        let path = self.host_path(&self.config_directory.join("master.cf"));
        let text = read_all(&Disk, &path, FILE_BYTES_MAX).unwrap_or_default();
        master_cf::services(&String::from_utf8_lossy(&text))
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
        let services = self.services();
        services.is_empty() || services.iter().any(|service| service.name == name)
    }

    /// As the roster has it.
    pub fn instance(&self) -> roster::Instance {
        roster::Instance {
            config_directory: self.config_directory.to_string_lossy().into_owned(),
            container: self.container.clone(),
            name: self.name().to_owned(),
            syslog_name: self.syslog_name().as_bytes().to_vec(),
            tls_in: self.logs_tls("smtpd_tls_loglevel"),
            tls_out: self.logs_tls("smtp_tls_loglevel")
                || (self.version_is_at_least(&[3, 11])
                    && self.is_set("smtp_log_tls_feature_status")),
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
        let pid_file = self.queue_directory().join(processes::PID_FILE);
        match std::fs::read_to_string(&pid_file) {
            Ok(pid) => Path::new("/proc").join(pid.trim()).exists(),
            // The file is root's, but whether somebody holds it locked is no secret.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
                processes::holder(&locks, &pid_file).is_some()
            }
            Err(_) => false,
        }
    }
}

/// Looks at the given configuration directories, or at the usual ones, those that they name, and those of masters
/// that run. What did not change since `before` is not asked for again.
pub fn discover(directories: Option<&[PathBuf]>, before: &[Found]) -> Vec<Found> {
    let running = || running::masters(Path::new("/proc"), Path::new(running::DOCKER));
    if let Some(directories) = directories {
        return explore(directories.to_vec(), Vec::new(), false, before);
    }
    let usual = USUAL_DIRECTORIES.iter().map(PathBuf::from);
    let usual = usual.filter(|path| path.join("main.cf").exists()).collect();
    explore(usual, running(), true, before)
}

fn explore(
    directories: Vec<PathBuf>,
    running: Vec<Running>,
    follow: bool,
    before: &[Found],
) -> Vec<Found> {
    let mut todo: Vec<(PathBuf, Option<Container>)> =
        directories.into_iter().map(|directory| (directory, None)).collect();
    for master in running {
        match (master.config_directory, master.container) {
            (Some(directory), container) => todo.push((directory, container)),
            (None, Some(container)) => {
                let usual = USUAL_DIRECTORIES.iter().map(PathBuf::from).find(|directory| {
                    inside::resolve(&container.root, &directory.join("main.cf")).exists()
                });
                todo.extend(usual.map(|directory| (directory, Some(container))));
            }
            (None, None) => {}
        }
    }
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while let Some((directory, container)) = todo.get(at).cloned() {
        at += 1;
        let name = container.as_ref().map_or("", |container| container.name.as_str());
        let known = |known: &Found| known.config_directory == directory && known.container == name;
        if found.len() >= roster::INSTANCES_MAX || found.iter().any(known) {
            continue;
        }
        let instance = look(&directory, container.as_ref(), before);
        if follow {
            let more = instance.setting("multi_instance_directories").split([' ', ',', '\t']);
            let more = more.filter(|path| !path.is_empty()).map(PathBuf::from);
            todo.extend(more.map(|directory| (directory, container.clone())));
        }
        found.push(instance);
    }
    found
}

fn look(directory: &Path, container: Option<&Container>, before: &[Found]) -> Found {
    let mut found = Found { config_directory: directory.into(), ..Found::default() };
    if let Some(container) = container {
        found.container.clone_from(&container.name);
        found.container_id.clone_from(&container.id);
        found.root.clone_from(&container.root);
    } else {
        found.told_by_ms = main_cf::program_ms();
    }
    found.config_hash = config_hash(&found, directory);
    let same = |old: &&Found| {
        old.config_directory == found.config_directory
            && old.container == found.container
            && old.config_hash == found.config_hash
            && old.told_by_ms == found.told_by_ms
    };
    found.settings = match before.iter().find(same) {
        Some(old) => old.settings.clone(),
        // The host's own postconf knows nothing of a container's defaults.
        None if container.is_some() => {
            main_cf::read(&found.host_path(&directory.join("main.cf")), &SETTINGS)
        }
        None => main_cf::settings(directory, &SETTINGS),
    };
    found
}

/// A change of it is an event.
fn config_hash(found: &Found, directory: &Path) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for file in ["main.cf", "master.cf"] {
        let path = found.host_path(&directory.join(file));
        hasher.update(read_all(&Disk, &path, FILE_BYTES_MAX).unwrap_or_default());
    }
    hasher.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(text: &str) -> (tempfile::TempDir, Found) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("main.cf"), text).unwrap();
        let found = look(directory.path(), None, &[]);
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
        assert_eq!(found.maillog(), Some(PathBuf::from("/srv/log/mail.log")));
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
