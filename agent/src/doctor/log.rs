//! Logs that cannot be read, that lost the daemons' names, or whose writer drops lines.

use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use mailvane_proto::catalogue::group;

use super::{Finding, Scene, host_wide};
use crate::postfix::Line;
use crate::sources::Kind;
use crate::vfs::{Disk, read_all};

/// Looked at of a log's end.
const TAIL_BYTES: u64 = 64 * 1024;
/// A larger file is no configuration.
const FILE_BYTES_MAX: usize = 1 << 20;
const JOURNALD_CONF: [&str; 3] = [
    "/usr/lib/systemd/journald.conf.d",
    "/etc/systemd/journald.conf.d",
    "/run/systemd/journald.conf.d",
];
const LOGROTATE: &str = "/etc/logrotate.d";

/// Looks at every log that is read.
pub(super) fn examine(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for source in scene.sources {
        match source.kind {
            Kind::Journal => journal(findings),
            Kind::File | Kind::Docker => file(&source.path, findings),
            Kind::Socket => {}
        }
    }
    for found in scene.found.iter().filter(|found| found.logs_to_stdout()) {
        if !scene.sources.iter().any(|source| source.kind == Kind::Docker) {
            findings.push(Finding {
                instance: found.name().to_owned(),
                ..host_wide(
                    group::LOG,
                    true,
                    "maillog_file is /dev/stdout, and no log of its container is read",
                    "log = \"/var/lib/docker/containers/ID/ID-json.log\" in agent.toml",
                )
            });
        }
    }
}

fn journal(findings: &mut Vec<Finding>) {
    if !may_read_journal() {
        let cure = "usermod -aG systemd-journal mailvane-agent && systemctl restart mailvane-agent";
        findings.push(host_wide(
            group::LOG,
            true,
            "the journal may not be read by this user",
            cure,
        ));
    }
    let mut conf = text(Path::new("/etc/systemd/journald.conf"));
    for directory in JOURNALD_CONF {
        let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
        for file in files {
            conf.push('\n');
            conf.push_str(&text(&file.path()));
        }
    }
    if drops(&conf) {
        findings.push(host_wide(
            group::LOG,
            false,
            "journald drops lines of a service that writes more than its rate limit",
            "mkdir -p /etc/systemd/journald.conf.d && printf '[Journal]\\nRateLimitIntervalSec=0\\n' > /etc/systemd/journald.conf.d/mail.conf && systemctl restart systemd-journald",
        ));
    }
}

/// Whether a journal's directory can be listed and one of its files be opened.
fn may_read_journal() -> bool {
    let machines = ["/var/log/journal", "/run/log/journal"].map(std::fs::read_dir);
    let machines = machines.into_iter().flatten().flatten().flatten();
    let mut journals = machines
        .filter_map(|machine| std::fs::read_dir(machine.path()).ok())
        .flatten()
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().starts_with("system"))
        .peekable();
    journals.peek().is_none() || journals.any(|file| std::fs::File::open(file.path()).is_ok())
}

/// The last setting counts; without one, 10,000 lines in 30 seconds are let through.
fn drops(conf: &str) -> bool {
    let value = |name: &str| {
        conf.lines().rev().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let off = |value: Option<&str>| value.is_some_and(|value| matches!(value.trim(), "0" | "0s"));
    !off(value("RateLimitIntervalSec")) && !off(value("RateLimitBurst"))
}

fn file(log: &Path, findings: &mut Vec<Finding>) {
    let shown = log.display();
    match std::fs::File::open(log) {
        Ok(mut file) => {
            if lost_names(&mut file) {
                findings.push(host_wide(
                    group::PROCESS,
                    false,
                    format!("{shown}: rsyslog cuts the daemons' names off"),
                    "echo 'global(parser.permitSlashInProgramName=\"on\")' > /etc/rsyslog.d/00-mail.conf && systemctl restart rsyslog",
                ));
            }
        }
        Err(error) => findings.push(unreadable(log, &error)),
    }
    let files = std::fs::read_dir(LOGROTATE).into_iter().flatten().flatten();
    for rule in files.map(|file| file.path()) {
        if copies(&text(&rule), &log.to_string_lossy()) {
            findings.push(host_wide(
                group::LOG,
                false,
                format!(
                    "{}: copytruncate loses what is written between copy and cut",
                    rule.display()
                ),
                format!("sed -i 's/^\\s*copytruncate/    create/' {}", rule.display()),
            ));
        }
    }
}

fn unreadable(log: &Path, error: &std::io::Error) -> Finding {
    let cure = match error.kind() {
        ErrorKind::PermissionDenied => {
            let group = std::fs::metadata(log).ok().and_then(|metadata| {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.mode() & 0o040 != 0).then(|| group_name(metadata.gid()))?
            });
            match group {
                Some(group) => {
                    format!(
                        "usermod -aG {group} mailvane-agent && systemctl restart mailvane-agent"
                    )
                }
                None => format!("setfacl -m u:mailvane-agent:r {}", log.display()),
            }
        }
        _ => "log = \"FILE\" in agent.toml, with the file that Postfix logs to".to_owned(),
    };
    host_wide(group::LOG, true, format!("{}: {error}", log.display()), cure)
}

fn group_name(gid: u32) -> Option<String> {
    let groups = text(Path::new("/etc/group"));
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

/// Whether Postfix lines at the log's end have no daemon.
fn lost_names(file: &mut std::fs::File) -> bool {
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::new();
    let from = size.saturating_sub(TAIL_BYTES);
    let read = file
        .seek(SeekFrom::Start(from))
        .and_then(|_| file.take(TAIL_BYTES).read_to_end(&mut bytes));
    let lines = bytes.split(|byte| *byte == b'\n').skip(usize::from(from > 0));
    read.is_ok()
        && lines
            .filter_map(Line::parse)
            .any(|line| line.daemon.is_empty() && line.instance.starts_with(b"postfix"))
}

/// Whether a logrotate file has a block for this log with `copytruncate`.
fn copies(rules: &str, log: &str) -> bool {
    rules.split('}').any(|block| {
        block.split_once('{').is_some_and(|(files, body)| {
            let named = files.split_ascii_whitespace().any(|file| file.trim_matches('"') == log);
            named && body.lines().any(|line| line.trim() == "copytruncate")
        })
    })
}

fn text(path: &Path) -> String {
    let bytes = read_all(&Disk, path, FILE_BYTES_MAX).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journald_as_shipped_drops_lines_and_zero_switches_it_off() {
        assert!(drops("[Journal]\n#RateLimitIntervalSec=30s\n"));
        assert!(!drops("[Journal]\nRateLimitIntervalSec=0\n"));
        assert!(drops("RateLimitIntervalSec=0\n[Journal]\nRateLimitIntervalSec=10s\n"));
    }

    #[test]
    fn only_the_block_of_this_log_counts() {
        let rules =
            "/var/log/mail.log\n/var/log/mail.err {\n  weekly\n}\n/var/log/x {\n copytruncate\n}\n";
        assert!(!copies(rules, "/var/log/mail.log"));
        assert!(copies(rules, "/var/log/x"));
    }

    #[test]
    fn an_rfc_5424_log_without_daemons_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("mail.log");
        let line = "<22>1 2026-11-23T12:25:38.201728+00:00 mx1 postfix 6603 - -  connect from a[192.0.2.1]\n";
        std::fs::write(&log, line).unwrap();
        let mut findings = Vec::new();
        file(&log, &mut findings);
        assert!(findings[0].cure.contains("permitSlashInProgramName"), "{findings:?}");
    }
}
