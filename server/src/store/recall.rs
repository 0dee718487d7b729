//! What was stored of instances of late, for those whose memory is gone: samples, breakdowns and events of the last hour, in
//! order. Read inside the ingest transaction, so that it is exactly what was committed and what is being committed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{DimensionId, EventKindId, Metric, MetricId, Width};
#[expect(clippy::disallowed_types, reason = "columns come from the catalogue alone")]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, postgres::PgRow};

use super::{StoreError, alerts::Desk, samples::IngestTx};
use crate::domain::{
    batch::Event,
    ids::{InstanceId, TenantId},
};

/// One stored interval of one instance, as far as it is asked for.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// End of the interval.
    pub ts: DateTime<Utc>,
    /// Its length in milliseconds.
    pub span_ms: i32,
    /// Groups that were measured.
    pub visibility: u64,
    /// Non-zero values by ascending id.
    pub values: Vec<(MetricId, i64)>,
    /// Packed breakdowns; empty: none.
    pub breakdowns: Vec<u8>,
    /// Marks on the time line that belong to it.
    pub events: Vec<Event>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Metrics, by ascending id.
    pub metrics: &'a [&'static Metric],
    /// Whether breakdowns are.
    pub breakdowns: bool,
    /// Kinds of events.
    pub events: &'a [EventKindId],
    /// From here on.
    pub from: DateTime<Utc>,
}

/// Instances read in one query: half an hour of ten-second intervals of fifty instances are 9,000 rows.
const INSTANCES_AT_ONCE: usize = 50;

impl IngestTx {
    /// What was stored of `instances`, by instance, in order.
    pub async fn recall(
        &mut self,
        tenant: TenantId,
        instances: &[InstanceId],
        wanted: &Wanted<'_>,
    ) -> Result<HashMap<InstanceId, Vec<Recalled>>, StoreError> {
        let mut recalled: HashMap<InstanceId, Vec<Recalled>> = HashMap::new();
        for some in instances.chunks(INSTANCES_AT_ONCE) {
            let ids: Vec<i32> = some.iter().map(|one| one.get()).collect();
            let mut packed = if wanted.breakdowns {
                self.recalled_breakdowns(tenant, &ids, wanted.from).await?
            } else {
                HashMap::new()
            };
            for row in self.recalled_samples(tenant, &ids, wanted).await? {
                let instance = InstanceId::from_row(row.try_get("instance_id")?);
                let mut one = read(&row, wanted.metrics)?;
                if let Some(breakdowns) = packed.remove(&(instance, one.ts)) {
                    one.breakdowns = breakdowns;
                }
                recalled.entry(instance).or_default().push(one);
            }
            for (instance, event) in self.recalled_events(tenant, &ids, wanted).await? {
                let Some(rows) = recalled.get_mut(&instance) else { continue };
                let place = rows.partition_point(|row| row.ts < event.at);
                let place = place.min(rows.len().saturating_sub(1));
                if let Some(row) = rows.get_mut(place) {
                    row.events.push(event);
                }
            }
        }
        Ok(recalled)
    }

    #[expect(clippy::disallowed_methods, reason = "the columns depend on the triggers")]
    async fn recalled_samples(
        &mut self,
        tenant: TenantId,
        instances: &[i32],
        wanted: &Wanted<'_>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let columns: Vec<String> = wanted.metrics.iter().map(|metric| metric.column()).collect();
        let columns = [vec![String::new()], columns].concat().join(", ");
        let sql = format!(
            "select instance_id, ts, span_ms, visibility{columns} from sample
             where tenant_id = $1 and instance_id = any($2) and ts > $3 order by instance_id, ts"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(tenant.get())
            .bind(instances)
            .bind(wanted.from)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    async fn recalled_breakdowns(
        &mut self,
        tenant: TenantId,
        instances: &[i32],
        from: DateTime<Utc>,
    ) -> Result<HashMap<(InstanceId, DateTime<Utc>), Vec<u8>>, StoreError> {
        let rows = sqlx::query!(
            "select instance_id, ts, entries from breakdown
             where tenant_id = $1 and instance_id = any($2) and ts > $3",
            tenant.get(),
            instances,
            from
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let key = |instance, ts| (InstanceId::from_row(instance), ts);
        Ok(rows.into_iter().map(|row| (key(row.instance_id, row.ts), row.entries)).collect())
    }

    async fn recalled_events(
        &mut self,
        tenant: TenantId,
        instances: &[i32],
        wanted: &Wanted<'_>,
    ) -> Result<Vec<(InstanceId, Event)>, StoreError> {
        if wanted.events.is_empty() {
            return Ok(Vec::new());
        }
        let kinds: Vec<i16> =
            wanted.events.iter().filter_map(|kind| i16::try_from(kind.0).ok()).collect();
        let rows = sqlx::query!(
            "select instance_id, at, kind, subject, text, count from event
             where tenant_id = $1 and instance_id = any($2) and at > $3 and kind = any($4) order by at, id",
            tenant.get(),
            instances,
            wanted.from,
            &kinds
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let event = |at, kind, subject, text, count| Event { at, kind, subject, text, count };
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let kind = EventKindId(u16::try_from(row.kind).ok()?);
                let instance = InstanceId::from_row(row.instance_id);
                Some((instance, event(row.at, kind, row.subject, row.text, row.count)))
            })
            .collect())
    }

    /// The usual figures of instances at an hour of the day.
    pub async fn usual(
        &mut self,
        tenant: TenantId,
        instances: &[i32],
        hour: i16,
    ) -> Result<HashMap<(InstanceId, MetricId), f64>, StoreError> {
        let rows = sqlx::query!(
            "select instance_id, metric_id, usual from baseline
             where tenant_id = $1 and instance_id = any($2) and hour = $3",
            tenant.get(),
            instances,
            hour
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let metric = MetricId(u16::try_from(row.metric_id).ok()?);
                Some(((InstanceId::from_row(row.instance_id), metric), row.usual))
            })
            .collect())
    }
}

impl Desk<'_> {
    /// The texts of keys.
    pub async fn key_texts(
        &mut self,
        keys: &[(DimensionId, u32)],
    ) -> Result<HashMap<(DimensionId, u32), String>, StoreError> {
        let ids: Vec<i32> = keys.iter().filter_map(|(_, key)| i32::try_from(*key).ok()).collect();
        let rows = sqlx::query!(
            "select id, dimension, key from dictionary where tenant_id = $1 and id = any($2)",
            self.tenant.get(),
            &ids
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let dimension = DimensionId(u16::try_from(row.dimension).ok()?);
                Some(((dimension, u32::try_from(row.id).ok()?), row.key))
            })
            .collect())
    }
}

fn read(row: &PgRow, metrics: &[&'static Metric]) -> Result<Recalled, StoreError> {
    let visibility: i64 = row.try_get("visibility")?;
    let mut values = Vec::new();
    for metric in metrics {
        let column = metric.column();
        let value: Option<i64> = match metric.width() {
            Width::Int8 => row.try_get(column.as_str())?,
            Width::Int4 => row.try_get::<Option<i32>, _>(column.as_str())?.map(i64::from),
        };
        if let Some(value) = value {
            values.push((metric.id, value));
        }
    }
    Ok(Recalled {
        ts: row.try_get("ts")?,
        span_ms: row.try_get("span_ms")?,
        visibility: visibility.cast_unsigned(),
        values,
        breakdowns: Vec::new(),
        events: Vec::new(),
    })
}
