//! What was packed comes back, in the bytes that we promised; what is not ours is refused without a panic.

use mailvane_proto::catalogue::{METRIC_COUNT, delivery, message, queue};
use proptest::prelude::*;

use super::*;
use crate::domain::breakdown::{self, Entry};

fn begin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn packed(samples: &[Sample]) -> Block {
    pack(&mut Writer::default(), begin(), (samples, &Columns::of(samples))).unwrap()
}

fn unpacked(block: &Block) -> Result<Vec<Sample>, Unreadable> {
    let mut reader = Reader::default();
    Head::read(&mut reader, (CODEC, begin()), &block.head)?.samples(&mut reader, &block.data)
}

fn domains(deferred: &[(u32, Vec<u64>)]) -> Vec<u8> {
    let dimension = delivery::RECIPIENT_DOMAIN;
    let mut entries: Vec<_> =
        deferred.iter().map(|(key, counts)| Entry { dimension, key: *key, counts }).collect();
    breakdown::pack(&mut entries)
}

fn sample(at_ms: i64) -> Sample {
    Sample {
        ts: begin() + TimeDelta::milliseconds(at_ms),
        span_ms: 10_000,
        flags: 0,
        visibility: 7,
        values: Vec::new(),
        breakdowns: Vec::new(),
    }
}

prop_compose! {
    fn any_sample()(
        step in 1_i64..20_000, span_ms in 1..i32::MAX, flags in 0_i16..8, visibility in any::<u64>(),
        values in prop::collection::btree_map(0..u16::try_from(METRIC_COUNT).unwrap(),
            prop_oneof![1_i64..100, any::<i64>()].prop_filter("not zero", |v| *v != 0), 0..12),
        keys in prop::collection::btree_map(any::<u32>(), prop::collection::vec(1_u64..9, 0..4), 0..5),
    ) -> (i64, Sample) {
        let values = values.into_iter().map(|(id, value)| (MetricId(id), value)).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let breakdowns = if keys.is_empty() { Vec::new() } else { domains(&keys) };
        (step, Sample { span_ms, flags, visibility, values, breakdowns, ..sample(0) })
    }
}

fn in_order(parts: Vec<(i64, Sample)>) -> Vec<Sample> {
    let mut at_ms = 0;
    let place = |(step, sample): (i64, Sample)| {
        at_ms += step;
        Sample { ts: begin() + TimeDelta::milliseconds(at_ms), ..sample }
    };
    parts.into_iter().map(place).collect()
}

proptest! {
    #[test]
    fn an_hour_that_was_sealed_comes_back_as_it_was(
        parts in prop::collection::vec(any_sample(), 0..30),
    ) {
        let samples = in_order(parts);
        prop_assert_eq!(unpacked(&packed(&samples)).unwrap(), samples);
    }

    #[test]
    fn any_column_comes_back_in_any_mode(
        values in prop::collection::vec(prop_oneof![Just(0_i64), 0_i64..200, any::<i64>()], 1..400),
        changes_little in any::<bool>(),
    ) {
        let stream = Writer::default().write(&values, changes_little);
        prop_assert_eq!(Reader::default().read(&stream, values.len()).unwrap(), values);
    }

    #[test]
    fn a_block_of_noise_is_refused_or_read_but_never_panics(
        head in prop::collection::vec(any::<u8>(), 0..80),
        data in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let _read_or_refused = unpacked(&Block { n: 0, head, data });
    }

    #[test]
    fn a_block_with_damaged_bytes_never_panics(
        parts in prop::collection::vec(any_sample(), 1..12),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        in_head in any::<bool>(),
    ) {
        let mut block = packed(&in_order(parts));
        let part = if in_head { &mut block.head } else { &mut block.data };
        if !part.is_empty() {
            for (place, bits) in flips {
                let place = place.index(part.len());
                part[place] ^= bits;
            }
        }
        let _read_or_refused = unpacked(&block);
    }

    #[test]
    fn a_stream_of_noise_never_makes_more_values_than_there_are_samples(
        stream in prop::collection::vec(any::<u8>(), 0..60), n in 0_usize..500,
    ) {
        if let Ok(values) = Reader::default().read(&stream, n) {
            prop_assert_eq!(values.len(), n);
        }
    }
}

#[test]
fn a_block_of_another_version_or_cut_short_is_refused() {
    let samples: Vec<Sample> = (1..=360).map(busy).collect();
    let block = packed(&samples);
    let mut reader = Reader::default();
    assert!(Head::read(&mut reader, (CODEC + 1, begin()), &block.head).is_err());
    for length in 0..block.head.len().min(40) {
        assert!(
            Head::read(&mut reader, (CODEC, begin()), &block.head[..length]).is_err(),
            "{length}"
        );
    }
    let cut = Block { data: block.data[..block.data.len() - 1].to_vec(), ..block };
    assert_eq!(unpacked(&cut), Err(Unreadable));
}

#[test]
fn a_frame_that_says_it_is_huge_is_not_believed() {
    let bomb = zstd::bulk::compress(&vec![0; 50_000_000], 19).unwrap();
    let stream = [&[0x81], &bomb[4..]].concat();
    assert_eq!(Reader::default().read(&stream, 360), Err(Unreadable));
    let mut head = Vec::new();
    put(&mut head, u64::MAX);
    assert!(Head::read(&mut Reader::default(), (CODEC, begin()), &head).is_err());
}

#[test]
fn one_metric_is_read_without_the_others() {
    let samples: Vec<Sample> = (1..=360).map(busy).collect();
    let block = packed(&samples);
    let mut reader = Reader::default();
    let head = Head::read(&mut reader, (CODEC, begin()), &block.head).unwrap();
    let slot = head.slot(delivery::SENT).unwrap();
    let stream = &block.data[slot.offset..slot.offset + slot.length];
    let sent = head.values(&mut reader, stream).unwrap();
    let value =
        |sample: &Sample| sample.values.iter().find(|(id, _)| *id == delivery::SENT).unwrap().1;
    assert_eq!(sent, samples.iter().map(value).collect::<Vec<_>>());
    assert_eq!(head.slot(queue::CORRUPT_MESSAGES), None, "zero throughout takes no room");
    assert!(stream.len() < 360, "{}", stream.len());
}

#[test]
fn a_busy_hour_of_three_metrics_and_two_domains_takes_little() {
    let samples: Vec<Sample> = (1..=360).map(busy).collect();
    let block = packed(&samples);
    let bytes = block.head.len() + block.data.len();
    assert!(bytes < 2_300, "{bytes} bytes for 1080 values and 720 entries");
    let idle: Vec<Sample> = (1..=360).map(|n| sample(n * 10_000)).collect();
    let block = packed(&idle);
    assert!(block.head.len() + block.data.len() < 40, "an idle hour is nearly nothing");
}

fn busy(n: i64) -> Sample {
    let values = vec![
        (queue::DEFERRED_MESSAGES, 5_000 + n / 3),
        (message::RECEIVED, 20 + n * 7 % 13),
        (delivery::SENT, 15 + n * 11 % 17),
    ];
    let part = |by: u64| vec![n.unsigned_abs() * by % 9 + 1, n.unsigned_abs() % 2];
    Sample { values, breakdowns: domains(&[(7, part(5)), (900, part(3))]), ..sample(n * 10_000) }
}
