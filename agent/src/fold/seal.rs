//! A closed interval becomes a batch: the top of each breakdown, the rest under `other`, within the wire's limits.

use mailvane_proto::catalogue::{self, DimensionId, delivery, message, metric};
use mailvane_proto::v1::{Batch, BreakdownEntry, Event, InstanceSample};

use super::Tallies;
use super::keys::Keys;
use super::roster::Roster;
use super::tally::Tally;

/// Breakdown entries of a batch, as the wire contract has it.
pub const ENTRIES_MAX: usize = 1_024;
/// Keys of one open dimension in one batch, besides `other`.
pub const TOP_KEYS_MAX: usize = 40;
/// Events of a batch.
pub const EVENTS_MAX: usize = 256;
/// A domain with fewer messages in an interval does not leave the host, unless mail for it failed.
pub const DOMAIN_MESSAGES_MIN: u64 = 3;

/// Fills a batch with the figures of every instance that was seen.
pub fn fill(batch: &mut Batch, tallies: &Tallies, roster: &Roster) {
    let seen: Vec<_> = tallies.iter().filter(|(_, tally)| !tally.is_empty()).collect();
    let entries_each = ENTRIES_MAX / seen.len().max(1);
    let events_each = EVENTS_MAX / seen.len().max(1);
    for (place, tally) in seen {
        let Some(instance) = roster.get(place) else { continue };
        let (ids, value) =
            tally.visible_metrics().map(|(id, value)| (u32::from(id.0), capped(id, value))).unzip();
        batch.instances.push(InstanceSample {
            instance: Some(instance.key()),
            visibility: tally.visible(),
            metric: ids,
            value,
            breakdowns: breakdowns(tally, entries_each),
            events: events(tally, events_each),
        });
    }
}

/// The column's largest value; the wire refuses a batch beyond it.
fn capped(id: catalogue::MetricId, value: u64) -> u64 {
    metric(id).map_or(value, |metric| value.min(metric.value_max()))
}

fn events(tally: &Tally, max: usize) -> Vec<Event> {
    let event = |happening: &super::tally::Happening| Event {
        at_ms: happening.at_ms,
        kind: u32::from(happening.kind.0),
        subject: cut(&happening.subject, super::tally::KEY_BYTES_MAX),
        text: cut(&happening.text, TEXT_BYTES_MAX),
        count: happening.count,
    };
    tally.events().iter().take(max).map(event).collect()
}

/// Bytes of an event's text, as the wire contract has it: a template of foreign letters has more.
const TEXT_BYTES_MAX: usize = 512;

/// The beginning of a text, in whole characters.
fn cut(text: &str, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default().to_owned()
}

fn breakdowns(tally: &Tally, max: usize) -> Vec<BreakdownEntry> {
    let mut entries: Vec<BreakdownEntry> = tally
        .closed_entries()
        .map(|(dimension, key, count)| BreakdownEntry {
            dimension: u32::from(dimension.0),
            key: String::new(),
            key_id: u32::from(key.0),
            count: trimmed(count),
        })
        .collect();
    let open: Vec<_> = tally.open_entries().collect();
    let room = max.saturating_sub(entries.len()) / open.len().max(1);
    let keys_max = TOP_KEYS_MAX.min(room.saturating_sub(1));
    for (dimension, table) in open {
        top(&mut entries, dimension, table, keys_max);
    }
    entries.truncate(max);
    entries.sort_by(|a, b| (a.dimension, a.key_id, &a.key).cmp(&(b.dimension, b.key_id, &b.key)));
    entries
}

/// The largest keys of one dimension; all others together as `other`.
fn top(entries: &mut Vec<BreakdownEntry>, dimension: DimensionId, table: &Keys, keys_max: usize) {
    let mut ranked: Vec<(&[u8], &[u64])> = table.iter().collect();
    ranked.sort_by(|a, b| weight(dimension, b.1).cmp(&weight(dimension, a.1)).then(a.0.cmp(b.0)));
    let mut other = Vec::new();
    let mut taken = 0;
    for (key, count) in ranked {
        if key != catalogue::OTHER.as_bytes() && taken < keys_max && may_leave(dimension, count) {
            taken += 1;
            entries.push(entry(dimension, &text(key), count));
        } else {
            add(&mut other, count);
        }
    }
    if other.iter().any(|count| *count > 0) {
        entries.push(entry(dimension, catalogue::OTHER, &other));
    }
}

/// Failures weigh more than successes: a cause must not be crowded out by what works.
fn weight(dimension: DimensionId, count: &[u64]) -> u64 {
    let weighed = |(place, count): (usize, &u64)| match dimension {
        delivery::RECIPIENT_DOMAIN if place == delivery::recipient::DELAY_MS => 0,
        delivery::RELAY if place == delivery::hop::DELAY_MS => 0,
        message::SENDER_DOMAIN if place == message::sender::BYTES => 0,
        delivery::RECIPIENT_DOMAIN if place != delivery::recipient::SENT => {
            count.saturating_mul(FAILURE_WEIGHT)
        }
        _ => *count,
    };
    count.iter().enumerate().map(weighed).fold(0, u64::saturating_add)
}

const FAILURE_WEIGHT: u64 = 10;

/// Rare domains stay on the host unless mail for them failed.
fn may_leave(dimension: DimensionId, count: &[u64]) -> bool {
    let at = |place: usize| count.get(place).copied().unwrap_or(0);
    match dimension {
        delivery::RECIPIENT_DOMAIN => {
            let failed = at(delivery::recipient::DEFERRED)
                + at(delivery::recipient::BOUNCED)
                + at(delivery::recipient::EXPIRED);
            failed > 0 || at(delivery::recipient::SENT) >= DOMAIN_MESSAGES_MIN
        }
        delivery::RELAY => {
            let failed = at(delivery::hop::DEFERRED)
                + at(delivery::hop::BOUNCED)
                + at(delivery::hop::CONNECT_FAILED);
            failed > 0 || at(delivery::hop::SENT) >= DOMAIN_MESSAGES_MIN
        }
        message::SENDER_DOMAIN => {
            let failed = at(message::sender::BOUNCED) + at(message::sender::DEFERRED);
            failed > 0 || at(message::sender::MESSAGES) >= DOMAIN_MESSAGES_MIN
        }
        _ => true,
    }
}

fn entry(dimension: DimensionId, key: &str, count: &[u64]) -> BreakdownEntry {
    BreakdownEntry {
        dimension: u32::from(dimension.0),
        key: key.to_owned(),
        key_id: 0,
        count: trimmed(count),
    }
}

/// Keys are text on the wire, at most [`super::tally::KEY_BYTES_MAX`] bytes.
fn text(key: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(key).replace(|c: char| c.is_control() && c != '\t', "?");
    while text.len() > super::tally::KEY_BYTES_MAX {
        text.pop();
    }
    text
}

/// Counts without trailing zeros, each within the column's width.
fn trimmed(count: &[u64]) -> Vec<u64> {
    let end = count.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    count.iter().take(end).map(|count| (*count).min(catalogue::INT8_VALUE_MAX)).collect()
}

fn add(sum: &mut Vec<u64>, count: &[u64]) {
    if sum.len() < count.len() {
        sum.resize(count.len(), 0);
    }
    for (sum, count) in sum.iter_mut().zip(count) {
        *sum = sum.saturating_add(*count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::roster::Instance;

    #[test]
    fn rare_domains_stay_on_the_host_unless_mail_for_them_failed() {
        let mut tallies = Tallies::default();
        let tally = tallies.at(0);
        tally.open(delivery::RECIPIENT_DOMAIN, b"private.example", delivery::recipient::SENT, 2);
        tally.open(delivery::RECIPIENT_DOMAIN, b"common.example", delivery::recipient::SENT, 3);
        tally.open(
            delivery::RECIPIENT_DOMAIN,
            b"failing.example",
            delivery::recipient::DEFERRED,
            1,
        );
        tally.add(delivery::SENT, 5);
        let mut roster = Roster::default();
        roster.discovered(Instance {
            config_directory: "/etc/postfix".into(),
            ..Instance::default()
        });
        let mut batch = Batch::default();
        fill(&mut batch, &tallies, &roster);
        let keys: Vec<_> = batch.instances[0].breakdowns.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys, ["common.example", "failing.example", "other"]);
    }

    #[test]
    fn an_event_in_foreign_letters_fits_the_wire() {
        let mut tallies = Tallies::default();
        tallies.at(0).happen(super::super::tally::Happening {
            at_ms: 0,
            kind: catalogue::event::FATAL,
            subject: "\u{1f4ee}".repeat(100),
            text: "\u{90f5}".repeat(180),
            count: 1,
        });
        let mut roster = Roster::default();
        roster.discovered(Instance::default());
        let mut batch = Batch::default();
        fill(&mut batch, &tallies, &roster);
        let event = &batch.instances[0].events[0];
        assert_eq!((event.subject.len(), event.text.len()), (252, 510));
    }

    #[test]
    fn a_flood_of_keys_fits_the_wire() {
        let mut tallies = Tallies::default();
        for place in 0..3 {
            for n in 0..900 {
                tallies.at(place).open(
                    delivery::RECIPIENT_DOMAIN,
                    format!("d{n}").as_bytes(),
                    1,
                    1,
                );
                tallies.at(place).open(delivery::REPLY_TEMPLATE, format!("t{n}").as_bytes(), 1, 1);
            }
            tallies.at(place).add(delivery::DEFERRED, 900);
        }
        let mut roster = Roster::default();
        for place in 0..3 {
            roster.discovered(Instance {
                config_directory: format!("/etc/{place}"),
                syslog_name: vec![place],
                ..Instance::default()
            });
        }
        let mut batch = Batch::default();
        fill(&mut batch, &tallies, &roster);
        let entries: usize = batch.instances.iter().map(|sample| sample.breakdowns.len()).sum();
        assert!(entries <= ENTRIES_MAX && entries > 200, "{entries}");
        let total: u64 = batch.instances[0]
            .breakdowns
            .iter()
            .filter(|e| e.dimension == u32::from(delivery::RECIPIENT_DOMAIN.0))
            .map(|e| e.count[1])
            .sum();
        assert_eq!(total, 900);
    }
}
