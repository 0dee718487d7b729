//! The processes of an instance: its master, whom master keeps, and what they use.
//!
//! A master is told by the directory it works in, which is the queue directory, or by the lock that it holds on its pid
//! file, which a plain user may see too and which is the same seen from outside a container. Where neither can be seen,
//! one master and one instance belong together, and several stay *not visible* rather than being guessed.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use mailvane_proto::catalogue::{KeyId, group, process as cat};

use crate::discover::master_cf::Service;

use super::{
    Reading, Target,
    proc::{self, Stat},
};

/// Processes looked at in one reading; beyond it the instance is *not visible*. Postfix's default limit is 100 for
/// each service.
const PROCESSES_MAX: usize = 4_096;

/// Where an instance's master is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Master {
    /// It runs.
    Up(u32),
    /// There is none.
    Down,
    /// There may be one, but it cannot be told.
    Unknown,
}

/// The processes of one instance at the last reading.
#[derive(Debug, Default)]
pub struct Processes {
    /// Processor time of master, of all that ended under it, and of all that live, by master's birth.
    total: Option<(u32, u64, u64)>,
    /// Processor time of each, by pid and birth.
    ticks: HashMap<(u32, u64), u64>,
}

/// Processes of one daemon.
#[derive(Debug, Default)]
struct Daemon {
    processes: u64,
    ticks: u64,
    resident_bytes: u64,
    started: u64,
}

/// The master of each target.
pub(super) fn masters(proc: &Path, targets: &[Target]) -> Vec<Master> {
    let running = running_masters(proc);
    let known: Vec<(u32, Option<PathBuf>)> = running
        .iter()
        .map(|pid| (*pid, fs::read_link(proc.join(format!("{pid}/cwd"))).ok()))
        .collect();
    let all_told = known.iter().all(|(_, directory)| directory.is_some());
    let locks = fs::read_to_string(proc.join("locks")).unwrap_or_default();
    let find = |target: &Target| {
        let wanted = fs::canonicalize(&target.queue_directory)
            .unwrap_or_else(|_| target.queue_directory.clone());
        let own = known.iter().find(|(_, directory)| directory.as_ref() == Some(&wanted));
        let held = || holder(&locks, &target.queue_directory.join(PID_FILE));
        if own.is_none()
            && let Some(pid) = held().filter(|pid| running.contains(pid))
        {
            return Master::Up(pid);
        }
        match (own, known.as_slice(), targets) {
            (Some((pid, _)), ..) | (None, [(pid, None)], [_]) => Master::Up(*pid),
            _ if all_told && sees_others(proc) => Master::Down,
            _ => Master::Unknown,
        }
    };
    targets.iter().map(find).collect()
}

/// Master's pid file, which it keeps locked for as long as it runs.
pub const PID_FILE: &str = "pid/master.pid";

/// The process that holds a lock on a file, by the table of `/proc/locks`; those that only wait for it do not count.
pub fn holder(locks: &str, file: &Path) -> Option<u32> {
    let inode = fs::metadata(file).ok()?.ino();
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, kind, _, "WRITE", pid, place, ..] = words.as_slice() else { return None };
        // The device is left out: what stat(2) and this table call it differs on some file systems.
        let same = place.rsplit(':').next()?.parse() == Ok(inode);
        (same && matches!(*kind, "FLOCK" | "POSIX")).then(|| pid.parse().ok())?
    })
}

/// Whether processes of other users can be seen at all; a mount option can hide them.
fn sees_others(proc: &Path) -> bool {
    proc.join("1/stat").exists()
}

/// Processes that look like a Postfix master: the name, and a path of that name as their first argument.
fn running_masters(proc: &Path) -> Vec<u32> {
    let looks_like_master = |pid: &u32| {
        let path = |name: &str| proc.join(format!("{pid}/{name}"));
        let name = fs::read_to_string(path("comm")).unwrap_or_default();
        let argument = || fs::read(path("cmdline")).unwrap_or_default();
        name.trim_end() == "master"
            && argument().split(|byte| *byte == 0).next().is_some_and(|a| a.ends_with(b"/master"))
    };
    all_pids(proc).filter(looks_like_master).collect()
}

fn all_pids(proc: &Path) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

impl Processes {
    /// Adds the instance's processes, if it can be told which they are.
    pub(super) fn measure(
        &mut self,
        proc: &Path,
        target: &Target,
        master: Master,
        reading: &mut Reading,
    ) {
        let pid = match master {
            Master::Unknown => return *self = Self::default(),
            Master::Down => {
                *self = Self::default();
                reading.see(group::PROCESS);
                return reading.set(cat::PICKUP_UP, u64::from(!target.has_pickup));
            }
            Master::Up(pid) => pid,
        };
        let Some(own) = read_stat(proc, pid) else { return *self = Self::default() };
        let Some(children) = children(proc, pid) else { return *self = Self::default() };
        let (daemons, ticks) = self.by_daemon(proc, (pid, &own), &children);
        let total: u64 = own.children_ticks + ticks.values().sum::<u64>();
        let count = |key: KeyId| daemons.get(&key).map_or(0, |daemon| daemon.processes);

        reading.see(group::PROCESS);
        reading.set(cat::MASTER_UP, 1);
        reading.set(cat::QMGR_UP, u64::from(count(cat::daemon::QMGR) > 0));
        let pickup_up = count(cat::daemon::PICKUP) > 0 || !target.has_pickup;
        reading.set(cat::PICKUP_UP, u64::from(pickup_up));
        reading.set(cat::PROCESSES, daemons.values().map(|daemon| daemon.processes).sum());
        reading.set(cat::SMTPD_PROCESSES, count(cat::daemon::SMTPD));
        reading.set(cat::RSS_BYTES, daemons.values().map(|daemon| daemon.resident_bytes).sum());
        let grown = match self.total {
            Some((known, began, before)) if (known, began) == (pid, own.began_ticks) => {
                total.saturating_sub(before)
            }
            Some(_) => total,
            None => 0,
        };
        reading.set(cat::CPU_MS, proc::ticks_to_ms(grown));
        if let Some(uptime) =
            fs::read_to_string(proc.join("uptime")).ok().as_deref().and_then(proc::uptime_s)
        {
            let began_s = own.began_ticks / proc::TICKS_PER_SECOND;
            reading.set(cat::UPTIME_S, uptime.saturating_sub(began_s));
        }
        report(&daemons, &target.limits, reading);
        self.total = Some((pid, own.began_ticks, total));
        self.ticks = ticks;
    }

    /// All processes by their daemon, and the processor time of each.
    fn by_daemon(
        &self,
        proc: &Path,
        (master, own): (u32, &Stat),
        children: &[(u32, Stat)],
    ) -> (BTreeMap<KeyId, Daemon>, HashMap<(u32, u64), u64>) {
        let mut daemons: BTreeMap<KeyId, Daemon> = BTreeMap::new();
        let mut ticks = HashMap::new();
        let all = std::iter::once((master, own)).chain(children.iter().map(|(pid, s)| (*pid, s)));
        for (pid, stat) in all {
            let name = (pid, stat.began_ticks);
            let before = self.ticks.get(&name);
            let daemon = daemons.entry(daemon_key(&stat.name)).or_default();
            daemon.processes += 1;
            daemon.ticks += stat.ticks.saturating_sub(before.copied().unwrap_or(0));
            daemon.started += u64::from(before.is_none() && self.total.is_some());
            daemon.resident_bytes += fs::read_to_string(proc.join(format!("{pid}/status")))
                .ok()
                .as_deref()
                .and_then(proc::resident_bytes)
                .unwrap_or(0);
            ticks.insert(name, stat.ticks);
        }
        (daemons, ticks)
    }
}

fn report(daemons: &BTreeMap<KeyId, Daemon>, limits: &BTreeMap<KeyId, u64>, reading: &mut Reading) {
    for (key, daemon) in daemons {
        let counts: [(usize, u64); 5] = [
            (cat::running::PROCESSES, daemon.processes),
            (cat::running::LIMIT, limits.get(key).copied().unwrap_or(0)),
            (cat::running::CPU_MS, proc::ticks_to_ms(daemon.ticks)),
            (cat::running::RSS_BYTES, daemon.resident_bytes),
            (cat::running::STARTED, daemon.started),
        ];
        let entry = |(measure, count)| (cat::DAEMON_PROCESS, *key, measure, count);
        reading.entries.extend(counts.map(entry));
    }
}

/// The living children of a process; none if there are more than may be looked at.
///
/// The kernel's own list may leave some out while others end, so it is believed only if it has a queue manager.
fn children(proc: &Path, parent: u32) -> Option<Vec<(u32, Stat)>> {
    let listed = fs::read_to_string(proc.join(format!("{parent}/task/{parent}/children")));
    let listed: Vec<u32> = listed
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect();
    let of_parent = |pid: u32| {
        let stat = read_stat(proc, pid)?;
        (stat.parent == parent && stat.state != 'Z').then_some((pid, stat))
    };
    if listed.len() > PROCESSES_MAX {
        return None;
    }
    let mut children: Vec<_> = listed.into_iter().filter_map(of_parent).collect();
    if !children.iter().any(|(_, stat)| stat.name == "qmgr") {
        children = all_pids(proc).filter_map(of_parent).take(PROCESSES_MAX + 1).collect();
    }
    (children.len() <= PROCESSES_MAX).then_some(children)
}

fn read_stat(proc: &Path, pid: u32) -> Option<Stat> {
    proc::stat(&fs::read_to_string(proc.join(format!("{pid}/stat"))).ok()?)
}

/// Processes that each daemon may have by master.cf. One service without a limit leaves its daemon without one.
pub fn limits(services: &[Service], default: Option<u64>) -> BTreeMap<KeyId, u64> {
    let mut limits: BTreeMap<KeyId, Option<u64>> = BTreeMap::new();
    for service in services {
        let limit = service.limit.or(default).filter(|limit| *limit > 0);
        let sum = limits.entry(daemon_key(&service.program)).or_insert(Some(0));
        *sum = sum.zip(limit).map(|(sum, limit)| sum.saturating_add(limit));
    }
    limits.into_iter().filter_map(|(daemon, limit)| Some((daemon, limit?))).collect()
}

/// The catalogue's key of a program; the kernel cuts names after 15 bytes.
fn daemon_key(name: &str) -> KeyId {
    let name = match name {
        "trivial-rewrite" => "rewrite",
        "oqmgr" | "nqmgr" => "qmgr",
        name => name,
    };
    cat::daemon::KEYS.iter().find(|key| key.name == name).map_or(cat::daemon::OTHER, |key| key.id)
}

#[cfg(test)]
mod tests;
