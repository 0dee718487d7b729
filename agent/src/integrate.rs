//! Makes the agent fit its host: what is there, what the agent's user may not see, what cures it, and a restart.
//!
//! Changes nothing but the running agent; the lines that cure are for the administrator to run.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde_json::{Value, json};

use crate::discover::Found;
use crate::doctor::{self, Finding};
use crate::sources::Source;

/// The user that the packages make for the agent.
pub const USER: &str = "mailvane-agent";
const UNIT: &str = "mailvane-agent.service";
/// Groups that the agent's unit adds; those that a host does not have are left out.
const GROUPS: [&str; 3] = ["adm", "systemd-journal", "postdrop"];
const RUNUSER: [&str; 2] = ["/usr/sbin/runuser", "/sbin/runuser"];

/// What became of the restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Done.
    Done,
    /// Not asked for.
    LeftAlone,
    /// Not possible, and why.
    Not(String),
}

/// What the agent's own user finds on this host. Nothing unless root asks and there is such a user.
pub fn seen_by_agent(config: Option<&Path>) -> Option<Vec<Finding>> {
    if !rustix::process::geteuid().is_root() || !is_known("/etc/passwd", USER) {
        return None;
    }
    let runuser = RUNUSER.iter().find(|path| Path::new(path).exists())?;
    let mut command = Command::new(runuser);
    command.args(["--user", USER, "--group", USER]);
    for group in GROUPS.iter().filter(|group| is_known("/etc/group", group)) {
        command.args(["--supp-group", group]);
    }
    command.arg("--").arg(std::env::current_exe().ok()?).args(["doctor", "--json"]);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// Who looks, where it is not the agent's user.
pub fn myself() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    own.unwrap_or_else(|| uid.to_string())
}

fn is_known(table: &str, name: &str) -> bool {
    let text = std::fs::read_to_string(table).unwrap_or_default();
    text.lines().any(|line| line.split(':').next() == Some(name))
}

/// Starts the agent anew, so that it has the groups and the configuration of now.
pub fn restart(enrolled: bool, leave_alone: bool) -> Restart {
    if leave_alone {
        return Restart::LeftAlone;
    }
    if !enrolled {
        let why = "this host is not enrolled: mailvane-agent enroll --server https://HOST:PORT";
        return Restart::Not(why.to_owned());
    }
    if !Path::new("/run/systemd/system").exists() {
        return Restart::Not(
            "systemd does not run here: restart `mailvane-agent run` yourself".into(),
        );
    }
    let done = Command::new("systemctl")
        .args(["restart", UNIT])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output();
    match done {
        Ok(output) if output.status.success() => Restart::Done,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Restart::Not(format!("systemctl restart {UNIT}: {said}"))
        }
        Err(error) => Restart::Not(format!("systemctl: {error}")),
    }
}

/// For people, and for programs.
pub fn told(
    found: &[Found],
    sources: &[Source],
    by: &str,
    findings: &[Finding],
    restart: &Restart,
) -> (Vec<String>, Value) {
    let mut lines = vec!["Postfix on this host:".to_owned()];
    lines.extend(found.iter().map(instance_line));
    lines.push("Logs that are read:".to_owned());
    lines.extend(sources.iter().map(|source| format!("  {}", source.label())));
    let (spots, _) = doctor::told(findings);
    if spots.is_empty() {
        lines.push(format!("User {by} sees everything."));
    } else {
        lines.push(format!("What user {by} does not see, and the line that cures it:"));
        lines.extend(spots.iter().map(|spot| format!("  {}", spot.replace('\n', "\n  "))));
    }
    lines.push(match restart {
        Restart::Done => "The agent was restarted.".to_owned(),
        Restart::LeftAlone => "The agent was left alone.".to_owned(),
        Restart::Not(why) => format!("The agent was not restarted: {why}"),
    });
    let instances: Vec<Value> = found
        .iter()
        .map(|found| {
            json!({
                "name": found.name(), "config_directory": found.config_directory,
                "container": found.container, "version": found.version(),
                "queue_directory": found.queue_directory(), "running": found.running(),
            })
        })
        .collect();
    let labels: Vec<String> = sources.iter().map(Source::label).collect();
    let value = json!({
        "instances": instances, "logs": labels, "seen_by": by, "findings": findings,
        "restart": restart,
    });
    (lines, value)
}

fn instance_line(found: &Found) -> String {
    let version = if found.version().is_empty() { "of unknown version" } else { found.version() };
    let inside = if found.container.is_empty() {
        String::new()
    } else {
        format!(" in container {}", found.container)
    };
    let runs = if found.running() { "runs" } else { "does not run" };
    format!(
        "  {} {version}, {}{inside}, queues in {}, {runs}",
        found.name(),
        found.config_directory.display(),
        found.queue_directory().display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_not_enrolled_is_not_restarted_but_told_so() {
        assert_eq!(restart(false, true), Restart::LeftAlone);
        let Restart::Not(why) = restart(false, false) else { panic!("restarted") };
        assert!(why.contains("not enrolled"), "{why}");
    }

    #[test]
    fn what_was_found_is_told_with_its_cures() {
        let found = Found { config_directory: "/etc/postfix".into(), ..Found::default() };
        let sources = [Source::named(Path::new("/var/log/mail.log"))];
        let (lines, value) = told(&[found], &sources, "root", &[], &Restart::LeftAlone);
        assert!(lines.iter().any(|line| line == "  file:/var/log/mail.log"), "{lines:?}");
        assert!(lines.iter().any(|line| line == "User root sees everything."), "{lines:?}");
        assert_eq!(value["instances"][0]["config_directory"], "/etc/postfix");
        assert_eq!(value["restart"], "left_alone");
    }
}
