//! What keeps the tables in shape, as `svc_upkeep`: partitions made ahead, hours sealed, what is past its keep removed.

pub mod partitions;
pub mod retention;
pub mod rollups;
pub mod rows;
pub mod sealing;

use chrono::{DateTime, Utc};
use sqlx::{Postgres, Transaction};

use super::{Role, Store, StoreError, scope};

/// A transaction of the role that owns the partitioned tables.
#[derive(Debug)]
pub struct UpkeepTx {
    transaction: Transaction<'static, Postgres>,
}

/// How long one partition of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// `sample`, `breakdown`.
    Hour,
    /// `block`.
    Day,
    /// Hourly rollups.
    Month,
}

impl Period {
    /// As the comment on the table says it.
    const fn comment(self) -> &'static str {
        match self {
            Self::Hour => "partition: hour",
            Self::Day => "partition: day",
            Self::Month => "partition: month",
        }
    }
}

impl Store {
    /// Opens a transaction that may make partitions. It waits for no lock: it would hold up readers meanwhile.
    pub async fn upkeep_tx(&self) -> Result<UpkeepTx, StoreError> {
        let begin = "BEGIN; SET LOCAL lock_timeout = '50ms'";
        let transaction = scope::begin(self.pool(Role::Upkeep), begin.to_owned()).await?;
        Ok(UpkeepTx { transaction })
    }
}

impl UpkeepTx {
    /// Which of the hours in [from, to) take no rows yet.
    pub async fn missing_hours(
        &mut self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let missing = sqlx::query_scalar!(
            r#"select hour as "hour!" from generate_series($1::timestamptz, $2::timestamptz - interval '1 hour',
                interval '1 hour') hour
               where not exists (select 1 from hour_state s where s.hour = hour.hour) order by hour"#,
            from,
            to
        );
        Ok(missing.fetch_all(&mut *self.transaction).await?)
    }

    /// Makes the partitions of an hour and opens it for rows.
    pub async fn open_hour(&mut self, hour: DateTime<Utc>) -> Result<(), StoreError> {
        self.make(Period::Hour, hour, hour + chrono::TimeDelta::hours(1)).await?;
        sqlx::query!("insert into hour_state (hour) values ($1) on conflict do nothing", hour)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Makes the partitions of every table of `period` for [from, to). How many were new.
    pub async fn make(
        &mut self,
        period: Period,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let made = sqlx::query_scalar!(
            r#"select count(*) filter (where make_partition(c.relname::text, $2, $3)) as "made!"
               from pg_class c
               where c.relkind = 'p' and c.relnamespace = 'public'::regnamespace
                 and obj_description(c.oid, 'pg_class') = $1"#,
            period.comment(),
            from,
            to
        );
        Ok(made.fetch_one(&mut *self.transaction).await?)
    }

    /// Removes heartbeats that nobody asks for any more; how many.
    pub async fn prune_heartbeats(&mut self) -> Result<u64, StoreError> {
        let pruned = sqlx::query!(
            "delete from ingest_heartbeat where bucket < clock_timestamp() - interval '3 days'"
        );
        Ok(pruned.execute(&mut *self.transaction).await?.rows_affected())
    }

    pub(in crate::store) fn connection(&mut self) -> &mut sqlx::PgConnection {
        &mut self.transaction
    }

    /// Makes everything durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}
