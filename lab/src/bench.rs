//! Figures of this machine, in the words of the promises: log lines parsed a second, log line to message.
//!
//! CPU figures come from the kernel's accounting, with `wc -l` over the same file in the same run beside them.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};

use serde::Serialize;
use serde_json::json;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::{
    journal,
    postfix::Pace,
    scene::{Scene, SceneError},
    sink::{Attempt, Status},
    smtp::{Mail, submit},
    stack::{Binaries, StackError, scratch_dir},
    truth::SINK_JOURNAL,
};

/// Messages in the log of the parsing figure; each has nine lines.
const LOG_MESSAGES: u64 = 250_000;
/// Deferred messages above which the trigger of the latency figure fires.
const THRESHOLD: usize = 50;
/// Mails of each round: a few more than it takes.
const ROUND_MAILS: usize = 60;
/// How long a message may take before the round is given up.
const ROUND_MAX: Duration = Duration::from_mins(1);

/// How fast the agent reads a log.
#[derive(Debug, Serialize)]
pub struct Parsing {
    /// Lines in the file.
    pub lines: u64,
    /// Bytes in the file.
    pub bytes: u64,
    /// CPU seconds of `mailvane-agent parse`.
    pub agent_cpu_s: f64,
    /// CPU seconds of `wc -l` on the same file.
    pub wc_cpu_s: f64,
    /// Lines for each CPU second of the agent.
    pub lines_per_cpu_s: f64,
}

/// Writes a log of known shape and has the agent read it.
pub async fn parsing() -> Result<Parsing, StackError> {
    let at = |what: &'static str| move |source| StackError::Io { what: what.to_owned(), source };
    let dir = scratch_dir().map_err(at("make a scratch directory"))?;
    let log = dir.path().join("mail.log");
    let (lines, bytes) = write_log(&log).map_err(at("write the log"))?;
    let agent = Binaries::beside_me()?.find("mailvane-agent")?;
    let wc_cpu_s = cpu_of(Command::new("wc").arg("-l").arg(&log)).await?;
    let agent_cpu_s = cpu_of(Command::new(agent).arg("parse").arg(&log).arg("--json")).await?;
    let lines_per_cpu_s = lines as f64 / agent_cpu_s.max(0.01);
    Ok(Parsing { lines, bytes, agent_cpu_s, wc_cpu_s, lines_per_cpu_s })
}

/// CPU seconds of a command, user and system together.
async fn cpu_of(command: &mut Command) -> Result<f64, StackError> {
    let fault = |source| StackError::Io { what: format!("run {command:?}"), source };
    let before = cpu_of_children().map_err(fault)?;
    let output = command
        .output()
        .await
        .map_err(|source| StackError::Io { what: "run a command".to_owned(), source })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(StackError::Failed { command: format!("{command:?}"), said });
    }
    let after = cpu_of_children()
        .map_err(|source| StackError::Io { what: "read /proc/self/stat".to_owned(), source })?;
    Ok(after - before)
}

/// CPU seconds of all children that have been waited for: fields 16 and 17 of `/proc/self/stat`, in hundredths.
fn cpu_of_children() -> io::Result<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name may hold blanks; what follows it does not.
    let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
    let ticks: f64 =
        fields.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_A_SECOND)
}

fn write_log(path: &Path) -> io::Result<(u64, u64)> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut lines = 0;
    for number in 0..LOG_MESSAGES {
        let (minute, second) = ((number / 600) % 60, (number / 10) % 60);
        let stamp =
            format!("Nov 24 {:02}:{minute:02}:{second:02} mx1 postfix", (number / 36_000) % 24);
        let (id, pid) = (format!("{:X}", 0xA0_0000_0000_u64 + number * 7), 1_000 + number % 50);
        let (domain, ip) = (number % 97, number % 250 + 1);
        for text in [
            format!("smtpd[{pid}]: connect from client{ip}.example.net[203.0.113.{ip}]"),
            format!("smtpd[{pid}]: {id}: client=client{ip}.example.net[203.0.113.{ip}]"),
            format!("cleanup[{pid}]: {id}: message-id=<{number}.{pid}@client{ip}.example.net>"),
            format!("qmgr[812]: {id}: from=<orders{pid}@shop{domain}.example.com>, size=2843, nrcpt=1 (queue active)"),
            format!("smtpd[{pid}]: disconnect from client{ip}.example.net[203.0.113.{ip}] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"),
            outcome(number, &id, pid, domain),
            format!("qmgr[812]: {id}: removed"),
            format!("smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[198.51.100.{ip}]: 554 5.7.1 <a@elsewhere.example>: Relay access denied; from=<b@c.example> to=<a@elsewhere.example> proto=ESMTP helo=<c.example>"),
            "anvil[813]: statistics: max connection rate 3/60s for (smtp:203.0.113.9) at Nov 24 10:00:00".to_owned(),
        ] {
            writeln!(out, "{stamp}/{text}")?;
            lines += 1;
        }
    }
    out.flush()?;
    Ok((lines, fs::metadata(path)?.len()))
}

fn outcome(number: u64, id: &str, pid: u64, domain: u64) -> String {
    let place = format!(
        "smtp[{pid}]: {id}: to=<user{number}@domain{domain}.example>, relay=mx.domain{domain}.example[192.0.2.7]:25, delay=1.2, delays=0.1/0.02/0.5/0.58"
    );
    if number.is_multiple_of(10) {
        format!(
            "{place}, dsn=4.7.28, status=deferred (host mx.domain{domain}.example[192.0.2.7] said: 421-4.7.28 rate limited (in reply to end of DATA command))"
        )
    } else {
        format!("{place}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4XyZ)")
    }
}

/// Milliseconds from the attempt that made one too many to the message at the receiver, one for each round.
pub async fn news(rounds: usize) -> Result<Vec<u64>, SceneError> {
    let scene = Scene::set(Pace::Steady, false).await?;
    scene.add_slack().await?;
    let trigger = json!({"name": "Bench", "enabled": true, "severity": "error", "spec": {
        "kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": THRESHOLD, "clear": THRESHOLD,
        "hold_s": 0, "clear_hold_s": 0, "scope": {}}});
    scene.api.post("/triggers", &trigger).await?;
    let mut took = Vec::new();
    for round in 0..rounds {
        took.push(one_round(&scene, round).await?);
    }
    scene.strike().await?;
    took.sort_unstable();
    Ok(took)
}

async fn one_round(scene: &Scene, round: usize) -> Result<u64, SceneError> {
    let seen = scene.slack.arrivals()?.len();
    let before: Vec<Attempt> = journal::read(&scene.path(SINK_JOURNAL))?;
    for number in 0..ROUND_MAILS {
        submit(scene.postfix.smtp(), &unlucky(round, number)).await?;
    }
    let told = wait_for(scene, seen).await?;
    let attempts: Vec<Attempt> = journal::read(&scene.path(SINK_JOURNAL))?;
    let first = attempts
        .iter()
        .skip(before.len())
        .filter(|one| one.status == Status::Deferred && one.attempt == 1);
    let too_many = first.map(|one| one.at_ms).nth(THRESHOLD).unwrap_or(told);
    let seen = scene.slack.arrivals()?.len();
    scene.postfix.delete_deferred().await?;
    wait_for(scene, seen).await?;
    Ok(told.saturating_sub(too_many))
}

/// Waits for an arrival beyond the `seen` first; its moment.
async fn wait_for(scene: &Scene, seen: usize) -> Result<u64, SceneError> {
    let deadline = Instant::now() + ROUND_MAX;
    loop {
        if let Some(arrival) = scene.slack.arrivals()?.get(seen) {
            return Ok(arrival.at_ms);
        }
        if Instant::now() > deadline {
            let seconds = ROUND_MAX.as_secs();
            return Err(SceneError::Late {
                what: "a message".to_owned(),
                seconds,
                seen: scene.last_words(),
            });
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn unlucky(round: usize, number: usize) -> Mail {
    Mail {
        client: std::net::Ipv4Addr::new(127, 0, 0, 9),
        helo: "app1.shop.test".to_owned(),
        sender: "orders@shop.test".to_owned(),
        recipients: vec![format!("never-{round}.{number}@gmail-like.test")],
        subject: "Order".to_owned(),
        body_bytes: 400,
    }
}
