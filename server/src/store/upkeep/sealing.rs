//! Sealing, seen from the database: which hours wait, what they hold, and what is written in their place.
//!
//! Whoever seals an hour holds its row of `hour_state`, so that two servers never pack the same hour at once; the lock
//! dies with the transaction and needs no clock. Ingest asks for a weaker lock on the same row and is not held up.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::UpkeepTx;
use crate::{
    domain::{
        block::Block,
        ids::{InstanceId, TenantId},
        sample::Sample,
    },
    store::StoreError,
};

/// One instance in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceHour {
    /// Whose.
    pub tenant: TenantId,
    /// Which instance's.
    pub instance: InstanceId,
    /// Beginning of the hour.
    pub hour: DateTime<Utc>,
}

/// How far an hour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whether it is sealed already.
    pub sealed: bool,
    /// The last instance that is packed; nothing: none.
    pub done: Option<(TenantId, InstanceId)>,
}

/// A block as it is stored.
#[derive(Debug, Clone)]
pub struct StoredBlock {
    /// Version of the packing.
    pub codec: i16,
    /// What is where.
    pub head: Vec<u8>,
    /// The streams.
    pub data: Vec<u8>,
}

/// A row that came too late for its hour.
#[derive(Debug)]
pub struct LateRow {
    /// Where it belongs.
    pub place: InstanceHour,
    /// When it came; with the sample's time it names the row.
    pub received_at: DateTime<Utc>,
    /// End of its interval.
    pub ts: DateTime<Utc>,
    /// The sample; nothing: it cannot be read.
    pub sample: Option<Sample>,
}

/// Late rows of one transaction at most.
const LATE_ROWS_MAX: i64 = 50_000;
/// First half of the advisory locks on days.
const DAY_LOCK: i32 = 0x6d76_6461;

impl UpkeepTx {
    /// Hours before `before` that are not sealed, oldest first.
    pub async fn hours_to_seal(
        &mut self,
        before: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let hours = sqlx::query_scalar!(
            "select hour from hour_state where state <> 'sealed' and hour < $1 order by hour",
            before
        );
        Ok(hours.fetch_all(&mut *self.transaction).await?)
    }

    /// Lets no more rows into an hour. Waits for those who are writing into it.
    pub async fn close_hour(&mut self, hour: DateTime<Utc>) -> Result<(), StoreError> {
        // Only FOR UPDATE waits for the FOR KEY SHARE of ingest; the update alone would not.
        sqlx::query!("select state from hour_state where hour = $1 for update", hour)
            .fetch_optional(&mut *self.transaction)
            .await?;
        sqlx::query!(
            "update hour_state set state = 'sealing' where hour = $1 and state = 'open'",
            hour
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Holds an hour until the transaction ends; nothing if somebody else does, or nobody knows it.
    pub async fn claim_hour(&mut self, hour: DateTime<Utc>) -> Result<Option<Claim>, StoreError> {
        let row = sqlx::query!(
            "select state, done_tenant, done_instance from hour_state where hour = $1
             for no key update skip locked",
            hour
        );
        let row = row.fetch_optional(&mut *self.transaction).await?;
        Ok(row.map(|row| Claim {
            sealed: row.state == "sealed",
            done: row.done_tenant.zip(row.done_instance).map(|(tenant, instance)| {
                (TenantId::from_row(tenant), InstanceId::from_row(instance))
            }),
        }))
    }

    /// Keeps others from adding up a day, or from changing an hour of one that is added up, until the transaction ends;
    /// false if somebody else does.
    pub async fn hold_day(&mut self, day: DateTime<Utc>) -> Result<bool, StoreError> {
        let number = i32::try_from(day.timestamp().div_euclid(86_400)).unwrap_or(i32::MAX);
        let held = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock($1, $2) as "held!""#,
            DAY_LOCK,
            number
        );
        Ok(held.fetch_one(&mut *self.transaction).await?)
    }

    /// Makes an hour known that never took rows in: only late ones came for it.
    pub async fn know_hour(
        &mut self,
        hour: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into hour_state (hour, state, sealed_at, dropped_at) values ($1, 'sealed', $2, $2)
             on conflict do nothing",
            hour,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// The next instances of an hour behind `after` with their numbers of rows.
    pub async fn instances_of_hour(
        &mut self,
        hour: DateTime<Utc>,
        after: Option<(TenantId, InstanceId)>,
        most: i64,
    ) -> Result<Vec<(TenantId, InstanceId, i64)>, StoreError> {
        let (tenant, instance) =
            after.map_or((i32::MIN, i32::MIN), |(tenant, instance)| (tenant.get(), instance.get()));
        let rows = sqlx::query!(
            r#"select tenant_id, instance_id, count(*) as "rows!" from sample
               where ts >= $1 and ts < $2 and (tenant_id, instance_id) > ($3, $4)
               group by tenant_id, instance_id order by tenant_id, instance_id limit $5"#,
            hour,
            hour + TimeDelta::hours(1),
            tenant,
            instance,
            most
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        let named = |tenant, instance| (TenantId::from_row(tenant), InstanceId::from_row(instance));
        Ok(rows
            .into_iter()
            .map(|row| {
                let (tenant, instance) = named(row.tenant_id, row.instance_id);
                (tenant, instance, row.rows)
            })
            .collect())
    }

    /// The blocks that are stored for these already.
    pub async fn blocks(
        &mut self,
        places: &[InstanceHour],
    ) -> Result<HashMap<InstanceHour, StoredBlock>, StoreError> {
        let (tenants, instances, hours) = split(places);
        let rows = sqlx::query!(
            r#"select b.tenant_id, b.instance_id, b.ts, b.codec, b.offs, b.data
               from unnest($1::int4[], $2::int4[], $3::timestamptz[]) k (tenant_id, instance_id, ts)
               join block b on b.tenant_id = k.tenant_id and b.instance_id = k.instance_id and b.ts = k.ts
               where b.ts >= (select min(h) from unnest($3::timestamptz[]) h)
                 and b.ts <= (select max(h) from unnest($3::timestamptz[]) h)"#,
            &tenants,
            &instances,
            &hours
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let block = StoredBlock { codec: row.codec, head: row.offs, data: row.data };
                (place(row.tenant_id, row.instance_id, row.ts), block)
            })
            .collect())
    }

    /// Rows that wait for these, in the order in which they came.
    pub async fn late_rows(&mut self, places: &[InstanceHour]) -> Result<Vec<LateRow>, StoreError> {
        let (tenants, instances, hours) = split(places);
        let rows = sqlx::query!(
            r#"select l.tenant_id, l.instance_id, k.ts as "hour!", l.ts, l.received_at, l.span_ms, l.flags, l.payload
               from unnest($1::int4[], $2::int4[], $3::timestamptz[]) k (tenant_id, instance_id, ts)
               join late l on l.tenant_id = k.tenant_id and l.instance_id = k.instance_id
                 and l.ts >= k.ts and l.ts < k.ts + interval '1 hour'
               order by l.received_at limit $4"#,
            &tenants,
            &instances,
            &hours,
            LATE_ROWS_MAX
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        Ok(rows
            .into_iter()
            .map(|row| LateRow {
                place: place(row.tenant_id, row.instance_id, row.hour),
                received_at: row.received_at,
                ts: row.ts,
                sample: Sample::unpack((row.ts, row.span_ms, row.flags), &row.payload).ok(),
            })
            .collect())
    }

    /// Removes late rows that are in their block now.
    pub async fn remove_late(&mut self, rows: &[LateRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let tenants: Vec<i32> = rows.iter().map(|row| row.place.tenant.get()).collect();
        let instances: Vec<i32> = rows.iter().map(|row| row.place.instance.get()).collect();
        let stamps: Vec<DateTime<Utc>> = rows.iter().map(|row| row.ts).collect();
        let received: Vec<DateTime<Utc>> = rows.iter().map(|row| row.received_at).collect();
        sqlx::query!(
            "delete from late l
             using unnest($1::int4[], $2::int4[], $3::timestamptz[], $4::timestamptz[])
                k (tenant_id, instance_id, ts, received_at)
             where l.tenant_id = k.tenant_id and l.instance_id = k.instance_id and l.ts = k.ts
                and l.received_at = k.received_at",
            &tenants,
            &instances,
            &stamps,
            &received
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Stores blocks, in place of what was stored for the same hours.
    pub async fn store_blocks(
        &mut self,
        blocks: &[(InstanceHour, Block)],
        codec: i16,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let places: Vec<InstanceHour> = blocks.iter().map(|(place, _)| *place).collect();
        let (tenants, instances, hours) = split(&places);
        let counts: Vec<i32> = blocks.iter().map(|(_, block)| block.n).collect();
        let heads: Vec<Vec<u8>> = blocks.iter().map(|(_, block)| block.head.clone()).collect();
        let data: Vec<Vec<u8>> = blocks.iter().map(|(_, block)| block.data.clone()).collect();
        let catalogue = i32::try_from(mailvane_proto::catalogue::VERSION).unwrap_or(i32::MAX);
        sqlx::query!(
            "insert into block (tenant_id, instance_id, ts, span_s, n, codec, catalogue, offs, data, sealed_at)
             select tenant_id, instance_id, ts, 3600, n, $7, $8, offs, data, $9
             from unnest($1::int4[], $2::int4[], $3::timestamptz[], $4::int4[], $5::bytea[], $6::bytea[])
                k (tenant_id, instance_id, ts, n, offs, data)
             on conflict (tenant_id, instance_id, ts) do update set n = excluded.n, codec = excluded.codec,
                catalogue = excluded.catalogue, offs = excluded.offs, data = excluded.data,
                sealed_at = excluded.sealed_at",
            &tenants,
            &instances,
            &hours,
            &counts,
            &heads,
            &data,
            codec,
            catalogue,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Notes how far the sealing of an hour has come.
    pub async fn note_done(
        &mut self,
        hour: DateTime<Utc>,
        (tenant, instance): (TenantId, InstanceId),
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update hour_state set done_tenant = $2, done_instance = $3 where hour = $1",
            hour,
            tenant.get(),
            instance.get()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// From here on readers look into the hour's blocks.
    pub async fn finish_hour(
        &mut self,
        hour: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update hour_state set state = 'sealed', sealed_at = $2 where hour = $1 and state = 'sealing'",
            hour,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Sealed instance-hours behind `oldest` for which late rows wait, those with the oldest rows first. One that was
    /// sealed after `sealed_before` has to wait; so has one whose samples are gone while their sums are kept.
    pub async fn late_hours(
        &mut self,
        (oldest, before): (DateTime<Utc>, DateTime<Utc>),
        (sealed_before, now): (DateTime<Utc>, DateTime<Utc>),
        most: i64,
    ) -> Result<Vec<InstanceHour>, StoreError> {
        let rows = sqlx::query!(
            r#"select l.tenant_id as "tenant!", l.instance_id as "instance!", l.hour as "hour!"
               from (select tenant_id, instance_id, date_bin('1 hour', ts, 'epoch') as hour, min(received_at) as since
                     from late where ts >= $1 and ts < $2 group by 1, 2, 3) l
               left join hour_state s on s.hour = l.hour
               left join block b on b.tenant_id = l.tenant_id and b.instance_id = l.instance_id and b.ts = l.hour
                  and b.ts >= $1 and b.ts < $2
               where (s.state is null or s.state = 'sealed')
                 and (b.sealed_at is null or b.sealed_at <= $3 or b.sealed_at > $4)
                 and (b.ts is not null or not exists (select 1 from seen_hour h
                      where h.tenant_id = l.tenant_id and h.instance_id = l.instance_id and h.ts = l.hour
                        and h.ts >= $1 and h.ts < $2))
               order by l.since limit $5"#,
            oldest,
            before,
            sealed_before,
            now,
            most
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        Ok(rows.into_iter().map(|row| place(row.tenant, row.instance, row.hour)).collect())
    }

    /// Puts a block off that cannot be read, so that others come first.
    pub async fn put_off(
        &mut self,
        at: InstanceHour,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update block set sealed_at = $4 where tenant_id = $1 and instance_id = $2 and ts = $3",
            at.tenant.get(),
            at.instance.get(),
            at.hour,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

fn place(tenant: i32, instance: i32, hour: DateTime<Utc>) -> InstanceHour {
    InstanceHour {
        tenant: TenantId::from_row(tenant),
        instance: InstanceId::from_row(instance),
        hour,
    }
}

/// Columns of the places.
pub(super) fn split(places: &[InstanceHour]) -> (Vec<i32>, Vec<i32>, Vec<DateTime<Utc>>) {
    (
        places.iter().map(|place| place.tenant.get()).collect(),
        places.iter().map(|place| place.instance.get()).collect(),
        places.iter().map(|place| place.hour).collect(),
    )
}
