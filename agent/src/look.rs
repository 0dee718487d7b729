//! What a person on the host may look at without a server: what would be sent, what waits, what cannot be seen.
//!
//! Only looks: takes no lock, writes nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use mailvane_proto::catalogue::{self, DimensionId, EventKindId, KeyId, Keys, MetricId};
use mailvane_proto::v1::{Batch, BreakdownEntry, InstanceSample};
use prost::Message as _;
use serde_json::{Value, json};

use crate::discover::Found;
use crate::queue::{Queue, Walker};
use crate::spool;
use crate::vfs::Disk;

/// The newest batches of a state directory, in the words of the catalogue: exactly what the server gets.
pub fn batches(state_directory: &Path, count: usize) -> io::Result<Vec<Value>> {
    let encoded = spool::newest(&Disk, &state_directory.join("spool"), count)?;
    Ok(encoded
        .iter()
        .filter_map(|bytes| Batch::decode(bytes.as_slice()).ok())
        .map(|batch| shown(&batch))
        .collect())
}

/// A batch as [`batches`] gives it, for people.
pub fn batch_lines(batch: &Value) -> Vec<String> {
    let time = |name: &str| {
        let at = batch[name].as_i64().and_then(chrono::DateTime::from_timestamp_millis);
        at.map(|at| at.with_timezone(&chrono::Local).format("%F %T").to_string())
            .unwrap_or_default()
    };
    let mut lines =
        vec![format!("batch {}, {} to {}", batch["seq"], time("start_ms"), time("end_ms"))];
    for sample in batch["instances"].as_array().into_iter().flatten() {
        lines.push(format!("  {}", text(&sample["instance"])));
        let metrics = sample["metrics"].as_object().into_iter().flatten();
        lines.extend(metrics.map(|(name, value)| format!("    {value:>12}  {name}")));
        for entry in sample["breakdowns"].as_array().into_iter().flatten() {
            let counts = entry["counts"].as_object().into_iter().flatten();
            let counts: Vec<String> =
                counts.map(|(name, count)| format!("{name} {count}")).collect();
            lines.push(format!(
                "    {} of {}: {}",
                text(&entry["dimension"]),
                text(&entry["key"]),
                counts.join(", ")
            ));
        }
        for event in sample["events"].as_array().into_iter().flatten() {
            let words = [&event["kind"], &event["subject"], &event["text"]].map(text).join(" ");
            lines.push(format!("    event {}", words.trim_end()));
        }
    }
    for gap in batch["gaps"].as_array().into_iter().flatten() {
        lines.push(format!("  gap {}", text(&gap["kind"])));
    }
    lines
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(batch: &Batch) -> Value {
    json!({
        "seq": batch.seq,
        "start_ms": batch.start_ms,
        "end_ms": batch.end_ms,
        "flags": batch.flags,
        "instances": batch.instances.iter().map(sample).collect::<Vec<_>>(),
        "gaps": batch.gaps.iter().map(|gap| json!({
            "kind": gap.kind().as_str_name(), "from_ms": gap.from_ms, "to_ms": gap.to_ms,
            "batches": gap.batches, "bytes": gap.bytes,
        })).collect::<Vec<_>>(),
    })
}

fn sample(sample: &InstanceSample) -> Value {
    let metrics: BTreeMap<String, u64> = sample
        .metric
        .iter()
        .zip(&sample.value)
        .map(|(id, value)| (metric_name(*id), *value))
        .collect();
    let groups: Vec<&str> = catalogue::groups()
        .iter()
        .filter(|group| group.id.visible_in(sample.visibility))
        .map(|group| group.name)
        .collect();
    let events = sample.events.iter().map(|event| {
        let kind =
            u16::try_from(event.kind).ok().and_then(|id| catalogue::event_kind(EventKindId(id)));
        json!({
            "at_ms": event.at_ms, "kind": kind.map_or("unknown", |kind| kind.name),
            "subject": event.subject, "text": event.text, "count": event.count,
        })
    });
    json!({
        "instance": sample.instance.as_ref().map(|key| key.name.clone()).unwrap_or_default(),
        "visible": groups,
        "metrics": metrics,
        "breakdowns": sample.breakdowns.iter().map(entry).collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
    })
}

fn metric_name(id: u32) -> String {
    let metric = u16::try_from(id).ok().and_then(|id| catalogue::metric(MetricId(id)));
    metric.map_or_else(|| format!("metric {id}"), |metric| metric.name.to_owned())
}

fn entry(entry: &BreakdownEntry) -> Value {
    let dimension =
        u16::try_from(entry.dimension).ok().and_then(|id| catalogue::dimension(DimensionId(id)));
    let Some(dimension) = dimension else { return json!({ "dimension": entry.dimension }) };
    let key = match dimension.keys {
        Keys::Open => entry.key.clone(),
        Keys::Closed(_) => {
            let id = u16::try_from(entry.key_id).unwrap_or(u16::MAX);
            dimension.key(KeyId(id)).map_or("unknown", |key| key.name).to_owned()
        }
    };
    let counts: BTreeMap<&str, u64> = dimension
        .measures
        .iter()
        .zip(&entry.count)
        .filter(|(_, count)| **count > 0)
        .map(|(measure, count)| (measure.name, *count))
        .collect();
    json!({ "dimension": dimension.name, "key": key, "counts": counts })
}

/// Upper bounds of the age columns, in minutes.
const AGE_TITLES: [&str; 10] = ["5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"];

/// A table of every queue of an instance by age, as qshape prints one by domain; counts are messages.
pub fn queues(found: &Found, now_ms: i64) -> (Vec<String>, Value) {
    let walked =
        Walker::new(&found.queue_directory(), found.seconds("maximal_queue_lifetime")).walk(now_ms);
    let mut lines = vec![format!(
        "{:>10} {:>7} {:>9}  {}",
        found.name(),
        "T",
        "KiB",
        AGE_TITLES.map(|title| format!("{title:>5}")).join(" ")
    )];
    let mut all = BTreeMap::new();
    for (queue, depth) in walked {
        let name = queue.name();
        match depth {
            Ok(depth) => {
                let ages = if has_ages(queue) {
                    depth.ages.map(|count| format!("{count:>5}")).join(" ")
                } else {
                    String::new()
                };
                lines.push(
                    format!("{name:>10} {:>7} {:>9}  {ages}", depth.messages, depth.bytes / 1024)
                        .trim_end()
                        .to_owned(),
                );
                all.insert(name, json!({ "messages": depth.messages, "bytes": depth.bytes, "ages": depth.ages, "oldest_s": depth.oldest_s }));
            }
            Err(error) => {
                lines.push(format!("{name:>10}  not visible: {error}"));
                all.insert(name, Value::Null);
            }
        }
    }
    (lines, json!({ "instance": found.name(), "queues": all }))
}

fn has_ages(queue: Queue) -> bool {
    matches!(
        queue,
        Queue::Incoming | Queue::Active | Queue::Deferred | Queue::Hold | Queue::Maildrop
    )
}
