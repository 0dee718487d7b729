//! What the running agent weighs: CPU and memory at rest, at 1,000 lines a second, beside large queues, under a flood of
//! hostile domains. A real agent process with a server that cannot be reached, so that it spools as in a bad hour.
//!
//! CPU comes from the kernel's accounting over the whole of each phase, memory from its own figure of the process.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mailvane_agent::identity::{Identity, StateDirectory};
use serde_json::{Value, json};

use super::{agent::round, cost, mix, scan::Place};
use crate::stack::scratch_dir;

/// Lines written at once, four times a second.
const BURST_LINES: usize = 250;
const BURST_EVERY: Duration = Duration::from_millis(250);
/// Time for the agent to start and to look at a large queue for the first time.
const SETTLE: Duration = Duration::from_secs(15);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The agent's binary.
    pub agent: PathBuf,
    /// How long each phase takes.
    pub phase: Duration,
    /// Files of the queues.
    pub files: Vec<u64>,
    /// Hostile domains.
    pub domains: u64,
}

/// Measures every row.
pub fn run(wish: &Wish) -> io::Result<Value> {
    let mut rows = vec![
        phase(wish, "idle", 0, |_, phase| {
            std::thread::sleep(phase);
            Ok(())
        })?,
        phase(wish, "1000 lines/s", 0, steady)?,
    ];
    for files in &wish.files {
        let name = format!("{files} deferred");
        rows.push(phase(wish, &name, *files, |_, phase| {
            std::thread::sleep(phase);
            Ok(())
        })?);
    }
    let domains = wish.domains;
    rows.push(phase(wish, "hostile domains", 0, |log, _| flood(log, domains))?);
    let size = fs::metadata(&wish.agent)?.len();
    Ok(json!({ "binary_bytes": size, "phase_s": wish.phase.as_secs(), "rows": rows }))
}

fn phase(
    wish: &Wish,
    name: &str,
    files: u64,
    act: impl FnOnce(&Path, Duration) -> io::Result<()>,
) -> io::Result<Value> {
    let scratch = scratch_dir()?;
    let place = Place::make(scratch.path(), files)?;
    let log = scratch.path().join("mail.log");
    fs::write(&log, "")?;
    fs::write(
        &place.settings,
        format!(
            "config_directories = [\"{}\"]\nlog = \"{}\"\n",
            place.config.display(),
            log.display()
        ),
    )?;
    let state = scratch.path().join("state");
    enrolled(&state)?;
    let mut agent = Agent(
        Command::new(&wish.agent)
            .args(["run", "--config"])
            .arg(&place.settings)
            .arg("--state-dir")
            .arg(&state)
            .stdout(Stdio::null())
            .stderr(File::create(scratch.path().join("agent.err"))?)
            .spawn()?,
    );
    std::thread::sleep(SETTLE);
    let (before, began) = (cost::of_process(agent.0.id())?, Instant::now());
    act(&log, wish.phase)?;
    let (spent, took) = (cost::of_process(agent.0.id())?.saturating_sub(before), began.elapsed());
    let row = json!({
        "what": name,
        "seconds": round(took.as_secs_f64()),
        "cpu_percent": round(spent.as_secs_f64() / took.as_secs_f64() * 100.0),
        "rss_bytes": cost::memory_of(agent.0.id(), "VmRSS")?,
        "rss_peak_bytes": cost::memory_of(agent.0.id(), "VmHWM")?,
    });
    agent.end();
    fs::remove_dir_all(&place.spool)?;
    Ok(row)
}

/// Ends with its owner, whatever happens.
struct Agent(Child);

impl Agent {
    fn end(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.end();
    }
}

/// A host that was admitted, by a server at which nobody listens.
fn enrolled(directory: &Path) -> io::Result<()> {
    let state = StateDirectory::open(directory).map_err(io::Error::other)?;
    state.key().map_err(io::Error::other)?;
    let identity = Identity {
        agent_id: "agent_0192f0c1-0000-7000-8000-000000000001".to_owned(),
        host_id: "host_0192f0c1-0000-7000-8000-000000000002".to_owned(),
        server_name: "mailvane.test".to_owned(),
        server: "https://127.0.0.1:9".to_owned(),
        tenant_name: "Bench".to_owned(),
        interval_ms: 10_000,
    };
    state.enrolled(&identity).map_err(io::Error::other)
}

/// 1,000 lines a second of a realistic mix, under the stamps of now.
fn steady(log: &Path, phase: Duration) -> io::Result<()> {
    let made = log.with_extension("made");
    let seconds = phase.as_secs().max(1);
    mix::write(&made, seconds * 1_000)?;
    let mut lines = BufReader::new(File::open(&made)?).lines();
    let mut out = fs::OpenOptions::new().append(true).open(log)?;
    let began = Instant::now();
    let mut bursts = 0;
    while began.elapsed() < phase {
        let stamp = stamp();
        let mut text = String::new();
        for line in lines.by_ref().take(BURST_LINES) {
            text.push_str(&stamp);
            text.push_str(line?.get(mix::STAMP_BYTES..).unwrap_or_default());
            text.push('\n');
        }
        out.write_all(text.as_bytes())?;
        bursts += 1;
        std::thread::sleep((BURST_EVERY * bursts).saturating_sub(began.elapsed()));
    }
    fs::remove_file(made)
}

/// Every message from and for a domain of its own, deferred by a server of its own; as fast as it can be written.
fn flood(log: &Path, domains: u64) -> io::Result<()> {
    let mut out = io::BufWriter::new(fs::OpenOptions::new().append(true).open(log)?);
    for number in 0..domains {
        let (stamp, id) = (stamp(), format!("A{number:010X}"));
        writeln!(out, "{stamp} mx1 postfix/smtpd[7]: {id}: client=c{number}.example[203.0.113.7]")?;
        writeln!(
            out,
            "{stamp} mx1 postfix/qmgr[9]: {id}: from=<u@s{number}.example>, size=900, nrcpt=1 (queue active)"
        )?;
        writeln!(
            out,
            "{stamp} mx1 postfix/smtp[8]: {id}: to=<u@d{number}.example>, relay=mx.d{number}.example[192.0.2.7]:25, delay=1, delays=0/0/0/1, dsn=4.7.{number}, status=deferred (host mx.d{number}.example[192.0.2.7] said: 450 4.7.{number} word{number} (in reply to RCPT TO command))"
        )?;
    }
    out.flush()?;
    // The last of them is read within a few seconds.
    std::thread::sleep(SETTLE);
    Ok(())
}

/// `Nov 24 19:50:01` in this machine's zone, as a log daemon would write it.
fn stamp() -> String {
    #[expect(clippy::disallowed_methods, reason = "a log daemon of a moment stamps with the clock")]
    chrono::Local::now().format("%b %e %H:%M:%S").to_string()
}
