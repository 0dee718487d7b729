//! Numbered batches kept on disk until the server has them, together with where and what was counted.
//!
//! One record holds a batch, the log places that it was counted up to, and what changed in memory, so a crash neither
//! loses nor doubles a line. A record counts once it is synced. Never talks to the network, never reads a log.

pub mod record;
mod segment;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailvane_proto::v1::{Batch, Gap, gap};
use prost::Message as _;

use crate::vfs::Vfs;
use record::Record;
use segment::{Segment, Span};

/// A segment is closed when it has grown to this; each begins with a whole snapshot of memory.
pub const SEGMENT_BYTES_MAX: u64 = 4 << 20;
/// On a small disk segments are smaller, so that there is an old one to give up when it is full.
const SEGMENT_BYTES_MIN: u64 = 32 << 10;
/// A segment takes at most this part of the room there is.
const SEGMENT_SHARE: u64 = 16;
/// All segments together, unless configured otherwise.
pub const SPOOL_BYTES_MAX: u64 = 256 << 20;
/// The disk belongs to the mail: a large spool leaves this part of the whole file system free, and gives up its oldest.
const DISK_FREE_SHARE: u64 = 20;
/// A spool this small is never what crowds a disk: to give it up would lose figures and help nobody.
const DISK_CROWDED_FROM: u64 = 16 << 20;
/// What the server has is kept a while: a server that was restored from a backup asks for it again.
const KEEP_ACKED_MS: i64 = 600_000;
/// At most so much of it.
const KEEP_ACKED_BYTES_MAX: u64 = 16 << 20;
/// Numbers, gaps and frames around a batch.
const SLACK_BYTES: u64 = 64 << 10;
/// Gaps that wait for the next batch.
const GAPS_MAX: usize = 64;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk is full; nothing was kept of this record, and what was kept before is whole.
    #[error(
        "the disk of {0} is full; counting goes on in memory and is written when there is room: free some space"
    )]
    Full(PathBuf),
    /// Anything else.
    #[error("{path}: {source}; give the agent's user this directory (mode 0700)")]
    Io {
        /// What could not be used.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl SpoolError {
    fn at(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path.into()),
            _ => Self::Io { path: path.into(), source },
        }
    }
}

/// What a start found.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Records since the last whole snapshot, oldest first: their memory is to be applied in order.
    pub replay: Vec<Record>,
    /// Bytes that could not be read as records and were put aside.
    pub quarantined_bytes: u64,
}

/// The spool.
pub struct Spool {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
    bytes_max: u64,
    segment_bytes_max: u64,
    epoch: u64,
    /// Closed segments and, last, the open one.
    segments: VecDeque<Segment>,
    next_seq: u64,
    acked: u64,
    gaps: Vec<Gap>,
    /// The open segment had a failed write: never written to again.
    broken: bool,
}

impl Spool {
    /// Opens or makes a spool. A new one takes `now_us` (microseconds since 1970) as its epoch.
    pub fn open(
        vfs: Arc<dyn Vfs>,
        directory: &Path,
        bytes_max: u64,
        now_us: u64,
    ) -> Result<(Self, Recovered), SpoolError> {
        let fault = |source| SpoolError::at(directory, source);
        vfs.create_directory(directory).map_err(fault)?;
        let room = vfs.free_bytes(directory).unwrap_or(u64::MAX).min(bytes_max);
        let mut spool = Self {
            segment_bytes_max: (room / SEGMENT_SHARE).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX),
            vfs,
            directory: directory.into(),
            bytes_max,
            epoch: now_us,
            segments: VecDeque::new(),
            next_seq: 1,
            acked: 0,
            gaps: Vec::new(),
            broken: true,
        };
        let mut recovered = Recovered::default();
        spool.recover(&mut recovered).map_err(fault)?;
        Ok((spool, recovered))
    }

    fn recover(&mut self, recovered: &mut Recovered) -> io::Result<()> {
        let mut found = BTreeMap::new();
        for path in self.vfs.list(&self.directory)? {
            if let Some(number) = segment::number(&path) {
                found.insert(number, path);
            }
        }
        let mut all: BTreeMap<u64, Span> = BTreeMap::new();
        for (number, path) in found {
            let scan = segment::scan(self.vfs.as_ref(), &path, number)?;
            if scan.segment.epoch != self.epoch && !scan.records.is_empty() {
                self.epoch = scan.segment.epoch;
            }
            recovered.quarantined_bytes += scan.bad_bytes;
            if scan.bad_bytes > 0 {
                segment::quarantine(self.vfs.as_ref(), &self.directory, &path)?;
            }
            for record in scan.records {
                if record.memory.as_ref().is_some_and(|memory| memory.whole) {
                    recovered.replay.clear();
                }
                recovered.replay.push(record);
            }
            all.extend(scan.segment.spans.iter().map(|span| (span.seq, *span)));
            self.segments.push_back(scan.segment);
        }
        if !self.segments.is_empty() {
            self.vfs.sync_directory(&self.directory)?;
        }
        if let Some(last) = all.keys().next_back() {
            self.next_seq = last + 1;
            self.acked = all.keys().next().map_or(0, |first| first - 1);
        }
        Ok(())
    }

    /// The epoch: microseconds since 1970 at which the spool was made.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of the next batch.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Everything up to here is with the server.
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// Batches that wait for the server.
    pub fn waiting(&self) -> u64 {
        self.next_seq.saturating_sub(self.acked.saturating_add(1))
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    /// Declares a loss; it goes with the next batch.
    pub fn declare(&mut self, gap: Gap) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(gap);
        }
    }

    /// Whether the next record begins a segment and so must hold a whole snapshot.
    pub fn wants_snapshot(&self) -> bool {
        self.broken
            || self.segments.back().is_none_or(|segment| {
                segment.size >= self.segment_bytes_max.max(2 * segment.first_bytes)
            })
    }

    /// Writes a record and syncs it. Takes number, epoch and declared losses into its batch.
    ///
    /// On failure nothing was kept, and the next record must hold a whole snapshot: the caller keeps what it counted
    /// and tries again, at once if [`Self::evict_oldest`] made room, else later.
    pub fn append(&mut self, mut batch: Batch, mut record: Record) -> Result<u64, SpoolError> {
        self.make_room(
            u64::try_from(batch.encoded_len() + record.encoded_len()).unwrap_or(u64::MAX)
                + SLACK_BYTES,
        );
        let seq = self.next_seq;
        (batch.seq, batch.epoch) = (seq, self.epoch);
        batch.gaps.extend(self.gaps.iter().cloned());
        record.seq = seq;
        (record.start_ms, record.end_ms) = (batch.start_ms, batch.end_ms);
        record.batch = batch.encode_to_vec();
        let framed = segment::frame(&record.encode_to_vec());
        self.write(&framed, &record)?;
        self.next_seq += 1;
        self.gaps.clear();
        Ok(seq)
    }

    /// Writes a record without a batch: where reading begins, so that a crash before the first batch loses nothing.
    pub fn remember(&mut self, record: &Record) -> Result<(), SpoolError> {
        self.write(&segment::frame(&record.encode_to_vec()), record)
    }

    fn write(&mut self, framed: &[u8], record: &Record) -> Result<(), SpoolError> {
        if self.wants_snapshot() && record.memory.as_ref().is_some_and(|memory| memory.whole) {
            let number = self.segments.back().map_or(1, |segment| segment.number + 1);
            let made = Segment::create(self.vfs.as_ref(), &self.directory, number, self.epoch)
                .map_err(|source| SpoolError::at(&self.directory, source))?;
            self.segments.push_back(made);
            self.broken = false;
        }
        let Some(segment) = self.segments.back_mut().filter(|_| !self.broken) else {
            let source = io::Error::other("a record without a snapshot cannot begin a segment");
            return Err(SpoolError::Io { path: self.directory.clone(), source });
        };
        let span = Span {
            seq: record.seq,
            offset: segment.size,
            start_ms: record.start_ms,
            end_ms: record.end_ms,
        };
        match segment.append(self.vfs.as_ref(), framed, span) {
            Ok(()) => Ok(()),
            Err(source) => {
                // After a failed sync nobody knows what is on disk: this segment is never written to again.
                self.broken = true;
                segment.cut(self.vfs.as_ref());
                Err(SpoolError::at(&self.directory, source))
            }
        }
    }

    /// Drops the oldest closed segments until there is room under the cap and on the disk.
    fn make_room(&mut self, more: u64) {
        while (self.bytes() + more > self.bytes_max || self.crowds_the_disk(more))
            && self.evict_oldest()
        {}
    }

    fn crowds_the_disk(&self, more: u64) -> bool {
        if self.bytes() + more <= DISK_CROWDED_FROM {
            return false;
        }
        let free = self.vfs.free_bytes(&self.directory);
        let total = self.vfs.total_bytes(&self.directory);
        free.zip(total).is_some_and(|(free, total)| free < total / DISK_FREE_SHARE + more)
    }

    /// Drops the oldest segment, but never the newest, which holds the memory. Says whether there was one.
    pub fn evict_oldest(&mut self) -> bool {
        if self.segments.len() < 2 {
            return false;
        }
        let Some(oldest) = self.segments.pop_front() else { return false };
        // Each lost number is stood in for when it is sent; what its batch had to declare goes with the next one.
        let lost = oldest.spans.iter().filter(|span| span.seq > self.acked);
        let gaps: Vec<Gap> = lost
            .filter_map(|span| oldest.read(self.vfs.as_ref(), span))
            .filter_map(|record| Batch::decode(record.batch.as_slice()).ok())
            .flat_map(|batch| batch.gaps)
            .collect();
        for gap in gaps {
            self.declare(gap);
        }
        self.vfs.remove(&oldest.path).is_ok()
    }

    /// The server has everything up to `seq`: segments that hold nothing else are removed after a while, but not the
    /// newest.
    pub fn ack(&mut self, seq: u64) {
        self.acked = self.acked.max(seq.min(self.next_seq.saturating_sub(1)));
        while self.segments.len() > 1 && self.segments.front().is_some_and(|one| self.is_done(one))
        {
            let Some(done) = self.segments.pop_front() else { return };
            if self.vfs.remove(&done.path).is_err() {
                return;
            }
        }
    }

    /// Whether the server has all of a segment and nobody will ask for it again.
    fn is_done(&self, oldest: &Segment) -> bool {
        let Some(last) = oldest.spans.last() else { return true };
        let newest = self.segments.iter().rev().find_map(|segment| segment.spans.last());
        let old = newest.is_some_and(|newest| newest.end_ms - last.end_ms > KEEP_ACKED_MS);
        last.seq <= self.acked && (old || self.acked_bytes() > KEEP_ACKED_BYTES_MAX)
    }

    /// Bytes of closed segments that the server has all of.
    fn acked_bytes(&self) -> u64 {
        let closed = self.segments.iter().take(self.segments.len().saturating_sub(1));
        let acked =
            closed.filter(|segment| segment.spans.last().is_none_or(|span| span.seq <= self.acked));
        acked.map(|segment| segment.size).sum()
    }

    /// The server goes back to `seq`: what is still held above it is sent again; what is not is stood in for.
    pub fn rewind(&mut self, seq: u64) {
        self.acked = seq.saturating_sub(1);
    }

    /// The server knows numbers that this spool does not: it is an older copy. Goes on behind them.
    pub fn go_on_behind(&mut self, seq: u64, now_ms: i64) {
        let last = self.segments.back().and_then(|segment| segment.spans.last());
        self.declare(Gap {
            from_ms: last.map_or(now_ms, |span| span.end_ms),
            to_ms: now_ms,
            kind: gap::Kind::SpoolCorrupt.into(),
            ..Gap::default()
        });
        self.next_seq = self.next_seq.max(seq + 1);
        self.acked = self.next_seq - 1;
        self.broken = true;
    }

    /// The batch of a number, encoded. One that is lost is stood in for by an empty one, so that numbers have no hole.
    pub fn batch(&self, seq: u64) -> Option<Vec<u8>> {
        // Of two records of one number the later counts: the earlier one's sync had failed.
        let spans = self
            .segments
            .iter()
            .rev()
            .flat_map(|segment| segment.spans.iter().map(move |span| (segment, span)));
        let (segment, span) =
            spans.filter(|(_, span)| span.seq >= seq).min_by_key(|(_, span)| span.seq)?;
        if span.seq == seq
            && let Some(record) = segment.read(self.vfs.as_ref(), span)
        {
            return Some(record.batch);
        }
        Some(self.stand_in(seq, span).encode_to_vec())
    }

    /// Ends as late as the lost batch can have ended at the latest: every batch between takes an interval of its own.
    fn stand_in(&self, seq: u64, next: &Span) -> Batch {
        let interval_ms = (next.end_ms - next.start_ms).max(1);
        let before = i64::try_from(next.seq - seq).unwrap_or(0).saturating_mul(interval_ms);
        let end_ms = next.end_ms.saturating_sub(before);
        let held_before = self
            .segments
            .iter()
            .flat_map(|segment| segment.spans.iter())
            .any(|span| span.seq < seq);
        let kind = if held_before { gap::Kind::SpoolCorrupt } else { gap::Kind::SpoolEvicted };
        Batch {
            epoch: self.epoch,
            seq,
            catalogue_version: mailvane_proto::catalogue::VERSION,
            start_ms: end_ms - interval_ms,
            end_ms,
            flags: crate::fold::interval::flag::PARTIAL | crate::fold::interval::flag::BACKFILL,
            gaps: vec![Gap {
                from_ms: end_ms - interval_ms,
                to_ms: end_ms,
                kind: kind.into(),
                batches: 1,
                ..Gap::default()
            }],
            ..Batch::default()
        }
    }
}

/// The newest batches of a spool, encoded, oldest first; for those who only look.
pub fn newest(vfs: &dyn Vfs, directory: &Path, count: usize) -> io::Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> =
        vfs.list(directory)?.into_iter().filter(|path| segment::number(path).is_some()).collect();
    paths.sort();
    let mut batches = VecDeque::new();
    for path in paths {
        for record in segment::read_all(vfs, &path)?.into_iter().filter(|record| record.seq > 0) {
            if batches.len() == count {
                batches.pop_front();
            }
            batches.push_back(record.batch);
        }
    }
    Ok(batches.into())
}

#[cfg(test)]
mod tests;
