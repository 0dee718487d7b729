//! Figures over time, in sum and now, read through the views of schema `scoped`: null is *not visible*, never zero.
//!
//! Column names come from the catalogue alone. A figure belongs to the bucket in which its interval ends.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{GroupId, Kind, Metric};
#[expect(clippy::disallowed_types, reason = "columns come from the catalogue alone")]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, postgres::PgRow};

use super::{Scoped, StoreError};
use crate::domain::{
    grid::{Grid, Run, runs},
    ids::InstanceId,
};

/// One metric of one instance over the buckets of a grid.
#[derive(Debug, Clone)]
pub struct Series {
    /// Whose.
    pub instance: InstanceId,
    /// Which metric.
    pub metric: &'static Metric,
    /// Gauges: the mean. Counters: the sum. Nothing where nothing was measured.
    pub values: Vec<Option<f64>>,
    /// Gauges: the least.
    pub min: Vec<Option<f64>>,
    /// Gauges: the most.
    pub max: Vec<Option<f64>>,
    /// Counters: how many milliseconds were measured, so that a rate can be made of the sum.
    pub span_ms: Vec<Option<f64>>,
}

/// A time of which something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesGap {
    /// Whose.
    pub instance: InstanceId,
    /// Start.
    pub from: DateTime<Utc>,
    /// End.
    pub to: DateTime<Utc>,
    /// `no_data`, `not_visible`, or the kind of a declared loss.
    pub kind: String,
    /// Which group was not visible.
    pub group: Option<GroupId>,
}

/// Series with what is missing in them.
#[derive(Debug, Clone)]
pub struct SeriesAnswer {
    /// For each instance, each metric, in the order asked.
    pub series: Vec<Series>,
    /// What is missing.
    pub gaps: Vec<SeriesGap>,
}

/// The newest sample of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// End of its interval.
    pub at: DateTime<Utc>,
    /// Length of its interval in milliseconds.
    pub span_ms: i32,
    /// Groups that were measured.
    pub visibility: u64,
    /// Values of the wanted metrics, in the order asked; nothing where not visible.
    pub values: Vec<Option<i64>>,
}

/// A newest sample older than this is no present.
const LATEST_WITHIN: TimeDelta = TimeDelta::days(2);

impl Scoped {
    /// Series over the buckets of `grid`. Buckets that end after `settled` may still be empty without being a gap.
    pub async fn series(
        &mut self,
        instances: &[InstanceId],
        metrics: &[&'static Metric],
        grid: Grid,
        settled: DateTime<Utc>,
    ) -> Result<SeriesAnswer, StoreError> {
        let parts: Vec<String> = metrics.iter().map(|metric| bucket_parts(metric)).collect();
        let sql = format!(
            "select instance_id, (ceil(extract(epoch from ts - $3) * 1000 / $5::float8) - 1)::int4 as bucket,
                array[{}]::float8[] as parts
             from scoped.sample
             where tenant_id = $1 and instance_id = any($2) and ts > $3 and ts <= $4
             group by 1, 2",
            parts.join(", ")
        );
        #[expect(clippy::disallowed_methods, reason = "columns come from the catalogue alone")]
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(self.tenant().get())
            .bind(numbers(instances))
            .bind(grid.start)
            .bind(grid.end())
            .bind(grid.step.num_milliseconds() as f64)
            .fetch_all(self.connection())
            .await?;
        let mut buckets: HashMap<(i32, usize), Vec<Option<f64>>> = HashMap::new();
        for row in rows {
            let bucket: i32 = row.try_get("bucket")?;
            let Ok(bucket) = usize::try_from(bucket) else { continue };
            buckets.insert((row.try_get("instance_id")?, bucket), row.try_get("parts")?);
        }
        let mut answer = SeriesAnswer { series: Vec::new(), gaps: Vec::new() };
        for instance in instances {
            for (place, metric) in metrics.iter().enumerate() {
                answer.series.push(spread(*instance, metric, place, grid.count, &buckets));
            }
            answer.gaps.extend(missing(*instance, metrics, grid, settled, &buckets));
        }
        answer.gaps.extend(self.declared_gaps(instances, grid).await?);
        Ok(answer)
    }

    /// Exact sums of counters over intervals that end in [from, to), in the order asked.
    pub async fn totals(
        &mut self,
        instances: &[InstanceId],
        counters: &[&'static Metric],
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<HashMap<InstanceId, Vec<i64>>, StoreError> {
        let sums: Vec<String> = counters
            .iter()
            .map(|metric| format!("coalesce(sum({}), 0)", metric.column()))
            .collect();
        let sql = format!(
            "select instance_id, array[{}]::int8[] as sums from scoped.sample
             where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4 group by 1",
            sums.join(", ")
        );
        #[expect(clippy::disallowed_methods, reason = "columns come from the catalogue alone")]
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(self.tenant().get())
            .bind(numbers(instances))
            .bind(from)
            .bind(to)
            .fetch_all(self.connection())
            .await?;
        let mut totals: HashMap<InstanceId, Vec<i64>> =
            instances.iter().map(|instance| (*instance, vec![0; counters.len()])).collect();
        for row in rows {
            totals.insert(InstanceId::from_row(row.try_get("instance_id")?), row.try_get("sums")?);
        }
        Ok(totals)
    }

    /// The newest samples of these instances, with the values of `metrics`.
    pub async fn latest(
        &mut self,
        instances: &[InstanceId],
        metrics: &[&'static Metric],
        now: DateTime<Utc>,
    ) -> Result<HashMap<InstanceId, Latest>, StoreError> {
        let columns: Vec<String> =
            metrics.iter().map(|metric| format!("s.{}", metric.column())).collect();
        let sql = format!(
            "select w.instance_id, s.ts, s.span_ms, s.visibility, s.parts
             from unnest($2::int4[]) w (instance_id)
             cross join lateral (select s.ts, s.span_ms, s.visibility, array[{}]::int8[] as parts
                from scoped.sample s
                where s.tenant_id = $1 and s.instance_id = w.instance_id and s.ts > $3
                order by s.ts desc limit 1) s",
            columns.join(", ")
        );
        #[expect(clippy::disallowed_methods, reason = "columns come from the catalogue alone")]
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(self.tenant().get())
            .bind(numbers(instances))
            .bind(now - LATEST_WITHIN)
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(latest_row).collect()
    }

    async fn declared_gaps(
        &mut self,
        instances: &[InstanceId],
        grid: Grid,
    ) -> Result<Vec<SeriesGap>, StoreError> {
        let rows = sqlx::query!(
            r#"select i.id as "instance!", g.from_at as "from!", g.to_at as "to!", g.kind as "kind!"
               from instance i
               join scoped.gap g on g.tenant_id = i.tenant_id and g.host_id = i.host_id
                  and (g.instance_id is null or g.instance_id = i.id)
               where i.tenant_id = $1 and i.id = any($2) and g.from_at < $4 and g.to_at > $3
               order by g.from_at limit 1000"#,
            self.tenant().get(),
            &numbers(instances),
            grid.start,
            grid.end()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| SeriesGap {
                instance: InstanceId::from_row(row.instance),
                from: row.from,
                to: row.to,
                kind: row.kind,
                group: None,
            })
            .collect())
    }
}

/// Values in a bucket's row for each metric.
const PARTS: usize = 3;

fn bucket_parts(metric: &Metric) -> String {
    let column = metric.column();
    match metric.kind {
        Kind::Gauge => format!("avg({column}), min({column}), max({column})"),
        Kind::Counter => {
            format!("sum({column}), sum(span_ms) filter (where {column} is not null), null")
        }
    }
}

fn numbers(instances: &[InstanceId]) -> Vec<i32> {
    instances.iter().map(|instance| instance.get()).collect()
}

fn latest_row(row: &PgRow) -> Result<(InstanceId, Latest), StoreError> {
    let visibility: i64 = row.try_get("visibility")?;
    let latest = Latest {
        at: row.try_get("ts")?,
        span_ms: row.try_get("span_ms")?,
        visibility: visibility.cast_unsigned(),
        values: row.try_get("parts")?,
    };
    Ok((InstanceId::from_row(row.try_get("instance_id")?), latest))
}

fn spread(
    instance: InstanceId,
    metric: &'static Metric,
    place: usize,
    count: usize,
    buckets: &HashMap<(i32, usize), Vec<Option<f64>>>,
) -> Series {
    let part = |offset: usize| -> Vec<Option<f64>> {
        let value = |bucket: usize| {
            let parts = buckets.get(&(instance.get(), bucket))?;
            parts.get(place * PARTS + offset).copied().flatten()
        };
        (0..count).map(value).collect()
    };
    let (min, max, span_ms) = match metric.kind {
        Kind::Gauge => (part(1), part(2), Vec::new()),
        Kind::Counter => (Vec::new(), Vec::new(), part(1)),
    };
    Series { instance, metric, values: part(0), min, max, span_ms }
}

/// Buckets without any sample, and buckets whose samples did not show a group.
fn missing(
    instance: InstanceId,
    metrics: &[&'static Metric],
    grid: Grid,
    settled: DateTime<Utc>,
    buckets: &HashMap<(i32, usize), Vec<Option<f64>>>,
) -> Vec<SeriesGap> {
    let gap = |run: Run, kind: &str, group| SeriesGap {
        instance,
        from: grid.at(run.from),
        to: grid.at(run.to),
        kind: kind.to_owned(),
        group,
    };
    let bucket = |place: usize| buckets.get(&(instance.get(), place));
    let silent = |place: usize| bucket(place).is_none() && grid.at(place + 1) <= settled;
    let mut gaps: Vec<SeriesGap> =
        runs(grid.count, silent).into_iter().map(|run| gap(run, "no_data", None)).collect();
    let mut groups: Vec<GroupId> = Vec::new();
    for (place, metric) in metrics.iter().enumerate() {
        if groups.contains(&metric.group) {
            continue;
        }
        groups.push(metric.group);
        let blind = |at: usize| {
            bucket(at).is_some_and(|parts| parts.get(place * PARTS).copied().flatten().is_none())
        };
        let blind = runs(grid.count, blind).into_iter();
        gaps.extend(blind.map(|run| gap(run, "not_visible", Some(metric.group))));
    }
    gaps
}
