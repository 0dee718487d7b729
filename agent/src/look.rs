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
use crate::queue::remote::{Remote, SOCKET};
use crate::queue::scout::{self, Sample};
use crate::queue::{self, Walker};
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

/// Domains of the table by recipient.
const DOMAINS_MAX: usize = 20;

/// A table of every queue of an instance by age, as qshape prints one, in messages; then recipients by their domain.
pub fn queues(found: &Found, now_ms: i64) -> (Vec<String>, Value) {
    let (directory, lifetime_s) =
        (found.queue_directory(), found.seconds("maximal_queue_lifetime"));
    let walked = Walker::new(&directory, lifetime_s).walk(now_ms);
    let seen =
        queue::with_helper(walked, &mut Remote::new(Path::new(SOCKET)), &directory, lifetime_s);
    let mut lines = vec![row(found.name(), ["T", "KiB"], &AGE_TITLES.map(str::to_owned))];
    let mut all = BTreeMap::new();
    for (queue, depth) in seen {
        let name = queue.name();
        match depth {
            Ok(depth) => {
                let ages = if queue.has_ages() {
                    depth.ages.map(|n| n.to_string()).to_vec()
                } else {
                    Vec::new()
                };
                let (messages, kib) =
                    (depth.messages.to_string(), (depth.bytes / 1024).to_string());
                lines.push(row(name, [&messages, &kib], &ages));
                if depth.one_of > 1 {
                    let of = depth.one_of;
                    lines.push(format!(
                        "{:>20}  ages and bytes are those of one message in {of}, times {of}",
                        ""
                    ));
                }
                all.insert(
                    name,
                    json!({
                        "messages": depth.messages, "bytes": depth.bytes, "ages": depth.ages,
                        "oldest_s": depth.oldest_s, "due": depth.retry.due(),
                        "expiring_24h": depth.expire.within_24h(), "one_of": depth.one_of,
                    }),
                );
            }
            Err(error) => {
                lines.push(format!("{name:>20}  not visible: {error}"));
                all.insert(name, Value::Null);
            }
        }
    }
    let domains =
        scout::look(&directory.join("public/showq"), u64::try_from(now_ms / 1000).unwrap_or(0));
    let told = domains.as_ref().map(|sample| by_domain(sample, &mut lines));
    (lines, json!({ "instance": found.name(), "queues": all, "domains": told }))
}

/// Who the messages in deferred and active are for, as far as showq told in its time.
fn by_domain(sample: &Sample, lines: &mut Vec<String>) -> Value {
    let mut domains: Vec<(String, &[u64; 10], u64)> = sample
        .domains
        .iter()
        .map(|(name, ages)| (String::from_utf8_lossy(name).into_owned(), ages, ages.iter().sum()))
        .collect();
    domains.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
    let all = if sample.complete { "all" } else { "the first" };
    lines.push(String::new());
    lines.push(format!(
        "Recipients in deferred and active, of {all} {} messages that showq listed:",
        sample.messages
    ));
    for (name, ages, total) in domains.iter().take(DOMAINS_MAX) {
        let name: String = name.chars().filter(|c| !c.is_control()).take(20).collect();
        lines.push(row(&name, [&total.to_string(), ""], &ages.map(|n| n.to_string())));
    }
    let told = |(name, ages, total): &(String, &[u64; 10], u64)| json!({ "domain": name, "recipients": total, "ages": ages });
    json!({
        "complete": sample.complete, "messages": sample.messages, "recipients": sample.recipients,
        "by_domain": domains.iter().map(told).collect::<Vec<_>>(),
    })
}

fn row(name: &str, [total, kib]: [&str; 2], ages: &[String]) -> String {
    let ages: Vec<String> = ages.iter().map(|age| format!("{age:>6}")).collect();
    format!("{name:>20} {total:>8} {kib:>9} {}", ages.join(" ")).trim_end().to_owned()
}
