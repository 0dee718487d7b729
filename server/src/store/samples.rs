//! `IngestTx`: one transaction for many tenants' batches. Cursors move, samples and breakdowns go in by COPY, news is
//! written, together or not at all.
//!
//! Columns are derived from the catalogue. Row security is turned to one tenant at a time, by [`IngestTx::desk`].

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, METRIC_COUNT, MetricId, Width};
use sqlx::{Postgres, Transaction};

use super::{Role, Store, StoreError, alerts::Desk, copy::Copy, scope};
use crate::domain::{
    batch::{Event, Gap},
    ids::{AgentId, HostId, InstanceId, TenantId},
    sample::Sample,
};

/// How far one agent's cursor shall move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Whose.
    pub tenant: TenantId,
    /// Which agent's.
    pub agent: AgentId,
    /// In which epoch.
    pub epoch: i64,
    /// It must stand here.
    pub from_seq: i64,
    /// It shall stand here.
    pub to_seq: i64,
    /// The generation that its stream was offered: a later offer took the cursor away from it.
    pub offered: i64,
}

/// Where a cursor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// In which epoch.
    pub epoch: i64,
    /// Last committed number.
    pub seq: i64,
    /// The generation that was last offered.
    pub offered: i64,
}

/// One instance's figures of one interval.
#[derive(Debug, Clone)]
pub struct SampleRow {
    /// Whose.
    pub tenant: TenantId,
    /// Which instance's.
    pub instance: InstanceId,
    /// End of the interval.
    pub ts: DateTime<Utc>,
    /// Length of the interval in milliseconds.
    pub span_ms: i32,
    /// See [`crate::domain::batch::flags`].
    pub flags: i16,
    /// Groups that were measured.
    pub visibility: u64,
    /// Non-zero values by ascending id.
    pub values: Vec<(MetricId, i64)>,
    /// Packed breakdowns; empty: none.
    pub breakdowns: Vec<u8>,
    /// Marks on the time line.
    pub events: Vec<Event>,
}

impl SampleRow {
    /// As a late row keeps it: all but what has columns of its own, and events, which have a table of theirs.
    fn packed(&self) -> Vec<u8> {
        let sample = Sample {
            ts: self.ts,
            span_ms: self.span_ms,
            flags: self.flags,
            visibility: self.visibility,
            values: self.values.clone(),
            breakdowns: self.breakdowns.clone(),
        };
        sample.pack()
    }
}

/// A batch that could not be stored.
#[derive(Debug)]
pub struct Quarantined<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// Which agent's.
    pub agent: AgentId,
    /// Its epoch.
    pub epoch: i64,
    /// Its number.
    pub seq: i64,
    /// Its interval, if it has one.
    pub interval: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// `quarantined` or `malformed`.
    pub reason: &'a str,
    /// What is wrong with it.
    pub detail: &'a str,
    /// As it came.
    pub payload: &'a [u8],
}

/// A transaction over the batches of many tenants.
#[derive(Debug)]
pub struct IngestTx {
    transaction: Transaction<'static, Postgres>,
}

impl Store {
    /// Opens a transaction over the batches of many tenants.
    pub async fn ingest_tx(&self) -> Result<IngestTx, StoreError> {
        let transaction = scope::begin(self.pool(Role::Ingest), "BEGIN".to_owned()).await?;
        Ok(IngestTx { transaction })
    }
}

impl IngestTx {
    /// Moves every cursor that stands where it should; the agents whose cursor did.
    pub async fn advance(&mut self, moves: &[Move]) -> Result<Vec<AgentId>, StoreError> {
        let tenants: Vec<i32> = moves.iter().map(|one| one.tenant.get()).collect();
        let agents: Vec<i64> = moves.iter().map(|one| one.agent.get()).collect();
        let epochs: Vec<i64> = moves.iter().map(|one| one.epoch).collect();
        let froms: Vec<i64> = moves.iter().map(|one| one.from_seq).collect();
        let tos: Vec<i64> = moves.iter().map(|one| one.to_seq).collect();
        let offers: Vec<i64> = moves.iter().map(|one| one.offered).collect();
        let advanced = sqlx::query_scalar!(
            "update cursor c set last_seq = n.to_seq, received_at = clock_timestamp()
             from unnest($1::int4[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
                n (tenant_id, agent_id, epoch, from_seq, to_seq, offered)
             where c.tenant_id = n.tenant_id and c.agent_id = n.agent_id and c.epoch = n.epoch
                and c.last_seq = n.from_seq and c.offered = n.offered and c.tenant_id = any($1)
             returning c.agent_id",
            &tenants,
            &agents,
            &epochs,
            &froms,
            &tos,
            &offers
        );
        let advanced = advanced.fetch_all(&mut *self.transaction).await?;
        Ok(advanced.into_iter().map(AgentId::from_row).collect())
    }

    /// Where the cursors of these agents stand.
    pub async fn cursors(
        &mut self,
        agents: &[(TenantId, AgentId)],
    ) -> Result<HashMap<AgentId, Stand>, StoreError> {
        let tenants: Vec<i32> = agents.iter().map(|(tenant, _)| tenant.get()).collect();
        let agents: Vec<i64> = agents.iter().map(|(_, agent)| agent.get()).collect();
        let rows = sqlx::query!(
            "select agent_id, epoch, last_seq, offered from cursor
             where tenant_id = any($1) and agent_id = any($2) for update",
            &tenants,
            &agents
        );
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let stand = Stand { epoch: row.epoch, seq: row.last_seq, offered: row.offered };
                (AgentId::from_row(row.agent_id), stand)
            })
            .collect())
    }

    /// Which of these hours take rows; held open until the transaction ends.
    pub async fn open_hours(
        &mut self,
        hours: &[DateTime<Utc>],
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let open = sqlx::query_scalar!(
            "select hour from hour_state where hour = any($1) and state = 'open' for key share",
            hours
        );
        Ok(open.fetch_all(&mut *self.transaction).await?)
    }

    /// Stores samples with their breakdowns; every hour must be open.
    pub async fn store_samples(&mut self, rows: &[&SampleRow]) -> Result<(), StoreError> {
        let mut samples = Copy::new(FIXED_COLUMNS + METRIC_COUNT);
        for row in rows {
            sample_tuple(&mut samples, row)?;
        }
        self.copy(&SAMPLE_COPY, samples).await?;
        let mut breakdowns = Copy::new(BREAKDOWN_COLUMNS);
        for row in rows.iter().filter(|row| !row.breakdowns.is_empty()) {
            breakdowns.begin()?;
            breakdowns.int4(row.tenant.get());
            breakdowns.int4(row.instance.get());
            breakdowns.timestamp(row.ts);
            breakdowns.bytes(&row.breakdowns)?;
        }
        self.copy(BREAKDOWN_COPY, breakdowns).await
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

    /// Stores rows for hours that take no more samples, packed one by one, until their hours are sealed again.
    pub async fn store_late(&mut self, rows: &[&SampleRow]) -> Result<(), StoreError> {
        let tenants: Vec<i32> = rows.iter().map(|row| row.tenant.get()).collect();
        let instances: Vec<i32> = rows.iter().map(|row| row.instance.get()).collect();
        let stamps: Vec<DateTime<Utc>> = rows.iter().map(|row| row.ts).collect();
        let spans: Vec<i32> = rows.iter().map(|row| row.span_ms).collect();
        let flags: Vec<i16> = rows.iter().map(|row| row.flags).collect();
        let payloads: Vec<Vec<u8>> = rows.iter().map(|row| row.packed()).collect();
        sqlx::query!(
            "insert into late (tenant_id, instance_id, ts, span_ms, flags, payload)
             select * from unnest($1::int4[], $2::int4[], $3::timestamptz[], $4::int4[], $5::int2[], $6::bytea[])",
            &tenants,
            &instances,
            &stamps,
            &spans,
            &flags,
            &payloads
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Stores marks on the time line.
    pub async fn store_events(&mut self, rows: &[&SampleRow]) -> Result<(), StoreError> {
        let events: Vec<(&SampleRow, &Event)> =
            rows.iter().flat_map(|row| row.events.iter().map(move |event| (*row, event))).collect();
        if events.is_empty() {
            return Ok(());
        }
        let tenants: Vec<i32> = events.iter().map(|(row, _)| row.tenant.get()).collect();
        let instances: Vec<i32> = events.iter().map(|(row, _)| row.instance.get()).collect();
        let stamps: Vec<DateTime<Utc>> = events.iter().map(|(_, event)| event.at).collect();
        let kinds: Vec<i16> =
            events.iter().map(|(_, event)| i16::try_from(event.kind.0).unwrap_or(-1)).collect();
        let subjects: Vec<String> = events.iter().map(|(_, event)| event.subject.clone()).collect();
        let texts: Vec<String> = events.iter().map(|(_, event)| event.text.clone()).collect();
        let counts: Vec<i64> = events.iter().map(|(_, event)| event.count).collect();
        sqlx::query!(
            "insert into event (tenant_id, instance_id, at, kind, subject, text, count)
             select * from unnest($1::int4[], $2::int4[], $3::timestamptz[], $4::int2[], $5::text[], $6::text[],
                $7::int8[])",
            &tenants,
            &instances,
            &stamps,
            &kinds,
            &subjects,
            &texts,
            &counts
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Stores declared losses.
    pub async fn store_gaps(
        &mut self,
        gaps: &[(TenantId, HostId, Option<InstanceId>, &Gap)],
    ) -> Result<(), StoreError> {
        for (tenant, host, instance, gap) in gaps {
            sqlx::query!(
                "insert into gap (tenant_id, host_id, instance_id, from_at, to_at, kind, lines, bytes, batches)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                tenant.get(),
                host.get(),
                instance.map(InstanceId::get),
                gap.from,
                gap.to,
                gap.kind.name(),
                gap.lines,
                gap.bytes,
                gap.batches
            )
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Keeps a batch apart, for inspection.
    pub async fn quarantine(&mut self, batch: &Quarantined<'_>) -> Result<(), StoreError> {
        let (start, end) = batch.interval.unzip();
        sqlx::query!(
            "insert into quarantine (tenant_id, agent_id, epoch, seq, start_at, end_at, reason, detail, payload)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
            batch.tenant.get(),
            batch.agent.get(),
            batch.epoch,
            batch.seq,
            start,
            end,
            batch.reason,
            batch.detail,
            batch.payload
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Writes that batches are taken in, and how many were.
    pub async fn beat(&mut self, accepted: i64) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into ingest_heartbeat (bucket, accepted)
             values (date_bin('10 seconds', clock_timestamp(), 'epoch'), $1)
             on conflict (bucket) do update set accepted = ingest_heartbeat.accepted + $1",
            accepted
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    pub(in crate::store) fn connection(&mut self) -> &mut sqlx::PgConnection {
        &mut self.transaction
    }

    /// Turns the transaction to `tenant`, for its alerts.
    pub async fn desk(&mut self, tenant: TenantId) -> Result<Desk<'_>, StoreError> {
        scope::turn_to(&mut self.transaction, tenant).await?;
        Ok(Desk::new(&mut self.transaction, tenant))
    }

    /// Makes everything durable. An error leaves the outcome *unknown*: nothing may be acknowledged.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

const FIXED_COLUMNS: usize = 6;
const BREAKDOWN_COLUMNS: usize = 4;
const BREAKDOWN_COPY: &str =
    "copy breakdown (tenant_id, instance_id, ts, entries) from stdin (format binary)";

static SAMPLE_COPY: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> = catalogue::metrics().iter().map(catalogue::Metric::column).collect();
    format!(
        "copy sample (tenant_id, instance_id, ts, span_ms, flags, visibility, {}) from stdin (format binary)",
        columns.join(", ")
    )
});

fn sample_tuple(copy: &mut Copy, row: &SampleRow) -> Result<(), StoreError> {
    copy.begin()?;
    copy.int4(row.tenant.get());
    copy.int4(row.instance.get());
    copy.timestamp(row.ts);
    copy.int4(row.span_ms);
    copy.int2(row.flags);
    copy.int8(row.visibility.cast_signed());
    let mut values = row.values.iter().peekable();
    for metric in catalogue::metrics() {
        match (values.next_if(|(id, _)| *id == metric.id), metric.width()) {
            (None, _) => copy.null(),
            (Some((_, value)), Width::Int8) => copy.int8(*value),
            (Some((_, value)), Width::Int4) => {
                let value = i32::try_from(*value).map_err(|_| StoreError::Stored {
                    what: "sample",
                    why: format!("{} = {value} does not fit its column", metric.name),
                })?;
                copy.int4(value);
            }
        }
    }
    Ok(())
}
