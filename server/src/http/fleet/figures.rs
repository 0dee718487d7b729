//! The figures of a whole fleet, read in three questions however many instances there are.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, Metric};

use crate::{
    domain::{
        grid::Grid,
        ids::{HostId, InstanceId},
    },
    http::error::Problem,
    store::{Scoped, hosts::Instance, people::Tenant, series},
};

/// Points of a small curve.
pub(super) const POINTS: usize = 30;

/// Gauges that a row shows as they are now.
pub(super) const GAUGES: [&str; 5] = [
    "queue.deferred.messages",
    "queue.active.messages",
    "queue.incoming.messages",
    "queue.hold.messages",
    "queue.deferred.oldest",
];
/// Counters that a row shows as rates and shares.
pub(super) const COUNTERS: [&str; 7] = [
    "message.received",
    "delivery.sent",
    "delivery.deferred",
    "delivery.bounced",
    "reject.total",
    "tls.out.sent",
    "tls.out.sent_plain",
];
/// Figures of the small curves.
const CURVES: [&str; 4] =
    ["queue.deferred.messages", "queue.active.messages", "message.received", "delivery.sent"];

/// What was read.
#[derive(Debug)]
pub(super) struct Figures {
    instances: Vec<Instance>,
    latest: HashMap<InstanceId, series::Latest>,
    /// Sum and measured milliseconds of each counter over the last minutes.
    sums: HashMap<(InstanceId, &'static str), (f64, f64)>,
    curves: HashMap<(InstanceId, &'static str), Vec<Option<f64>>>,
}

impl Figures {
    pub(super) async fn read(
        scoped: &mut Scoped,
        range_s: i64,
        now: DateTime<Utc>,
    ) -> Result<(Tenant, Self), Problem> {
        scoped.freeze().await?;
        let tenant = scoped.tenant_row().await?;
        let instances = scoped.all_instances().await?;
        let ids: Vec<InstanceId> = instances.iter().map(|instance| instance.id).collect();
        let latest = scoped.latest(&ids, &metrics(&GAUGES), now).await?;
        let recent = TimeDelta::milliseconds(i64::from(tenant.interval_ms) * 3).max(RECENT);
        let minutes = grid((now - recent, now), tenant.interval_ms, 60)?;
        let mut sums = HashMap::new();
        for row in scoped.series(&ids, &metrics(&COUNTERS), minutes, now).await?.series {
            let sum = |values: &[Option<f64>]| values.iter().flatten().sum::<f64>();
            if row.values.iter().any(Option::is_some) {
                let sums_of_row = (sum(&row.values), sum(&row.span_ms));
                sums.insert((row.instance, row.metric.name), sums_of_row);
            }
        }
        let range = (now - TimeDelta::seconds(range_s), now);
        let grid = grid(range, tenant.interval_ms, u32::try_from(POINTS).unwrap_or(30))?;
        let mut curves = HashMap::new();
        for row in scoped.series(&ids, &metrics(&CURVES), grid, now).await?.series {
            curves.insert((row.instance, row.metric.name), curve(row));
        }
        Ok((tenant, Self { instances, latest, sums, curves }))
    }

    pub(super) fn of_host(&self, host: HostId) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| instance.host == host)
    }

    pub(super) fn latest(&self, instance: InstanceId) -> Option<&series::Latest> {
        self.latest.get(&instance)
    }

    /// Growth of a counter over the last minutes; nothing where not visible.
    pub(super) fn sum(&self, instance: InstanceId, counter: &'static str) -> Option<f64> {
        self.sums.get(&(instance, counter)).map(|(sum, _)| *sum)
    }

    /// The same, a minute.
    pub(super) fn rate(&self, instance: InstanceId, counter: &'static str) -> Option<f64> {
        let (sum, span_ms) = self.sums.get(&(instance, counter)).copied()?;
        (span_ms > 0.0).then_some(sum * 60_000.0 / span_ms)
    }

    /// Share of one counter in several, over all instances, percent.
    pub(super) fn total_share(&self, part: &str, of: &[&str]) -> Option<f64> {
        let total = |wanted: &dyn Fn(&str) -> bool| -> f64 {
            self.sums.iter().filter(|((_, name), _)| wanted(name)).map(|(_, (sum, _))| sum).sum()
        };
        let whole = total(&|name| of.contains(&name));
        (whole > 0.0).then(|| total(&|name| name == part) * 100.0 / whole)
    }

    /// A curve of all instances together.
    pub(super) fn total_curve(&self, metric: &str) -> Vec<Option<f64>> {
        let mut total = vec![None; POINTS];
        for (_, curve) in self.curves.iter().filter(|((_, name), _)| *name == metric) {
            for (sum, value) in total.iter_mut().zip(curve) {
                *sum = match (*sum, *value) {
                    (Some(sum), Some(value)) => Some(sum + value),
                    (sum, value) => sum.or(value),
                };
            }
        }
        total
    }

    pub(super) fn curve(&self, instance: InstanceId, metric: &'static str) -> Vec<Option<f64>> {
        self.curves.get(&(instance, metric)).cloned().unwrap_or_else(|| vec![None; POINTS])
    }
}

/// Exactly [`POINTS`] values, newest last; counters a minute.
fn curve(row: series::Series) -> Vec<Option<f64>> {
    let mut values = if row.span_ms.is_empty() {
        row.values
    } else {
        let rate = |(sum, ms): (&Option<f64>, &Option<f64>)| {
            sum.zip(*ms).filter(|(_, ms)| *ms > 0.0).map(|(sum, ms)| sum * 60_000.0 / ms)
        };
        row.values.iter().zip(&row.span_ms).map(rate).collect()
    };
    while values.len() < POINTS {
        values.insert(0, None);
    }
    values.split_off(values.len() - POINTS)
}

fn metrics(names: &[&'static str]) -> Vec<&'static Metric> {
    names.iter().filter_map(|name| catalogue::metric_by_name(name)).collect()
}

fn grid(
    range: (DateTime<Utc>, DateTime<Utc>),
    interval_ms: i32,
    points: u32,
) -> Result<Grid, Problem> {
    Grid::cover(range, interval_ms, points).ok_or(Problem::Internal)
}

/// Rates are those of the last five minutes, or three intervals where these are longer.
const RECENT: TimeDelta = TimeDelta::minutes(5);

#[cfg(test)]
mod tests {
    #[test]
    fn every_figure_of_the_fleet_is_in_the_catalogue() {
        let asked = super::GAUGES.len() + super::COUNTERS.len() + super::CURVES.len();
        let names = [&super::GAUGES[..], &super::COUNTERS, &super::CURVES].concat();
        assert_eq!(super::metrics(&names).len(), asked);
    }
}
