//! Writing hourly and daily figures. Table and column names come from the catalogue alone.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, Group, Kind, Width};
#[expect(
    clippy::disallowed_types,
    reason = "tables and columns come from the catalogue alone"
)]
use sqlx::{AssertSqlSafe, postgres::PgQueryResult};

use super::{
    UpkeepTx,
    sealing::{InstanceHour, split},
};
use crate::{
    domain::{
        ids::{InstanceId, TenantId},
        rollup::{GroupRollup, roll_breakdowns},
    },
    store::{StoreError, copy::Copy},
};

/// What is kept of one instance's hour.
#[derive(Debug)]
pub struct HourRow {
    /// Which instance, which hour.
    pub place: InstanceHour,
    /// Samples.
    pub n: i32,
    /// How long they cover, milliseconds.
    pub span_ms: i64,
    /// One for each group.
    pub groups: Vec<GroupRollup>,
    /// Greatest keys of the breakdowns.
    pub breakdowns: Option<Vec<u8>>,
}

impl UpkeepTx {
    /// Stores hourly figures, in place of what was stored for the same hours if there was any.
    pub async fn store_hours(&mut self, rows: &[HourRow], replace: bool) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        if replace {
            let places: Vec<InstanceHour> = rows.iter().map(|row| row.place).collect();
            let tables = catalogue::groups().iter().map(hour_table);
            for table in tables.chain(["seen_hour".to_owned(), "breakdown_hour".to_owned()]) {
                self.remove_hours(&table, &places).await?;
            }
        }
        for group in catalogue::groups() {
            let mut copy = Copy::new(KEY_COLUMNS + 2 + columns(group).len());
            for row in rows {
                let Some(rollup) = row.groups.iter().find(|rollup| rollup.group == group.id) else {
                    continue;
                };
                if rollup.n > 0 {
                    group_tuple(&mut copy, row.place, rollup)?;
                }
            }
            let columns = columns(group).join(", ");
            let statement = format!(
                "copy {} (tenant_id, instance_id, ts, n, span_ms, {columns}) from stdin (format binary)",
                hour_table(group)
            );
            self.copy(&statement, copy).await?;
        }
        let mut seen = Copy::new(KEY_COLUMNS + 2);
        let mut breakdowns = Copy::new(KEY_COLUMNS + 1);
        for row in rows {
            key(&mut seen, row.place)?;
            seen.int4(row.n);
            seen.int8(row.span_ms);
            if let Some(entries) = &row.breakdowns {
                key(&mut breakdowns, row.place)?;
                breakdowns.bytes(entries)?;
            }
        }
        let into =
            "copy seen_hour (tenant_id, instance_id, ts, n, span_ms) from stdin (format binary)";
        self.copy(into, seen).await?;
        let into =
            "copy breakdown_hour (tenant_id, instance_id, ts, entries) from stdin (format binary)";
        self.copy(into, breakdowns).await
    }

    async fn remove_hours(
        &mut self,
        table: &str,
        places: &[InstanceHour],
    ) -> Result<(), StoreError> {
        let (tenants, instances, hours) = split(places);
        let sql = format!(
            "delete from {table} h using unnest($1::int4[], $2::int4[], $3::timestamptz[]) k (t, i, h)
             where h.tenant_id = k.t and h.instance_id = k.i and h.ts = k.h and h.ts >= $4 and h.ts <= $5"
        );
        let (oldest, newest) = (hours.iter().min().copied(), hours.iter().max().copied());
        #[expect(clippy::disallowed_methods, reason = "tables come from the catalogue alone")]
        sqlx::query(AssertSqlSafe(sql))
            .bind(tenants)
            .bind(instances)
            .bind(hours)
            .bind(oldest)
            .bind(newest)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn copy(&mut self, statement: &str, rows: Copy) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut copy = self.transaction.copy_in_raw(statement).await?;
        if let Err(error) = copy.send(rows.finish()).await {
            copy.abort("the rows could not be sent").await?;
            return Err(error.into());
        }
        copy.finish().await?;
        Ok(())
    }

    /// Days before `before` whose hours are all sealed and whose figures were never added up, oldest first.
    pub async fn days_to_roll(
        &mut self,
        before: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let days = sqlx::query_scalar!(
            r#"select d.day as "day!"
               from (select date_bin('1 day', hour, 'epoch') as day, bool_and(state = 'sealed') as sealed
                     from hour_state where hour < $1 group by 1) d
               where d.sealed and not exists (select 1 from day_state s where s.day = d.day)
               order by 1 limit $2"#,
            before,
            most
        );
        Ok(days.fetch_all(&mut *self.transaction).await?)
    }

    /// Which of these days were added up.
    pub async fn rolled_days(
        &mut self,
        days: &[DateTime<Utc>],
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let days = sqlx::query_scalar!("select day from day_state where day = any($1)", days);
        Ok(days.fetch_all(&mut *self.transaction).await?)
    }

    /// Adds a day's hours up, for these instances or all, in place of what was there.
    pub async fn roll_day(
        &mut self,
        day: DateTime<Utc>,
        of: Option<&BTreeSet<(TenantId, InstanceId)>>,
    ) -> Result<(), StoreError> {
        let (tenants, instances): (Vec<i32>, Vec<i32>) = of
            .into_iter()
            .flatten()
            .map(|(tenant, instance)| (tenant.get(), instance.get()))
            .unzip();
        let groups = catalogue::groups().iter().map(|group| {
            let sums: Vec<String> = columns(group).iter().map(|column| day_sum(column)).collect();
            let columns = columns(group);
            (format!("day_{}", group.table_suffix()), hour_table(group), columns, sums)
        });
        let seen = ("seen_day".to_owned(), "seen_hour".to_owned(), Vec::new(), Vec::new());
        for (into, from, columns, sums) in groups.chain([seen]) {
            let list = |parts: &[String]| [&[String::new()], parts].concat().join(", ");
            let renew: Vec<String> =
                columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
            let sql = format!(
                "insert into {into} (tenant_id, instance_id, ts, n, span_ms{})
                 select h.tenant_id, h.instance_id, $1, least(sum(h.n), 2147483647)::int4, sum(h.span_ms)::int8{}
                 from {from} h
                 where h.ts >= $1 and h.ts < $2
                   and ($5 or (h.tenant_id, h.instance_id) in (select * from unnest($3::int4[], $4::int4[])))
                 group by h.tenant_id, h.instance_id
                 on conflict (tenant_id, instance_id, ts) do update set n = excluded.n,
                    span_ms = excluded.span_ms{}",
                list(&columns),
                list(&sums),
                list(&renew)
            );
            self.run_day(sql, day, (&tenants, &instances), of.is_none()).await?;
        }
        self.roll_breakdown_day(day, (&tenants, &instances), of.is_none()).await
    }

    async fn run_day(
        &mut self,
        sql: String,
        day: DateTime<Utc>,
        (tenants, instances): (&[i32], &[i32]),
        all: bool,
    ) -> Result<PgQueryResult, StoreError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "tables and columns come from the catalogue alone"
        )]
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(day)
            .bind(day + TimeDelta::days(1))
            .bind(tenants)
            .bind(instances)
            .bind(all);
        Ok(query.execute(&mut *self.transaction).await?)
    }

    async fn roll_breakdown_day(
        &mut self,
        day: DateTime<Utc>,
        (tenants, instances): (&[i32], &[i32]),
        all: bool,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query!(
            r#"select tenant_id, instance_id, array_agg(entries order by ts) as "hours!" from breakdown_hour h
               where h.ts >= $1 and h.ts < $2
                 and ($5 or (h.tenant_id, h.instance_id) in (select * from unnest($3::int4[], $4::int4[])))
               group by tenant_id, instance_id"#,
            day,
            day + TimeDelta::days(1),
            tenants,
            instances,
            all
        );
        for row in rows.fetch_all(&mut *self.transaction).await? {
            let Ok(Some(entries)) = roll_breakdowns(row.hours.iter().map(Vec::as_slice)) else {
                continue;
            };
            sqlx::query!(
                "insert into breakdown_day (tenant_id, instance_id, ts, entries) values ($1, $2, $3, $4)
                 on conflict (tenant_id, instance_id, ts) do update set entries = excluded.entries",
                row.tenant_id,
                row.instance_id,
                day,
                entries
            )
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Notes that a day was added up: readers look into its daily figures from here on.
    pub async fn finish_day(
        &mut self,
        day: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into day_state (day, rolled_at) values ($1, $2) on conflict do nothing",
            day,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

const KEY_COLUMNS: usize = 3;

fn hour_table(group: &Group) -> String {
    format!("hour_{}", group.table_suffix())
}

/// The figures' columns of a group, in the order of [`group_tuple`].
fn columns(group: &Group) -> Vec<String> {
    let metrics = catalogue::metrics().iter().filter(|metric| metric.group == group.id);
    metrics
        .flat_map(|metric| {
            let parts: &[&str] = match metric.kind {
                Kind::Gauge => &["sum", "max", "min"],
                Kind::Counter => &["sum", "max"],
            };
            parts.iter().map(move |part| format!("{}_{part}", metric.column()))
        })
        .collect()
}

fn day_sum(column: &str) -> String {
    let by = column.rsplit('_').next().unwrap_or("sum");
    if by == "sum" {
        format!("least(sum(h.{column}), 9223372036854775807)::int8")
    } else {
        format!("{by}(h.{column})")
    }
}

fn key(copy: &mut Copy, place: InstanceHour) -> Result<(), StoreError> {
    copy.begin()?;
    copy.int4(place.tenant.get());
    copy.int4(place.instance.get());
    copy.timestamp(place.hour);
    Ok(())
}

fn group_tuple(
    copy: &mut Copy,
    place: InstanceHour,
    rollup: &GroupRollup,
) -> Result<(), StoreError> {
    key(copy, place)?;
    copy.int4(rollup.n);
    copy.int8(rollup.span_ms);
    for (metric, figure) in &rollup.figures {
        copy.int8(figure.sum);
        let bounds: &[i64] = match metric.kind {
            Kind::Gauge => &[figure.max, figure.min],
            Kind::Counter => &[figure.max],
        };
        for value in bounds {
            match metric.width() {
                Width::Int8 => copy.int8(*value),
                Width::Int4 => copy.int4(i32::try_from(*value).unwrap_or(i32::MAX)),
            }
        }
    }
    Ok(())
}
