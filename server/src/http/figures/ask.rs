//! What every question about figures shares: which instances, which metrics, which time.
//!
//! An instance that is unknown or another tenant's makes the whole question *not found*.

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, Group, GroupId, Metric};

use crate::{
    domain::ids::{self, InstanceId, PublicId},
    http::{error::Problem, input::Faults},
    store::Scoped,
};

/// Public and internal id.
pub type Named = (PublicId<ids::Instance>, InstanceId);

/// The instances named, each once, in the order named.
pub async fn instances(scoped: &mut Scoped, list: &str) -> Result<Vec<Named>, Problem> {
    let mut wanted: Vec<PublicId<ids::Instance>> = Vec::new();
    for text in list.split(',').map(str::trim) {
        let id = text.parse().map_err(|_| Problem::NotFound)?;
        if !wanted.contains(&id) {
            wanted.push(id);
        }
    }
    if wanted.len() > INSTANCES_MAX {
        return Err(Problem::field("instance", "Name at most 200 instances."));
    }
    let known = scoped.instance_ids(&wanted).await?;
    let find = |id: PublicId<ids::Instance>| known.iter().find(|(known, _)| *known == id).copied();
    wanted.into_iter().map(|id| find(id).ok_or(Problem::NotFound)).collect()
}

/// The metrics named, each once.
pub fn metrics(faults: &mut Faults, list: &str) -> Vec<&'static Metric> {
    let mut metrics: Vec<&'static Metric> = Vec::new();
    for name in list.split(',').map(str::trim) {
        match catalogue::metric_by_name(name) {
            Some(metric) if metrics.iter().any(|known| known.id == metric.id) => {}
            Some(metric) => metrics.push(metric),
            None => faults.add("metric", format!("There is no metric {name:?}: see /catalogue.")),
        }
    }
    if metrics.len() > METRICS_MAX {
        faults.add("metric", "Name at most 30 metrics.");
    }
    metrics
}

/// The time asked for: the last hour where nothing was said.
pub fn range(
    faults: &mut Faults,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> (DateTime<Utc>, DateTime<Utc>) {
    let to = to.unwrap_or(now);
    let from = from.unwrap_or_else(|| to.checked_sub_signed(RANGE).unwrap_or(to));
    if from >= to {
        faults.add("from", "The beginning must lie before the end.");
    } else if to - from > RANGE_MAX {
        faults.add("from", "Ask for at most five years at once.");
    }
    (from, to)
}

/// How an instance was named.
pub fn name(names: &[Named], id: InstanceId) -> String {
    names
        .iter()
        .find(|(_, known)| *known == id)
        .map(|(name, _)| name.to_string())
        .unwrap_or_default()
}

/// Name of a visibility group.
pub fn group(id: GroupId) -> &'static str {
    catalogue::groups().iter().find(|group| group.id == id).map_or("unknown", |group| group.name)
}

/// Groups that a sample could see.
pub fn visible(visibility: u64) -> impl Iterator<Item = &'static Group> {
    catalogue::groups().iter().filter(move |group| group.id.visible_in(visibility))
}

const INSTANCES_MAX: usize = 200;
const METRICS_MAX: usize = 30;
const RANGE: TimeDelta = TimeDelta::hours(1);
const RANGE_MAX: TimeDelta = TimeDelta::days(5 * 366);
