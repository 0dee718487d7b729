//! Wire batch to believed batch: the last place where wire types of samples are seen.
//!
//! Ids of a newer catalogue are counted and left out; anything that breaks the contract makes the batch malformed.

use std::fmt;

use chrono::{DateTime, Utc};
use mailvane_proto::{
    catalogue::{self, DimensionId, EventKindId, KeyId, Keys, MetricId},
    v1,
};

use super::limits::{LIMITS, Limits};
use crate::domain::batch::{
    Batch, Entry, EntryKey, Event, Gap, GapKind, InstanceBatch, InstanceKey, flags,
};

/// A batch breaks the contract; it is acknowledged and never stored, because sending it again cannot help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn malformed<T>(why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(why.into()))
}

/// Believes `wire`, or says why not.
pub(super) fn batch(wire: v1::Batch) -> Result<Batch, Malformed> {
    let limits = &LIMITS;
    let number = |name: &str, value: u64| {
        i64::try_from(value).map_err(|_| Malformed(format!("{name} {value} is out of range")))
    };
    let (epoch, seq) = (number("epoch", wire.epoch)?, number("seq", wire.seq)?);
    let (start, end) = (time(wire.start_ms)?, time(wire.end_ms)?);
    let span = wire.end_ms.saturating_sub(wire.start_ms);
    let (shortest, longest) = limits.span_ms;
    let span_ms = match i32::try_from(span) {
        Ok(span_ms) if (shortest..=longest).contains(&span) => span_ms,
        _ => return malformed(format!("an interval of {span} ms is out of range")),
    };
    if seq == 0 {
        return malformed("seq starts at 1");
    }
    at_most("instances", wire.instances.len(), limits.instances_max)?;
    let entries = wire.instances.iter().map(|instance| instance.breakdowns.len()).sum();
    at_most("breakdown entries", entries, limits.entries_max)?;
    let events = wire.instances.iter().map(|instance| instance.events.len()).sum();
    at_most("events", events, limits.events_max)?;
    at_most("gaps", wire.gaps.len(), limits.gaps_max)?;
    let mut unknown = 0;
    let instances: Result<Vec<_>, _> =
        wire.instances.into_iter().map(|wire| instance(wire, limits, &mut unknown)).collect();
    let instances = instances?;
    let mut keys: Vec<&InstanceKey> = instances.iter().map(|instance| &instance.key).collect();
    keys.sort();
    if keys.windows(2).any(|pair| matches!(pair, [one, two] if one == two)) {
        return malformed("an instance comes twice");
    }
    let gaps: Result<Vec<_>, _> = wire.gaps.into_iter().map(|wire| gap(wire, limits)).collect();
    let known = flags::PARTIAL | flags::BACKFILL | flags::CLOCK_STEP;
    let flags = i16::try_from(wire.flags & 0x7fff).unwrap_or(0) & known;
    Ok(Batch { epoch, seq, start, end, span_ms, flags, instances, gaps: gaps?, unknown })
}

/// Of when a batch speaks, if it says that in a form that can be believed.
pub(super) fn interval(wire: &v1::Batch) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (shortest, longest) = LIMITS.span_ms;
    let span = wire.end_ms.saturating_sub(wire.start_ms);
    let believed = (shortest..=longest).contains(&span);
    believed.then(|| Some((time(wire.start_ms).ok()?, time(wire.end_ms).ok()?))).flatten()
}

fn instance(
    wire: v1::InstanceSample,
    limits: &Limits,
    unknown: &mut u32,
) -> Result<InstanceBatch, Malformed> {
    let Some(key) = wire.instance else { return malformed("a sample without an instance") };
    let name = text("name of an instance", key.name.clone(), limits.subject_bytes_max)?;
    let key = instance_key(key, limits)?;
    if wire.metric.len() != wire.value.len() {
        return malformed("as many values as metrics are expected");
    }
    if !wire.metric.is_sorted_by(|one, two| one < two) {
        return malformed("metrics are expected in ascending order, each once");
    }
    let mut values = Vec::with_capacity(wire.metric.len());
    for (id, value) in wire.metric.into_iter().zip(wire.value) {
        let metric = u16::try_from(id).ok().and_then(|id| catalogue::metric(MetricId(id)));
        let Some(metric) = metric else {
            *unknown += 1;
            continue;
        };
        match i64::try_from(value) {
            Ok(value) if value.unsigned_abs() <= metric.value_max() => {
                if value != 0 {
                    values.push((metric.id, value));
                }
            }
            _ => return malformed(format!("{} = {value} is out of range", metric.name)),
        }
    }
    // A bit that this build does not know would make a column added later read as zero instead of not visible.
    let visibility = wire.visibility & catalogue::VISIBILITY_KNOWN;
    let breakdowns: Result<Vec<_>, _> = wire
        .breakdowns
        .into_iter()
        .filter_map(|wire| entry(wire, limits, unknown).transpose())
        .collect();
    let events: Result<Vec<_>, _> = wire
        .events
        .into_iter()
        .filter_map(|wire| event(wire, limits, unknown).transpose())
        .collect();
    Ok(InstanceBatch { key, name, visibility, values, breakdowns: breakdowns?, events: events? })
}

fn entry(
    wire: v1::BreakdownEntry,
    limits: &Limits,
    unknown: &mut u32,
) -> Result<Option<Entry>, Malformed> {
    let dimension =
        u16::try_from(wire.dimension).ok().and_then(|id| catalogue::dimension(DimensionId(id)));
    let Some(dimension) = dimension else {
        *unknown += 1;
        return Ok(None);
    };
    at_most("counts of a breakdown entry", wire.count.len(), limits.counts_max)?;
    if let Some(count) = wire.count.iter().find(|count| **count > catalogue::INT8_VALUE_MAX) {
        return malformed(format!("{}: a count of {count} is out of range", dimension.name));
    }
    let key = match dimension.keys {
        Keys::Open => EntryKey::Open(text("a breakdown key", wire.key, limits.key_bytes_max)?),
        Keys::Closed(_) => {
            let key = u16::try_from(wire.key_id).ok().and_then(|id| dimension.key(KeyId(id)));
            let Some(key) = key else {
                *unknown += 1;
                return Ok(None);
            };
            EntryKey::Closed(key.id)
        }
    };
    let mut counts = wire.count;
    counts.truncate(dimension.measures.len());
    Ok(Some(Entry { dimension: dimension.id, key, counts }))
}

fn event(wire: v1::Event, limits: &Limits, unknown: &mut u32) -> Result<Option<Event>, Malformed> {
    let kind = u16::try_from(wire.kind).ok().and_then(|id| catalogue::event_kind(EventKindId(id)));
    let Some(kind) = kind else {
        *unknown += 1;
        return Ok(None);
    };
    Ok(Some(Event {
        at: time(wire.at_ms)?,
        kind: kind.id,
        subject: text("subject of an event", wire.subject, limits.subject_bytes_max)?,
        text: text("text of an event", wire.text, limits.text_bytes_max)?,
        count: i64::try_from(wire.count.max(1)).unwrap_or(i64::MAX),
    }))
}

fn gap(wire: v1::Gap, limits: &Limits) -> Result<Gap, Malformed> {
    let kind = match v1::gap::Kind::try_from(wire.kind) {
        Ok(v1::gap::Kind::LogLost) => GapKind::LogLost,
        Ok(v1::gap::Kind::SpoolEvicted) => GapKind::SpoolEvicted,
        Ok(v1::gap::Kind::SpoolCorrupt) => GapKind::SpoolCorrupt,
        Ok(v1::gap::Kind::AgentDown) => GapKind::AgentDown,
        Ok(v1::gap::Kind::Unspecified) | Err(_) => GapKind::Other,
    };
    let instance = wire.instance.map(|key| instance_key(key, limits)).transpose()?;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(Gap {
        from: time(wire.from_ms)?,
        to: time(wire.to_ms)?,
        kind,
        lines: count(wire.lines),
        bytes: count(wire.bytes),
        batches: count(wire.batches),
        instance,
    })
}

/// Believes the key of an instance.
pub(super) fn instance_key(
    wire: v1::InstanceKey,
    limits: &Limits,
) -> Result<InstanceKey, Malformed> {
    let directory =
        text("a configuration directory", wire.config_directory, limits.path_bytes_max)?;
    let container = text("a container name", wire.container, limits.subject_bytes_max)?;
    if directory.is_empty() {
        return malformed("an instance without configuration directory");
    }
    Ok(InstanceKey { config_directory: directory, container })
}

fn at_most(what: &str, count: usize, most: usize) -> Result<(), Malformed> {
    if count > most {
        return malformed(format!("{count} {what}; at most {most} are allowed"));
    }
    Ok(())
}

fn text(what: &str, text: String, bytes_max: usize) -> Result<String, Malformed> {
    if text.len() > bytes_max {
        return malformed(format!("{what} of {} bytes; at most {bytes_max}", text.len()));
    }
    // PostgreSQL stores no NUL, and pages show no control characters but the separator of compound keys.
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Ok(text
            .chars()
            .map(|c| if c.is_control() && c != '\t' { '?' } else { c })
            .collect());
    }
    Ok(text)
}

fn time(ms: i64) -> Result<DateTime<Utc>, Malformed> {
    /// The year 2000 and the year 2200: outside lies a broken clock, and the arithmetic of partitions.
    const RANGE_MS: std::ops::RangeInclusive<i64> = 946_684_800_000..=7_258_118_400_000;
    match DateTime::from_timestamp_millis(ms) {
        Some(time) if RANGE_MS.contains(&ms) => Ok(time),
        _ => malformed(format!("{ms} ms since 1970 is no time that a log could have")),
    }
}

#[cfg(test)]
mod tests;
