//! Figures over time, in sum and now, read through the views of schema `scoped`: null is *not visible*, never zero.
//!
//! Column names come from the catalogue alone. A figure belongs to the bucket in which its interval ends.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{GroupId, Kind, Metric};
#[expect(clippy::disallowed_types, reason = "columns come from the catalogue alone")]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    Scoped, StoreError,
    history::{Sums, numbers, whole_hours},
};
use crate::domain::{
    buckets::{Buckets, Cell},
    grid::{Grid, Run, runs},
    ids::InstanceId,
    sample::Sample,
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
    /// Where they come from.
    pub tier: Tier,
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

/// Which of the places where figures are kept a chart is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Samples.
    Raw,
    /// Sums of hours, samples where these are not made yet.
    Hourly,
    /// Sums of days, sums of hours where these are not made yet.
    Daily,
}

impl Tier {
    /// The coarsest one that still tells the buckets of `grid` apart.
    pub fn of(grid: Grid) -> Self {
        let divides = |tier: TimeDelta| {
            let (step, tier) = (grid.step.num_milliseconds(), tier.num_milliseconds());
            step % tier == 0 && grid.start.timestamp_millis() % tier == 0
        };
        if divides(TimeDelta::days(1)) {
            Self::Daily
        } else if divides(TimeDelta::hours(1)) {
            Self::Hourly
        } else {
            Self::Raw
        }
    }

    /// The word in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }
}

impl Scoped {
    /// Series over the buckets of `grid`. Buckets that end after `settled` may still be empty without being a gap.
    pub async fn series(
        &mut self,
        instances: &[InstanceId],
        metrics: &[&'static Metric],
        grid: Grid,
        settled: DateTime<Utc>,
    ) -> Result<SeriesAnswer, StoreError> {
        let tier = Tier::of(grid);
        let mut buckets = Buckets::new(instances, metrics, grid, tier == Tier::Raw);
        self.gather(&mut buckets, instances, tier).await?;
        let mut answer = SeriesAnswer { tier, series: Vec::new(), gaps: Vec::new() };
        for (place, instance) in instances.iter().enumerate() {
            for (at, metric) in metrics.iter().enumerate() {
                answer.series.push(drawn(*instance, metric, buckets.row(place, at)));
            }
            answer.gaps.extend(missing((*instance, place), &buckets, settled));
        }
        answer.gaps.extend(self.declared_gaps(instances, grid).await?);
        Ok(answer)
    }

    /// How long the tenant keeps samples, days.
    pub async fn raw_days(&mut self) -> Result<i16, StoreError> {
        let days =
            sqlx::query_scalar!("select raw_days from tenant where id = $1", self.tenant().get());
        Ok(days.fetch_one(self.connection()).await?)
    }

    /// Fills buckets from everywhere.
    async fn gather(
        &mut self,
        buckets: &mut Buckets,
        instances: &[InstanceId],
        tier: Tier,
    ) -> Result<(), StoreError> {
        let of = numbers(instances);
        let window = buckets.window();
        let unsealed = self.unsealed_hours(window).await?;
        self.gather_open(buckets, &of, &unsealed, window).await?;
        self.gather_late(buckets, &of, window).await?;
        if tier == Tier::Raw {
            return self.gather_blocks(buckets, &of, window, &unsealed).await;
        }
        let days = if tier == Tier::Daily { self.rolled_days(window).await? } else { Vec::new() };
        if !days.is_empty() {
            self.gather_sums(buckets, Sums::Daily, &of, window, (&days, &[])).await?;
        }
        self.gather_sums(buckets, Sums::Hourly, &of, window, (&days, &unsealed)).await
    }

    /// Exact sums of counters over intervals that end in [from, to), in the order asked.
    pub async fn totals(
        &mut self,
        instances: &[InstanceId],
        counters: &[&'static Metric],
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<HashMap<InstanceId, Vec<i64>>, StoreError> {
        let of = numbers(instances);
        let grid = Grid { start: from, step: to - from, count: 1 };
        let mut buckets = Buckets::new(instances, counters, grid, false);
        let window = buckets.window();
        let unsealed = self.unsealed_hours(window).await?;
        self.gather_open(&mut buckets, &of, &unsealed, window).await?;
        self.gather_late(&mut buckets, &of, window).await?;
        // Whole hours from their sums, what is cut at either end from its samples.
        let (first, last) = whole_hours((from, to));
        self.gather_blocks(&mut buckets, &of, (from, first), &unsealed).await?;
        self.gather_blocks(&mut buckets, &of, (last, to), &unsealed).await?;
        self.gather_sums(&mut buckets, Sums::Hourly, &of, (first, last), (&[], &unsealed)).await?;
        let sums = |place: usize| {
            (0..counters.len())
                .map(|metric| buckets.row(place, metric).first().map_or(0, |cell| cell.figure.sum))
                .collect()
        };
        Ok(instances.iter().enumerate().map(|(place, instance)| (*instance, sums(place))).collect())
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
        let mut latest: HashMap<InstanceId, Latest> =
            rows.iter().map(latest_row).collect::<Result<_, _>>()?;
        let absent: Vec<InstanceId> =
            instances.iter().filter(|id| !latest.contains_key(id)).copied().collect();
        let since = now - LATEST_WITHIN;
        let sealed = self.latest_sealed(&numbers(&absent), since).await?;
        let late = self.late_samples(&numbers(instances), (since, now)).await?;
        for (instance, sample) in sealed.into_iter().chain(late) {
            let newer = latest.get(&instance).is_none_or(|known| known.at < sample.ts);
            if newer {
                latest.insert(instance, latest_of(&sample, metrics));
            }
        }
        Ok(latest)
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

fn latest_of(sample: &Sample, metrics: &[&'static Metric]) -> Latest {
    Latest {
        at: sample.ts,
        span_ms: sample.span_ms,
        visibility: sample.visibility,
        values: metrics.iter().map(|metric| sample.value(metric)).collect(),
    }
}

fn drawn(instance: InstanceId, metric: &'static Metric, row: &[Cell]) -> Series {
    let column = |value: &dyn Fn(&Cell) -> f64| -> Vec<Option<f64>> {
        row.iter().map(|cell| (cell.n > 0).then(|| value(cell))).collect()
    };
    let sum = |cell: &Cell| cell.figure.sum as f64;
    match metric.kind {
        Kind::Gauge => Series {
            instance,
            metric,
            values: column(&|cell| sum(cell) / cell.n as f64),
            min: column(&|cell| cell.figure.min as f64),
            max: column(&|cell| cell.figure.max as f64),
            span_ms: Vec::new(),
        },
        Kind::Counter => Series {
            instance,
            metric,
            values: column(&sum),
            min: Vec::new(),
            max: Vec::new(),
            span_ms: column(&|cell| cell.span_ms as f64),
        },
    }
}

/// Buckets without any sample, and buckets whose samples did not show a group.
fn missing(
    (instance, place): (InstanceId, usize),
    buckets: &Buckets,
    settled: DateTime<Utc>,
) -> Vec<SeriesGap> {
    let grid = buckets.grid();
    let gap = |run: Run, kind: &str, group| SeriesGap {
        instance,
        from: grid.at(run.from),
        to: grid.at(run.to),
        kind: kind.to_owned(),
        group,
    };
    let silent = |at: usize| !buckets.is_seen(place, at) && grid.at(at + 1) <= settled;
    let mut gaps: Vec<SeriesGap> =
        runs(grid.count, silent).into_iter().map(|run| gap(run, "no_data", None)).collect();
    for (group, metric) in buckets.groups() {
        let row = buckets.row(place, metric);
        let unseen = |at: usize| row.get(at).is_some_and(|cell| cell.n == 0);
        let blind = runs(grid.count, |at| buckets.is_seen(place, at) && unseen(at));
        gaps.extend(blind.into_iter().map(|run| gap(run, "not_visible", Some(group))));
    }
    gaps
}
