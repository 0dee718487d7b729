//! What is past its keep, tenant by tenant, and what is left of tenants that are gone.

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue;
#[expect(
    clippy::disallowed_types,
    reason = "tables come from the catalogue and the database's own"
)]
use sqlx::AssertSqlSafe;

use super::UpkeepTx;
use crate::{
    domain::ids::TenantId,
    store::{Role, Scoped, Store, StoreError},
};

/// How long a tenant keeps what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Samples, days.
    pub raw_days: i16,
    /// Hourly figures, months.
    pub hourly_months: i16,
    /// Daily figures, years.
    pub daily_years: i16,
    /// Everything of the tenant goes.
    pub deleted: bool,
}

/// Something of which a tenant keeps only so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Blocks, quarantined batches.
    Raw,
    /// Hourly figures, late rows, events, gaps.
    Hourly,
    /// Daily figures.
    Daily,
}

impl Store {
    /// All tenants.
    pub async fn all_tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(r#"select tenant_id as "id!" from all_tenants() order by 1"#);
        let ids = ids.fetch_all(self.pool(Role::Upkeep)).await?;
        Ok(ids.into_iter().map(TenantId::from_row).collect())
    }

    /// How long a tenant keeps what; nothing: there is no such tenant.
    pub async fn keep_of(&self, tenant: TenantId) -> Result<Option<Keep>, StoreError> {
        let mut scoped = Scoped::begin(self.pool(Role::Upkeep), tenant).await?;
        let row = sqlx::query!(
            "select raw_days, hourly_months, daily_years, deleted_at from tenant where id = $1",
            tenant.get()
        );
        let row = row.fetch_optional(scoped.connection()).await?;
        Ok(row.map(|row| Keep {
            raw_days: row.raw_days,
            hourly_months: row.hourly_months,
            daily_years: row.daily_years,
            deleted: row.deleted_at.is_some(),
        }))
    }
}

impl UpkeepTx {
    /// Removes a tenant's rows of a tier that are older than `before`; how many.
    pub async fn expire(
        &mut self,
        tier: Tier,
        tenant: TenantId,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        for (table, time) in tables(tier) {
            let sql = format!("delete from {table} where tenant_id = $1 and {time} < $2");
            #[expect(clippy::disallowed_methods, reason = "tables come from the catalogue alone")]
            let query = sqlx::query(AssertSqlSafe(sql)).bind(tenant.get()).bind(before);
            removed += query.execute(&mut *self.transaction).await?.rows_affected();
        }
        Ok(removed)
    }

    /// Tables without row security in which rows of a tenant lie: what a tenant that goes leaves behind.
    pub async fn own_tables(&mut self) -> Result<Vec<String>, StoreError> {
        let tables = sqlx::query_scalar!(
            r#"select c.relname::text as "table!" from pg_class c
               join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
               where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity
               order by 1"#
        );
        Ok(tables.fetch_all(&mut *self.transaction).await?)
    }

    /// Removes all of a tenant's rows from one of [`UpkeepTx::own_tables`].
    pub async fn clear(&mut self, table: &str, tenant: TenantId) -> Result<u64, StoreError> {
        let sql = format!("delete from {table} where tenant_id = $1");
        #[expect(
            clippy::disallowed_methods,
            reason = "tables come from the database's own catalogue"
        )]
        let query = sqlx::query(AssertSqlSafe(sql)).bind(tenant.get());
        Ok(query.execute(&mut *self.transaction).await?.rows_affected())
    }
}

fn tables(tier: Tier) -> Vec<(String, &'static str)> {
    let of_groups = |span: &str| -> Vec<(String, &'static str)> {
        let table = |group: &catalogue::Group| (format!("{span}_{}", group.table_suffix()), "ts");
        catalogue::groups().iter().map(table).collect()
    };
    let more: &[(&str, &'static str)] = match tier {
        Tier::Raw => &[("block", "ts"), ("quarantine", "received_at")],
        Tier::Hourly => &[
            ("seen_hour", "ts"),
            ("breakdown_hour", "ts"),
            ("late", "ts"),
            ("event", "at"),
            ("gap", "to_at"),
        ],
        Tier::Daily => &[("seen_day", "ts"), ("breakdown_day", "ts")],
    };
    let mut tables = match tier {
        Tier::Raw => Vec::new(),
        Tier::Hourly => of_groups("hour"),
        Tier::Daily => of_groups("day"),
    };
    tables.extend(more.iter().map(|(table, time)| ((*table).to_owned(), *time)));
    tables
}
