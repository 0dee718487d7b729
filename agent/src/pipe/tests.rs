//! Kills, power cuts, rotations and failing disks at every step: the sum of all batches is what the log said, exactly.

use std::path::Path;

use mailvane_proto::catalogue::{MetricId, delivery, message, smtpd};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::fold::Tallies;
use crate::spool::SPOOL_BYTES_MAX;
use crate::vfs::memory::Memory;

const LOG: &str = "/var/log/mail.log";
const START_MS: i64 = 1_795_435_200_000;

struct Nothing;

impl Gauges for Nothing {
    fn measure(&mut self, _roster: &Roster, _now_ms: i64, _tallies: &mut Tallies) {}
}

struct Host {
    disk: Memory,
    now_ms: i64,
    pipe: Option<Pipe>,
    messages: u64,
    attempts: u64,
    rotations: u64,
    start: Start,
}

impl Host {
    fn new() -> Self {
        let disk = Memory::default();
        disk.set_now(START_MS);
        disk.append(Path::new(LOG), b"");
        Self {
            disk,
            now_ms: START_MS,
            pipe: None,
            messages: 0,
            attempts: 0,
            rotations: 0,
            start: Start::First,
        }
    }

    fn spool(&self) -> Option<(Arc<Mutex<Spool>>, Recovered)> {
        let disk = Arc::new(self.disk.clone());
        let epoch = u64::try_from(self.now_ms).unwrap() * 1000;
        let (spool, recovered) =
            Spool::open(disk, Path::new("/state/spool"), SPOOL_BYTES_MAX, epoch).ok()?;
        Some((Arc::new(Mutex::new(spool)), recovered))
    }

    fn tick(&mut self) {
        if self.pipe.is_none() {
            let Some((spool, recovered)) = self.spool() else { return };
            let parts = Parts {
                logs: Arc::new(self.disk.clone()),
                sources: vec![Source::named(LOG.as_ref())],
                inbox: "/inbox".into(),
                instances: Vec::new(),
                start: self.start,
                zone: Zone::Fixed(0),
                interval_ms: 10_000,
                user_key: [0; 32],
                gauges: Box::new(Nothing),
            };
            self.pipe = Some(Pipe::new(parts, spool, recovered, self.now_ms));
        }
        if let Some(pipe) = &mut self.pipe {
            while pipe.tick(self.now_ms) {}
        }
    }

    fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.disk.set_now(self.now_ms);
    }

    fn say(&self, text: &str) {
        let stamp = chrono::DateTime::from_timestamp_millis(self.now_ms)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%S%.3f+00:00");
        self.disk.append(Path::new(LOG), format!("{stamp} mx1 postfix/{text}\n").as_bytes());
    }

    /// A message that is deferred once for each of its recipients, and delivered later by [`Self::retry`].
    fn mail(&mut self) {
        self.messages += 1;
        let id = format!("A{:09X}", self.messages);
        self.say("smtpd[7]: connect from c[192.0.2.1]");
        self.say(&format!("smtpd[7]: {id}: client=c[192.0.2.1]"));
        self.say("smtpd[7]: disconnect from c[192.0.2.1] mail=1 rcpt=1 data=1 commands=3");
        self.say(&format!("cleanup[8]: {id}: message-id=<x>"));
        self.say(&format!("qmgr[9]: {id}: from=<s@example.org>, size=10, nrcpt=1 (queue active)"));
        self.attempt(&id, "deferred");
    }

    fn attempt(&mut self, id: &str, status: &str) {
        self.attempts += 1;
        let dsn = if status == "sent" { "2.0.0" } else { "4.4.1" };
        // No two lines of a real log are alike, and no two here.
        let number = self.attempts;
        self.say(&format!("smtp[{number}]: {id}: to=<r@example.net>, relay=none, delay=1, delays=0/0/0/1, dsn={dsn}, status={status} (x)"));
    }

    /// Every message is tried again, the last time for all.
    fn retry(&mut self, status: &str) {
        for number in 1..=self.messages {
            let id = format!("A{number:09X}");
            self.say(&format!(
                "qmgr[9]: {id}: from=<s@example.org>, size=10, nrcpt=1 (queue active)"
            ));
            self.attempt(&id, status);
        }
    }

    fn rotate(&mut self) {
        for old in (1..=self.rotations).rev() {
            let name = |number| PathBuf::from(format!("{LOG}.{number}"));
            self.disk.rename(&name(old), &name(old + 1)).unwrap();
        }
        self.rotations += 1;
        self.disk.rename(Path::new(LOG), Path::new(&format!("{LOG}.1"))).unwrap();
        self.disk.append(Path::new(LOG), b"");
    }

    /// Every writing step from the n-th on fails, then the process is gone; with the power, or without.
    fn kill_at(&mut self, step: u64, power: bool) {
        self.disk.fail_at(Some(step));
        self.tick();
        self.disk.fail_at(None);
        self.pipe = None;
        if power {
            self.disk.lose_power();
        }
    }

    /// Batches as a server would get them, in order.
    fn batches(&self) -> Vec<Batch> {
        let (spool, _) = self.spool().unwrap();
        let spool = lock(&spool);
        (1..spool.next_seq())
            .map(|seq| Batch::decode(spool.batch(seq).unwrap().as_slice()).unwrap())
            .collect()
    }

    fn finish(&mut self) -> Vec<Batch> {
        for _ in 0..6 {
            self.pass(12_000);
            self.tick();
        }
        self.batches()
    }
}

fn sum(batches: &[Batch], metric: MetricId) -> u64 {
    let samples = batches.iter().flat_map(|batch| &batch.instances);
    samples
        .flat_map(|sample| sample.metric.iter().zip(&sample.value))
        .filter(|(id, _)| **id == u32::from(metric.0))
        .map(|(_, value)| value)
        .sum()
}

fn judge(host: &Host, batches: &[Batch]) -> Result<(), TestCaseError> {
    prop_assert_eq!(sum(batches, message::RECEIVED), host.messages);
    prop_assert_eq!(sum(batches, smtpd::DISCONNECTIONS), host.messages);
    prop_assert_eq!(sum(batches, delivery::ATTEMPTS), host.attempts);
    // The memory of who was deferred outlives every crash.
    prop_assert_eq!(sum(batches, delivery::FIRST_DEFERRED), host.messages);
    prop_assert_eq!(sum(batches, delivery::MESSAGES_DEFERRED), host.messages);
    prop_assert_eq!(sum(batches, delivery::RETRY_SENT), host.messages);
    prop_assert!(batches.is_sorted_by(|a, b| a.end_ms < b.end_ms && a.seq + 1 == b.seq));
    Ok(())
}

#[test]
fn mail_of_a_night_without_the_agent_is_counted_into_its_own_hours() {
    let mut host = Host::new();
    host.mail();
    host.tick();
    host.pass(15_000);
    host.tick();
    host.pipe = None;
    host.pass(3_600_000);
    host.mail();
    let then_ms = host.now_ms;
    host.pass(3_600_000);
    host.retry("sent");
    let batches = host.finish();
    let then =
        batches.iter().find(|batch| batch.start_ms <= then_ms && then_ms < batch.end_ms).unwrap();
    assert_eq!(sum(std::slice::from_ref(then), message::RECEIVED), 1);
    assert_eq!(then.flags & flag::BACKFILL, flag::BACKFILL);
    let down = batches
        .iter()
        .flat_map(|batch| &batch.gaps)
        .filter(|gap| gap.kind == i32::from(gap::Kind::AgentDown));
    assert_eq!(down.count(), 1);
    judge(&host, &batches).unwrap();
}

#[test]
fn killed_before_the_first_batch_nothing_is_lost() {
    let mut host = Host::new();
    host.start = Start::End;
    host.say("smtpd[7]: connect from before[192.0.2.1]");
    host.tick();
    host.mail();
    host.pass(5_000);
    host.tick();
    host.pipe = None;
    host.retry("sent");
    let batches = host.finish();
    judge(&host, &batches).unwrap();
    assert_eq!(sum(&batches, smtpd::CONNECTIONS), 1);
}

#[test]
fn killed_at_every_step_of_a_minute_nothing_is_lost_or_doubled() {
    for power in [false, true] {
        for step in 1..30 {
            let mut host = Host::new();
            host.tick();
            host.mail();
            host.pass(11_000);
            host.mail();
            host.pass(2_000);
            host.kill_at(step, power);
            host.mail();
            host.pass(11_000);
            host.tick();
            host.retry("sent");
            let batches = host.finish();
            judge(&host, &batches).unwrap();
        }
    }
}

#[test]
fn an_older_copy_of_the_state_doubles_nothing_and_says_what_is_unknown() {
    let mut host = Host::new();
    host.tick();
    host.mail();
    host.pass(13_000);
    host.tick();
    host.retry("sent");
    // The server has eleven batches that this copy does not know of.
    let now_ms = host.now_ms;
    host.pipe.as_mut().unwrap().restored_from_older_copy(12, now_ms);
    host.mail();
    let batches_before = 12;
    for _ in 0..4 {
        host.pass(12_000);
        host.tick();
    }
    let (spool, _) = host.spool().unwrap();
    let spool = lock(&spool);
    let batch = Batch::decode(spool.batch(batches_before + 1).unwrap().as_slice()).unwrap();
    assert_eq!(batch.gaps.len(), 1);
    assert_eq!(batch.gaps[0].kind, i32::from(gap::Kind::SpoolCorrupt));
    assert_eq!(sum(std::slice::from_ref(&batch), delivery::RETRY_SENT), 0);
}

#[derive(Debug, Clone)]
enum Act {
    Mail,
    Retry,
    Pass(i64),
    Tick,
    Rotate,
    Kill(u64, bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::Mail),
        1 => Just(Act::Retry),
        3 => (1..15_000_i64).prop_map(Act::Pass),
        3 => Just(Act::Tick),
        1 => Just(Act::Rotate),
        2 => (1..12_u64, any::<bool>()).prop_map(|(step, power)| Act::Kill(step, power)),
    ];
    proptest::collection::vec(act, 1..50)
}

proptest! {
    #[test]
    fn whatever_happens_the_sum_of_all_batches_is_what_the_log_said(acts in acts()) {
        let mut host = Host::new();
        host.tick();
        for act in acts {
            match act {
                Act::Mail => host.mail(),
                Act::Retry => host.retry("deferred"),
                Act::Pass(ms) => host.pass(ms),
                Act::Tick => host.tick(),
                Act::Rotate => host.rotate(),
                Act::Kill(step, power) => host.kill_at(step, power),
            }
        }
        host.retry("sent");
        let batches = host.finish();
        judge(&host, &batches)?;
    }
}
