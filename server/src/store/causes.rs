//! What lies behind an alert when it fires: breakdowns and events of its window, read in the same transaction.
//!
//! Ingest and timers alike read through the views of schema `scoped`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{
    self, DimensionId, EventKindId, KEY_SEPARATOR, delivery, event as kinds,
};
use serde_json::{Value, json};

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
};
use crate::domain::{
    breakdown::unpack,
    cause::{self, Cause, Change, Evidence, Failed},
    ids::InstanceId,
    redact::Redacted,
    trigger::{Rule, Trigger},
};

/// Failed tries are counted from this long before the condition began.
const BEFORE: TimeDelta = TimeDelta::minutes(10);
/// Changes are looked for from this long before the condition began.
const CHANGES_BEFORE: TimeDelta = TimeDelta::minutes(60);
/// Intervals read at most: half an hour of one-second intervals.
const INTERVALS_MAX: i64 = 2_000;
/// Keys of a dimension that are given a name.
const KEYS_MAX: usize = 200;

/// Kinds of events that are changes on the host.
const CHANGES: [EventKindId; 7] = [
    kinds::STARTED,
    kinds::STOPPED,
    kinds::RELOADED,
    kinds::VERSION_CHANGED,
    kinds::CONFIG_CHANGED,
    kinds::START_FAILED,
    kinds::CERTIFICATE_CHANGED,
];

impl Desk<'_> {
    /// The cause of an alert that just fired, as it is kept with the incident.
    pub async fn cause(&mut self, row: &AlertRow, trigger: &Trigger) -> Result<Value, StoreError> {
        let (Some(instance), Rule::Threshold(_)) = (row.instance, &trigger.rule) else {
            return Ok(json!({}));
        };
        let since = row.alert.since;
        let failed = self.failed_tries(instance, since - BEFORE).await?;
        let mut evidence = self.named(failed).await?;
        evidence.changes = self.changes(instance, since - CHANGES_BEFORE).await?;
        Ok(to_json(&cause::explain(evidence), since))
    }

    /// Failed tries of each key of the dimensions that tell why, since `from`.
    async fn failed_tries(
        &mut self,
        instance: InstanceId,
        from: DateTime<Utc>,
    ) -> Result<BTreeMap<(DimensionId, u32), u64>, StoreError> {
        let packed = sqlx::query_scalar!(
            r#"select entries as "entries!" from scoped.breakdown
               where tenant_id = $1 and instance_id = $2 and ts > $3 order by ts desc limit $4"#,
            self.tenant.get(),
            instance.get(),
            from,
            INTERVALS_MAX
        );
        let mut failed: BTreeMap<(DimensionId, u32), u64> = BTreeMap::new();
        for packed in packed.fetch_all(&mut *self.connection).await? {
            let read = unpack(&packed, |entry| {
                let count = failures(entry.dimension, entry.counts);
                if count > 0 {
                    *failed.entry((entry.dimension, entry.key)).or_default() += count;
                }
            });
            read.map_err(|error| StoreError::Stored { what: "breakdown", why: error.to_string() })?;
        }
        Ok(failed)
    }

    /// Gives the greatest keys their texts.
    async fn named(
        &mut self,
        failed: BTreeMap<(DimensionId, u32), u64>,
    ) -> Result<Evidence, StoreError> {
        let mut evidence = Evidence::default();
        for dimension in
            [delivery::REPLY_CLASS_DOMAIN, delivery::RECIPIENT_DOMAIN, delivery::REPLY_TEMPLATE]
        {
            let mut keys: Vec<(u32, u64)> = failed
                .iter()
                .filter(|((of, _), _)| *of == dimension)
                .map(|((_, key), count)| (*key, *count))
                .collect();
            keys.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            keys.truncate(KEYS_MAX);
            let texts = self.texts(&keys).await?;
            for (key, count) in keys {
                let Some(text) = texts.get(&key) else { continue };
                let (class, rest) = text.split_once(KEY_SEPARATOR).unwrap_or(("", text));
                let (class, rest) = (class.to_owned(), rest.to_owned());
                match dimension {
                    delivery::REPLY_TEMPLATE => evidence.templates.push((class, rest, count)),
                    delivery::REPLY_CLASS_DOMAIN => {
                        evidence.classes.push(Failed { class, domain: rest, count });
                    }
                    _ => evidence.domains.push(Failed { class, domain: rest, count }),
                }
            }
        }
        Ok(evidence)
    }

    async fn texts(&mut self, keys: &[(u32, u64)]) -> Result<HashMap<u32, String>, StoreError> {
        let ids: Vec<i32> = keys.iter().filter_map(|(key, _)| i32::try_from(*key).ok()).collect();
        let rows = sqlx::query!(
            r#"select id as "id!", key as "key!" from scoped.dictionary
               where tenant_id = $1 and id = any($2)"#,
            self.tenant.get(),
            &ids
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((u32::try_from(row.id).ok()?, row.key)))
            .collect())
    }

    /// What changed on the instance since `from`, oldest first.
    async fn changes(
        &mut self,
        instance: InstanceId,
        from: DateTime<Utc>,
    ) -> Result<Vec<Change>, StoreError> {
        let kinds: Vec<i16> =
            CHANGES.iter().filter_map(|kind| i16::try_from(kind.0).ok()).collect();
        let rows = sqlx::query!(
            r#"select at as "at!", kind as "kind!", subject as "subject!", text as "text!" from
                (select at, kind, subject, text from scoped.event
                 where tenant_id = $1 and instance_id = $2 and at > $3 and kind = any($4)
                 order by at desc limit 20) newest
             order by at"#,
            self.tenant.get(),
            instance.get(),
            from,
            &kinds
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows
            .into_iter()
            .map(|row| Change { at: row.at, text: words(row.kind, &row.subject, &row.text) })
            .collect())
    }
}

/// Failed tries among the counts of an entry.
fn failures(dimension: DimensionId, counts: &[u64]) -> u64 {
    let at = |place: usize| counts.get(place).copied().unwrap_or(0);
    match dimension {
        delivery::RECIPIENT_DOMAIN => {
            at(delivery::recipient::DEFERRED)
                + at(delivery::recipient::BOUNCED)
                + at(delivery::recipient::EXPIRED)
        }
        delivery::REPLY_CLASS_DOMAIN | delivery::REPLY_TEMPLATE => {
            at(delivery::failed::DEFERRED) + at(delivery::failed::BOUNCED)
        }
        _ => 0,
    }
}

/// `config.changed main.cf: …`
fn words(kind: i16, subject: &str, text: &str) -> Redacted {
    let kind = u16::try_from(kind).ok().and_then(|id| catalogue::event_kind(EventKindId(id)));
    let kind = kind.map_or("changed", |kind| kind.name);
    let parts: Vec<&str> =
        [kind, subject, text].into_iter().filter(|part| !part.is_empty()).collect();
    Redacted::new(&parts.join(" "))
}

fn to_json(cause: &Cause, since: DateTime<Utc>) -> Value {
    let rows: Vec<Value> = cause
        .rows
        .iter()
        .map(|row| {
            json!({
                "share": row.share,
                "count": row.count,
                "domain": row.domain.as_str(),
                "class": row.class.as_str(),
                "example": row.example.as_ref().map(Redacted::as_str),
            })
        })
        .collect();
    let changed: Vec<Value> = cause
        .changed
        .iter()
        .map(|change| json!({ "at": change.at, "text": change.text.as_str() }))
        .collect();
    json!({
        "headline": cause.headline,
        "of": cause.of,
        "since": since,
        "rows": rows,
        "changed": changed,
        "first_step": cause.first_step,
    })
}
