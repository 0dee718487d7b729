//! One commit of many batches: cursors, samples, breakdowns, events, gaps, alerts, all or nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::{
    limits::LIMITS,
    write::{Job, Outcome, Refused, Writer},
};
use crate::{
    domain::{
        batch::Gap,
        ids::{AgentId, TenantId},
    },
    store::{
        StoreError,
        samples::{IngestTx, Move, Quarantined, SampleRow, Stand},
    },
};

/// Batches that are committed together, in the order in which they came.
pub(super) struct Group {
    jobs: Vec<Job>,
}

impl Group {
    pub(super) const fn new(jobs: Vec<Job>) -> Self {
        Self { jobs }
    }

    pub(super) const fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Tells each stream what became of its batch; a stream that is gone will ask again.
    pub(super) fn answer(self, outcomes: Vec<Outcome>) {
        for (job, outcome) in self.jobs.into_iter().zip(outcomes) {
            if job.reply.send(outcome).is_err() {
                metrics::counter!("mailvane_answers_unheard_total").increment(1);
            }
        }
    }

    /// Two halves in order, or itself if it is a single batch.
    pub(super) fn halve(mut self) -> Result<(Self, Self), Self> {
        if self.jobs.len() < 2 {
            return Err(self);
        }
        let second = self.jobs.split_off(self.jobs.len() / 2);
        Ok((self, Self { jobs: second }))
    }

    /// A single batch after the database refused it `tries` times.
    pub(super) fn after(mut self, tries: u32, error: &StoreError) -> Self {
        if tries >= LIMITS.tries_max {
            metrics::counter!("mailvane_batches_quarantined_total").increment(1);
            for job in &mut self.jobs {
                job.refused = Some(Refused::Quarantined(error.to_string()));
            }
        }
        self
    }
}

impl Writer {
    /// One try at a commit: what became of each batch, or nothing changed.
    pub(super) async fn attempt(&mut self, group: &Group) -> Result<Vec<Outcome>, StoreError> {
        let begun = tokio::time::Instant::now();
        let mut tx = self.store.ingest_tx().await?;
        let outcomes = place(&mut tx, &group.jobs).await?;
        let accepted: Vec<&Job> = group
            .jobs
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| matches!(outcome, Outcome::Committed | Outcome::Refused(_)))
            .map(|(job, _)| job)
            .collect();
        let now = self.clock.now();
        let stored = store(&mut tx, &accepted, now).await?;
        crate::lifecycle::failpoint("ingest.stored");
        let outside = (now, &*self.dice);
        let judged = self.judge.judge(&mut tx, &accepted, outside).await?;
        crate::lifecycle::failpoint("ingest.judged");
        tx.commit().await?;
        crate::lifecycle::failpoint("ingest.committed");
        self.remember(&group.jobs, &outcomes);
        let owed = self.judge.keep(judged);
        if owed > 0 {
            self.owed.notify_one();
        }
        self.accepted.fetch_add(accepted.len() as u64, std::sync::atomic::Ordering::Relaxed);
        metrics::counter!("mailvane_batches_committed_total").increment(accepted.len() as u64);
        metrics::counter!("mailvane_samples_stored_total").increment(stored);
        metrics::histogram!("mailvane_commit_seconds").record(begun.elapsed().as_secs_f64());
        Ok(outcomes)
    }
}

impl Writer {
    /// Counts repetitions that say something else than what was committed; what was committed stays.
    fn remember(&mut self, jobs: &[Job], outcomes: &[Outcome]) {
        for (job, outcome) in jobs.iter().zip(outcomes) {
            let (agent, number) = (job.speaker.agent, (job.epoch, job.seq));
            match outcome {
                Outcome::Committed | Outcome::Refused(_) => {
                    self.replays.keep(agent, number, &job.payload);
                }
                Outcome::Duplicate if self.replays.conflicts(agent, number, &job.payload) => {
                    metrics::counter!("mailvane_replays_conflicting_total").increment(1);
                    let host = job.speaker.host_ref.to_string();
                    tracing::warn!(
                        host,
                        seq = job.seq,
                        "a batch came again with other figures; the first counts"
                    );
                }
                _ => {}
            }
        }
    }
}

/// Moves cursors by compare-and-set; what is not the next batch of its agent falls out.
async fn place(tx: &mut IngestTx, jobs: &[Job]) -> Result<Vec<Outcome>, StoreError> {
    let mut by_agent: BTreeMap<AgentId, Vec<usize>> = BTreeMap::new();
    for (place, job) in jobs.iter().enumerate() {
        by_agent.entry(job.speaker.agent).or_default().push(place);
    }
    let mut outcomes = vec![Outcome::Duplicate; jobs.len()];
    // In the usual case every agent's batches go on where its cursor stands.
    let usual: HashMap<AgentId, Stand> = by_agent
        .iter()
        .filter_map(|(agent, places)| Some((*agent, first_of(jobs, places)?)))
        .collect();
    let moves = run(jobs, &by_agent, &usual, &mut outcomes);
    let advanced: HashSet<AgentId> = tx.advance(&moves).await?.into_iter().collect();
    by_agent.retain(|agent, _| !advanced.contains(agent));
    if by_agent.is_empty() {
        return Ok(outcomes);
    }
    let asked: Vec<(TenantId, AgentId)> = by_agent
        .iter()
        .filter_map(|(agent, places)| Some((jobs.get(*places.first()?)?.speaker.tenant, *agent)))
        .collect();
    let stand = tx.cursors(&asked).await?;
    let moves = run(jobs, &by_agent, &stand, &mut outcomes);
    tx.advance(&moves).await?;
    Ok(outcomes)
}

fn first_of(jobs: &[Job], places: &[usize]) -> Option<Stand> {
    let first = jobs.get(*places.first()?)?;
    Some(Stand { epoch: first.epoch, seq: first.seq - 1, offered: first.speaker.offered })
}

/// Decides each agent's batches, given where its cursor stands; the moves that follow.
fn run(
    jobs: &[Job],
    by_agent: &BTreeMap<AgentId, Vec<usize>>,
    stand: &HashMap<AgentId, Stand>,
    outcomes: &mut [Outcome],
) -> Vec<Move> {
    let mut moves = Vec::new();
    for (agent, places) in by_agent {
        let Some(stand) = stand.get(agent).copied() else { continue };
        let mut last = stand.seq;
        for place in places {
            let (Some(job), Some(outcome)) = (jobs.get(*place), outcomes.get_mut(*place)) else {
                continue;
            };
            *outcome = if job.speaker.offered != stand.offered {
                Outcome::Superseded
            } else if job.epoch != stand.epoch {
                Outcome::OldEpoch
            } else if job.seq <= last {
                Outcome::Duplicate
            } else if job.seq > last + 1 {
                Outcome::Rewind(last + 1)
            } else {
                last = job.seq;
                job.refused.clone().map_or(Outcome::Committed, Outcome::Refused)
            };
        }
        if last > stand.seq
            && let Some(job) = places.first().and_then(|place| jobs.get(*place))
        {
            let tenant = job.speaker.tenant;
            let Stand { epoch, seq: from_seq, offered } = stand;
            moves.push(Move { tenant, agent: *agent, epoch, from_seq, to_seq: last, offered });
        }
    }
    moves
}

/// Writes what the accepted batches hold; how many samples that are.
async fn store(
    tx: &mut IngestTx,
    accepted: &[&Job],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let (sound, apart): (Vec<&Job>, Vec<&Job>) =
        accepted.iter().partition(|job| job.refused.is_none());
    keep_apart(tx, &apart, now).await?;
    let rows: Vec<(&SampleRow, &Job)> =
        sound.iter().flat_map(|job| job.rows.iter().map(move |(row, _)| (row, *job))).collect();
    let open = open_hours(tx, &rows).await?;
    let ahead = now + TimeDelta::milliseconds(LIMITS.ahead_ms_max);
    let in_time =
        |row: &SampleRow| row.ts <= ahead && hour(row.ts).is_some_and(|hour| open.contains(&hour));
    let (punctual, late): (Vec<_>, Vec<_>) =
        rows.iter().copied().partition(|(row, _)| in_time(row));
    let punctual: Vec<&SampleRow> = punctual.into_iter().map(|(row, _)| row).collect();
    tx.store_samples(&punctual).await?;
    if !late.is_empty() {
        metrics::counter!("mailvane_samples_late_total").increment(late.len() as u64);
        let late: Vec<&SampleRow> = late.into_iter().map(|(row, _)| row).collect();
        tx.store_late(&late).await?;
    }
    let all: Vec<&SampleRow> = rows.iter().map(|(row, _)| *row).collect();
    tx.store_events(&all).await?;
    let gaps: Vec<_> = sound
        .iter()
        .flat_map(|job| {
            let (tenant, host) = (job.speaker.tenant, job.speaker.host);
            job.gaps.iter().map(move |(instance, gap)| (tenant, host, *instance, gap))
        })
        .collect();
    tx.store_gaps(&gaps).await?;
    Ok(all.len() as u64)
}

/// Batches that cannot be stored are kept for inspection, and what they would have told is a gap in the figures.
async fn keep_apart(
    tx: &mut IngestTx,
    apart: &[&Job],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for job in apart {
        let Some(refused) = &job.refused else { continue };
        let (kind, detail) = refused.parts();
        let tenant = job.speaker.tenant;
        tx.quarantine(&Quarantined {
            tenant,
            agent: job.speaker.agent,
            epoch: job.epoch,
            seq: job.seq,
            interval: job.interval,
            reason: kind.name(),
            detail,
            payload: &job.payload,
        })
        .await?;
        // One that does not even say of when it speaks: shown where it came in.
        let (from, to) = job.interval.unwrap_or((now - TimeDelta::seconds(1), now));
        let gap = Gap { from, to, kind, lines: 0, bytes: 0, batches: 1, instance: None };
        tx.store_gaps(&[(tenant, job.speaker.host, None, &gap)]).await?;
    }
    Ok(())
}

async fn open_hours(
    tx: &mut IngestTx,
    rows: &[(&SampleRow, &Job)],
) -> Result<HashSet<DateTime<Utc>>, StoreError> {
    let hours: HashSet<DateTime<Utc>> = rows.iter().filter_map(|(row, _)| hour(row.ts)).collect();
    if hours.is_empty() {
        return Ok(hours);
    }
    let hours: Vec<DateTime<Utc>> = hours.into_iter().collect();
    Ok(tx.open_hours(&hours).await?.into_iter().collect())
}

fn hour(ts: DateTime<Utc>) -> Option<DateTime<Utc>> {
    ts.duration_trunc(TimeDelta::hours(1)).ok()
}
