//! What lies behind an alert when it fires: breakdowns and events of its window and of the time before, read in the same
//! transaction.
//!
//! Ingest and timers alike read through the views of schema `scoped`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{
    self, DimensionId, EventKindId, KEY_SEPARATOR, Keys, delivery, event as kinds, host, message,
    reject, sasl,
};
use serde_json::{Value, json};

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
};
use crate::domain::{
    breakdown::unpack,
    cause::{self, Cause, Change, Counted, Evidence, Sender, Topic},
    defaults,
    ids::InstanceId,
    redact::Redacted,
    trigger::Trigger,
};

/// The window of an alert reaches back so far before the condition began.
const BEFORE: TimeDelta = TimeDelta::minutes(10);
/// What it is compared with, and changes, reach back so far.
const COMPARED: TimeDelta = TimeDelta::minutes(60);
/// Intervals read at most: half an hour of one-second intervals.
const INTERVALS_MAX: i64 = 2_000;
/// Keys of a dimension that are given a name.
const KEYS_MAX: usize = 200;
/// Events read at most.
const EVENTS_MAX: i64 = 200;

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

/// Kinds of events that are trouble by themselves.
const TROUBLE: [EventKindId; 16] = [
    kinds::DAEMON_CRASHED,
    kinds::DAEMON_EXITED,
    kinds::DAEMON_THROTTLED,
    kinds::PROCESS_LIMIT,
    kinds::FATAL,
    kinds::PANIC,
    kinds::QUEUE_CLOGGED,
    kinds::QUEUE_CORRUPT,
    kinds::DISK_FULL,
    kinds::TABLE_FAILED,
    kinds::MILTER_FAILED,
    kinds::POLICY_FAILED,
    kinds::SASL_FAILED,
    kinds::TRANSPORT_FAILED,
    kinds::TLS_BROKEN,
    kinds::START_FAILED,
];

/// Counts of keys, now and before.
#[derive(Debug, Default)]
struct Read {
    counts: BTreeMap<(DimensionId, u32), (u64, u64)>,
    /// Messages of senders, now and before.
    messages: BTreeMap<u32, (u64, u64)>,
    /// Lengths of both times, in seconds.
    seconds: (f64, f64),
}

impl Desk<'_> {
    /// The cause of an alert that just fired, as it is kept with the incident.
    pub async fn cause(&mut self, row: &AlertRow, trigger: &Trigger) -> Result<Value, StoreError> {
        let template = trigger.template.as_deref().and_then(defaults::named);
        let runbook = template.and_then(|template| template.runbook.first().copied());
        let (Some(instance), Some(topic)) = (row.instance, Topic::of(&trigger.rule)) else {
            return Ok(json!({ "first_step": runbook }));
        };
        let since = row.alert.since;
        let mut evidence = if topic == Topic::Trouble {
            Evidence {
                counted: self.trouble(instance, since - BEFORE).await?,
                ..Evidence::default()
            }
        } else {
            let read = self.counted(topic, instance, since).await?;
            self.named(topic, read).await?
        };
        (evidence.topic, evidence.runbook, evidence.since) = (topic, runbook, since);
        evidence.changes = self.changes(instance, since - COMPARED).await?;
        Ok(to_json(&cause::explain(evidence), since))
    }

    /// Counts of each key of the dimensions that tell why.
    async fn counted(
        &mut self,
        topic: Topic,
        instance: InstanceId,
        since: DateTime<Utc>,
    ) -> Result<Read, StoreError> {
        let packed = sqlx::query!(
            r#"select ts as "ts!", entries as "entries!" from scoped.breakdown
               where tenant_id = $1 and instance_id = $2 and ts > $3 order by ts desc limit $4"#,
            self.tenant.get(),
            instance.get(),
            since - COMPARED,
            INTERVALS_MAX
        );
        let begin = since - BEFORE;
        let mut read = Read::default();
        let rows = packed.fetch_all(&mut *self.connection).await?;
        let newest = rows.first().map_or(since, |row| row.ts);
        let oldest = rows.last().map_or(begin, |row| row.ts).min(begin);
        let seconds = |span: TimeDelta| span.num_seconds().max(0) as f64;
        read.seconds = (seconds(newest - begin).max(10.0), seconds(begin - oldest));
        for row in rows {
            let now = row.ts > begin;
            let unpacked = unpack(&row.entries, |entry| {
                let count = weight(topic, entry.dimension, entry.counts);
                let add = |sums: &mut (u64, u64), count: u64| {
                    let sum = if now { &mut sums.0 } else { &mut sums.1 };
                    *sum = sum.saturating_add(count);
                };
                if count > 0 {
                    add(read.counts.entry((entry.dimension, entry.key)).or_default(), count);
                }
                if entry.dimension == message::SENDER_DOMAIN {
                    let messages =
                        entry.counts.get(message::sender::MESSAGES).copied().unwrap_or(0);
                    add(read.messages.entry(entry.key).or_default(), messages);
                }
            });
            unpacked.map_err(|error| StoreError::Stored {
                what: "breakdown",
                why: error.to_string(),
            })?;
        }
        Ok(read)
    }

    /// Gives the greatest keys their texts.
    async fn named(&mut self, topic: Topic, read: Read) -> Result<Evidence, StoreError> {
        let mut evidence = Evidence { seconds: read.seconds, ..Evidence::default() };
        for dimension in dimensions(topic) {
            let mut keys: Vec<(u32, (u64, u64))> = read
                .counts
                .iter()
                .filter(|((of, _), (now, _))| of == dimension && *now > 0)
                .map(|((_, key), sums)| (*key, *sums))
                .collect();
            keys.sort_by_key(|(_, (now, _))| std::cmp::Reverse(*now));
            keys.truncate(KEYS_MAX);
            let texts = self.texts(*dimension, &keys).await?;
            for (key, (now, before)) in keys {
                let Some(text) = texts.get(&key) else { continue };
                let (class, rest) = text.split_once(KEY_SEPARATOR).unwrap_or(("", text));
                let (class, label) = (class.to_owned(), rest.to_owned());
                match *dimension {
                    delivery::REPLY_TEMPLATE => evidence.templates.push((class, label, now)),
                    delivery::RECIPIENT_DOMAIN => {
                        evidence.unclassed.push(Counted { class, label, now, before });
                    }
                    message::SENDER_DOMAIN => {
                        let (sent, sent_before) =
                            read.messages.get(&key).copied().unwrap_or_default();
                        evidence.senders.push(Sender {
                            domain: label,
                            failed: now,
                            now: sent,
                            before: sent_before,
                        });
                    }
                    host::CERTIFICATE => {
                        let class = "expires or is not the one configured".to_owned();
                        evidence.counted.push(Counted { class, label, now, before });
                    }
                    _ => evidence.counted.push(Counted { class, label, now, before }),
                }
            }
        }
        Ok(evidence)
    }

    async fn texts(
        &mut self,
        dimension: DimensionId,
        keys: &[(u32, (u64, u64))],
    ) -> Result<HashMap<u32, String>, StoreError> {
        if let Some(Keys::Closed(known)) = catalogue::dimension(dimension).map(|one| one.keys) {
            return Ok(known
                .iter()
                .map(|key| (u32::from(key.id.0), key.name.to_owned()))
                .collect());
        }
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

    /// Events since `from` that are trouble by themselves.
    async fn trouble(
        &mut self,
        instance: InstanceId,
        from: DateTime<Utc>,
    ) -> Result<Vec<Counted>, StoreError> {
        let kinds: Vec<i16> =
            TROUBLE.iter().filter_map(|kind| i16::try_from(kind.0).ok()).collect();
        let rows = sqlx::query!(
            r#"select kind as "kind!", subject as "subject!", text as "text!", count as "count!" from scoped.event
               where tenant_id = $1 and instance_id = $2 and at > $3 and kind = any($4)
               order by at desc limit $5"#,
            self.tenant.get(),
            instance.get(),
            from,
            &kinds,
            EVENTS_MAX
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let kind = catalogue::event_kind(EventKindId(u16::try_from(row.kind).ok()?))?;
                let parts: Vec<&str> = [row.subject.as_str(), row.text.as_str()]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect();
                let now = u64::try_from(row.count).unwrap_or(1);
                let label = parts.join(": ");
                Some(Counted { class: kind.name.to_owned(), label, now, before: 0 })
            })
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

/// The dimensions that tell why, by what an alert is about.
const fn dimensions(topic: Topic) -> &'static [DimensionId] {
    match topic {
        Topic::Failures => &[
            delivery::REPLY_CLASS_DOMAIN,
            delivery::RECIPIENT_DOMAIN,
            delivery::REPLY_TEMPLATE,
            message::SENDER_DOMAIN,
        ],
        Topic::Refusals => &[reject::REJECT_SOURCE],
        Topic::SignIns => &[sasl::SASL_FAILURE_NETWORK],
        Topic::Accounts => &[sasl::SASL_USER, message::SENDER_DOMAIN],
        Topic::Certificates => &[host::CERTIFICATE],
        Topic::Trouble => &[],
    }
}

/// What counts of an entry.
fn weight(topic: Topic, dimension: DimensionId, counts: &[u64]) -> u64 {
    let at = |place: usize| counts.get(place).copied().unwrap_or(0);
    if !dimensions(topic).contains(&dimension) {
        return 0;
    }
    match dimension {
        delivery::RECIPIENT_DOMAIN => {
            at(delivery::recipient::DEFERRED)
                + at(delivery::recipient::BOUNCED)
                + at(delivery::recipient::EXPIRED)
        }
        delivery::REPLY_CLASS_DOMAIN | delivery::REPLY_TEMPLATE => {
            at(delivery::failed::DEFERRED) + at(delivery::failed::BOUNCED)
        }
        message::SENDER_DOMAIN => at(message::sender::BOUNCED) + at(message::sender::DEFERRED),
        sasl::SASL_USER => at(sasl::user::BOUNCED),
        _ => at(0),
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
        "senders": cause.senders,
        "changed": changed,
        "first_step": cause.first_step,
    })
}
