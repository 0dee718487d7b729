//! Settings of an instance: as postconf(1) says them, else as they stand in main.cf.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where postconf is looked for.
const POSTCONF: [&str; 2] = ["/usr/sbin/postconf", "/usr/local/sbin/postconf"];
/// A larger main.cf is none.
const FILE_BYTES_MAX: usize = 4 << 20;
/// `$name` inside `$name` inside …
const EXPANSIONS_MAX: usize = 8;

/// The settings of these names, expanded.
pub(super) fn settings(directory: &Path, names: &[&str]) -> BTreeMap<String, String> {
    ask(directory, names).unwrap_or_else(|| read(&directory.join("main.cf"), names))
}

/// When the program that answers was written; a newer one may answer otherwise.
pub(super) fn program_ms() -> i64 {
    let modified = POSTCONF.iter().find_map(|path| std::fs::metadata(path).ok()?.modified().ok());
    modified
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// What Postfix takes where main.cf says nothing.
const DEFAULTS: [(&str, &str); 9] = [
    ("queue_directory", "/var/spool/postfix"),
    ("data_directory", "/var/lib/postfix"),
    ("qmgr_message_active_limit", "20000"),
    ("maximal_queue_lifetime", "5d"),
    ("default_process_limit", "100"),
    ("smtpd_tls_loglevel", "0"),
    ("smtp_tls_loglevel", "0"),
    ("inet_interfaces", "all"),
    ("enable_long_queue_ids", "no"),
];

/// Postconf's warnings go to its stderr and are left there; unknown names print no line.
fn ask(directory: &Path, names: &[&str]) -> Option<BTreeMap<String, String>> {
    let program = POSTCONF.iter().find(|path| Path::new(path).exists())?;
    let output = Command::new(program)
        .arg("-c")
        .arg(directory)
        .arg("-x")
        .args(names)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| lines(&String::from_utf8_lossy(&output.stdout)))
}

fn lines(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

/// The settings that a file has, and the defaults of those that matter.
pub(super) fn read(file: &Path, names: &[&str]) -> BTreeMap<String, String> {
    let bytes = crate::vfs::read_all(&crate::vfs::Disk, file, FILE_BYTES_MAX);
    let mut all = parse(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
    for (name, value) in DEFAULTS {
        all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let wanted = |name: &&str| Some(((*name).to_owned(), expand(all.get(*name)?, &all)));
    names.iter().filter_map(wanted).collect()
}

/// A line that begins with white space goes on the one before; the last of several settings counts.
fn parse(text: &str) -> BTreeMap<String, String> {
    let mut logical = String::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        logical.push(if line.starts_with([' ', '\t']) { ' ' } else { '\n' });
        logical.push_str(line.trim());
    }
    lines(&logical)
}

fn expand(value: &str, all: &BTreeMap<String, String>) -> String {
    let mut value = value.to_owned();
    for _ in 0..EXPANSIONS_MAX {
        let Some((head, name, tail)) = reference(&value) else { break };
        let replacement = all.get(name).cloned().unwrap_or_default();
        value = format!("{head}{replacement}{tail}");
    }
    value
}

/// The first `$name` or `${name}`, with what is around it.
fn reference(value: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = value.split_once('$')?;
    if let Some(inner) = rest.strip_prefix('{') {
        let (name, tail) = inner.split_once('}')?;
        return Some((head, name, tail));
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, tail) = rest.split_at_checked(end)?;
    Some((head, name, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_comments_and_references_are_understood() {
        let text = "# comment\nmydomain = example.org\nmyhostname = mx.$mydomain\nmynetworks = 127.0.0.0/8\n  # inside\n  [::1]/128\n";
        let all = parse(text);
        assert_eq!(expand(&all["myhostname"], &all), "mx.example.org");
        assert_eq!(all["mynetworks"], "127.0.0.0/8 [::1]/128");
    }
}
