//! Which logs of this host are read: each with a name that stays, and the place where it is now.

use std::path::{Path, PathBuf};

use crate::discover::{Found, running};
use crate::feed::JOURNALD;

/// Where distributions keep the mail log.
const USUAL_LOGS: [&str; 3] = ["/var/log/mail.log", "/var/log/maillog", "/var/log/mail"];
/// The same of images.
const CONTAINER_LOGS: [&str; 3] =
    ["/var/log/mail/mail.log", "/var/log/mail.log", "/var/log/maillog"];
/// Where systemd keeps its journal, on disk or in memory.
const JOURNALS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// How a log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file of lines.
    File,
    /// A file in which docker keeps each line as an object.
    Docker,
    /// The systemd journal.
    Journal,
    /// A socket to which a syslog daemon sends: `udp:ADDRESS:PORT` or `unix:/PATH`.
    Socket,
}

/// A log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As positions are kept under; the same when a container is made anew.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
    /// How it is read.
    pub kind: Kind,
}

impl Source {
    /// A log as it stands in the configuration.
    pub fn named(log: &Path) -> Self {
        let name = log.to_string_lossy().into_owned();
        let kind = match () {
            () if name == JOURNALD => Kind::Journal,
            () if is_socket(log) => Kind::Socket,
            () if name.ends_with("-json.log") => Kind::Docker,
            () => Kind::File,
        };
        Self { name, path: log.into(), kind }
    }

    /// As facts and status name it.
    pub fn label(&self) -> String {
        match self.kind {
            Kind::Journal | Kind::Socket => self.name.clone(),
            Kind::File => format!("file:{}", self.name),
            Kind::Docker => format!("docker:{}", self.name),
        }
    }

    /// A file that must be there to be read.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File | Kind::Docker)
    }
}

/// Whether a log of the configuration is a socket.
pub fn is_socket(log: &Path) -> bool {
    let name = log.to_string_lossy();
    name.starts_with("udp:") || name.starts_with("unix:")
}

/// Logs to read: the configured one, else those that the instances write themselves, else the first usual one,
/// else the journal; of a container its own file, else what its engine keeps.
pub fn sources(configured: Option<&Path>, found: &[Found]) -> Vec<Source> {
    if let Some(log) = configured {
        return vec![Source::named(log)];
    }
    let mut sources: Vec<Source> = Vec::new();
    let on_host = || found.iter().filter(|found| found.container.is_empty());
    sources.extend(on_host().filter_map(Found::maillog).map(|log| Source::named(&log)));
    let inside = || found.iter().filter(|found| !found.container.is_empty());
    sources.extend(inside().filter_map(|found| of_container(found, Path::new(running::DOCKER))));
    if on_host().any(|instance| instance.maillog().is_none()) || found.is_empty() {
        sources.push(usual());
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources.dedup_by(|a, b| a.name == b.name);
    sources
}

fn usual() -> Source {
    let file = USUAL_LOGS.iter().map(PathBuf::from).find(|log| log.is_file());
    let journal = || {
        Path::new(crate::journald::PROGRAM).exists()
            && JOURNALS.iter().any(|path| Path::new(path).exists())
    };
    let other = || PathBuf::from(if journal() { JOURNALD } else { "/var/log/mail.log" });
    Source::named(&file.unwrap_or_else(other))
}

fn of_container(found: &Found, docker: &Path) -> Option<Source> {
    let container = &found.container;
    let file = |log: &Path| Source {
        name: format!("{container}:{}", log.display()),
        path: found.host_path(log),
        kind: Kind::File,
    };
    if let Some(log) = found.maillog() {
        return Some(file(&log));
    }
    let id = &found.container_id;
    let kept = docker.join(id).join(format!("{id}-json.log"));
    let kept = || {
        (!id.is_empty() && kept.exists()).then(|| Source {
            name: container.clone(),
            path: kept.clone(),
            kind: Kind::Docker,
        })
    };
    let own = || CONTAINER_LOGS.iter().map(|log| file(Path::new(log))).find(|s| s.path.is_file());
    if found.logs_to_stdout() { kept().or_else(own) } else { own().or_else(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_read_from_its_own_file_or_from_what_docker_keeps() {
        let (root, docker) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let found = |maillog: &str| Found {
            config_directory: "/etc/postfix".into(),
            container: "mail".into(),
            container_id: "ab12".into(),
            root: root.path().into(),
            settings: [("maillog_file".to_owned(), maillog.to_owned())].into(),
            ..Found::default()
        };
        assert_eq!(of_container(&found(""), docker.path()), None);

        let kept = docker.path().join("ab12/ab12-json.log");
        std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
        std::fs::write(&kept, "").unwrap();
        let source = of_container(&found("/dev/stdout"), docker.path()).unwrap();
        assert_eq!((&source.path, source.label().as_str()), (&kept, "docker:mail"));

        let source = of_container(&found("/var/log/mail.log"), docker.path()).unwrap();
        assert_eq!(source.path, root.path().join("var/log/mail.log"));
        assert_eq!(source.label(), "file:mail:/var/log/mail.log");
    }

    #[test]
    fn a_configured_log_is_known_by_its_name() {
        let kind = |log: &str| Source::named(Path::new(log)).kind;
        assert_eq!(kind("journald"), Kind::Journal);
        assert_eq!(kind("udp:127.0.0.1:5514"), Kind::Socket);
        assert_eq!(kind("unix:/run/mailvane/log"), Kind::Socket);
        assert_eq!(kind("/var/lib/docker/containers/ab/ab-json.log"), Kind::Docker);
        assert_eq!(kind("/var/log/mail.log"), Kind::File);
    }
}
