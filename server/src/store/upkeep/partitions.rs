//! Partitions that are done with: detached without holding up readers or writers, then dropped.

use chrono::{DateTime, Utc};
#[expect(
    clippy::disallowed_types,
    reason = "names of partitions are formed from a table and a time"
)]
use sqlx::AssertSqlSafe;
use sqlx::Executor as _;

use super::Period;
use crate::store::{Role, Store, StoreError};

impl Store {
    /// Detaches and drops the partition of `table` that begins at `from`, if there is one. Can be interrupted at any
    /// point and asked again.
    pub async fn drop_partition(&self, table: &str, from: DateTime<Utc>) -> Result<(), StoreError> {
        let pool = self.pool(Role::Upkeep);
        let name = format!("{table}_{}", from.format("%Y%m%d%H"));
        // A concurrent detaching commits in its middle; what was interrupted there has to be finished, not begun anew.
        let state = sqlx::query_scalar!(
            r#"select (select inhdetachpending from pg_inherits where inhrelid = c.oid) as pending
               from pg_class c where c.relnamespace = 'part'::regnamespace and c.relname = $1"#,
            name
        );
        let Some(pending) = state.fetch_optional(pool).await? else { return Ok(()) };
        if let Some(pending) = pending {
            let how = if pending { "finalize" } else { "concurrently" };
            let detach = format!("alter table {table} detach partition part.{name} {how}");
            pool.execute(AssertSqlSafe(detach)).await?;
        }
        pool.execute(AssertSqlSafe(format!("drop table if exists part.{name}"))).await?;
        Ok(())
    }

    /// Partitions of tables of `period` that begin before `before`: table and beginning.
    pub async fn partitions_before(
        &self,
        period: Period,
        before: DateTime<Utc>,
    ) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.relname::text as "table!",
                   to_timestamp(right(c.relname, 10) || '+00', 'YYYYMMDDHH24TZH') as "begin!"
               from pg_class c
               join pg_class p on c.relname ~ ('^' || p.relname || '_[0-9]{10}$')
               where c.relnamespace = 'part'::regnamespace and c.relkind = 'r'
                 and p.relkind = 'p' and p.relnamespace = 'public'::regnamespace
                 and obj_description(p.oid, 'pg_class') = $1
                 and to_timestamp(right(c.relname, 10) || '+00', 'YYYYMMDDHH24TZH') < $2
               order by 2"#,
            period.comment(),
            before
        );
        let rows = rows.fetch_all(self.pool(Role::Upkeep)).await?;
        Ok(rows.into_iter().map(|row| (row.table, row.begin)).collect())
    }

    /// Hours that were sealed before `sealed_before`, or in the future, and whose partitions may still be there.
    pub async fn hours_to_drop(
        &self,
        sealed_before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let hours = sqlx::query_scalar!(
            "select hour from hour_state where state = 'sealed' and dropped_at is null
                and (sealed_at <= $1 or sealed_at > $2) order by hour",
            sealed_before,
            now
        );
        Ok(hours.fetch_all(self.pool(Role::Upkeep)).await?)
    }

    /// Notes that the partitions of an hour are gone.
    pub async fn note_dropped(
        &self,
        hour: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!("update hour_state set dropped_at = $2 where hour = $1", hour, now)
            .execute(self.pool(Role::Upkeep))
            .await?;
        Ok(())
    }
}
