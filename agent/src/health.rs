//! The agent's own weight, and the machine's: from /proc, sent like any other figure.

use mailvane_proto::catalogue::{agent as agent_cat, host as cat};

use crate::fold::tally::Tally;

/// Ticks of the kernel's clock in a second, as /proc counts them on every Linux.
const TICK_MS: u64 = 10;
const PAGE_BYTES: u64 = 4_096;

/// Remembers what only grows.
#[derive(Debug)]
pub struct Health {
    started_ms: i64,
    own_cpu_ms: Option<u64>,
    host_cpu_ms: Option<u64>,
    stalled_us: Option<u64>,
}

impl Health {
    /// For an agent started at `started_ms`.
    pub fn new(started_ms: i64) -> Self {
        Self { started_ms, own_cpu_ms: None, host_cpu_ms: None, stalled_us: None }
    }

    /// Adds the figures.
    pub fn measure(&mut self, now_ms: i64, tally: &mut Tally) {
        let up_ms = now_ms.saturating_sub(self.started_ms);
        tally.set(agent_cat::UPTIME_S, u64::try_from(up_ms / 1000).unwrap_or(0));
        if let Some(rss) = field("/proc/self/statm", 1) {
            tally.set(agent_cat::RSS_BYTES, rss * PAGE_BYTES);
        }
        if let (Some(user), Some(system)) = (stat_field(13), stat_field(14)) {
            let growth = grown(&mut self.own_cpu_ms, (user + system) * TICK_MS);
            tally.add(agent_cat::CPU_MS, growth);
        }
        if let Some(load) = load_hundredths() {
            tally.set(cat::LOAD_1M, load);
        }
        if let Some(busy) = busy_ticks() {
            let growth = grown(&mut self.host_cpu_ms, busy * TICK_MS);
            tally.add(cat::CPU_MS, growth);
        }
        if let (Some(total), Some(available)) =
            (memory_kib("MemTotal:"), memory_kib("MemAvailable:"))
        {
            tally.set(cat::MEMORY_TOTAL, total * 1024);
            tally.set(cat::MEMORY_AVAILABLE, available * 1024);
        }
        if let Some(stalled) = stalled_us() {
            let growth = grown(&mut self.stalled_us, stalled);
            tally.add(cat::IO_STALL_MS, growth / 1000);
        }
    }
}

/// How much a total grew since it was last seen.
fn grown(seen: &mut Option<u64>, now: u64) -> u64 {
    let before = seen.replace(now);
    before.map_or(0, |before| now.saturating_sub(before))
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn field(path: &str, place: usize) -> Option<u64> {
    read(path)?.split_ascii_whitespace().nth(place)?.parse().ok()
}

/// Fields of stat behind the program's name, which may hold blanks.
fn stat_field(place: usize) -> Option<u64> {
    let text = read("/proc/self/stat")?;
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(place - 2)?.parse().ok()
}

fn load_hundredths() -> Option<u64> {
    let text = read("/proc/loadavg")?;
    let (whole, fraction) = text.split_ascii_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 100 + fraction.parse::<u64>().ok()?)
}

/// All but idle and waiting for disks.
fn busy_ticks() -> Option<u64> {
    let text = read("/proc/stat")?;
    let fields: Vec<u64> = text
        .lines()
        .next()?
        .split_ascii_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let all: u64 = fields.iter().take(8).sum();
    Some(all.saturating_sub(fields.get(3)? + fields.get(4)?))
}

fn memory_kib(name: &str) -> Option<u64> {
    let text = read("/proc/meminfo")?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn stalled_us() -> Option<u64> {
    let text = read("/proc/pressure/io")?;
    text.lines().next()?.rsplit_once("total=")?.1.parse().ok()
}
