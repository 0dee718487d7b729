//! Power cuts, full disks and damaged bytes: what was written is found again, what is lost is declared.

use std::path::Path;

use super::*;
use crate::fold::state::Delta;
use crate::vfs::memory::Memory;

fn directory() -> &'static Path {
    Path::new("/state/spool")
}

fn open(disk: &Memory) -> (Spool, Recovered) {
    Spool::open(Arc::new(disk.clone()), directory(), SPOOL_BYTES_MAX, 7).unwrap()
}

fn write(spool: &mut Spool, end_ms: i64, padding: usize) -> Result<u64, SpoolError> {
    let batch =
        Batch { start_ms: end_ms - 10, end_ms, log_digest: vec![1; padding], ..Batch::default() };
    let whole = spool.wants_snapshot();
    let record = Record { memory: Some(Delta { whole, ..Delta::default() }), ..Record::default() };
    spool.append(batch, record)
}

/// The lowest number that is still held and that the server does not have, or the next.
fn first_seq(spool: &Spool) -> u64 {
    let spans = spool.segments.iter().flat_map(|segment| segment.spans.iter());
    spans.map(|span| span.seq).find(|seq| *seq > spool.acked).unwrap_or(spool.next_seq)
}

fn sent(spool: &Spool, seq: u64) -> Batch {
    Batch::decode(spool.batch(seq).unwrap().as_slice()).unwrap()
}

#[test]
fn what_was_written_survives_a_power_cut() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=3 {
        assert_eq!(write(&mut spool, n * 10, 0).unwrap(), u64::try_from(n).unwrap());
    }
    disk.lose_power();
    let (spool, recovered) = open(&disk);
    assert_eq!((spool.epoch(), spool.next_seq(), first_seq(&spool)), (7, 4, 1));
    assert_eq!(recovered.replay.len(), 3);
    assert_eq!(sent(&spool, 2).end_ms, 20);
}

#[test]
fn killed_at_any_step_nothing_that_counted_is_lost() {
    for step in 1..40 {
        let disk = Memory::default();
        disk.fail_at(Some(step));
        let mut kept = 0;
        if let Ok((mut spool, _)) =
            Spool::open(Arc::new(disk.clone()), directory(), SPOOL_BYTES_MAX, 7)
        {
            for n in 1..=5 {
                if write(&mut spool, n * 10, 100).is_ok() {
                    kept += 1;
                }
            }
        }
        disk.fail_at(None);
        disk.lose_power();
        let (mut spool, recovered) = open(&disk);
        assert_eq!(spool.next_seq(), kept + 1, "killed at step {step}");
        assert_eq!(recovered.quarantined_bytes, 0);
        write(&mut spool, 1_000, 0).unwrap();
    }
}

#[test]
fn every_single_damaged_byte_costs_at_most_its_record_and_is_declared() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=4 {
        write(&mut spool, n * 10, 5).unwrap();
    }
    let path = directory().join("segment-000000000001.spool");
    let size = disk.content(&path).unwrap().len();
    for offset in 16..size {
        disk.flip(&path, offset);
        let (spool, recovered) = open(&disk);
        let found: Vec<u64> = recovered.replay.iter().map(|record| record.seq).collect();
        assert!(found.len() >= 3, "offset {offset}: {found:?}");
        for seq in 1..spool.next_seq() {
            let declared = sent(&spool, seq).gaps.len();
            assert_eq!(
                declared,
                usize::from(!found.contains(&seq)),
                "offset {offset}, batch {seq}"
            );
        }
        disk.flip(&path, offset);
    }
}

#[test]
fn a_full_spool_gives_up_its_oldest_and_says_so() {
    let disk = Memory::default();
    let (mut spool, _) =
        Spool::open(Arc::new(disk), directory(), 3 * SEGMENT_BYTES_MAX, 7).unwrap();
    for n in 1..=40 {
        write(&mut spool, n * 10, 512 << 10).unwrap();
    }
    assert!(spool.bytes() <= 3 * SEGMENT_BYTES_MAX);
    let first = first_seq(&spool);
    assert!(first > 10);
    write(&mut spool, 1_000, 0).unwrap();
    let lost: u64 = (1..=41).flat_map(|seq| sent(&spool, seq).gaps).map(|gap| gap.batches).sum();
    assert_eq!(lost, first - 1);
    let stand_in = sent(&spool, 3);
    assert_eq!((stand_in.seq, stand_in.instances.len(), stand_in.gaps.len()), (3, 0, 1));
    assert!(stand_in.end_ms >= 30 && stand_in.end_ms < sent(&spool, first).end_ms);
}

#[test]
fn a_full_disk_keeps_what_was_written_and_takes_more_when_there_is_room() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    write(&mut spool, 10, 100).unwrap();
    disk.limit(Some(300));
    assert!(matches!(write(&mut spool, 20, 1_000), Err(SpoolError::Full(_))));
    assert!(spool.wants_snapshot());
    disk.limit(None);
    assert_eq!(write(&mut spool, 20, 1_000).unwrap(), 2);
    let (spool, _) = open(&disk);
    assert_eq!(sent(&spool, 1).end_ms, 10);
    assert_eq!(sent(&spool, 2).end_ms, 20);
}

#[test]
fn a_small_disk_that_is_full_for_long_keeps_the_newest_and_declares_the_rest() {
    let disk = Memory::default();
    disk.limit(Some(600 << 10));
    let (mut spool, _) = open(&disk);
    for n in 1..=1_000 {
        while let Err(error) = write(&mut spool, n * 10, 2_000) {
            assert!(matches!(error, SpoolError::Full(_)), "{error}");
            assert!(spool.evict_oldest(), "nothing left to give up at batch {n}");
        }
    }
    let held = (1..=1_000).filter(|seq| sent(&spool, *seq).gaps.is_empty()).count();
    assert!((150..300).contains(&held), "{held}");
    assert!(sent(&spool, 1_000).gaps.is_empty());
    // What the server has makes room for what comes, and is no loss.
    spool.ack(1_000);
    for n in 1_001..=1_100 {
        while write(&mut spool, n * 10, 2_000).is_err() {
            assert!(spool.evict_oldest(), "nothing left to give up at batch {n}");
        }
    }
    assert_eq!((1_001..=1_100).flat_map(|seq| sent(&spool, seq).gaps).count(), 0);
}

#[test]
fn acknowledged_segments_go_but_the_memory_stays() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=20 {
        write(&mut spool, n * 10, 1 << 20).unwrap();
    }
    let before = spool.bytes();
    spool.ack(20);
    assert!(spool.bytes() < before && spool.waiting() == 0);
    let (spool, recovered) = open(&disk);
    assert_eq!(spool.next_seq(), 21);
    assert!(recovered.replay[0].memory.as_ref().unwrap().whole);
}

#[test]
fn what_the_server_has_is_kept_ten_minutes_for_one_that_is_restored() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=20 {
        write(&mut spool, n * 60_000, 400 << 10).unwrap();
        spool.ack(u64::try_from(n).unwrap());
    }
    // A backup eight minutes old is put in place of the server's database.
    spool.rewind(12);
    for seq in 12..=20 {
        assert_eq!(sent(&spool, seq).gaps.len(), 0, "batch {seq} is gone");
    }
    assert!(spool.bytes() < 16 << 20, "{}", spool.bytes());
    for n in 21..=60 {
        write(&mut spool, n * 1_000_000, 2 << 20).unwrap();
        spool.ack(u64::try_from(n).unwrap());
    }
    assert!(spool.bytes() < 12 << 20, "what is old goes: {}", spool.bytes());
}

#[test]
fn the_disk_keeps_a_twentieth_for_the_mail() {
    let disk = Memory::default();
    disk.limit(Some(100 << 20));
    let (mut spool, _) = open(&disk);
    for n in 1..=300 {
        write(&mut spool, n * 10, 512 << 10).unwrap();
        let free = disk.free_bytes(directory()).unwrap();
        assert!(free >= 5 << 20, "only {free} bytes are left after batch {n}");
    }
    let lost: u64 = (1..=300).flat_map(|seq| sent(&spool, seq).gaps).map(|gap| gap.batches).sum();
    assert!(lost > 80, "{lost}");
}

#[test]
fn a_disk_that_others_have_filled_costs_a_small_spool_nothing() {
    let disk = Memory::default();
    disk.limit(Some(200 << 20));
    // The mail has left 4 of 200 MiB, less than a twentieth.
    disk.append(Path::new("/var/spool/mail"), &vec![0; 196 << 20]);
    let (mut spool, _) = open(&disk);
    for n in 1..=30 {
        write(&mut spool, n * 10, 64 << 10).unwrap();
    }
    assert!(spool.segments.len() > 2, "nothing old was there to be given up");
    assert_eq!((1..=30).flat_map(|seq| sent(&spool, seq).gaps).count(), 0);
}

#[test]
fn a_rewind_below_what_is_held_declares_the_rest_lost() {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=40 {
        write(&mut spool, n * 10, 1 << 20).unwrap();
    }
    spool.ack(38);
    spool.rewind(2);
    let ends: Vec<i64> = (2..=40).map(|seq| sent(&spool, seq).end_ms).collect();
    assert!(ends.is_sorted_by(|a, b| a < b), "{ends:?}");
    let lost: u64 = (2..=40).flat_map(|seq| sent(&spool, seq).gaps).map(|gap| gap.batches).sum();
    assert!(lost > 10 && lost < 39, "{lost}");
}

#[test]
fn what_an_evicted_batch_had_to_declare_is_not_evicted_with_it() {
    let disk = Memory::default();
    let (mut spool, _) =
        Spool::open(Arc::new(disk), directory(), 3 * SEGMENT_BYTES_MAX, 7).unwrap();
    spool.declare(Gap { lines: 77, ..Gap::default() });
    for n in 1..=60 {
        write(&mut spool, n * 10, 512 << 10).unwrap();
    }
    assert!(first_seq(&spool) > 20);
    let declared =
        (1..=60).flat_map(|seq| sent(&spool, seq).gaps).filter(|gap| gap.lines == 77).count();
    assert_eq!(declared, 1);
}
