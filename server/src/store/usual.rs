//! The usual figure of each hour of the day: computed from hourly rollups, one hour at a time, a while before it begins.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, Kind, Metric, MetricId};
#[expect(
    clippy::disallowed_types,
    reason = "tables and columns come from the catalogue alone"
)]
use sqlx::AssertSqlSafe;

use super::{Scoped, StoreError, upkeep::UpkeepTx};
use crate::domain::{baseline, ids::InstanceId};

impl UpkeepTx {
    /// Which of `hours` were not computed since `since`.
    pub async fn stale_hours(
        &mut self,
        hours: &[i16],
        since: DateTime<Utc>,
    ) -> Result<Vec<i16>, StoreError> {
        let stale = sqlx::query_scalar!(
            r#"select h as "h!" from unnest($1::int2[]) h
               where not exists (select 1 from baseline_hour b where b.hour = h and b.computed_at > $2)"#,
            hours,
            since
        );
        Ok(stale.fetch_all(self.connection()).await?)
    }

    /// Computes the usual figures of one hour of the day for every instance; how many there are now.
    #[expect(clippy::disallowed_methods, reason = "one statement for each kept metric")]
    pub async fn compute_usual(
        &mut self,
        hour: i16,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut computed = 0;
        let kept = baseline::KEPT.iter().chain([&baseline::SEEN]);
        for metric in kept.filter_map(|id| catalogue::metric(*id)) {
            let Some(sql) = statement(metric) else { continue };
            let done = sqlx::query(AssertSqlSafe(sql))
                .bind(i16::try_from(metric.id.0).unwrap_or(-1))
                .bind(hour)
                .bind(now - TimeDelta::days(i64::try_from(baseline::DAYS).unwrap_or(7)))
                .bind(now)
                .bind(i64::try_from(baseline::DAYS_MIN).unwrap_or(3))
                .execute(self.connection())
                .await?;
            computed += done.rows_affected();
        }
        sqlx::query!(
            "insert into baseline_hour (hour, computed_at) values ($1, $2)
             on conflict (hour) do update set computed_at = $2",
            hour,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(computed)
    }
}

impl Scoped {
    /// Usual figures by instance, metric and hour of the day (UTC).
    pub async fn usual_by_hour(
        &mut self,
        instances: &[InstanceId],
    ) -> Result<HashMap<(InstanceId, MetricId, u32), f64>, StoreError> {
        let ids: Vec<i32> = instances.iter().map(|one| one.get()).collect();
        let rows = sqlx::query!(
            r#"select instance_id as "instance!", metric_id as "metric!", hour as "hour!", usual as "usual!"
               from scoped.baseline where tenant_id = $1 and instance_id = any($2)"#,
            self.tenant().get(),
            &ids
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let metric = MetricId(u16::try_from(row.metric).ok()?);
                let hour = u32::try_from(row.hour).ok()?;
                Some(((InstanceId::from_row(row.instance), metric, hour), row.usual))
            })
            .collect())
    }
}

/// The median over days of one hour of the day. Gauges: the mean of the hour. Counters: a minute.
fn statement(metric: &Metric) -> Option<String> {
    let group = catalogue::groups().iter().find(|group| group.id == metric.group)?;
    let (table, column) = (group.table_suffix(), metric.column());
    let figure = match metric.kind {
        Kind::Gauge => format!("{column}_sum::float8 / n"),
        Kind::Counter => format!("{column}_sum::float8 * 60000 / span_ms"),
    };
    Some(format!(
        "insert into baseline (tenant_id, instance_id, metric_id, hour, usual, days)
         select tenant_id, instance_id, $1, $2, percentile_cont(0.5) within group (order by {figure}), count(*)
         from hour_{table}
         where ts >= $3 and ts < $4 and extract(hour from ts at time zone 'UTC') = $2 and n > 0 and span_ms > 0
           and {column}_sum is not null
         group by tenant_id, instance_id having count(*) >= $5
         on conflict (tenant_id, instance_id, metric_id, hour)
            do update set usual = excluded.usual, days = excluded.days"
    ))
}
