//! Judges samples inside the ingest transaction: quiet ones cost a look into memory, loud ones lock their alert.
//!
//! Correctness never depends on the memory: a batch that does not follow the one it remembers is judged by what the database
//! holds, and so is every alert that is not quiet.

mod memory;
mod settle;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use mailvane_proto::catalogue::DimensionId;

use self::{
    memory::{Known, Line, seen},
    settle::Loud,
};
use super::write::Job;
use crate::{
    clock::Dice,
    domain::{
        alert::State,
        batch::flags,
        evaluate::{self, Finding, Part, Verdict},
        ids::{AgentId, InstanceId, TenantId, TriggerId},
        severity::Severity,
        trigger::NoData,
        watchlist::{KeyIndex, Watched, Watchlist},
        window::unknown_keys,
    },
    store::{
        StoreError,
        samples::{IngestTx, SampleRow},
    },
};

/// Agents remembered at most; beyond it the memory starts anew.
const REMEMBERED_MAX: usize = 50_000;
/// Keys of breakdowns remembered for each tenant at most; beyond it they are asked anew.
const KEYS_MAX: usize = 20_000;
/// A sample older than this is history: it is judged, but moves no alert.
const FRESH: TimeDelta = TimeDelta::minutes(3);
/// A sample from further ahead is kept apart and judges nothing.
const AHEAD: TimeDelta = TimeDelta::milliseconds(super::limits::LIMITS.ahead_ms_max);

/// Which alert of an instance.
type Slot = (TriggerId, Part);

/// The memory of one writer.
#[derive(Debug, Default)]
pub(super) struct Judge {
    lines: HashMap<AgentId, Line>,
    keys: HashMap<TenantId, (Arc<Watchlist>, KeyIndex)>,
}

/// What a transaction found, to be kept once it is durable.
#[derive(Debug, Default)]
pub(super) struct Judged {
    lines: HashMap<AgentId, Line>,
    owed: usize,
}

impl Judge {
    /// Keeps what a durable transaction found; how many deliveries it owes.
    ///
    /// What a transaction that failed had taken is not given back: its agents are read from the database.
    pub(super) fn keep(&mut self, judged: Judged) -> usize {
        if self.lines.len() + judged.lines.len() > REMEMBERED_MAX {
            self.lines.clear();
        }
        self.lines.extend(judged.lines);
        judged.owed
    }

    /// Judges the samples of `accepted` batches, in order.
    pub(super) async fn judge(
        &mut self,
        tx: &mut IngestTx,
        accepted: &[&Job],
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<Judged, StoreError> {
        let mut judged = Judged { lines: self.take(accepted), owed: 0 };
        self.learn_keys(tx, accepted).await?;
        self.rebuild(tx, accepted, &mut judged.lines, outside.0).await?;
        memory::usual(tx, accepted, &mut judged.lines, outside.0.hour()).await?;
        let mut loud: BTreeMap<TenantId, Vec<Loud<'_>>> = BTreeMap::new();
        for job in accepted {
            let Some(line) = judged.lines.get_mut(&job.speaker.agent) else { continue };
            line.at = (job.epoch, job.seq);
            for (row, _) in &job.rows {
                if row.ts > outside.0 + AHEAD {
                    continue;
                }
                let (Some(known), Some((plan, index))) =
                    (line.instances.get_mut(&row.instance), self.keys.get(&row.tenant))
                else {
                    continue;
                };
                known.window.push(&plan.layout, index, &seen(row));
                if moves_alerts(job, row, outside.0) {
                    let found = findings(plan, known, row.visibility);
                    let found = found.into_iter().map(|(watched, finding)| Loud {
                        trigger: watched.trigger.clone(),
                        instance: row.instance,
                        job,
                        finding,
                        at: row.ts,
                    });
                    loud.entry(row.tenant).or_default().extend(found);
                }
            }
        }
        for (tenant, loud) in loud {
            if loud.is_empty() {
                continue;
            }
            let mut desk = tx.desk(tenant).await?;
            judged.owed += settle::settle(&mut desk, loud, &mut judged.lines, outside).await?;
        }
        Ok(judged)
    }

    /// Takes out of the memory what it holds of the agents in `accepted`, as far as their batches follow it.
    fn take(&mut self, accepted: &[&Job]) -> HashMap<AgentId, Line> {
        let mut taken: HashMap<AgentId, Line> = HashMap::new();
        for job in accepted {
            if taken.contains_key(&job.speaker.agent) {
                continue;
            }
            let line = self.lines.remove(&job.speaker.agent);
            let follows = line.filter(|line| line.at == (job.epoch, job.seq - 1));
            taken.insert(job.speaker.agent, follows.unwrap_or_default());
        }
        taken
    }

    /// Learns the texts of keys that decide what is counted, where they are new.
    async fn learn_keys(&mut self, tx: &mut IngestTx, accepted: &[&Job]) -> Result<(), StoreError> {
        let mut unknown: BTreeMap<TenantId, Vec<(DimensionId, u32)>> = BTreeMap::new();
        for job in accepted {
            let (plan, index) = self.keys_of(job);
            let open = plan.layout.open_dimensions();
            let found = unknown.entry(job.speaker.tenant).or_default();
            for (row, _) in job.rows.iter().filter(|(row, _)| !row.breakdowns.is_empty()) {
                unknown_keys(&row.breakdowns, &open, index, found);
            }
        }
        self.name_keys(tx, unknown).await
    }

    /// The plan and the key index of a job's tenant; made anew when the triggers changed.
    fn keys_of(&mut self, job: &Job) -> (&Arc<Watchlist>, &KeyIndex) {
        let plan = &job.view.plan;
        let entry = self.keys.entry(job.speaker.tenant);
        let known = entry.or_insert_with(|| (Arc::clone(plan), KeyIndex::new(&plan.layout)));
        if !Arc::ptr_eq(&known.0, plan) {
            let same = known.0.layout == plan.layout;
            let index =
                if same { std::mem::take(&mut known.1) } else { KeyIndex::new(&plan.layout) };
            *known = (Arc::clone(plan), index);
        }
        (&known.0, &known.1)
    }

    async fn name_keys(
        &mut self,
        tx: &mut IngestTx,
        unknown: BTreeMap<TenantId, Vec<(DimensionId, u32)>>,
    ) -> Result<(), StoreError> {
        for (tenant, mut keys) in unknown {
            keys.sort_unstable();
            keys.dedup();
            if keys.is_empty() {
                continue;
            }
            let texts = tx.desk(tenant).await?.key_texts(&keys).await?;
            let Some((plan, index)) = self.keys.get_mut(&tenant) else { continue };
            if index.len() + keys.len() > KEYS_MAX {
                *index = KeyIndex::new(&plan.layout);
            }
            for key in keys {
                index.learn(&plan.layout, key, texts.get(&key).map_or("", String::as_str));
            }
        }
        Ok(())
    }

    /// Makes known again, from the database, each instance of `accepted` that the memory does not hold as it must.
    async fn rebuild(
        &mut self,
        tx: &mut IngestTx,
        accepted: &[&Job],
        lines: &mut HashMap<AgentId, Line>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut missing: BTreeMap<TenantId, Vec<(&Job, InstanceId)>> = BTreeMap::new();
        for job in accepted {
            let Some((plan, _)) = self.keys.get(&job.speaker.tenant) else { continue };
            let Some(line) = lines.get_mut(&job.speaker.agent) else { continue };
            for (row, public_id) in &job.rows {
                let known = line.instances.get_mut(&row.instance).filter(|known| {
                    Arc::ptr_eq(&known.plan, plan) || known.plan.layout == plan.layout
                });
                if let Some(known) = known {
                    known.adopt(plan, job, *public_id);
                } else {
                    line.instances.insert(row.instance, Known::new(plan, job, *public_id));
                    missing.entry(row.tenant).or_default().push((job, row.instance));
                }
            }
        }
        for (tenant, missing) in missing {
            let Some((plan, _)) = self.keys.get(&tenant) else { continue };
            let plan = Arc::clone(plan);
            let mut stored = memory::stored(tx, (tenant, &plan), (accepted, &missing), now).await?;
            let mut unknown = Vec::new();
            if let Some((_, index)) = self.keys.get(&tenant) {
                let open = plan.layout.open_dimensions();
                for row in stored.values().flatten() {
                    unknown_keys(&row.breakdowns, &open, index, &mut unknown);
                }
            }
            self.name_keys(tx, BTreeMap::from([(tenant, unknown)])).await?;
            let Some((_, index)) = self.keys.get(&tenant) else { continue };
            let ids: Vec<i32> = missing.iter().map(|(_, instance)| instance.get()).collect();
            let mut alerts: HashMap<InstanceId, HashMap<Slot, State>> = HashMap::new();
            for row in tx.desk(tenant).await?.alerts_of(&ids).await? {
                if let (Some(instance), true) = (row.instance, row.alert.state != State::Ok) {
                    let slot = (row.trigger, crate::domain::incident::part_of(&row.key));
                    alerts.entry(instance).or_default().insert(slot, row.alert.state);
                }
            }
            for (job, instance) in missing {
                let line = lines.get_mut(&job.speaker.agent);
                let Some(known) = line.and_then(|line| line.instances.get_mut(&instance)) else {
                    continue;
                };
                for row in stored.remove(&instance).unwrap_or_default() {
                    known.window.push(&plan.layout, index, &memory::seen_again(&row));
                }
                known.states = alerts.remove(&instance).unwrap_or_default();
            }
        }
        Ok(())
    }
}

/// Whether a sample speaks of now: history, whatever it says, neither fires nor resolves.
fn moves_alerts(job: &Job, row: &SampleRow, now: DateTime<Utc>) -> bool {
    row.flags & flags::BACKFILL == 0
        && now - row.ts < FRESH
        && job.refused.is_none()
        && !job.view.paused.contains(&job.speaker.host)
}

/// What the triggers find in an instance, as far as it may change an alert.
fn findings<'a>(
    plan: &'a Watchlist,
    known: &mut Known,
    visibility: u64,
) -> Vec<(&'a Watched, Finding)> {
    let mut loud = Vec::new();
    let mut judged = 0_u64;
    for place in &known.covered {
        let Some(watched) = plan.watched.get(*place) else { continue };
        let id = watched.trigger.id;
        let asked = known.states.keys().any(|(trigger, _)| *trigger == id);
        let came = watched.mask == 0 || watched.mask & visibility != 0;
        if !came && !asked && watched.watch.no_data == NoData::Keep {
            continue;
        }
        judged += 1;
        let mut found = evaluate::judge(watched, &known.window, &known.usual);
        if let Some(cap) = watched.watch.measure.cap() {
            let states = &known.states;
            found = evaluate::capped(found, cap, |part| states.contains_key(&(id, part)));
            let gone: Vec<Part> = states
                .keys()
                .filter(|(trigger, part)| {
                    *trigger == id && !found.iter().any(|finding| finding.part == *part)
                })
                .map(|(_, part)| *part)
                .collect();
            found.extend(gone.into_iter().map(|part| quiet(part, watched.trigger.severity)));
        }
        for finding in found {
            let slot = (id, finding.part);
            let silent = !known.states.contains_key(&slot)
                && match finding.verdict {
                    Verdict::Breach(_) => false,
                    Verdict::Unknown => !matches!(watched.watch.no_data, NoData::Fire(_)),
                    Verdict::Clear(_) | Verdict::Band(_) => true,
                };
            if !silent {
                // From here on every sample of this group is for the locked row to judge.
                known.states.entry(slot).or_insert(State::Pending);
                loud.push((watched, finding));
            }
        }
    }
    metrics::counter!("mailvane_trigger_evaluations_total").increment(judged);
    loud
}

/// A key or an event that is no longer bad.
fn quiet(part: Part, severity: Severity) -> Finding {
    let label = crate::domain::redact::Redacted::default();
    Finding { part, verdict: Verdict::Clear(0.0), severity, label }
}
