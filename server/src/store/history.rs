//! Where figures are kept, and how they are gathered: rows of hours that are open, late rows, blocks of hours that are
//! sealed, hourly and daily sums. Each figure lies in exactly one of these places at any moment.
//!
//! All is read through the views of schema `scoped`. Who asks should have frozen the transaction.

mod sums;

use std::collections::HashMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use mailvane_proto::catalogue::{GroupId, Metric};
#[expect(
    clippy::disallowed_types,
    reason = "tables and columns come from the catalogue alone"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, postgres::PgRow};

pub use self::sums::Sums;
use super::{Scoped, StoreError};
use crate::domain::{
    block::{Head, Reader, Slot},
    buckets::{Buckets, Cell},
    ids::InstanceId,
    rollup::Figure,
    sample::Sample,
};

/// Times [from, to).
pub type Window = (DateTime<Utc>, DateTime<Utc>);

/// A sealed hour of an instance: what is known without its data.
#[derive(Debug)]
pub struct SealedHour {
    /// Whose.
    pub instance: InstanceId,
    /// Beginning.
    pub hour: DateTime<Utc>,
    /// What is where.
    pub head: Head,
}

/// Streams that one question fetches at most.
const SLICES_AT_ONCE: usize = 20_000;

impl Scoped {
    /// The hours of a window whose rows are not in blocks yet.
    pub async fn unsealed_hours(
        &mut self,
        (from, to): Window,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let hours = sqlx::query_scalar!(
            "select hour from hour_state where state <> 'sealed' and hour > $1 and hour < $2 order by hour",
            from - TimeDelta::hours(1),
            to
        );
        Ok(hours.fetch_all(self.connection()).await?)
    }

    /// The days of a window whose daily sums are made.
    pub async fn rolled_days(
        &mut self,
        (from, to): Window,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let days = sqlx::query_scalar!(
            "select day from day_state where day >= $1 and day <= $2 order by day",
            from,
            to - TimeDelta::days(1)
        );
        Ok(days.fetch_all(self.connection()).await?)
    }

    /// Gathers rows of these open hours.
    pub(super) async fn gather_open(
        &mut self,
        buckets: &mut Buckets,
        instances: &[i32],
        hours: &[DateTime<Utc>],
        (from, to): Window,
    ) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (hours.first(), hours.last()) else { return Ok(()) };
        let (from, to) = (from.max(*first), to.min(*last + TimeDelta::hours(1)));
        if from >= to || instances.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> =
            buckets.metrics().iter().map(|metric| open_parts(metric)).collect();
        let sql = format!(
            "select instance_id, floor((extract(epoch from ts - $3) * 1000 - $6) / $5)::int4 as bucket,
                array[{}]::int8[] as parts
             from scoped.sample
             where tenant_id = $1 and instance_id = any($2) and ts >= $7 and ts < $4
                and date_bin('1 hour', ts, 'epoch') = any($8)
             group by 1, 2",
            parts.join(", ")
        );
        let grid = buckets.grid();
        #[expect(clippy::disallowed_methods, reason = "columns come from the catalogue alone")]
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(self.tenant().get())
            .bind(instances)
            .bind(grid.start)
            .bind(to)
            .bind(grid.step.num_milliseconds())
            .bind(buckets.lead_ms())
            .bind(from)
            .bind(hours)
            .fetch_all(self.connection())
            .await?;
        rows.iter().try_for_each(|row| take_parts(buckets, row))
    }

    /// Gathers rows that came too late for their hour and are in no block yet.
    pub(super) async fn gather_late(
        &mut self,
        buckets: &mut Buckets,
        instances: &[i32],
        window: Window,
    ) -> Result<(), StoreError> {
        for (instance, sample) in self.late_samples(instances, window).await? {
            if let Some(place) = buckets.place(instance) {
                buckets.add_sample(place, &sample);
            }
        }
        Ok(())
    }

    /// Late rows of a window; one that cannot be read is left out.
    pub(super) async fn late_samples(
        &mut self,
        instances: &[i32],
        (from, to): Window,
    ) -> Result<Vec<(InstanceId, Sample)>, StoreError> {
        let rows = sqlx::query!(
            r#"select instance_id as "instance!", ts as "ts!", span_ms as "span_ms!", flags as "flags!",
                   payload as "payload!"
               from scoped.late where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4"#,
            self.tenant().get(),
            instances,
            from,
            to
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let sample = Sample::unpack((row.ts, row.span_ms, row.flags), &row.payload).ok()?;
                Some((InstanceId::from_row(row.instance), sample))
            })
            .collect())
    }

    /// The sealed hours that overlap a window, but for those in `unsealed`.
    pub(super) async fn sealed_hours(
        &mut self,
        reader: &mut Reader,
        instances: &[i32],
        (from, to): Window,
        unsealed: &[DateTime<Utc>],
    ) -> Result<Vec<SealedHour>, StoreError> {
        let rows = sqlx::query!(
            r#"select instance_id as "instance!", ts as "ts!", codec as "codec!", offs as "head!"
               from scoped.block where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4"#,
            self.tenant().get(),
            instances,
            from.duration_trunc(TimeDelta::hours(1)).unwrap_or(from),
            to
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let mut hours = Vec::with_capacity(rows.len());
        for row in rows.into_iter().filter(|row| !unsealed.contains(&row.ts)) {
            let head = Head::read(reader, (row.codec, row.ts), &row.head).map_err(unreadable)?;
            hours.push(SealedHour {
                instance: InstanceId::from_row(row.instance),
                hour: row.ts,
                head,
            });
        }
        Ok(hours)
    }

    /// The bytes of streams of sealed hours, in the order asked.
    pub(super) async fn slices(
        &mut self,
        wanted: &[(&SealedHour, Slot)],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let number = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
        let mut slices = vec![Vec::new(); wanted.len()];
        for (chunk, first) in wanted.chunks(SLICES_AT_ONCE).zip((0..).step_by(SLICES_AT_ONCE)) {
            let instances: Vec<i32> = chunk.iter().map(|(hour, _)| hour.instance.get()).collect();
            let hours: Vec<DateTime<Utc>> = chunk.iter().map(|(hour, _)| hour.hour).collect();
            let offsets: Vec<i32> = chunk.iter().map(|(_, slot)| number(slot.offset + 1)).collect();
            let lengths: Vec<i32> = chunk.iter().map(|(_, slot)| number(slot.length)).collect();
            let rows = sqlx::query!(
                r#"select k.place as "place!", substr(b.data, k.at, k.length) as "bytes!"
                   from unnest($2::int4[], $3::timestamptz[], $4::int4[], $5::int4[])
                      with ordinality k (instance_id, hour, at, length, place)
                   join scoped.block b on b.instance_id = k.instance_id and b.ts = k.hour
                   where b.tenant_id = $1 and b.instance_id = any($2) and b.ts >= $6 and b.ts <= $7"#,
                self.tenant().get(),
                &instances,
                &hours,
                &offsets,
                &lengths,
                hours.iter().min().copied(),
                hours.iter().max().copied()
            );
            for row in rows.fetch_all(self.connection()).await? {
                let place =
                    usize::try_from(row.place - 1).unwrap_or(usize::MAX).saturating_add(first);
                if let Some(slice) = slices.get_mut(place) {
                    *slice = row.bytes;
                }
            }
        }
        Ok(slices)
    }

    /// Gathers samples of sealed hours, as far as they lie in the window.
    pub(super) async fn gather_blocks(
        &mut self,
        buckets: &mut Buckets,
        instances: &[i32],
        window: Window,
        unsealed: &[DateTime<Utc>],
    ) -> Result<(), StoreError> {
        if window.0 >= window.1 {
            return Ok(());
        }
        let mut reader = Reader::default();
        let hours = self.sealed_hours(&mut reader, instances, window, unsealed).await?;
        let metrics = buckets.metrics().to_vec();
        let wanted: Vec<(&SealedHour, Slot)> = hours
            .iter()
            .flat_map(|hour| {
                metrics.iter().filter_map(move |metric| Some((hour, hour.head.slot(metric.id)?)))
            })
            .collect();
        let mut slices = self.slices(&wanted).await?.into_iter();
        for hour in &hours {
            let Some(instance) = buckets.place(hour.instance) else { continue };
            for (place, metric) in metrics.iter().enumerate() {
                let values = match hour.head.slot(metric.id) {
                    Some(_) => {
                        let slice = slices.next().unwrap_or_default();
                        Some(hour.head.values(&mut reader, &slice).map_err(unreadable)?)
                    }
                    None => None,
                };
                pour(
                    buckets,
                    (instance, place, metric.group),
                    &hour.head,
                    window,
                    values.as_deref(),
                );
            }
        }
        Ok(())
    }

    /// The last sample of each instance's newest sealed hour behind `since`.
    pub(super) async fn latest_sealed(
        &mut self,
        instances: &[i32],
        since: DateTime<Utc>,
    ) -> Result<HashMap<InstanceId, Sample>, StoreError> {
        let rows = sqlx::query!(
            r#"select w.instance_id as "instance!", b.ts as "ts!", b.codec as "codec!", b.offs as "head!",
                   b.data as "data!"
               from unnest($2::int4[]) w (instance_id)
               cross join lateral (select ts, codec, offs, data from scoped.block b
                  where b.tenant_id = $1 and b.instance_id = w.instance_id and b.ts > $3
                  order by b.ts desc limit 1) b"#,
            self.tenant().get(),
            instances,
            since
        );
        let mut reader = Reader::default();
        let mut latest = HashMap::new();
        for row in rows.fetch_all(self.connection()).await? {
            let head =
                Head::read(&mut reader, (row.codec, row.ts), &row.head).map_err(unreadable)?;
            let samples = head.samples(&mut reader, &row.data).map_err(unreadable)?;
            if let Some(sample) = samples.into_iter().next_back() {
                latest.insert(InstanceId::from_row(row.instance), sample);
            }
        }
        Ok(latest)
    }
}

/// Pours what a sealed hour knows of one metric into the buckets.
fn pour(
    buckets: &mut Buckets,
    (instance, metric, group): (usize, usize, GroupId),
    head: &Head,
    (from, to): Window,
    values: Option<&[i64]>,
) {
    let samples = head.stamps.iter().zip(&head.spans_ms).zip(&head.visibility).enumerate();
    for (place, ((ts, span_ms), visibility)) in samples {
        if *ts < from || *ts >= to {
            continue;
        }
        let Some(bucket) = buckets.bucket(*ts) else { continue };
        buckets.see(instance, bucket);
        if group.visible_in(*visibility) {
            let value = values.and_then(|values| values.get(place)).copied().unwrap_or(0);
            buckets.add((instance, metric, bucket), &Cell::of(value, *span_ms));
        }
    }
}

/// Values of each metric in a row of [`open_parts`].
const PARTS: usize = 5;

fn open_parts(metric: &Metric) -> String {
    let column = metric.column();
    format!(
        "count({column}), sum(span_ms) filter (where {column} is not null), sum({column}), min({column}), max({column})"
    )
}

fn place_of(buckets: &Buckets, row: &PgRow) -> Result<Option<(usize, usize)>, StoreError> {
    let instance = buckets.place(InstanceId::from_row(row.try_get("instance_id")?));
    let bucket: i32 = row.try_get("bucket")?;
    Ok(instance.zip(usize::try_from(bucket).ok().filter(|bucket| *bucket < buckets.grid().count)))
}

fn take_parts(buckets: &mut Buckets, row: &PgRow) -> Result<(), StoreError> {
    let Some((instance, bucket)) = place_of(buckets, row)? else { return Ok(()) };
    buckets.see(instance, bucket);
    let parts: Vec<Option<i64>> = row.try_get("parts")?;
    for (metric, parts) in parts.chunks(PARTS).enumerate() {
        let [n, span_ms, sum, min, max] = *parts else { continue };
        let figure = Figure { sum: sum.unwrap_or(0), min: min.unwrap_or(0), max: max.unwrap_or(0) };
        let cell = Cell { n: n.unwrap_or(0), span_ms: span_ms.unwrap_or(0), figure };
        buckets.add((instance, metric, bucket), &cell);
    }
    Ok(())
}

pub(super) fn unreadable(error: crate::domain::varint::Unreadable) -> StoreError {
    StoreError::Stored { what: "block", why: error.to_string() }
}

/// The whole hours of a window: where the first begins and the last ends.
pub(super) fn whole_hours((from, to): Window) -> Window {
    let hour = TimeDelta::hours(1);
    let floor = |at: DateTime<Utc>| at.duration_trunc(hour).unwrap_or(at);
    let first = if floor(from) == from { from } else { floor(from) + hour }.min(to);
    (first, floor(to).max(first))
}

/// Numbers of instances, as columns hold them.
pub(super) fn numbers(instances: &[InstanceId]) -> Vec<i32> {
    instances.iter().map(|instance| instance.get()).collect()
}
