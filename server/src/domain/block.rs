//! Sealed hours: the samples of one instance over one hour, turned on their side, so that one metric can be read
//! without the others.
//!
//! `head` says how many samples there are, when and how they were measured, and where each metric's stream lies in
//! `data`; a metric without a stream was zero throughout. Times, spans, flags and visibility stand in the head itself.
//! The format is versioned; what is not ours is [`Unreadable`], never a panic and never more memory than
//! [`SAMPLES_MAX`] allows. This file does no I/O.
//!
//! Version 1 of the head: varint number of samples; the streams of milliseconds since the sample before (the first:
//! since the block's beginning), spans, flags and visibility, each after its varint length; varint length of the breakdowns, which lie first in `data`;
//! varint number of metrics; then for each metric, ascending, varint difference to the id before and varint length of its stream.

mod keys;
mod stream;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, MetricId};

pub use self::stream::{Reader, Writer};
use super::{
    sample::{Columns, Sample},
    varint::{Unreadable, put, take, take_bytes},
};

/// What `block.codec` says of blocks that this file writes.
pub const CODEC: i16 = 1;
/// Samples of one block at most: an hour has no more distinct milliseconds.
pub const SAMPLES_MAX: usize = 3_600_000;

/// A packed hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Number of samples.
    pub n: i32,
    /// What is where.
    pub head: Vec<u8>,
    /// Streams of the breakdowns and metrics.
    pub data: Vec<u8>,
}

/// Packs samples with their columns, in order of time, none before `begin` nor an hour or more behind it.
pub fn pack(
    writer: &mut Writer,
    begin: DateTime<Utc>,
    (samples, columns): (&[Sample], &Columns),
) -> Result<Block, Unreadable> {
    let n = i32::try_from(samples.len()).map_err(|_| Unreadable)?;
    let mut head = Vec::new();
    put(&mut head, samples.len() as u64);
    let mut column = |value: &dyn Fn(&Sample) -> i64| {
        let values: Vec<i64> = samples.iter().map(value).collect();
        let stream = writer.write(&values, true);
        put(&mut head, stream.len() as u64);
        head.extend_from_slice(&stream);
    };
    let before = Cell::new(0);
    column(&|sample| {
        let at = (sample.ts - begin).num_milliseconds();
        at - before.replace(at)
    });
    column(&|sample| i64::from(sample.span_ms));
    column(&|sample| i64::from(sample.flags));
    column(&|sample| sample.visibility.cast_signed());
    let mut data = keys::pack(writer, samples)?;
    put(&mut head, data.len() as u64);
    let told = |metric: &'static catalogue::Metric| {
        let values = columns.of_metric(metric.id)?;
        values.iter().any(|value| *value != 0).then_some((metric, values))
    };
    let told: Vec<_> = catalogue::metrics().iter().filter_map(told).collect();
    put(&mut head, told.len() as u64);
    let mut before = 0;
    for (metric, values) in told {
        let stream = writer.write(values, metric.kind == catalogue::Kind::Gauge);
        put(&mut head, u64::from(metric.id.0 - before));
        put(&mut head, stream.len() as u64);
        before = metric.id.0;
        data.extend_from_slice(&stream);
    }
    Ok(Block { n, head, data })
}

/// Where a stream lies in a block's data, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its first byte.
    pub offset: usize,
    /// Its length.
    pub length: usize,
}

/// A block's head, read.
#[derive(Debug, Clone)]
pub struct Head {
    /// End of each sample's interval.
    pub stamps: Vec<DateTime<Utc>>,
    /// Length of each sample's interval in milliseconds.
    pub spans_ms: Vec<i64>,
    flags: Vec<i64>,
    /// Groups that were measured in each sample.
    pub visibility: Vec<u64>,
    breakdowns: Slot,
    metrics: Vec<(MetricId, Slot)>,
}

impl Head {
    /// Reads the head of a block that begins at `begin`.
    pub fn read(
        reader: &mut Reader,
        (codec, begin): (i16, DateTime<Utc>),
        mut head: &[u8],
    ) -> Result<Self, Unreadable> {
        if codec != CODEC {
            return Err(Unreadable);
        }
        let rest = &mut head;
        let n: usize = take(rest)?;
        if n > SAMPLES_MAX {
            return Err(Unreadable);
        }
        let mut column = || {
            let length = take(rest)?;
            reader.read(take_bytes(rest, length)?, n)
        };
        let (steps, spans_ms, flags, visibility) = (column()?, column()?, column()?, column()?);
        let mut at = begin;
        let mut stamp = |step_ms: i64| {
            at = at.checked_add_signed(TimeDelta::try_milliseconds(step_ms)?)?;
            Some(at)
        };
        let stamps: Option<Vec<_>> = steps.into_iter().map(&mut stamp).collect();
        let mut offset = take(rest)?;
        let breakdowns = Slot { offset: 0, length: offset };
        let mut metrics = Vec::new();
        let mut id: u16 = 0;
        let told: u16 = take(rest)?;
        for _ in 0..told {
            id = id.checked_add(take(rest)?).ok_or(Unreadable)?;
            let length = take(rest)?;
            metrics.push((MetricId(id), Slot { offset, length }));
            offset = offset.checked_add(length).ok_or(Unreadable)?;
        }
        if !rest.is_empty()
            || metrics.windows(2).any(|pair| matches!(pair, [one, two] if one.0 >= two.0))
        {
            return Err(Unreadable);
        }
        Ok(Self {
            stamps: stamps.ok_or(Unreadable)?,
            spans_ms,
            flags,
            visibility: visibility.into_iter().map(i64::cast_unsigned).collect(),
            breakdowns,
            metrics,
        })
    }

    /// Number of samples.
    pub const fn len(&self) -> usize {
        self.stamps.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }

    /// Where a metric's stream lies; nothing: the metric was zero wherever it was visible.
    pub fn slot(&self, id: MetricId) -> Option<Slot> {
        let place = self.metrics.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.metrics.get(place).map(|(_, slot)| *slot)
    }

    /// Where the breakdowns lie; nothing: there are none.
    pub const fn breakdowns(&self) -> Option<Slot> {
        if self.breakdowns.length == 0 { None } else { Some(self.breakdowns) }
    }

    /// The values of one stream, one for each sample.
    pub fn values(&self, reader: &mut Reader, stream: &[u8]) -> Result<Vec<i64>, Unreadable> {
        reader.read(stream, self.len())
    }

    /// The packed breakdowns of each sample, from their stream.
    pub fn packed_breakdowns(
        &self,
        reader: &mut Reader,
        stream: &[u8],
    ) -> Result<Vec<Vec<u8>>, Unreadable> {
        keys::unpack(reader, stream, self.len())
    }

    /// All samples again. Metrics that this build does not know are left out.
    pub fn samples(&self, reader: &mut Reader, data: &[u8]) -> Result<Vec<Sample>, Unreadable> {
        let cut = |slot: Slot| {
            let end = slot.offset.checked_add(slot.length).ok_or(Unreadable)?;
            data.get(slot.offset..end).ok_or(Unreadable)
        };
        let breakdowns = match self.breakdowns() {
            Some(slot) => self.packed_breakdowns(reader, cut(slot)?)?,
            None => vec![Vec::new(); self.len()],
        };
        let mut samples = Vec::with_capacity(self.len());
        let parts = self.stamps.iter().zip(&self.spans_ms).zip(&self.flags).zip(&self.visibility);
        for ((((ts, span_ms), flags), visibility), breakdowns) in parts.zip(breakdowns) {
            samples.push(Sample {
                ts: *ts,
                span_ms: i32::try_from(*span_ms).map_err(|_| Unreadable)?,
                flags: i16::try_from(*flags).map_err(|_| Unreadable)?,
                visibility: *visibility,
                values: Vec::new(),
                breakdowns,
            });
        }
        for (id, slot) in &self.metrics {
            if catalogue::metric(*id).is_none() {
                continue;
            }
            let values = self.values(reader, cut(*slot)?)?;
            for (sample, value) in samples.iter_mut().zip(values) {
                if value != 0 {
                    sample.values.push((*id, value));
                }
            }
        }
        Ok(samples)
    }
}
