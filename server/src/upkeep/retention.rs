//! Retention: whole partitions that no tenant keeps any more go at once, the rest tenant by tenant; tenants that are
//! gone leave nothing behind.

use chrono::{DateTime, Months, TimeDelta, Utc};

use super::sealing::drop_patiently;
use crate::{
    domain::ids::TenantId,
    store::{
        Store, StoreError,
        upkeep::{
            Period,
            retention::{Keep, Tier},
        },
    },
};

/// Removes what is past its keep; how many partitions and rows.
pub(super) async fn run(store: &Store, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut removed = 0;
    let mut keeps: Vec<(TenantId, Keep)> = Vec::new();
    for tenant in store.all_tenants().await? {
        if let Some(keep) = store.keep_of(tenant).await? {
            keeps.push((tenant, keep));
        }
    }
    // Without any tenant nothing is known of what is to be kept.
    let (Some(raw), Some(hourly)) = (
        keeps.iter().map(|(_, keep)| raw_from(*keep, now)).min(),
        keeps.iter().map(|(_, keep)| hourly_from(*keep, now)).min(),
    ) else {
        return Ok(0);
    };
    for (period, oldest) in
        [(Period::Day, raw - TimeDelta::days(1)), (Period::Month, hourly - TimeDelta::days(31))]
    {
        for (table, begin) in store.partitions_before(period, oldest).await? {
            drop_patiently(store, &table, begin).await?;
            removed += 1;
        }
    }
    for (tenant, keep) in keeps {
        if keep.deleted {
            removed += clear(store, tenant).await?;
            continue;
        }
        for (tier, before) in [
            (Tier::Raw, raw_from(keep, now)),
            (Tier::Hourly, hourly_from(keep, now)),
            (Tier::Daily, daily_from(keep, now)),
        ] {
            let mut tx = store.upkeep_tx().await?;
            removed += tx.expire(tier, tenant, before).await?;
            tx.commit().await?;
        }
    }
    Ok(removed)
}

/// Removes every row of a tenant from the tables that only ingest and upkeep write. The row of the tenant itself, and
/// all that hangs on it, is its owner's to remove.
async fn clear(store: &Store, tenant: TenantId) -> Result<u64, StoreError> {
    let mut tx = store.upkeep_tx().await?;
    let tables = tx.own_tables().await?;
    tx.commit().await?;
    let mut removed = 0;
    for table in tables {
        let mut tx = store.upkeep_tx().await?;
        removed += tx.clear(&table, tenant).await?;
        tx.commit().await?;
    }
    Ok(removed)
}

fn raw_from(keep: Keep, now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::days(i64::from(keep.raw_days))
}

fn hourly_from(keep: Keep, now: DateTime<Utc>) -> DateTime<Utc> {
    months_before(now, u32::from(keep.hourly_months.unsigned_abs()))
}

fn daily_from(keep: Keep, now: DateTime<Utc>) -> DateTime<Utc> {
    months_before(now, u32::from(keep.daily_years.unsigned_abs()) * 12)
}

fn months_before(now: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    now.checked_sub_months(Months::new(months)).unwrap_or(now)
}
