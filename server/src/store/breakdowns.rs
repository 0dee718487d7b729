//! Breakdowns over a time, and the marks on the time line.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{Dimension, EventKindId, KeyId, Keys};

use super::{Scoped, StoreError};
use crate::domain::{breakdown::Totals, ids::InstanceId};

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
        let rows = sqlx::query_scalar!(
            r#"select entries as "entries!" from scoped.breakdown
               where tenant_id = $1 and instance_id = any($2) and ts >= $3 and ts < $4"#,
            self.tenant().get(),
            &instances.iter().map(|instance| instance.get()).collect::<Vec<_>>(),
            from,
            to
        );
        let mut totals = Totals::of(dimension);
        for packed in rows.fetch_all(self.connection()).await? {
            totals.add_packed(&packed).map_err(|error| StoreError::Stored {
                what: "breakdown",
                why: error.to_string(),
            })?;
        }
        let mut keys: Vec<(u32, Vec<u64>)> = totals.into_by_key().into_iter().collect();
        let rank = |counts: &[u64]| counts.get(by).copied().unwrap_or(0);
        keys.sort_by(|(key, counts), (other_key, other)| {
            rank(other).cmp(&rank(counts)).then(key.cmp(other_key))
        });
        let total = sum(dimension, keys.iter().map(|(_, counts)| counts));
        let rest = keys.split_off(limit.min(keys.len()));
        let other = sum(dimension, rest.iter().map(|(_, counts)| counts));
        let numbers: Vec<u32> = keys.iter().map(|(key, _)| *key).collect();
        let mut texts = self.key_texts(dimension, &numbers).await?;
        let rows = keys
            .into_iter()
            .map(|(key, counts)| (texts.remove(&key).unwrap_or_else(|| format!("#{key}")), counts))
            .collect();
        Ok(Breakdown { rows, other, total })
    }

    /// The texts of a dimension's keys.
    pub async fn key_texts(
        &mut self,
        dimension: &Dimension,
        numbers: &[u32],
    ) -> Result<HashMap<u32, String>, StoreError> {
        if let Keys::Closed(_) = dimension.keys {
            let text = |number: &u32| {
                let key = dimension.key(KeyId(u16::try_from(*number).ok()?))?;
                Some((*number, key.name.to_owned()))
            };
            return Ok(numbers.iter().filter_map(text).collect());
        }
        let ids: Vec<i32> =
            numbers.iter().filter_map(|number| i32::try_from(*number).ok()).collect();
        let rows = sqlx::query!(
            r#"select id as "id!", key as "key!" from scoped.dictionary
               where tenant_id = $1 and id = any($2)"#,
            self.tenant().get(),
            &ids
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let text = |id, key| Some((u32::try_from(id).ok()?, key));
        Ok(rows.into_iter().filter_map(|row| text(row.id, row.key)).collect())
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
