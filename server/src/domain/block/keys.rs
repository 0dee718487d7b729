//! The breakdowns of an hour, turned on their side: the hour's keys once, then which of them each interval names, then
//! the counts.
//!
//! The stream is a mode byte as in `stream` (the only mode is 1) and a body: varint number of keys; for each, in order,
//! varint dimension and varint key; for each sample varint number of entries; for each entry varint place of its key,
//! as distance from the entry before; for each entry varint number of counts; all counts as varints.

use std::{borrow::Cow, collections::BTreeMap};

use mailvane_proto::catalogue::DimensionId;

use super::stream::{Reader, Writer};
use crate::domain::{
    breakdown::{self, COUNTS_MAX, Entry},
    sample::Sample,
    varint::{Unreadable, put, take},
};

const MODE: u8 = 1;
/// Bytes of the breakdowns of one block at most; an hour of full batches at 1 s stays below.
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Entries of one sample at most; our own batches have a quarter of them.
const ENTRIES_MAX: usize = 4_096;

/// The stream of all samples' breakdowns; empty if there are none.
pub(super) fn pack(writer: &mut Writer, samples: &[Sample]) -> Result<Vec<u8>, Unreadable> {
    if samples.iter().all(|sample| sample.breakdowns.is_empty()) {
        return Ok(Vec::new());
    }
    let mut places: BTreeMap<(u16, u32), u64> = BTreeMap::new();
    for packed in
        samples.iter().map(|sample| &sample.breakdowns).filter(|packed| !packed.is_empty())
    {
        breakdown::unpack(packed, |entry| {
            places.entry((entry.dimension.0, entry.key)).or_default();
        })?;
    }
    let mut body = Vec::new();
    put(&mut body, places.len() as u64);
    for (((dimension, key), place), number) in places.iter_mut().zip(0..) {
        put(&mut body, u64::from(*dimension));
        put(&mut body, u64::from(*key));
        *place = number;
    }
    let (mut names, mut lengths, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for sample in samples {
        let mut entries = 0;
        let mut before = 0;
        if !sample.breakdowns.is_empty() {
            breakdown::unpack(&sample.breakdowns, |entry| {
                let place = places.get(&(entry.dimension.0, entry.key)).copied().unwrap_or(0);
                put(&mut names, place - before);
                before = place;
                put(&mut lengths, entry.counts.len() as u64);
                entry.counts.iter().for_each(|count| put(&mut counts, *count));
                entries += 1;
            })?;
        }
        put(&mut body, entries);
    }
    body.append(&mut names);
    body.append(&mut lengths);
    body.append(&mut counts);
    Ok(writer.close(MODE, &body))
}

/// The packed breakdowns of each of `n` samples.
pub(super) fn unpack(
    reader: &mut Reader,
    stream: &[u8],
    n: usize,
) -> Result<Vec<Vec<u8>>, Unreadable> {
    let (mode, body): (u8, Cow<'_, [u8]>) = reader.open(stream, BYTES_MAX)?;
    if mode != MODE {
        return Err(Unreadable);
    }
    let mut rest = body.as_ref();
    let count: usize = take(&mut rest)?;
    let mut keys = Vec::with_capacity(count.min(rest.len()));
    for _ in 0..count {
        keys.push((DimensionId(take(&mut rest)?), take::<u32>(&mut rest)?));
    }
    let entries: Vec<usize> = (0..n)
        .map(|_| {
            take(&mut rest)
                .and_then(|one| if one > ENTRIES_MAX { Err(Unreadable) } else { Ok(one) })
        })
        .collect::<Result<_, _>>()?;
    let all: usize = entries.iter().sum();
    if all > rest.len() {
        return Err(Unreadable);
    }
    let mut named = Vec::with_capacity(all);
    for entries in &entries {
        let mut place: usize = 0;
        for _ in 0..*entries {
            place = place.checked_add(take(&mut rest)?).ok_or(Unreadable)?;
            named.push(*keys.get(place).ok_or(Unreadable)?);
        }
    }
    let lengths: Vec<usize> = (0..all).map(|_| take(&mut rest)).collect::<Result<_, _>>()?;
    let mut counts = Vec::with_capacity(all);
    for length in lengths {
        if length > COUNTS_MAX {
            return Err(Unreadable);
        }
        let of_entry: Vec<u64> = (0..length).map(|_| take(&mut rest)).collect::<Result<_, _>>()?;
        counts.push(of_entry);
    }
    if !rest.is_empty() {
        return Err(Unreadable);
    }
    let mut all = named.iter().zip(&counts);
    let entry = |((dimension, key), counts): (&(DimensionId, u32), &'_ Vec<u64>)| {
        (*dimension, *key, counts.clone())
    };
    Ok(entries
        .into_iter()
        .map(|count| {
            let own: Vec<_> = all.by_ref().take(count).map(entry).collect();
            if own.is_empty() {
                return Vec::new();
            }
            let mut own: Vec<Entry<'_>> = own
                .iter()
                .map(|(dimension, key, counts)| Entry { dimension: *dimension, key: *key, counts })
                .collect();
            breakdown::pack(&mut own)
        })
        .collect())
}
