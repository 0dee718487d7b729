//! An agent of tomorrow and a server of today, and the other way round.

use mailvane_proto::v1;
use prost::Message as _;

/// Field 4000, length-delimited, with four bytes: nothing that today's contract has.
const FIELD_OF_TOMORROW: [u8; 7] = [0x82, 0xfa, 0x01, 0x04, 1, 2, 3];

fn sample() -> v1::InstanceSample {
    v1::InstanceSample {
        instance: Some(v1::InstanceKey {
            config_directory: "/etc/postfix".to_owned(),
            ..v1::InstanceKey::default()
        }),
        visibility: 1,
        metric: vec![3],
        value: vec![12],
        ..v1::InstanceSample::default()
    }
}

fn with_field_of_tomorrow(encoded: &[u8]) -> Vec<u8> {
    let mut longer = encoded.to_vec();
    longer.extend_from_slice(&FIELD_OF_TOMORROW);
    longer.push(4);
    longer
}

#[test]
fn a_batch_with_a_field_of_tomorrow_is_read_without_it() {
    let today = v1::Batch { epoch: 7, seq: 9, instances: vec![sample()], ..Default::default() };
    let tomorrow = with_field_of_tomorrow(&today.encode_to_vec());
    assert_eq!(v1::Batch::decode(tomorrow.as_slice()).unwrap(), today);
}

#[test]
fn a_message_of_a_kind_of_tomorrow_is_of_no_kind_and_no_error() {
    let tomorrow = with_field_of_tomorrow(&[]);
    assert_eq!(v1::AgentMessage::decode(tomorrow.as_slice()).unwrap().kind, None);
    assert_eq!(v1::ServerMessage::decode(tomorrow.as_slice()).unwrap().kind, None);
}

#[test]
fn a_gap_of_a_kind_of_tomorrow_is_still_a_gap() {
    let tomorrow = v1::Gap { from_ms: 1, to_ms: 2, kind: 99, ..v1::Gap::default() };
    let read = v1::Gap::decode(tomorrow.encode_to_vec().as_slice()).unwrap();
    assert_eq!((read.from_ms, read.to_ms), (1, 2));
    assert!(v1::gap::Kind::try_from(read.kind).is_err());
}

#[test]
fn an_older_agent_that_sends_less_is_read() {
    // Only the identity and the numbers: field 7 (instances), 8 (gaps), 9 (digest) are absent.
    let older = [0x08, 7, 0x10, 9, 0x20, 2, 0x28, 4];
    let read = v1::Batch::decode(older.as_slice()).unwrap();
    assert_eq!((read.epoch, read.seq, read.start_ms, read.end_ms), (7, 9, 1, 2));
    assert!(read.instances.is_empty());
}
