//! One file of the spool: a header, then records, each behind its length and checksum.

use std::io;
use std::path::{Path, PathBuf};

use prost::Message as _;

use super::record::Record;
use crate::vfs::Vfs;

/// `MVSPOOL1`, then the epoch.
const MAGIC: &[u8; 8] = b"MVSPOOL1";
const HEADER_BYTES: u64 = 16;
/// In front of each record: a mark to find it by, its length, and the CRC-32 of length and body. The polynomial of
/// zlib, not that of iSCSI: it is in the tree already, as fast here, and finds the same single, double and burst errors.
const MARK: [u8; 4] = *b"\xf0MVR";
const FRAME_BYTES: usize = 12;
/// A larger length is damage.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// Where a record lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) seq: u64,
    pub(super) offset: u64,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// One file.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) epoch: u64,
    pub(super) size: u64,
    /// Size of the first record, which holds a whole snapshot.
    pub(super) first_bytes: u64,
    pub(super) spans: Vec<Span>,
}

/// What a file was found to hold.
pub(super) struct Scan {
    pub(super) segment: Segment,
    pub(super) records: Vec<Record>,
    pub(super) bad_bytes: u64,
}

/// The number of a segment file; nothing for other files.
pub(super) fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("segment-")?.strip_suffix(".spool")?.parse().ok()
}

fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("segment-{number:012}.spool"))
}

/// A record with its frame.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut framed = Vec::with_capacity(FRAME_BYTES + body.len());
    framed.extend_from_slice(&MARK);
    framed.extend_from_slice(&length);
    framed.extend_from_slice(&checksum(length, body).to_le_bytes());
    framed.extend_from_slice(body);
    framed
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(body);
    hasher.finalize()
}

/// The record at the start of `bytes`, and how many bytes it takes.
fn unframe(bytes: &[u8]) -> Option<(Record, usize)> {
    let (head, rest) = bytes.split_at_checked(FRAME_BYTES)?;
    let (mark, head) = head.split_first_chunk::<4>()?;
    let (length, crc) = head.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if *mark != MARK || size > RECORD_BYTES_MAX {
        return None;
    }
    let body = rest.get(..size)?;
    let sound = checksum(*length, body).to_le_bytes() == crc;
    sound.then(|| Record::decode(body).ok()).flatten().map(|record| (record, FRAME_BYTES + size))
}

/// Reads all records of a file; passes over what is damaged, and cuts a torn end off.
pub(super) fn scan(vfs: &dyn Vfs, path: &Path, number: u64) -> io::Result<Scan> {
    // A killed process may have written what it had no time to sync. It counts from now on, so it must be there to stay.
    vfs.open_write(path)?.sync()?;
    read(vfs, path, number)
}

fn read(vfs: &dyn Vfs, path: &Path, number: u64) -> io::Result<Scan> {
    let bytes = crate::vfs::read_all(vfs, path, SEGMENT_FILE_BYTES_MAX)?;
    let mut segment =
        Segment { number, path: path.into(), epoch: 0, size: 0, first_bytes: 0, spans: Vec::new() };
    let mut records = Vec::new();
    let header = bytes.split_first_chunk::<8>().filter(|(magic, _)| *magic == MAGIC);
    let Some((epoch, _)) = header.and_then(|(_, rest)| rest.split_first_chunk::<8>()) else {
        let bad_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        return Ok(Scan { segment, records, bad_bytes });
    };
    segment.epoch = u64::from_le_bytes(*epoch);
    segment.size = HEADER_BYTES;
    let mut at = usize::try_from(HEADER_BYTES).unwrap_or(0);
    let (mut bad, mut damaged) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((record, taken)) = unframe(rest) {
            let offset = u64::try_from(at).unwrap_or(u64::MAX);
            if record.seq > 0 {
                let (start_ms, end_ms) = (record.start_ms, record.end_ms);
                segment.spans.push(Span { seq: record.seq, offset, start_ms, end_ms });
            }
            records.push(record);
            at += taken;
            damaged += std::mem::take(&mut bad);
            segment.size = u64::try_from(at).unwrap_or(u64::MAX);
        } else {
            let next = memchr::memmem::find(rest.get(1..).unwrap_or_default(), &MARK);
            let skip = next.map_or(rest.len(), |next| next + 1);
            at += skip;
            bad += skip;
        }
    }
    // Damage behind the last good record is the torn end of a write that never counted.
    Ok(Scan { segment, records, bad_bytes: u64::try_from(damaged).unwrap_or(u64::MAX) })
}

/// The records of a file that another process may be writing.
pub(super) fn read_all(vfs: &dyn Vfs, path: &Path) -> io::Result<Vec<Record>> {
    Ok(read(vfs, path, 0)?.records)
}

/// A segment is closed at 4 MiB, or at twice its snapshot, and a snapshot is bounded by the memory's limits.
const SEGMENT_FILE_BYTES_MAX: usize = 512 << 20;

/// Keeps a copy of a damaged file for inspection; the newest one only.
pub(super) fn quarantine(vfs: &dyn Vfs, directory: &Path, path: &Path) -> io::Result<()> {
    let bytes = crate::vfs::read_all(vfs, path, SEGMENT_FILE_BYTES_MAX)?;
    crate::vfs::replace(vfs, &directory.join("quarantine"), &bytes)
}

impl Segment {
    /// Makes a file with its header, so that its name survives a loss of power.
    pub(super) fn create(
        vfs: &dyn Vfs,
        directory: &Path,
        number: u64,
        epoch: u64,
    ) -> io::Result<Self> {
        let path = path(directory, number);
        let file = match vfs.create(&path) {
            // Left over by a start that was killed here; it holds no record.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => vfs.open_write(&path)?,
            made => made?,
        };
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&epoch.to_le_bytes());
        file.set_len(0)?;
        file.write_at(0, &header)?;
        file.sync()?;
        vfs.sync_directory(directory)?;
        Ok(Self { number, path, epoch, size: HEADER_BYTES, first_bytes: 0, spans: Vec::new() })
    }

    /// Writes a framed record at the end and syncs it.
    pub(super) fn append(&mut self, vfs: &dyn Vfs, framed: &[u8], span: Span) -> io::Result<()> {
        let file = vfs.open_write(&self.path)?;
        file.write_at(self.size, framed)?;
        file.sync()?;
        let bytes = u64::try_from(framed.len()).unwrap_or(u64::MAX);
        if self.size == HEADER_BYTES {
            self.first_bytes = bytes;
        }
        self.size += bytes;
        if span.seq > 0 {
            self.spans.push(span);
        }
        Ok(())
    }

    /// Cuts off what a failed write left; if that fails too, the checksum tells.
    pub(super) fn cut(&self, vfs: &dyn Vfs) {
        let cut = vfs.open_write(&self.path).and_then(|file| file.set_len(self.size));
        if let Err(error) = cut {
            tracing::debug!(error = %error, "spool.cut: a torn record stays behind and will be passed over");
        }
    }

    /// Reads a record.
    pub(super) fn read(&self, vfs: &dyn Vfs, span: &Span) -> Option<Record> {
        let file = vfs.open(&self.path).ok()?;
        let mut head = [0; FRAME_BYTES];
        let read = file.read_at(span.offset, &mut head).ok()?;
        let size = head.get(4..8)?.try_into().ok().map(u32::from_le_bytes)?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| read == FRAME_BYTES && *size <= RECORD_BYTES_MAX)?;
        let mut framed = vec![0; FRAME_BYTES + size];
        let mut filled = 0;
        while filled < framed.len() {
            let at = span.offset + u64::try_from(filled).ok()?;
            let read = file.read_at(at, framed.get_mut(filled..)?).ok()?;
            if read == 0 {
                return None;
            }
            filled += read;
        }
        unframe(&framed).map(|(record, _)| record)
    }
}
