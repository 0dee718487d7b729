//! Breakdowns over a time, and the marks on the time line.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, Dimension, EventKindId, KeyId, Keys};

use super::{
    Scoped, StoreError,
    history::{SealedHour, Window, numbers, unreadable, whole_hours},
    series::Tier,
};
use crate::domain::{
    block::{Reader, Slot},
    breakdown::Totals,
    buckets::Buckets,
    grid::Grid,
    ids::InstanceId,
    rollup,
};

/// Whether single intervals have to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// They have.
    Interval,
    /// Whole hours may be told as one.
    Hour,
    /// Whole hours and days may be told as one.
    Day,
}

/// A dimension's keys over a time, greatest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    /// Keys that are shown, with a count for each measure.
    pub rows: Vec<(String, Vec<u64>)>,
    /// The keys that are not.
    pub other: Vec<u64>,
    /// All together.
    pub total: Vec<u64>,
}

/// A mark on the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// When it first happened in its interval.
    pub at: DateTime<Utc>,
    /// Whose.
    pub instance: InstanceId,
    /// What.
    pub kind: EventKindId,
    /// Daemon, file or parameter.
    pub subject: String,
    /// Redacted words about it.
    pub text: String,
    /// How often in its interval.
    pub count: i64,
}

/// Marks of one answer at most.
const EVENTS_MAX: i64 = 500;

impl Scoped {
    /// The greatest keys of a dimension over intervals that end in [from, to), by the count at place `by`.
    pub async fn breakdown(
        &mut self,
        instances: &[InstanceId],
        dimension: &'static Dimension,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        (by, limit): (usize, usize),
    ) -> Result<Breakdown, StoreError> {
        let mut totals = Totals::of(dimension);
        self.each_breakdown(instances, (from, to), Grain::Day, |_, packed| {
            totals.add_packed(packed).map_err(unreadable)
        })
        .await?;
        let mut keys: Vec<(u32, Vec<u64>)> = totals.into_by_key().into_iter().collect();
        let rank = |counts: &[u64]| counts.get(by).copied().unwrap_or(0);
        keys.sort_by(|(key, counts), (other_key, other)| {
            rank(other).cmp(&rank(counts)).then(key.cmp(other_key))
        });
        let total = sum(dimension, keys.iter().map(|(_, counts)| counts));
        let rest = keys.split_off(limit.min(keys.len()));
        let other = sum(dimension, rest.iter().map(|(_, counts)| counts));
        let named: Vec<u32> = keys.iter().map(|(key, _)| *key).collect();
        let mut texts = self.key_texts(dimension, &named).await?;
        let rows = keys
            .into_iter()
            .map(|(key, counts)| (texts.remove(&key).unwrap_or_else(|| format!("#{key}")), counts))
            .collect();
        Ok(Breakdown { rows, other, total })
    }

    /// Keys with all their counts, those with the most in all first. Of several instances the counts add up, of several
    /// times the largest counts.
    pub async fn matrix(
        &mut self,
        instances: &[InstanceId],
        dimension: &'static Dimension,
        window: Window,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u64>)>, StoreError> {
        let mut all: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for instance in instances {
            let mut totals = Totals::of(dimension);
            self.each_breakdown(&[*instance], window, Grain::Day, |_, packed| {
                totals.add_packed(packed).map_err(unreadable)
            })
            .await?;
            for (key, counts) in totals.into_by_key() {
                let sums = all.entry(key).or_insert_with(|| vec![0; counts.len()]);
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum = sum.saturating_add(count);
                }
            }
        }
        let mut rows: Vec<(u32, Vec<u64>)> = all.into_iter().collect();
        rows.sort_by_key(|(key, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), *key));
        rows.truncate(limit);
        let keys: Vec<u32> = rows.iter().map(|(key, _)| *key).collect();
        let mut texts = self.key_texts(dimension, &keys).await?;
        let mut text = |key: u32| texts.remove(&key).unwrap_or_else(|| format!("#{key}"));
        Ok(rows.into_iter().map(|(key, counts)| (text(key), counts)).collect())
    }

    /// A dimension's keys in each bucket of a grid, all instances together.
    pub async fn breakdown_series(
        &mut self,
        instances: &[InstanceId],
        dimension: &'static Dimension,
        grid: Grid,
    ) -> Result<Vec<BTreeMap<u32, Vec<u64>>>, StoreError> {
        let tier = Tier::of(grid);
        let buckets = Buckets::new(&[], &[], grid, tier == Tier::Raw);
        let grain = match tier {
            Tier::Raw => Grain::Interval,
            Tier::Hourly => Grain::Hour,
            Tier::Daily => Grain::Day,
        };
        let mut totals: Vec<Totals> = (0..grid.count).map(|_| Totals::of(dimension)).collect();
        self.each_breakdown(instances, buckets.window(), grain, |ts, packed| {
            let bucket = buckets.bucket(ts).and_then(|bucket| totals.get_mut(bucket));
            bucket.map_or(Ok(()), |totals| totals.add_packed(packed).map_err(unreadable))
        })
        .await?;
        Ok(totals.into_iter().map(Totals::into_by_key).collect())
    }

    /// Hands over the packed breakdowns of a window, each with a time that lies in it: those of single intervals, or,
    /// where `grain` allows, of whole hours and days.
    pub(super) async fn each_breakdown(
        &mut self,
        instances: &[InstanceId],
        (from, to): Window,
        grain: Grain,
        mut visit: impl FnMut(DateTime<Utc>, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let of = numbers(instances);
        let unsealed = self.unsealed_hours((from, to)).await?;
        for row in self.open_breakdowns(&of, (from, to), &unsealed).await? {
            visit(row.0, &row.1)?;
        }
        for (_, sample) in self.late_samples(&of, (from, to)).await? {
            if !sample.breakdowns.is_empty() {
                visit(sample.ts, &sample.breakdowns)?;
            }
        }
        let (first, last) = match grain {
            Grain::Interval => (to, to),
            Grain::Hour | Grain::Day => whole_hours((from, to)),
        };
        for part in [(from, first), (last, to)] {
            self.sealed_breakdowns(&of, part, &unsealed, &mut visit).await?;
        }
        for row in
            self.summed_breakdowns(&of, (first, last), &unsealed, grain == Grain::Day).await?
        {
            visit(row.0, &row.1)?;
        }
        Ok(())
    }

    async fn open_breakdowns(
        &mut self,
        instances: &[i32],
        (from, to): Window,
        hours: &[DateTime<Utc>],
    ) -> Result<Vec<(DateTime<Utc>, Vec<u8>)>, StoreError> {
        let rows = sqlx::query!(
            r#"select ts as "ts!", entries as "entries!" from scoped.breakdown
               where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4
                 and date_bin('1 hour', ts, 'epoch') = any($5)"#,
            self.tenant().get(),
            instances,
            from,
            to,
            hours
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|row| (row.ts, row.entries)).collect())
    }

    async fn sealed_breakdowns(
        &mut self,
        instances: &[i32],
        (from, to): Window,
        unsealed: &[DateTime<Utc>],
        visit: &mut impl FnMut(DateTime<Utc>, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let mut reader = Reader::default();
        let hours = self.sealed_hours(&mut reader, instances, (from, to), unsealed).await?;
        let wanted: Vec<(&SealedHour, Slot)> =
            hours.iter().filter_map(|hour| Some((hour, hour.head.breakdowns()?))).collect();
        let slices = self.slices(&wanted).await?;
        for ((hour, _), slice) in wanted.iter().zip(slices) {
            let packed = hour.head.packed_breakdowns(&mut reader, &slice).map_err(unreadable)?;
            for (ts, packed) in hour.head.stamps.iter().zip(packed) {
                if *ts >= from && *ts < to && !packed.is_empty() {
                    visit(*ts, &packed)?;
                }
            }
        }
        Ok(())
    }

    /// Of whole hours, and of whole days where their sums are made.
    async fn summed_breakdowns(
        &mut self,
        instances: &[i32],
        (from, to): Window,
        unsealed: &[DateTime<Utc>],
        by_day: bool,
    ) -> Result<Vec<(DateTime<Utc>, Vec<u8>)>, StoreError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let days = if by_day { self.rolled_days((from, to)).await? } else { Vec::new() };
        let rows = sqlx::query!(
            r#"select ts as "ts!", entries as "entries!" from scoped.breakdown_hour
               where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4
                 and date_bin('1 day', ts, 'epoch') <> all($5) and ts <> all($6)
               union all
               select ts, entries from scoped.breakdown_day
               where tenant_id = $1 and instance_id = any($2) and ts = any($5)"#,
            self.tenant().get(),
            instances,
            from,
            to,
            &days,
            unsealed
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|row| (row.ts, row.entries)).collect())
    }

    /// The texts of a dimension's keys.
    pub async fn key_texts(
        &mut self,
        dimension: &Dimension,
        keys: &[u32],
    ) -> Result<HashMap<u32, String>, StoreError> {
        if let Keys::Closed(_) = dimension.keys {
            let text = |number: &u32| {
                let key = dimension.key(KeyId(u16::try_from(*number).ok()?))?;
                Some((*number, key.name.to_owned()))
            };
            return Ok(keys.iter().filter_map(text).collect());
        }
        let ids: Vec<i32> = keys.iter().filter_map(|number| i32::try_from(*number).ok()).collect();
        let rows = sqlx::query!(
            r#"select id as "id!", key as "key!" from scoped.dictionary
               where tenant_id = $1 and id = any($2)"#,
            self.tenant().get(),
            &ids
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let text = |id, key| Some((u32::try_from(id).ok()?, key));
        let other = (rollup::OTHER, catalogue::OTHER.to_owned());
        Ok(rows.into_iter().filter_map(|row| text(row.id, row.key)).chain([other]).collect())
    }

    /// Marks in [from, to), newest first.
    pub async fn events(
        &mut self,
        instances: &[InstanceId],
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<EventRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select at as "at!", instance_id as "instance!", kind as "kind!", subject as "subject!",
                   text as "text!", count as "count!"
               from scoped.event
               where tenant_id = $1 and instance_id = any($2) and at >= $3 and at < $4
               order by at desc, id desc limit $5"#,
            self.tenant().get(),
            &instances.iter().map(|instance| instance.get()).collect::<Vec<_>>(),
            from,
            to,
            EVENTS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| EventRow {
                at: row.at,
                instance: InstanceId::from_row(row.instance),
                kind: EventKindId(u16::try_from(row.kind).unwrap_or(u16::MAX)),
                subject: row.subject,
                text: row.text,
                count: row.count,
            })
            .collect())
    }
}

fn sum<'a>(dimension: &Dimension, all: impl Iterator<Item = &'a Vec<u64>>) -> Vec<u64> {
    let mut total = vec![0_u64; dimension.measures.len()];
    for counts in all {
        for (total, count) in total.iter_mut().zip(counts) {
            *total = total.saturating_add(*count);
        }
    }
    total
}
