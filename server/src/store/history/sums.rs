//! Sums of hours and days, gathered from the tables of each group. Names come from the catalogue alone.

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, GroupId, Kind, Metric};
#[expect(
    clippy::disallowed_types,
    reason = "tables and columns come from the catalogue alone"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, postgres::PgRow};

use super::{Window, place_of};
use crate::{
    domain::{
        buckets::{Buckets, Cell},
        rollup::Figure,
    },
    store::{Scoped, StoreError},
};

/// Sums that are kept beside blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sums {
    /// Of hours.
    Hourly,
    /// Of days.
    Daily,
}

impl Sums {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Hourly => "hour",
            Self::Daily => "day",
        }
    }
}

impl Scoped {
    /// Gathers sums: of whole hours but for those of `days`, or of `days` themselves. An hour that is being sealed
    /// may have its sums already while its rows still count.
    pub(in crate::store) async fn gather_sums(
        &mut self,
        buckets: &mut Buckets,
        sums: Sums,
        instances: &[i32],
        (from, to): Window,
        (days, unsealed): (&[DateTime<Utc>], &[DateTime<Utc>]),
    ) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let step = buckets.grid().step.num_milliseconds();
        let bucket = "floor(extract(epoch from ts - $3) * 1000 / $5)::int4 as bucket";
        let skip = match sums {
            Sums::Hourly => "date_bin('1 day', ts, 'epoch') <> all($7) and ts <> all($8)",
            Sums::Daily => "ts = any($7) and ts <> all($8)",
        };
        let filter = format!(
            "where tenant_id = $1 and instance_id = any($2) and ts >= $6 and ts < $4 and {skip}"
        );
        let prefix = sums.prefix();
        let mut tables: Vec<(String, Option<GroupId>)> = vec![(format!("seen_{prefix}"), None)];
        for (group, _) in buckets.groups() {
            let Some(group) = catalogue::groups().iter().find(|known| known.id == group) else {
                continue;
            };
            tables.push((format!("{prefix}_{}", group.table_suffix()), Some(group.id)));
        }
        for (table, group) in tables {
            let of_group = buckets.metrics().iter().filter(|metric| Some(metric.group) == group);
            let parts: Vec<String> = of_group.map(|metric| sum_parts(metric)).collect();
            let sql = format!(
                "select instance_id, {bucket}, sum(n)::int8 as n, sum(span_ms)::int8 as span_ms,
                    array[{}]::int8[] as parts
                 from scoped.{table} {filter} group by 1, 2",
                parts.join(", ")
            );
            #[expect(
                clippy::disallowed_methods,
                reason = "tables and columns come from the catalogue alone"
            )]
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(self.tenant().get())
                .bind(instances)
                .bind(buckets.grid().start)
                .bind(to)
                .bind(step)
                .bind(from)
                .bind(days)
                .bind(unsealed)
                .fetch_all(self.connection())
                .await?;
            let places: Vec<usize> = group_places(buckets, group);
            for row in &rows {
                take_sums(buckets, row, &places)?;
            }
        }
        Ok(())
    }
}

fn sum_parts(metric: &Metric) -> String {
    let column = metric.column();
    let least = match metric.kind {
        Kind::Gauge => format!("min({column}_min)"),
        Kind::Counter => "0".to_owned(),
    };
    format!("least(sum({column}_sum), 9223372036854775807), {least}, max({column}_max)")
}

fn group_places(buckets: &Buckets, group: Option<GroupId>) -> Vec<usize> {
    let metrics = buckets.metrics().iter().enumerate();
    metrics.filter(|(_, metric)| Some(metric.group) == group).map(|(place, _)| place).collect()
}

fn take_sums(buckets: &mut Buckets, row: &PgRow, places: &[usize]) -> Result<(), StoreError> {
    let Some((instance, bucket)) = place_of(buckets, row)? else { return Ok(()) };
    buckets.see(instance, bucket);
    let (n, span_ms): (i64, i64) = (row.try_get("n")?, row.try_get("span_ms")?);
    let parts: Vec<Option<i64>> = row.try_get("parts")?;
    for (metric, parts) in places.iter().zip(parts.chunks(3)) {
        let [sum, min, max] = *parts else { continue };
        let figure = Figure { sum: sum.unwrap_or(0), min: min.unwrap_or(0), max: max.unwrap_or(0) };
        buckets.add((instance, *metric, bucket), &Cell { n, span_ms, figure });
    }
    Ok(())
}
