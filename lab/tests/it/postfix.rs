//! The private Postfix: it comes up alone, ends with the lab however the lab ends, and keeps its mail for the next run.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mailvane_lab::stack::scratch_dir;
use serde_json::Value;

fn lab(dir: &Path) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailvane-lab"))
        .args(["postfix", "--traffic", "off", "--dir"])
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

/// A zombie has ended; only the machine's first process has not noticed yet.
fn lives(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("(master)") && !stat.contains("(master) Z")
}

#[test]
fn a_killed_lab_takes_its_postfix_with_it_and_the_next_one_goes_on() {
    let dir = scratch_dir().unwrap();
    let (mut first, ready) = lab(dir.path());
    let master = ready["master_pid"].as_u64().unwrap();
    assert!(lives(master));

    first.kill().unwrap();
    first.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(15);
    while lives(master) {
        assert!(Instant::now() < deadline, "Postfix outlived the lab");
        std::thread::sleep(Duration::from_millis(50));
    }

    let (mut second, ready) = lab(dir.path());
    let master = ready["master_pid"].as_u64().unwrap();
    let started = || {
        let log = std::fs::read_to_string(dir.path().join("log/mail.log")).unwrap();
        (log.matches("daemon started").count(), log)
    };
    // Its process is there before its first words are.
    let deadline = Instant::now() + Duration::from_secs(15);
    while started().0 < 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = Command::new("kill").args(["-TERM", &second.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert!(second.wait().unwrap().success());
    assert!(!lives(master));
    let (count, log) = started();
    assert_eq!(count, 2, "{log}");
}

#[test]
fn a_directory_that_daemons_cannot_enter_is_refused_by_name() {
    let dir = scratch_dir().unwrap();
    let closed = dir.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mailvane-lab"))
        .args(["postfix", "--traffic", "off", "--dir"])
        .arg(closed.join("postfix"))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(closed.to_str().unwrap()) && said.contains("0755"), "{said}");
}
