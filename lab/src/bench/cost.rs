//! What a program costs: CPU seconds by the kernel's accounting, of commands that end and of processes that stay.
//!
//! Runs one command at a time, so that what children used together is what this one used.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};

/// What a command cost and said.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// Seconds of CPU, user and system together.
    pub cpu_s: f64,
    /// Seconds by the clock.
    pub wall_s: f64,
    /// Its standard output.
    pub out: String,
}

/// Runs a command to its end.
pub fn of(command: &mut Command) -> io::Result<Cost> {
    let shown = format!("{command:?}");
    let (before, began) = (children()?, Instant::now());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut bytes = Vec::new();
    let mut err = child.stderr.take();
    let complaints = std::thread::spawn(move || {
        let mut text = String::new();
        // Said to nobody where it cannot be read.
        err.as_mut().map(|err| err.read_to_string(&mut text).ok());
        text
    });
    if let Some(out) = &mut child.stdout {
        out.read_to_end(&mut bytes)?;
    }
    let status = child.wait()?;
    let complaints = complaints.join().unwrap_or_default();
    if !status.success() {
        return Err(io::Error::other(format!("{shown}: {status}: {}", complaints.trim())));
    }
    Ok(Cost {
        cpu_s: children()?.saturating_sub(before).as_secs_f64(),
        wall_s: began.elapsed().as_secs_f64(),
        out: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// CPU time of all children that were waited for.
fn children() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = |time: nix::sys::time::TimeVal| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        Duration::from_secs(seconds)
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or(0))
    };
    Ok(time(usage.user_time()) + time(usage.system_time()))
}

/// CPU time of a process that lives, all its threads together, those that ended left out.
pub fn of_process(pid: u32) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let ran_ns = text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        total += Duration::from_nanos(ran_ns);
    }
    Ok(total)
}

/// A figure of `/proc/PID/status`, such as `VmRSS` or `VmHWM`, in bytes.
pub fn memory_of(pid: u32, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.map(|kib| kib * 1024)
        .ok_or_else(|| io::Error::other(format!("process {pid} has no {name}")))
}

/// The middle of the values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
