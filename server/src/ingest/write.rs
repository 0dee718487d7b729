//! Two writers: each commits what waits as soon as its last commit has returned. No timer: idle it is immediate,
//! under load it groups by itself.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{group::Group, judge::Judge, limits::LIMITS, replays::Replays};
use crate::{
    clock::{SharedClock, SharedDice},
    domain::{
        batch::{Gap, GapKind},
        ids::{self, AgentId, HostId, InstanceId, PublicId, TenantId},
    },
    lifecycle::Lifecycle,
    store::{Store, StoreError, agents::TenantView, samples::SampleRow},
};

/// Writers of one process; an agent always has the same one.
const WRITERS: usize = 2;
const RETRY_WAIT: Duration = Duration::from_millis(100);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(2);

/// Who a stream speaks for.
#[derive(Debug)]
pub(super) struct Speaker {
    pub(super) tenant: TenantId,
    pub(super) agent: AgentId,
    pub(super) host: HostId,
    pub(super) host_ref: PublicId<ids::Host>,
    pub(super) tags: Vec<String>,
    /// The generation that its stream was offered: of two streams of one agent only the newer one writes.
    pub(super) offered: i64,
}

/// A batch on its way to the database.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) speaker: Arc<Speaker>,
    pub(super) view: Arc<TenantView>,
    pub(super) epoch: i64,
    pub(super) seq: i64,
    pub(super) interval: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(super) rows: Vec<(SampleRow, PublicId<ids::Instance>)>,
    pub(super) gaps: Vec<(Option<InstanceId>, Gap)>,
    /// The batch as it came, for quarantine and late rows.
    pub(super) payload: Vec<u8>,
    /// Set: acknowledged and kept apart instead of stored.
    pub(super) refused: Option<Refused>,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// Why a batch is kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// Breaks the contract.
    Malformed(String),
    /// The database refuses it, alone and repeatedly.
    Quarantined(String),
}

impl Refused {
    /// As what it is a gap in the figures, and why.
    pub(super) const fn parts(&self) -> (GapKind, &str) {
        match self {
            Self::Malformed(why) => (GapKind::Malformed, why.as_str()),
            Self::Quarantined(why) => (GapKind::Quarantined, why.as_str()),
        }
    }
}

/// What became of a batch. Where nothing is said, nothing is known, and nothing may be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Durable.
    Committed,
    /// Durable before already.
    Duplicate,
    /// Durable in quarantine.
    Refused(Refused),
    /// An earlier one is missing: go on from this number.
    Rewind(i64),
    /// The agent has begun a new spool elsewhere.
    OldEpoch,
    /// A newer stream of the same agent was opened.
    Superseded,
}

/// The way to the writers.
#[derive(Debug, Clone)]
pub(super) struct Writers {
    queues: Arc<[mpsc::Sender<Job>; WRITERS]>,
}

impl Writers {
    pub(super) fn start(
        life: &Lifecycle,
        store: &Store,
        (clock, dice): (SharedClock, SharedDice),
        owed: &Arc<Notify>,
        accepted: &Arc<AtomicU64>,
    ) -> Self {
        let queues = std::array::from_fn(|_| {
            let (sender, jobs) = mpsc::channel(LIMITS.queue_batches_max);
            let writer = Writer {
                life: life.clone(),
                store: store.clone(),
                clock: Arc::clone(&clock),
                dice: Arc::clone(&dice),
                owed: Arc::clone(owed),
                accepted: Arc::clone(accepted),
                judge: Judge::default(),
                replays: Replays::default(),
                jobs,
            };
            life.spawn("ingest.writer", writer.run());
            sender
        });
        Self { queues: Arc::new(queues) }
    }

    /// Hands a job over, waiting while the writer's queue is full: the stream is not read meanwhile.
    pub(super) async fn submit(&self, job: Job) -> Result<(), Stopped> {
        let place = usize::try_from(job.speaker.agent.get().rem_euclid(2)).unwrap_or(0);
        let queue = self.queues.get(place).ok_or(Stopped)?;
        queue.send(job).await.map_err(|_| Stopped)
    }
}

/// The writers take nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stopped;

/// Commits groups of batches, one after the other.
pub(super) struct Writer {
    pub(super) life: Lifecycle,
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) dice: SharedDice,
    pub(super) owed: Arc<Notify>,
    pub(super) accepted: Arc<AtomicU64>,
    pub(super) judge: Judge,
    pub(super) replays: Replays,
    jobs: mpsc::Receiver<Job>,
}

impl Writer {
    async fn run(mut self) {
        let soft = self.life.soft();
        loop {
            let first = tokio::select! {
                biased;
                job = self.jobs.recv() => job,
                // Streams end at the soft stop and drop their senders; what they handed over is still committed.
                () = soft.cancelled() => self.jobs.try_recv().ok(),
            };
            let Some(first) = first else { return };
            let group = self.collect(first);
            self.commit(group).await;
        }
    }

    /// What waits now, up to the limits of one commit.
    fn collect(&mut self, first: Job) -> Vec<Job> {
        let mut bytes = first.payload.len();
        let mut group = vec![first];
        while group.len() < LIMITS.group_batches_max && bytes < LIMITS.group_bytes_max {
            let Ok(job) = self.jobs.try_recv() else { break };
            bytes += job.payload.len();
            group.push(job);
        }
        group
    }

    /// Commits a group; on a refusal by the database halves it until the guilty batch is alone. One bad batch harms
    /// nobody.
    async fn commit(&mut self, jobs: Vec<Job>) {
        let mut groups = vec![(Group::new(jobs), 0_u32)];
        let mut wait = RETRY_WAIT;
        while let Some((group, tries)) = groups.pop() {
            match self.attempt(&group).await {
                Ok(outcomes) => {
                    wait = RETRY_WAIT;
                    group.answer(outcomes);
                }
                Err(error) if is_away(&error) => {
                    // Whether the last commit arrived is unknown; the cursors will tell. Nothing is answered yet.
                    metrics::counter!("mailvane_ingest_retries_total").increment(1);
                    tracing::warn!(%error, batches = group.len(), "batches wait for the database");
                    if self.life.is_stopping() {
                        return;
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_WAIT_MAX);
                    groups.push((group, tries));
                }
                Err(error) => match group.halve() {
                    Ok((first, second)) => groups.extend([(second, 0), (first, 0)]),
                    Err(alone) => {
                        let tries = tries + 1;
                        tracing::warn!(%error, tries, "the database refuses a batch");
                        groups.push((alone.after(tries, &error), tries));
                    }
                },
            }
        }
    }
}

/// Whether the database is away or busy, rather than refusing what is in the batches.
fn is_away(error: &StoreError) -> bool {
    error.is_transient()
}
