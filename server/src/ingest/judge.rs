//! Judges samples inside the ingest transaction: quiet ones cost a look into memory, loud ones lock their alert.
//!
//! Correctness never depends on the memory: a batch that does not follow the one it remembers is judged by the
//! database, and so is every alert that is not quiet.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::write::Job;
use crate::{
    clock::Dice,
    domain::{
        alert::{Input, Patience, State},
        batch::flags,
        evaluate::{Figures, Verdict, judge},
        ids::{InstanceId, TenantId, TriggerId},
        incident::{Target, alert_key},
        trigger::{Rule, Threshold, Trigger},
    },
    store::{
        StoreError,
        alerts::{Desk, WantedAlert},
        samples::{IngestTx, SampleRow},
    },
};

/// Instances remembered at most; beyond it the memory starts anew.
const REMEMBERED_MAX: usize = 250_000;
/// A sample older than this is history: it is judged, but moves no alert.
const FRESH: TimeDelta = TimeDelta::minutes(3);

/// What is remembered of one instance.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    epoch: i64,
    seq: i64,
    /// States that are not plainly OK.
    states: HashMap<TriggerId, State>,
}

/// The memory of one writer.
#[derive(Debug, Default)]
pub(super) struct Judge {
    known: HashMap<InstanceId, Known>,
}

/// What a transaction found, to be kept once it is durable.
#[derive(Debug, Default)]
pub(super) struct Judged {
    known: HashMap<InstanceId, Known>,
    owed: usize,
}

/// A verdict that may change an alert.
struct Loud<'a> {
    trigger: &'a Trigger,
    patience: Patience,
    instance: InstanceId,
    job: &'a Job,
    verdict: Verdict,
    at: DateTime<Utc>,
}

impl Judge {
    /// Nothing that is remembered can be relied on.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Keeps what a durable transaction found; how many deliveries it owes.
    pub(super) fn keep(&mut self, judged: Judged) -> usize {
        if self.known.len() + judged.known.len() > REMEMBERED_MAX {
            self.known.clear();
        }
        self.known.extend(judged.known);
        judged.owed
    }

    /// Judges the samples of `accepted` batches, in order.
    pub(super) async fn judge(
        &self,
        tx: &mut IngestTx,
        accepted: &[&Job],
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<Judged, StoreError> {
        let mut judged = Judged { known: self.recall(tx, accepted).await?, owed: 0 };
        let mut loud: BTreeMap<TenantId, Vec<Loud<'_>>> = BTreeMap::new();
        for job in accepted {
            for (row, public_id) in &job.rows {
                let known = judged.known.entry(row.instance).or_default();
                (known.epoch, known.seq) = (job.epoch, job.seq);
                if !moves_alerts(job, row, outside.0) {
                    continue;
                }
                let figures = Figures {
                    visibility: row.visibility,
                    span_ms: row.span_ms,
                    values: &row.values,
                };
                for (trigger, threshold) in thresholds(job, &public_id.to_string()) {
                    let verdict = judge(threshold, &figures);
                    let quiet = !known.states.contains_key(&trigger.id)
                        && !matches!(verdict, Verdict::Breach(_));
                    if quiet {
                        continue;
                    }
                    // From here on every sample of this group is for the locked row to judge.
                    known.states.entry(trigger.id).or_insert(State::Pending);
                    let (instance, at) = (row.instance, row.ts);
                    let tenant = loud.entry(row.tenant).or_default();
                    let patience = trigger.rule.patience();
                    tenant.push(Loud { trigger, patience, instance, job, verdict, at });
                }
            }
        }
        for (tenant, loud) in loud {
            let mut desk = tx.desk(tenant).await?;
            judged.owed += settle(&mut desk, loud, &mut judged.known, outside).await?;
        }
        Ok(judged)
    }

    /// What is known of each instance in `accepted`, from memory or from the database.
    async fn recall(
        &self,
        tx: &mut IngestTx,
        accepted: &[&Job],
    ) -> Result<HashMap<InstanceId, Known>, StoreError> {
        let mut recalled: HashMap<InstanceId, Known> = HashMap::new();
        let mut asked: BTreeMap<TenantId, Vec<i32>> = BTreeMap::new();
        for job in accepted {
            for (row, _) in &job.rows {
                let last = recalled.get(&row.instance).or_else(|| self.known.get(&row.instance));
                let follows =
                    last.filter(|known| known.epoch == job.epoch && known.seq + 1 == job.seq);
                if let Some(known) = follows {
                    let known = Known { seq: job.seq, ..known.clone() };
                    recalled.insert(row.instance, known);
                } else {
                    let known = Known { epoch: job.epoch, seq: job.seq, ..Known::default() };
                    recalled.insert(row.instance, known);
                    asked.entry(row.tenant).or_default().push(row.instance.get());
                }
            }
        }
        for (tenant, instances) in asked {
            for row in tx.desk(tenant).await?.alerts_of(&instances).await? {
                let Some(instance) = row.instance else { continue };
                if row.alert.state != State::Ok
                    && let Some(known) = recalled.get_mut(&instance)
                {
                    known.states.insert(row.trigger, row.alert.state);
                }
            }
        }
        Ok(recalled)
    }
}

/// Whether a sample speaks of now: history, whatever it says, neither fires nor resolves.
fn moves_alerts(job: &Job, row: &SampleRow, now: DateTime<Utc>) -> bool {
    row.flags & flags::BACKFILL == 0
        && now - row.ts < FRESH
        && job.refused.is_none()
        && !job.view.paused.contains(&job.speaker.host)
}

/// The thresholds that cover an instance.
fn thresholds<'a>(
    job: &'a Job,
    instance: &str,
) -> impl Iterator<Item = (&'a Trigger, &'a Threshold)> {
    let host = job.speaker.host_ref.to_string();
    let instance = instance.to_owned();
    job.view.triggers.iter().filter_map(move |trigger| match &trigger.rule {
        Rule::Threshold(threshold)
            if threshold.scope.covers(&job.speaker.tags, &host, &instance) =>
        {
            Some((trigger, threshold))
        }
        _ => None,
    })
}

/// Applies loud verdicts of one tenant to their locked alerts; how many deliveries are owed.
async fn settle(
    desk: &mut Desk<'_>,
    loud: Vec<Loud<'_>>,
    known: &mut HashMap<InstanceId, Known>,
    outside: (DateTime<Utc>, &dyn Dice),
) -> Result<usize, StoreError> {
    let wanted = loud.iter().map(|one| WantedAlert {
        key: alert_key(one.trigger.id, Target::Instance(one.instance)),
        trigger: one.trigger.id,
        host: one.job.speaker.host,
        target: Target::Instance(one.instance),
    });
    let mut rows = desk.lock_alerts(wanted.collect()).await?;
    let mut owed = 0;
    for one in &loud {
        let key = alert_key(one.trigger.id, Target::Instance(one.instance));
        // A trigger that was switched off meanwhile has no alert any more.
        let Some(row) = rows.get_mut(&key) else { continue };
        let input = Input::Sample(one.verdict, one.at);
        owed += desk.apply(row, (input, one.patience), one.trigger, outside).await?;
    }
    for one in &loud {
        let key = alert_key(one.trigger.id, Target::Instance(one.instance));
        let state = rows.get(&key).map_or(State::Ok, |row| row.alert.state);
        if let Some(known) = known.get_mut(&one.instance) {
            match state {
                State::Ok => known.states.remove(&one.trigger.id),
                state => known.states.insert(one.trigger.id, state),
            };
        }
    }
    Ok(owed)
}
