//! One column of numbers as few bytes: the shortest of five ways to write it, compressed where that helps.
//!
//! A stream is a mode byte and a body. Modes: constant; plain (the least value, then each one's distance from it);
//! delta (each one's folded distance from the one before); sparse (distance to the next one that is not zero, and its
//! folded value); runs (folded distance from the value before, and how often it comes). All numbers are varints. The
//! high bit of the mode: the body is a zstd frame without its four magic bytes.

use std::fmt;

use zstd::bulk::{Compressor, Decompressor};

use crate::domain::varint::{Unreadable, fold, length, put, take, unfold};

const CONSTANT: u8 = 0;
const PLAIN: u8 = 1;
const DELTA: u8 = 2;
const SPARSE: u8 = 3;
const RUNS: u8 = 4;
const COMPRESSED: u8 = 0x80;

/// How a zstd frame begins; not stored.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Shorter bodies, in bytes, do not become shorter.
const COMPRESS_MIN: usize = 16;
/// Bytes of one value at most, in the mode that needs most; a longer body is not ours.
const VALUE_BYTES_MAX: usize = 20;
/// Bytes of a body beyond its values at most.
const EXTRA_BYTES_MAX: usize = 20;
const LEVEL: i32 = 3;

/// Writes streams, with a compressor that is used again and again.
pub struct Writer {
    compressor: Option<Compressor<'static>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self { compressor: Compressor::new(LEVEL).ok() }
    }
}

impl Writer {
    /// Writes a column. Of ways that are equally short, one that `changes_little` from value to value is better told by
    /// its differences.
    pub fn write(&mut self, values: &[i64], changes_little: bool) -> Vec<u8> {
        let (mode, body) = encode(values, changes_little);
        self.close(mode, &body)
    }

    /// Compresses a body where that helps, and puts the mode before it.
    pub(super) fn close(&mut self, mode: u8, body: &[u8]) -> Vec<u8> {
        if body.len() >= COMPRESS_MIN
            && let Some(compressor) = &mut self.compressor
            && let Ok(frame) = compressor.compress(body)
            && let Some(frame) = frame.strip_prefix(&MAGIC)
            && frame.len() < body.len()
        {
            return [&[mode | COMPRESSED], frame].concat();
        }
        [&[mode], body].concat()
    }
}

/// Reads streams, with a decompressor that is used again and again.
pub struct Reader {
    decompressor: Option<Decompressor<'static>>,
    frame: Vec<u8>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self { decompressor: Decompressor::new().ok(), frame: Vec::new() }
    }
}

impl Reader {
    /// Reads a column of exactly `n` values.
    pub fn read(&mut self, stream: &[u8], n: usize) -> Result<Vec<i64>, Unreadable> {
        let bytes_max = n.saturating_mul(VALUE_BYTES_MAX).saturating_add(EXTRA_BYTES_MAX);
        let (mode, body) = self.open(stream, bytes_max)?;
        let mut rest = body.as_ref();
        let values = decode(mode, &mut rest, n)?;
        if rest.is_empty() { Ok(values) } else { Err(Unreadable) }
    }

    /// The mode and the body, decompressed to at most `bytes_max` bytes.
    pub(super) fn open<'a>(
        &mut self,
        stream: &'a [u8],
        bytes_max: usize,
    ) -> Result<(u8, std::borrow::Cow<'a, [u8]>), Unreadable> {
        let (mode, body) = stream.split_first().ok_or(Unreadable)?;
        if mode & COMPRESSED == 0 {
            return Ok((*mode, body.into()));
        }
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(body);
        // What the frame says of its own size is only believed within the limit.
        let said = zstd::zstd_safe::get_frame_content_size(&self.frame).ok().flatten();
        let size = said.and_then(|said| usize::try_from(said).ok()).ok_or(Unreadable)?;
        if size > bytes_max {
            return Err(Unreadable);
        }
        let decompressor = self.decompressor.as_mut().ok_or(Unreadable)?;
        let body = decompressor.decompress(&self.frame, size).map_err(|_| Unreadable)?;
        Ok((mode & !COMPRESSED, body.into()))
    }
}

/// The shortest way to write `values`, before compression.
fn encode(values: &[i64], changes_little: bool) -> (u8, Vec<u8>) {
    let first = values.first().copied().unwrap_or(0);
    let mut body = Vec::new();
    if values.iter().all(|value| *value == first) {
        put(&mut body, fold(first));
        return (CONSTANT, body);
    }
    let least = values.iter().copied().min().unwrap_or(0);
    let modes =
        if changes_little { [RUNS, SPARSE, DELTA, PLAIN] } else { [RUNS, SPARSE, PLAIN, DELTA] };
    let size = |mode: u8| match mode {
        PLAIN => plain(values, least).map(length).sum::<usize>() + length(fold(least)),
        DELTA => deltas(values).map(length).sum(),
        SPARSE => sparse(values).map(|(gap, value)| length(gap) + length(value)).sum(),
        _ => runs(values).map(|(step, times)| length(step) + length(times)).sum(),
    };
    let mode = modes.into_iter().min_by_key(|mode| size(*mode)).unwrap_or(PLAIN);
    match mode {
        PLAIN => {
            put(&mut body, fold(least));
            plain(values, least).for_each(|value| put(&mut body, value));
        }
        DELTA => deltas(values).for_each(|value| put(&mut body, value)),
        // Two streams behind one another compress better than pairs.
        SPARSE => pairs(&mut body, sparse(values)),
        _ => pairs(&mut body, runs(values)),
    }
    (mode, body)
}

fn pairs(body: &mut Vec<u8>, pairs: impl Iterator<Item = (u64, u64)> + Clone) {
    put(body, pairs.clone().count() as u64);
    pairs.clone().for_each(|(one, _)| put(body, one));
    pairs.for_each(|(_, two)| put(body, two));
}

fn plain(values: &[i64], least: i64) -> impl Iterator<Item = u64> {
    values.iter().map(move |value| value.wrapping_sub(least).cast_unsigned())
}

fn deltas(values: &[i64]) -> impl Iterator<Item = u64> {
    values.iter().scan(0_i64, |before, value| {
        Some(fold(value.wrapping_sub(std::mem::replace(before, *value))))
    })
}

/// For each value that is not zero: the zeros before it, and itself.
fn sparse(values: &[i64]) -> impl Iterator<Item = (u64, u64)> + Clone {
    let mut zeros = 0;
    values.iter().filter_map(move |value| {
        if *value == 0 {
            zeros += 1;
            return None;
        }
        Some((std::mem::take(&mut zeros), fold(*value)))
    })
}

fn runs(values: &[i64]) -> impl Iterator<Item = (u64, u64)> + Clone {
    values.chunk_by(|one, two| one == two).scan(0_i64, |before, run| {
        let value = run.first().copied().unwrap_or(0);
        let step = value.wrapping_sub(std::mem::replace(before, value));
        Some((fold(step), run.len() as u64))
    })
}

fn decode(mode: u8, rest: &mut &[u8], n: usize) -> Result<Vec<i64>, Unreadable> {
    match mode {
        CONSTANT => Ok(vec![unfold(take(rest)?); n]),
        PLAIN => {
            let least = unfold(take(rest)?);
            let value = |distance: u64| least.wrapping_add(distance.cast_signed());
            (0..n).map(|_| Ok(value(take(rest)?))).collect()
        }
        DELTA => {
            let mut value = 0_i64;
            let mut values = Vec::with_capacity(n.min(rest.len()));
            for _ in 0..n {
                value = value.wrapping_add(unfold(take(rest)?));
                values.push(value);
            }
            Ok(values)
        }
        SPARSE => {
            let mut values = vec![0; n];
            let mut place: usize = 0;
            for (gap, value) in take_pairs(rest, n)? {
                place = usize::try_from(gap)
                    .ok()
                    .and_then(|gap| place.checked_add(gap))
                    .ok_or(Unreadable)?;
                *values.get_mut(place).ok_or(Unreadable)? = unfold(value);
                place += 1;
            }
            Ok(values)
        }
        RUNS => {
            let mut values = Vec::with_capacity(n);
            let mut value = 0_i64;
            for (step, times) in take_pairs(rest, n)? {
                value = value.wrapping_add(unfold(step));
                let times = usize::try_from(times).map_err(|_| Unreadable)?;
                let end =
                    values.len().checked_add(times).filter(|end| *end <= n).ok_or(Unreadable)?;
                values.resize(end, value);
            }
            if values.len() == n { Ok(values) } else { Err(Unreadable) }
        }
        _ => Err(Unreadable),
    }
}

fn take_pairs(rest: &mut &[u8], n: usize) -> Result<Vec<(u64, u64)>, Unreadable> {
    let count: usize = take(rest)?;
    // Each takes two bytes at least.
    if count > n || count > rest.len() {
        return Err(Unreadable);
    }
    let ones: Vec<u64> = (0..count).map(|_| take(rest)).collect::<Result<_, _>>()?;
    ones.into_iter().map(|one| Ok((one, take(rest)?))).collect()
}
