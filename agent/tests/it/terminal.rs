//! What people type, right and wrong: every command, every exit code, and JSON that stays JSON when something fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::world::World;

const LINES: &str = "Nov 23 12:07:40 mx1 postfix/smtpd[7]: connect from a[192.0.2.1]\nNov 23 12:07:41 mx1 postfix/smtp[8]: C111FA182B1: to=<a@b.test>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n";

fn agent() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mailvane-agent"))
}

fn run(words: &[&str]) -> Output {
    agent().args(words).stdin(Stdio::null()).output().unwrap()
}

fn fed(words: &[&str], input: &[u8]) -> Output {
    let mut child = agent()
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that fails early reads nothing of it.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(path: &Path, bytes: &[u8]) -> String {
    std::fs::write(path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn several_logs_plain_compressed_and_piped_are_one_report() {
    let directory = tempfile::tempdir().unwrap();
    let plain = write(&directory.path().join("mail.log"), LINES.as_bytes());
    let packed = write(&directory.path().join("mail.log.1.gz"), &gzip(LINES.as_bytes()));
    let output = fed(&["parse", &packed, &plain, "-", "--json"], LINES.as_bytes());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = json(&output);
    assert_eq!(
        (&report["lines"], &report["sent"], &report["smtpd_connections"]),
        (&6.into(), &3.into(), &3.into())
    );
    let table = String::from_utf8(run(&["parse", &plain]).stdout).unwrap();
    assert!(table.lines().any(|line| line.trim() == "1  SMTP sessions"), "{table}");
}

#[test]
fn what_can_be_read_of_a_damaged_log_is_reported_with_what_could_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut packed = gzip(LINES.repeat(200).as_bytes());
    packed.truncate(packed.len() - 9);
    let damaged = write(&directory.path().join("mail.log.gz"), &packed);
    let plain = write(&directory.path().join("mail.log"), LINES.as_bytes());
    let output = run(&["parse", &damaged, &plain, "/nonexistent/mail.log", "--json"]);
    assert_eq!(code(&output), 6);
    let report = json(&output);
    assert!(report["lines"].as_u64().unwrap() > 2, "{report}");
    assert_eq!(report["faults"].as_array().unwrap().len(), 2);
    let output = run(&["parse", directory.path().to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), 6);
    assert_eq!(json(&output)["exit_code"], 6);
}

#[test]
fn an_enrolment_key_is_no_argument_and_is_not_repeated() {
    for words in [&["enroll", "mv_enr_secret"][..], &["enroll", "--key=mv_enr_secret"]] {
        let output = run(words);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("must not be an argument"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("mv_enr_secret"));
    }
}

#[test]
fn a_key_that_is_none_is_refused_from_wherever_it_comes() {
    let world = World::new();
    let state = world.path("state");
    let state = state.to_str().unwrap();
    let base = ["enroll", "--server", "https://localhost:1", "--state-dir", state];
    for input in [&b""[..], b"\n", b"hello\n", b"mv_enr_****\n", b"\xff\xfe"] {
        let output = fed(&base, input);
        assert_eq!(code(&output), 2, "{input:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).trim().lines().count(), 1, "{}", stderr(&output));
    }
    let output = run(&[&base[..], &["--key-file", "/nonexistent/key"]].concat());
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("/nonexistent/key"), "{}", stderr(&output));
    let output = fed(&[&base[..], &["--json"]].concat(), b"mv_enr_good\n");
    assert_eq!(code(&output), 5, "nobody listens there");
    assert_eq!(json(&output)["exit_code"], 5);
    let output = fed(&["enroll", "--state-dir", state], b"mv_enr_good\n");
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--server https://HOST:PORT"), "{}", stderr(&output));
}

#[test]
fn wrong_words_end_with_two_and_stay_json_where_json_was_asked_for() {
    for words in [
        &["stat"][..],
        &["show", "--last", "0"],
        &["show", "--last", "many"],
        &["parse"],
        &["completions", "cmd.exe"],
        &["queue", "--deep"],
    ] {
        assert_eq!(code(&run(words)), 2, "{words:?}");
        let output = run(&[words, &["--json"]].concat());
        assert_eq!(json(&output)["exit_code"], 2, "{words:?}");
    }
    assert_eq!(code(&run(&[])), 2);
    let help = run(&["--help"]);
    assert_eq!(code(&help), 0);
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("Exit codes:") && help.contains("Examples:"), "{help}");
}

#[test]
fn versions_and_completions_are_printed() {
    let version = json(&run(&["version", "--json"]));
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(version["catalogue_version"].as_u64().is_some());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = String::from_utf8(run(&["completions", shell]).stdout).unwrap();
        assert!(script.contains("mailvane-agent") && script.contains("integrate"), "{shell}");
    }
}

#[test]
fn a_host_without_postfix_is_told_where_to_say_it() {
    let world = World::new();
    let config = world.path("agent.toml");
    write(&config, b"config_directories = []\n");
    for command in ["queue", "doctor", "integrate"] {
        let output = run(&[command, "--config", config.to_str().unwrap(), "--json"]);
        assert_eq!(code(&output), 3, "{command}");
        assert!(json(&output)["error"].as_str().unwrap().contains("config_directories"));
    }
}

#[test]
fn integrate_tells_what_is_there_and_what_is_missing() {
    let world = World::new();
    let config = world.path("agent.toml");
    let text = format!(
        "config_directories = [\"{}\"]\nlog = \"{}\"\n",
        world.path("etc").display(),
        world.path("mail.log").display()
    );
    write(&config, text.as_bytes());
    let state = world.path("state");
    let words = ["integrate", "--no-restart", "--config", config.to_str().unwrap()];
    let words = [&words[..], &["--state-dir", state.to_str().unwrap()]].concat();
    let output = run(&[&words[..], &["--json"]].concat());
    assert_eq!(code(&output), 1);
    let told = json(&output);
    assert_eq!(told["instances"][0]["name"], "postfix-t1");
    assert_eq!(told["restart"], "left_alone");
    let cures = told["findings"].to_string();
    assert!(cures.contains("smtpd_tls_loglevel=1"), "{cures}");
    let text = String::from_utf8(run(&words).stdout).unwrap();
    assert!(text.contains("cure: postconf -c"), "{text}");
}

#[test]
fn what_happens_is_printed_as_it_is_written() {
    let world = World::new();
    let log = world.path("mail.log");
    let mut child = agent()
        .args(["tail", "--json", "--only", "delivery", "--log", log.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It begins with what is written from now on; how long it takes to begin is not known.
    let mut heard = BufReader::new(child.stdout.take().unwrap());
    let (sent, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        sent.send(line).unwrap();
    });
    let line = (1..100).find_map(|n| {
        world.delivered(n);
        received.recv_timeout(std::time::Duration::from_millis(100)).ok()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let event: Value = serde_json::from_str(&line.expect("nothing was printed")).unwrap();
    assert_eq!(event["event"], "delivery.sent");
    assert_eq!(event["fields"]["to"], "r@example.org");
}

#[test]
fn a_reader_that_goes_away_ends_tail_quietly() {
    let world = World::new();
    world.delivered(1);
    let log = world.path("mail.log");
    let mut child = agent()
        .args(["tail", "--from-start", "--log", log.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let output = run(&["tail", "--log", "/nonexistent/mail.log", "--json"]);
    assert_eq!(json(&output)["exit_code"], 6);
}
