//! From log and queue to the spool: reads, counts, closes intervals, writes each with the place it was counted up to.
//!
//! Runs on a thread of its own, as it waits for disks. Never talks to the network.

mod counting;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mailvane_proto::catalogue::{self, agent as agent_cat, event as happened, group};
use mailvane_proto::v1::{Batch, Gap, gap};
use sha2::{Digest as _, Sha256};

use crate::feed::Feed;
use crate::fold::interval::{Interval, Intervals, flag};
use crate::fold::sight::Sight;
use crate::fold::tally::Happening;
use crate::fold::{Fold, roster::Instance, roster::Roster, seal};
use crate::sources::Source;
use crate::spool::record::Record;
use crate::spool::{Recovered, Spool, SpoolError};
use crate::stamp::{Stamps, Zone};
use crate::tail::checkpoint::Checkpoint;
use crate::tail::{Progress, Start};
use crate::vfs::Vfs;
use counting::Counting;
pub use counting::{Strange, Unrecognised};

/// Bytes read from each log before other work has its turn: 4 MiB are a few milliseconds.
const READ_BYTES_MAX: usize = 4 << 20;
/// Batches made before the logs are read again.
const CLOSE_MAX: usize = 1_000;

/// Measures what is no line of a log: queues, processes, disks.
pub trait Gauges: Send {
    /// Adds what it measures to the figures of each instance. `now_ms` is the time of measuring.
    fn measure(&mut self, roster: &Roster, now_ms: i64, tallies: &mut crate::fold::Tallies);
}

/// What the pipe is made of.
pub struct Parts {
    /// The file system with the logs.
    pub logs: Arc<dyn Vfs>,
    /// Logs to read.
    pub sources: Vec<Source>,
    /// Where lines that came by a socket are kept until they are counted.
    pub inbox: PathBuf,
    /// Instances found on the host.
    pub instances: Vec<Instance>,
    /// Where a log is begun that was never read.
    pub start: Start,
    /// The zone of stamps without one.
    pub zone: Zone,
    /// The length of intervals, milliseconds.
    pub interval_ms: i64,
    /// Key of the hashes of user names.
    pub user_key: [u8; 32],
    /// Measures gauges.
    pub gauges: Box<dyn Gauges>,
}

/// The pipe.
pub struct Pipe {
    spool: Arc<Mutex<Spool>>,
    fold: Fold,
    intervals: Intervals,
    tails: Vec<Reading>,
    gauges: Box<dyn Gauges>,
    /// Why logs cannot be read now.
    blocked: BTreeMap<String, String>,
    /// Why the spool cannot be written now.
    stuck: Option<String>,
    caught_up: bool,
    /// No record says yet where reading began.
    unplaced: bool,
    unrecognised: Unrecognised,
    sight: Sight,
}

struct Reading {
    feed: Feed,
    stamps: Stamps,
    rotations: u64,
    /// Time of the last line, for lines whose own stamp cannot be read.
    last_ms: i64,
}

/// Locks the spool; a panic of another thread leaves it as the last completed write made it.
pub fn lock(spool: &Mutex<Spool>) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pipe {
    /// Goes on where the spool's last record ended.
    pub fn new(parts: Parts, spool: Arc<Mutex<Spool>>, recovered: Recovered, now_ms: i64) -> Self {
        let mut fold = Fold::new(parts.user_key);
        let mut places: Vec<Checkpoint> = Vec::new();
        let mut open = Vec::new();
        let mut sealed_end_ms = 0;
        let unplaced = recovered.replay.is_empty();
        for record in recovered.replay {
            if let Some(memory) = record.memory {
                fold.track.apply(memory);
            }
            (places, open, sealed_end_ms) = (record.places, record.open, record.end_ms);
            fold.roster = Roster::restore(record.roster);
        }
        for instance in parts.instances {
            fold.roster.discovered(instance);
        }
        let mut intervals = Intervals::new(parts.interval_ms, sealed_end_ms, now_ms);
        intervals.restore(open);
        let reading = |source: &Source| {
            let place = places.iter().find(|place| place.path == source.name);
            let feed = Feed::open(parts.logs.clone(), source, place, parts.start, &parts.inbox);
            Reading { feed, stamps: Stamps::new(parts.zone, now_ms), rotations: 0, last_ms: now_ms }
        };
        let tails = parts.sources.iter().map(reading).collect();
        let mut pipe = Self {
            spool,
            fold,
            intervals,
            tails,
            gauges: parts.gauges,
            blocked: BTreeMap::new(),
            stuck: None,
            caught_up: false,
            unplaced,
            unrecognised: Unrecognised::default(),
            sight: Sight::default(),
        };
        pipe.began(sealed_end_ms, recovered.quarantined_bytes, now_ms);
        pipe
    }

    /// What a start has to declare.
    fn began(&mut self, sealed_end_ms: i64, quarantined_bytes: u64, now_ms: i64) {
        let interval = self.intervals.at(now_ms.max(sealed_end_ms));
        if sealed_end_ms == 0 {
            interval.flags |= flag::PARTIAL;
        }
        let mark = |kind, text: String| Happening {
            at_ms: now_ms,
            kind,
            subject: String::new(),
            text,
            count: 1,
        };
        let tally = interval.tallies.at(0);
        tally.see(group::AGENT);
        tally.happen(mark(happened::AGENT_STARTED, env!("CARGO_PKG_VERSION").to_owned()));
        if quarantined_bytes > 0 {
            let text =
                format!("{quarantined_bytes} bytes of the spool were damaged; the rest was kept");
            tally.happen(mark(happened::AGENT_LOST_STATE, text));
        }
        let down_ms = now_ms - sealed_end_ms;
        if sealed_end_ms > 0 && down_ms > 2 * self.intervals.interval_ms() {
            lock(&self.spool).declare(Gap {
                from_ms: sealed_end_ms,
                to_ms: now_ms,
                kind: gap::Kind::AgentDown.into(),
                ..Gap::default()
            });
        }
    }

    /// The machine's clock was set.
    pub fn clock_stepped(&mut self, by_ms: i64, now_ms: i64) {
        let interval = self.intervals.at(now_ms.max(self.intervals.sealed_end_ms()));
        interval.flags |= flag::CLOCK_STEP;
        let (sign, by_ms) = (if by_ms < 0 { '-' } else { '+' }, by_ms.unsigned_abs());
        interval.tallies.at(0).happen(Happening {
            at_ms: now_ms,
            kind: happened::CLOCK_STEPPED,
            subject: String::new(),
            text: format!("{sign}{}.{:03} s", by_ms / 1_000, by_ms % 1_000),
            count: 1,
        });
    }

    /// Reads what was written, measures what has to be measured, and writes what is complete.
    ///
    /// Says whether there is more to be read at once.
    pub fn tick(&mut self, now_ms: i64) -> bool {
        self.intervals.at(now_ms.max(self.intervals.sealed_end_ms()));
        self.measure(now_ms);
        if self.unplaced {
            self.place();
        }
        let (more, waiting) = self.read(now_ms);
        self.caught_up = !more && !waiting;
        for _ in 0..CLOSE_MAX {
            let before_ms = self.intervals.sealed_end_ms();
            let Some(interval) = self.intervals.close(now_ms, self.caught_up) else { break };
            if let Err(interval) = self.keep(interval) {
                self.intervals.reopen(*interval, before_ms);
                break;
            }
        }
        more
    }

    /// Writes where reading begins, before the first line is counted.
    fn place(&mut self) {
        for source in &mut self.tails {
            source.feed.begin();
        }
        let (_, record) = self.record(&Interval::default());
        match lock(&self.spool).remember(&record) {
            Ok(()) => self.unplaced = false,
            Err(error) => tracing::warn!(error = %error, "spool.place: tried again soon"),
        }
    }

    /// Says whether there is more, and whether older lines may still come.
    fn read(&mut self, now_ms: i64) -> (bool, bool) {
        let (mut more, mut waiting) = (false, false);
        for source in &mut self.tails {
            source.stamps.set_reference(now_ms);
            let Reading { feed, stamps, last_ms, rotations } = source;
            let name = feed.name().to_owned();
            let mut counting = Counting {
                fold: &mut self.fold,
                intervals: &mut self.intervals,
                stamps,
                last_ms,
                unrecognised: &mut self.unrecognised,
                now_ms,
            };
            let progress =
                feed.read(now_ms, READ_BYTES_MAX, &mut |line, bytes| counting.line(line, bytes));
            let intervals = &mut self.intervals;
            match progress {
                Progress::More => more = true,
                Progress::Waiting => waiting = true,
                Progress::AtEnd => {}
                Progress::Blocked(ref why) => {
                    if self.blocked.insert(name.clone(), why.clone()).is_none() {
                        tracing::warn!(why, "log.blocked: waiting for it");
                    }
                }
            }
            if !matches!(progress, Progress::Blocked(_)) && self.blocked.remove(&name).is_some() {
                tracing::info!(log = name, "log.read: it can be read again");
            }
            let interval = intervals.at(now_ms.max(intervals.sealed_end_ms()));
            let mark = |kind, text: &str| Happening {
                at_ms: now_ms,
                kind,
                subject: name.clone(),
                text: text.to_owned(),
                count: 1,
            };
            if *rotations != feed.rotations() {
                *rotations = feed.rotations();
                interval.tallies.at(0).happen(mark(happened::LOG_ROTATED, ""));
            }
            for lost in feed.take_lost() {
                interval.tallies.at(0).happen(mark(happened::LOG_LOST, lost.why));
                lock(&self.spool).declare(Gap {
                    from_ms: *last_ms,
                    to_ms: now_ms,
                    kind: gap::Kind::LogLost.into(),
                    bytes: lost.bytes,
                    ..Gap::default()
                });
            }
        }
        (more, waiting)
    }

    /// Measures gauges once for each interval, as soon as it has ended.
    fn measure(&mut self, now_ms: i64) {
        let interval_ms = self.intervals.interval_ms();
        let Some(ended_ms) = self.intervals.ended_ungauged(now_ms) else { return };
        let mut measured = crate::fold::Tallies::default();
        // Far behind the clock: what is measured now says nothing about then.
        if now_ms - ended_ms < interval_ms {
            self.gauges.measure(&self.fold.roster, now_ms, &mut measured);
        }
        self.fold.gauges(&mut measured);
        let behind: u64 = self.tails.iter().map(|source| source.feed.behind()).sum();
        let spool = lock(&self.spool);
        let own = measured.at(0);
        own.see(group::AGENT);
        own.set(agent_cat::LOG_BEHIND_BYTES, behind);
        own.set(agent_cat::SPOOL_BATCHES, spool.waiting());
        own.set(agent_cat::SPOOL_BYTES, spool.bytes());
        drop(spool);
        let interval = self.intervals.at(ended_ms - 1);
        for (place, tally) in measured.iter() {
            interval.tallies.at(place).merge(tally);
        }
        interval.gauged = true;
    }

    /// Writes an interval with all that must be known to go on behind it. Gives it back if it cannot be kept.
    fn keep(&mut self, mut interval: Interval) -> Result<(), Box<Interval>> {
        if self.blocked.is_empty() {
            for (place, instance) in (0_u32..).zip(self.fold.roster.iter()) {
                interval.tallies.at(place).see_silence(instance);
            }
        }
        if interval.flags & flag::BACKFILL == 0 {
            for (place, change) in self.sight.look(&interval) {
                interval.tallies.at(place).happen(change);
            }
        }
        loop {
            let (batch, record) = self.record(&interval);
            let mut spool = lock(&self.spool);
            match spool.append(batch, record) {
                Ok(_) => {
                    if self.stuck.take().is_some() {
                        tracing::info!("spool.written: there is room again");
                    }
                    return Ok(());
                }
                Err(SpoolError::Full(_)) if spool.evict_oldest() => {}
                Err(error) => {
                    let text = error.to_string();
                    if self.stuck.as_ref() != Some(&text) {
                        tracing::error!(error = %text, "spool.stuck");
                    }
                    self.stuck = Some(text);
                    return Err(Box::new(interval));
                }
            }
        }
    }

    fn record(&mut self, interval: &Interval) -> (Batch, Record) {
        let places: Vec<Checkpoint> =
            self.tails.iter().filter_map(|source| source.feed.checkpoint()).collect();
        let mut batch = Batch {
            catalogue_version: catalogue::VERSION,
            start_ms: interval.start_ms,
            end_ms: interval.end_ms,
            flags: interval.flags,
            log_digest: digest(&places),
            ..Batch::default()
        };
        seal::fill(&mut batch, &interval.tallies, &self.fold.roster);
        let whole = lock(&self.spool).wants_snapshot();
        let memory = if whole {
            self.fold.track.forget_idle(interval.end_ms);
            self.fold.track.snapshot()
        } else {
            self.fold.track.take_delta()
        };
        let record = Record {
            places,
            memory: Some(memory),
            open: self.intervals.record(),
            roster: self.fold.roster.record(),
            ..Record::default()
        };
        (batch, record)
    }

    /// Changes the length of intervals.
    pub fn set_interval(&mut self, interval_ms: i64) {
        self.intervals.set_interval(interval_ms);
    }

    /// The server knows later batches than this spool: what it counted up to is unknown here, so the logs are taken up
    /// at their ends and the time between is declared lost.
    pub fn restored_from_older_copy(&mut self, server_seq: u64, now_ms: i64) {
        lock(&self.spool).go_on_behind(server_seq, now_ms);
        for source in &mut self.tails {
            source.feed.skip_to_end();
        }
        self.intervals = Intervals::new(self.intervals.interval_ms(), now_ms, now_ms);
    }

    /// A new instance, or one that changed.
    pub fn discovered(&mut self, instance: Instance) {
        self.fold.roster.discovered(instance);
    }

    /// Reads another log too, from now on.
    pub fn watch(&mut self, feed: Feed, zone: Zone, now_ms: i64) {
        let stamps = Stamps::new(zone, now_ms);
        self.tails.push(Reading { feed, stamps, rotations: 0, last_ms: now_ms });
    }

    /// A log is somewhere else now.
    pub fn moved(&mut self, source: &Source) {
        let mut same = self.tails.iter_mut().filter(|known| known.feed.name() == source.name);
        if let Some(known) = same.next().filter(|known| known.feed.path() != source.path) {
            known.feed.moved(&source.path);
        }
    }

    /// Measures other instances from now on.
    pub fn set_gauges(&mut self, gauges: Box<dyn Gauges>) {
        self.gauges = gauges;
    }

    /// What keeps logs from being read, and the spool from being written.
    pub fn troubles(&self) -> Vec<String> {
        self.blocked.values().chain(&self.stuck).cloned().collect()
    }

    /// Lines that nobody understood.
    pub fn unrecognised(&self) -> &Unrecognised {
        &self.unrecognised
    }
}

/// SHA-256 of the places that a batch was counted up to.
fn digest(places: &[Checkpoint]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for place in places {
        hasher.update(prost::Message::encode_to_vec(place));
    }
    hasher.finalize().to_vec()
}

#[cfg(test)]
mod tests;
