//! What a writer remembers of an agent's instances, and how it is made anew from what is stored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue;

use super::{Job, Slot};
use crate::{
    domain::{
        alert::State,
        ids::{self, AgentId, InstanceId, PublicId, TenantId},
        watchlist::Watchlist,
        window::{Seen, Window},
    },
    store::{
        StoreError,
        recall::{Recalled, Wanted},
        samples::{IngestTx, SampleRow},
    },
};

/// What is remembered of one agent.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Epoch and number of its last batch.
    pub(super) at: (i64, i64),
    /// Its instances.
    pub(super) instances: HashMap<InstanceId, Known>,
}

/// What is remembered of one instance.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) plan: Arc<Watchlist>,
    /// Places of the triggers that cover it.
    pub(super) covered: Vec<usize>,
    pub(super) window: Window,
    /// States that are not plainly OK.
    pub(super) states: HashMap<Slot, State>,
    /// Usual figures by their places in the plan.
    pub(super) usual: Vec<Option<f64>>,
    /// The hour of the day whose figures these are.
    pub(super) usual_hour: Option<u32>,
}

impl Known {
    /// Nothing seen yet.
    pub(super) fn new(plan: &Arc<Watchlist>, job: &Job, instance: PublicId<ids::Instance>) -> Self {
        Self {
            plan: Arc::clone(plan),
            covered: covered(plan, job, instance),
            window: Window::new(&plan.layout),
            states: HashMap::new(),
            usual: vec![None; plan.layout.usual.len()],
            usual_hour: None,
        }
    }

    /// Goes by another plan that needs the same to have been seen.
    pub(super) fn adopt(
        &mut self,
        plan: &Arc<Watchlist>,
        job: &Job,
        instance: PublicId<ids::Instance>,
    ) {
        if !Arc::ptr_eq(&self.plan, plan) {
            self.covered = covered(plan, job, instance);
            self.plan = Arc::clone(plan);
        }
    }
}

fn covered(plan: &Watchlist, job: &Job, instance: PublicId<ids::Instance>) -> Vec<usize> {
    let (host, instance) = (job.speaker.host_ref.to_string(), instance.to_string());
    let covers = |place: &usize| {
        let watched = plan.watched.get(*place);
        watched.is_some_and(|one| one.watch.scope.covers(&job.speaker.tags, &host, &instance))
    };
    (0..plan.watched.len()).filter(covers).collect()
}

/// A sample as the window takes it.
pub(super) fn seen(row: &SampleRow) -> Seen<'_> {
    Seen {
        at_ms: row.ts.timestamp_millis(),
        span_ms: row.span_ms,
        visibility: row.visibility,
        values: &row.values,
        breakdowns: &row.breakdowns,
        events: &row.events,
    }
}

/// A stored sample as the window takes it.
pub(super) fn seen_again(row: &Recalled) -> Seen<'_> {
    Seen {
        at_ms: row.ts.timestamp_millis(),
        span_ms: row.span_ms,
        visibility: row.visibility,
        values: &row.values,
        breakdowns: &row.breakdowns,
        events: &row.events,
    }
}

/// What is stored of instances that are missing, without what is being stored now.
pub(super) async fn stored(
    tx: &mut IngestTx,
    (tenant, plan): (TenantId, &Watchlist),
    (accepted, missing): (&[&Job], &[(&Job, InstanceId)]),
    now: DateTime<Utc>,
) -> Result<HashMap<InstanceId, Vec<Recalled>>, StoreError> {
    let layout = &plan.layout;
    let metrics: Vec<&'static catalogue::Metric> =
        layout.metrics.iter().filter_map(|(id, _)| catalogue::metric(*id)).collect();
    let rows = || accepted.iter().flat_map(|job| job.rows.iter().map(|(row, _)| row));
    let first = rows().map(|row| row.ts).min().unwrap_or(now).min(now);
    let wanted = Wanted {
        metrics: &metrics,
        breakdowns: layout.needs_breakdowns(),
        events: &layout.events,
        from: first - TimeDelta::seconds(i64::from(layout.look_back_s) + 120),
    };
    let instances: Vec<InstanceId> = missing.iter().map(|(_, instance)| *instance).collect();
    let mut stored = tx.recall(tenant, &instances, &wanted).await?;
    let new: HashSet<(InstanceId, DateTime<Utc>)> =
        rows().map(|row| (row.instance, row.ts)).collect();
    let events: HashSet<(InstanceId, DateTime<Utc>)> = rows()
        .flat_map(|row| row.events.iter().map(move |event| (row.instance, event.at)))
        .collect();
    for (instance, rows) in &mut stored {
        rows.retain(|row| !new.contains(&(*instance, row.ts)));
        for row in rows {
            row.events.retain(|event| !events.contains(&(*instance, event.at)));
        }
    }
    Ok(stored)
}

/// Reads the usual figures of this hour for instances that have those of another.
pub(super) async fn usual(
    tx: &mut IngestTx,
    accepted: &[&Job],
    lines: &mut HashMap<AgentId, Line>,
    hour: u32,
) -> Result<(), StoreError> {
    let mut asked: BTreeMap<TenantId, Vec<(AgentId, InstanceId)>> = BTreeMap::new();
    for job in accepted {
        let Some(line) = lines.get_mut(&job.speaker.agent) else { continue };
        for (row, _) in &job.rows {
            let Some(known) = line.instances.get_mut(&row.instance) else { continue };
            let wanted = known.plan.layout.usual.len();
            if wanted > 0 && (known.usual_hour != Some(hour) || known.usual.len() != wanted) {
                known.usual_hour = Some(hour);
                known.usual = vec![None; wanted];
                let asked = asked.entry(row.tenant).or_default();
                asked.push((job.speaker.agent, row.instance));
            }
        }
    }
    for (tenant, asked) in asked {
        let ids: Vec<i32> = asked.iter().map(|(_, instance)| instance.get()).collect();
        let usual = tx.usual(tenant, &ids, i16::try_from(hour).unwrap_or(0)).await?;
        for (agent, instance) in asked {
            let line = lines.get_mut(&agent);
            let Some(known) = line.and_then(|line| line.instances.get_mut(&instance)) else {
                continue;
            };
            for (slot, metric) in known.usual.iter_mut().zip(&known.plan.layout.usual) {
                *slot = usual.get(&(instance, *metric)).copied();
            }
        }
    }
    Ok(())
}
