//! How the besieged fares: memory and processor time of the server, and how long a person waits for a page's figures.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde::Serialize;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::Town;
use crate::api::Api;

/// Before, during and after an attack.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Resident memory before, KiB.
    pub rss_before_kib: u64,
    /// The most during the attack, KiB.
    pub rss_peak_kib: u64,
    /// A person's request before: 99th of a hundred, milliseconds.
    pub p99_before_ms: u64,
    /// The same during the attack.
    pub p99_during_ms: u64,
    /// Requests of that person that failed during the attack.
    pub failed: usize,
    /// Processor time that the server spent during the attack, milliseconds.
    pub cpu_ms: u64,
    /// Processor time in the two seconds after it, milliseconds.
    pub cpu_after_ms: u64,
    /// How long it lasted, milliseconds.
    pub lasted_ms: u64,
}

impl Figures {
    /// Memory that the attack took, KiB.
    pub(crate) fn taken_kib(&self) -> u64 {
        self.rss_peak_kib.saturating_sub(self.rss_before_kib)
    }
}

/// A person who looks at the page, and somebody who watches the server.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    person: thread::JoinHandle<(Vec<Duration>, usize)>,
    memory: JoinHandle<u64>,
    begun: Instant,
    cpu: u64,
    before: (u64, u64),
    pid: u32,
}

impl Watch {
    /// Measures the peace, then begins to watch.
    pub(crate) async fn begin(town: &Town) -> Self {
        let mut peace = Vec::new();
        for _ in 0..LOOKS {
            peace.push(look(&town.person).await.1);
        }
        let before = (memory_kib(town.pid), percentile(&mut peace));
        let over = Arc::new(AtomicBool::new(false));
        let (ended, person) = (Arc::clone(&over), town.person.clone());
        // On a thread of its own: attackers who keep this process busy must not be taken for a server that is.
        let person = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_or_else(
                |_| (Vec::new(), 1),
                |runtime| runtime.block_on(watch(person.anew(), &ended)),
            )
        });
        let (ended, pid) = (Arc::clone(&over), town.pid);
        let memory = tokio::task::spawn(async move {
            let mut peak = 0;
            while !ended.load(Ordering::SeqCst) {
                peak = peak.max(memory_kib(pid));
                sleep(LOOK_EVERY).await;
            }
            peak
        });
        let (begun, cpu) = (Instant::now(), cpu_ms(pid));
        Self { over, person, memory, begun, cpu, before, pid }
    }

    /// The attack is over.
    pub(crate) async fn end(self) -> Figures {
        let (lasted, cpu) = (self.begun.elapsed(), cpu_ms(self.pid));
        self.over.store(true, Ordering::SeqCst);
        let person = tokio::task::spawn_blocking(move || self.person.join().unwrap_or_default());
        let (mut waits, failed) = person.await.unwrap_or_default();
        let rss_peak_kib = self.memory.await.unwrap_or_default().max(memory_kib(self.pid));
        sleep(AFTER).await;
        Figures {
            rss_before_kib: self.before.0,
            rss_peak_kib,
            p99_before_ms: self.before.1,
            p99_during_ms: percentile(&mut waits),
            failed,
            cpu_ms: cpu.saturating_sub(self.cpu),
            cpu_after_ms: cpu_ms(self.pid).saturating_sub(cpu),
            lasted_ms: u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Looks again and again; how long each look took, and how many failed.
async fn watch(person: Api, ended: &AtomicBool) -> (Vec<Duration>, usize) {
    let (mut waits, mut failed) = (Vec::new(), 0);
    while !ended.load(Ordering::SeqCst) {
        let (good, waited) = look(&person).await;
        waits.push(waited);
        failed += usize::from(!good);
        sleep(LOOK_EVERY).await;
    }
    (waits, failed)
}

async fn look(person: &Api) -> (bool, Duration) {
    let begun = Instant::now();
    let answer = person.get("/hosts").await;
    (answer.is_ok(), begun.elapsed())
}

fn percentile(waits: &mut [Duration]) -> u64 {
    waits.sort();
    let at = (waits.len() * 99 / 100).min(waits.len().saturating_sub(1));
    waits.get(at).map_or(0, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

fn memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// User and system time; the kernel counts in hundredths of a second.
fn cpu_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0 };
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks.filter_map(|tick| tick.parse::<u64>().ok()).sum::<u64>() * 10
}

const LOOKS: usize = 100;
const LOOK_EVERY: Duration = Duration::from_millis(20);
const AFTER: Duration = Duration::from_secs(2);
