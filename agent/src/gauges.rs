//! What is measured rather than counted, for each instance: queues, room on disk, limits, and the agent itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, atomic::Ordering};

use mailvane_proto::catalogue::{GroupId, MetricId, agent as agent_cat, group, queue as cat};

use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::discover::{Found, changes::Change};
use crate::fold::Tallies;
use crate::fold::roster::Roster;
use crate::fold::tally::{Happening, Tally};
use crate::health::processes::limits;
use crate::health::{Health, Target};
use crate::link::Shared;
use crate::pipe::Gauges;
use crate::queue::scout::{Sample, Scout};
use crate::queue::{Depth, Queue, Walker};

/// Queues are walked at most this share of the time: the next walk waits 200 times as long as the last one took.
const DUTY: i64 = 200;

/// Measures this host.
pub struct HostGauges {
    found: Vec<Found>,
    walkers: HashMap<PathBuf, Walker>,
    scouts: HashMap<PathBuf, Scout>,
    /// Queue directories that could not be listed.
    closed: HashSet<PathBuf>,
    health: Health,
    certificates: HashMap<(PathBuf, String), Certificates>,
    next_walk_ms: i64,
    clock: Arc<dyn Clock>,
    link: Arc<Shared>,
    streams: u64,
    /// To be marked on the time line.
    changes: Vec<Change>,
}

impl HostGauges {
    /// For the instances of this host.
    pub fn new(
        found: Vec<Found>,
        changes: Vec<Change>,
        clock: Arc<dyn Clock>,
        link: Arc<Shared>,
    ) -> Self {
        let target = |found: &Found| Target {
            queue_directory: found.queue_directory(),
            has_pickup: found.has_service("pickup"),
            limits: limits(&found.services(), found.number("default_process_limit")),
        };
        let health = Health::new(Path::new("/proc"), found.iter().map(target).collect());
        Self {
            found,
            walkers: HashMap::new(),
            scouts: HashMap::new(),
            closed: HashSet::new(),
            health,
            certificates: HashMap::new(),
            next_walk_ms: 0,
            clock,
            streams: link.streams.load(Ordering::SeqCst),
            link,
            changes,
        }
    }

    fn mark_changes(&mut self, roster: &Roster, now_ms: i64, tallies: &mut Tallies) {
        for change in std::mem::take(&mut self.changes) {
            let directory = change.config_directory.to_string_lossy();
            let place = roster.iter().position(|known| {
                known.config_directory == directory && known.container == change.container
            });
            tallies.at(place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0)).happen(
                Happening {
                    at_ms: now_ms,
                    kind: change.kind,
                    subject: directory.into_owned(),
                    text: change.text,
                    count: 1,
                },
            );
        }
    }

    fn walk(
        &mut self,
        place: u32,
        (directory, lifetime_s): (&Path, Option<u64>),
        now_ms: i64,
        tallies: &mut Tallies,
    ) {
        let walker = self.walkers.entry(directory.into());
        let walker = walker.or_insert_with(|| Walker::new(directory, lifetime_s));
        let began_ms = self.clock.now_ms();
        let depths = walker.walk(now_ms);
        let took_ms = self.clock.now_ms().saturating_sub(began_ms).max(0);
        self.next_walk_ms = self.next_walk_ms.max(now_ms + took_ms * DUTY);
        tallies.at(0).add(agent_cat::SCAN_MS, u64::try_from(took_ms).unwrap_or(0));
        let tally = tallies.at(place);
        let listed = |(queue, depth): &&(Queue, std::io::Result<Depth>)| {
            LISTED_BY_SHOWQ.contains(queue) && depth.is_ok()
        };
        if depths.iter().filter(listed).count() == LISTED_BY_SHOWQ.len() {
            self.closed.remove(directory);
        } else {
            self.closed.insert(directory.into());
        }
        for (group, queues) in GROUPS {
            let all = queues
                .iter()
                .all(|queue| depths.iter().any(|(other, depth)| other == queue && depth.is_ok()));
            if all {
                tally.see(*group);
            }
        }
        for (queue, depth) in depths {
            let Ok(depth) = depth else { continue };
            report(queue, &depth, tally);
            if queue == Queue::Deferred && lifetime_s.is_some() {
                waves(&depth, tally);
            }
        }
    }
}

/// Queues that showq lists.
const LISTED_BY_SHOWQ: [Queue; 5] =
    [Queue::Maildrop, Queue::Incoming, Queue::Active, Queue::Deferred, Queue::Hold];

/// A group is seen as a whole or not at all.
const GROUPS: &[(GroupId, &[Queue])] = &[
    (
        group::QUEUE_SCAN,
        &[Queue::Maildrop, Queue::Incoming, Queue::Active, Queue::Deferred, Queue::Hold],
    ),
    (
        group::QUEUE_BYTES,
        &[Queue::Maildrop, Queue::Incoming, Queue::Active, Queue::Deferred, Queue::Hold],
    ),
    (
        group::QUEUE_AGE,
        &[Queue::Maildrop, Queue::Incoming, Queue::Active, Queue::Deferred, Queue::Hold],
    ),
    (
        group::QUEUE_SIDE,
        &[Queue::Corrupt, Queue::Saved, Queue::Defer, Queue::Bounce, Queue::Trace, Queue::Flush],
    ),
];

impl Gauges for HostGauges {
    fn measure(&mut self, roster: &Roster, now_ms: i64, tallies: &mut Tallies) {
        let may_walk = now_ms >= self.next_walk_ms;
        let readings = self.health.instances();
        for (place, instance) in (0_u32..).zip(roster.iter()) {
            let directory = Path::new(&instance.config_directory);
            let same = |found: &Found| {
                found.config_directory == directory && found.container == instance.container
            };
            let mut known = self.found.iter().zip(&readings);
            let Some((found, reading)) = known.find(|(found, _)| same(found)) else { continue };
            let queue_directory = found.queue_directory();
            let lifetime_s = found.seconds("maximal_queue_lifetime");
            let tally = tallies.at(place);
            settings(found, tally);
            reading.put_into(tally);
            let whose = (found.config_directory.clone(), found.container.clone());
            self.certificates.entry(whose).or_default().measure(found, now_ms, tally);
            if may_walk {
                self.walk(place, (&queue_directory, lifetime_s), now_ms, tallies);
            }
            let scout = self.scouts.entry(queue_directory.clone());
            let scout = scout.or_insert_with(|| Scout::new(&queue_directory));
            if let Some(sample) = scout.poll(now_ms) {
                sampled(&sample, self.closed.contains(&queue_directory), tallies.at(place));
            }
        }
        self.mark_changes(roster, now_ms, tallies);
        let own = tallies.at(0);
        own.see(group::AGENT);
        self.health.machine().put_into(own);
        let streams = self.link.streams.load(Ordering::SeqCst);
        own.set(agent_cat::RECONNECTIONS, streams.saturating_sub(self.streams));
        self.streams = streams;
    }
}

fn settings(found: &Found, tally: &mut Tally) {
    let (active, lifetime) =
        (found.number("qmgr_message_active_limit"), found.seconds("maximal_queue_lifetime"));
    if let (Some(active), Some(lifetime)) = (active, lifetime) {
        tally.see(group::CONFIG);
        tally.set(cat::ACTIVE_LIMIT, active);
        tally.set(cat::QUEUE_LIFETIME_S, lifetime);
    }
}

fn report(queue: Queue, depth: &Depth, tally: &mut Tally) {
    let (messages, bytes, ages, oldest) = metrics(queue);
    tally.set(messages, depth.messages);
    if let Some(bytes) = bytes {
        tally.set(bytes, depth.bytes);
    }
    if let Some(first) = ages {
        for (bucket, count) in depth.ages.iter().enumerate() {
            tally.set(cat::age_bucket(first, bucket), *count);
        }
    }
    if let Some(oldest) = oldest {
        tally.set(oldest, depth.oldest_s);
    }
    if queue == Queue::Deferred {
        tally.set(cat::DEFERRED_OVER_24H, depth.over_24h);
    }
}

/// Who the waiting messages are for; and what waits at all, where only showq can tell.
fn sampled(sample: &Sample, instead_of_walk: bool, tally: &mut Tally) {
    tally.see(group::QUEUE_DOMAINS);
    tally.set(cat::SAMPLED_MESSAGES, sample.messages);
    tally.set(cat::SAMPLED_RECIPIENTS, sample.recipients);
    for (domain, ages) in &sample.domains {
        for (bucket, recipients) in ages.iter().enumerate().filter(|(_, count)| **count > 0) {
            tally.open(cat::WAITING_DOMAIN, domain, bucket, *recipients);
        }
    }
    if instead_of_walk && sample.complete {
        for group in [group::QUEUE_SCAN, group::QUEUE_BYTES, group::QUEUE_AGE] {
            tally.see(group);
        }
        for queue in LISTED_BY_SHOWQ {
            report(queue, sample.depths.get(&queue).unwrap_or(&Depth::default()), tally);
        }
    }
}

/// When deferred messages are tried again, and when they are given up.
fn waves(depth: &Depth, tally: &mut Tally) {
    tally.see(group::QUEUE_RETRY);
    tally.set(cat::DEFERRED_DUE, depth.retry.due());
    tally.set(cat::DEFERRED_EXPIRING_24H, depth.expire.within_24h());
    for (measure, wave) in [(cat::wave::RETRY, depth.retry), (cat::wave::EXPIRE, depth.expire)] {
        for (moment, count) in wave.by_moment() {
            tally.closed(cat::RETRY_WAVE, moment, measure, count);
        }
    }
}

type QueueMetrics = (MetricId, Option<MetricId>, Option<MetricId>, Option<MetricId>);

/// Messages, bytes, first age bucket, oldest.
fn metrics(queue: Queue) -> QueueMetrics {
    match queue {
        Queue::Maildrop => {
            (cat::MAILDROP_MESSAGES, Some(cat::MAILDROP_BYTES), None, Some(cat::MAILDROP_OLDEST_S))
        }
        Queue::Incoming => (
            cat::INCOMING_MESSAGES,
            Some(cat::INCOMING_BYTES),
            Some(cat::INCOMING_AGE_LT_5M),
            Some(cat::INCOMING_OLDEST_S),
        ),
        Queue::Active => (
            cat::ACTIVE_MESSAGES,
            Some(cat::ACTIVE_BYTES),
            Some(cat::ACTIVE_AGE_LT_5M),
            Some(cat::ACTIVE_OLDEST_S),
        ),
        Queue::Deferred => (
            cat::DEFERRED_MESSAGES,
            Some(cat::DEFERRED_BYTES),
            Some(cat::DEFERRED_AGE_LT_5M),
            Some(cat::DEFERRED_OLDEST_S),
        ),
        Queue::Hold => (
            cat::HOLD_MESSAGES,
            Some(cat::HOLD_BYTES),
            Some(cat::HOLD_AGE_LT_5M),
            Some(cat::HOLD_OLDEST_S),
        ),
        Queue::Corrupt => (cat::CORRUPT_MESSAGES, None, None, None),
        Queue::Saved => (cat::SAVED_MESSAGES, None, None, None),
        Queue::Defer => (cat::DEFER_MESSAGES, None, None, None),
        Queue::Bounce => (cat::BOUNCE_MESSAGES, None, None, None),
        Queue::Trace => (cat::TRACE_MESSAGES, None, None, None),
        Queue::Flush => (cat::FLUSH_MESSAGES, None, None, None),
    }
}
