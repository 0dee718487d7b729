//! The shape in which memory and open intervals are kept on disk, so that a restart goes on where a record ended.

use mailvane_proto::catalogue::{DimensionId, EventKindId, KeyId, MetricId};

use super::tally::{Happening, Tally};
use super::track::{Message, Recipient, Session};

/// What changed in memory, or all of it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Delta {
    /// Replaces everything before.
    #[prost(bool, tag = "1")]
    pub whole: bool,
    /// Messages new or changed.
    #[prost(message, repeated, tag = "2")]
    pub messages: Vec<MessageRecord>,
    /// Ids of messages that are gone.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub gone: Vec<Vec<u8>>,
    /// Sessions new or changed.
    #[prost(message, repeated, tag = "4")]
    pub sessions: Vec<SessionRecord>,
    /// Process ids of sessions that ended.
    #[prost(uint64, repeated, tag = "5")]
    pub ended: Vec<u64>,
    /// Delivery agents with a TLS session.
    #[prost(message, repeated, tag = "6")]
    pub agents: Vec<Agent>,
}

/// A message.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MessageRecord {
    /// Queue id.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// Place in the roster.
    #[prost(uint32, tag = "2")]
    pub instance: u32,
    /// Flags.
    #[prost(uint32, tag = "3")]
    pub flags: u32,
    /// Sender's domain.
    #[prost(bytes = "vec", tag = "4")]
    pub sender_domain: Vec<u8>,
    /// Hashes of deferred recipients.
    #[prost(fixed64, repeated, tag = "5")]
    pub deferred: Vec<u64>,
    /// Their domains.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub domains: Vec<Vec<u8>>,
    /// Reply classes counted.
    #[prost(fixed32, repeated, tag = "7")]
    pub classes: Vec<u32>,
    /// Last line, seconds since 1970.
    #[prost(int64, tag = "8")]
    pub touched_s: i64,
    /// Hash of the user who signed in.
    #[prost(string, tag = "9")]
    pub user: String,
}

/// A session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionRecord {
    /// Process id.
    #[prost(uint64, tag = "1")]
    pub pid: u64,
    /// Place in the roster.
    #[prost(uint32, tag = "2")]
    pub instance: u32,
    /// When it began, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub began_ms: i64,
    /// Encrypted.
    #[prost(bool, tag = "4")]
    pub encrypted: bool,
    /// Refused as a whole.
    #[prost(bool, tag = "5")]
    pub milter_refused: bool,
    /// Ids begun.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub ids: Vec<Vec<u8>>,
    /// Flags of the message to come.
    #[prost(uint32, tag = "7")]
    pub said: u32,
}

/// A delivery agent with a TLS session.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Agent {
    /// Process id.
    #[prost(uint64, tag = "1")]
    pub pid: u64,
    /// Hash of the relay.
    #[prost(fixed64, tag = "2")]
    pub relay: u64,
}

/// An interval that is still open.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpenInterval {
    /// Milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub start_ms: i64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub end_ms: i64,
    /// Flags of the batch to be.
    #[prost(uint32, tag = "3")]
    pub flags: u32,
    /// Figures by instance.
    #[prost(message, repeated, tag = "4")]
    pub tallies: Vec<TallyRecord>,
}

/// An instance of the roster.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InstanceRecord {
    /// Configuration directory.
    #[prost(string, tag = "1")]
    pub config_directory: String,
    /// Container.
    #[prost(string, tag = "2")]
    pub container: String,
    /// Name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Name in the log.
    #[prost(bytes = "vec", tag = "4")]
    pub syslog_name: Vec<u8>,
    /// TLS lines of smtpd can be expected.
    #[prost(bool, tag = "5")]
    pub tls_in: bool,
    /// TLS lines of smtp can be expected.
    #[prost(bool, tag = "6")]
    pub tls_out: bool,
}

/// One instance's figures.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TallyRecord {
    /// Place in the roster.
    #[prost(uint32, tag = "1")]
    pub instance: u32,
    /// Visible groups.
    #[prost(uint64, tag = "2")]
    pub visible: u64,
    /// Metric ids.
    #[prost(uint32, repeated, tag = "3")]
    pub metric: Vec<u32>,
    /// Their values.
    #[prost(uint64, repeated, tag = "4")]
    pub value: Vec<u64>,
    /// Breakdown entries.
    #[prost(message, repeated, tag = "5")]
    pub entries: Vec<EntryRecord>,
    /// Events.
    #[prost(message, repeated, tag = "6")]
    pub events: Vec<EventRecord>,
}

/// A breakdown entry.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EntryRecord {
    /// Dimension.
    #[prost(uint32, tag = "1")]
    pub dimension: u32,
    /// Key of an open dimension.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub key: Option<Vec<u8>>,
    /// Key of a closed dimension.
    #[prost(uint32, tag = "3")]
    pub key_id: u32,
    /// Counts.
    #[prost(uint64, repeated, tag = "4")]
    pub count: Vec<u64>,
}

/// An event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EventRecord {
    /// First time, milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub at_ms: i64,
    /// Kind.
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    /// Subject.
    #[prost(string, tag = "3")]
    pub subject: String,
    /// Text.
    #[prost(string, tag = "4")]
    pub text: String,
    /// How often.
    #[prost(uint64, tag = "5")]
    pub count: u64,
}

impl Message {
    pub(super) fn record(&self, id: &[u8]) -> MessageRecord {
        MessageRecord {
            id: id.to_vec(),
            instance: self.instance,
            flags: self.flags,
            sender_domain: self.sender_domain.to_vec(),
            deferred: self.deferred.iter().map(|recipient| recipient.hash).collect(),
            domains: self.deferred.iter().map(|recipient| recipient.domain.to_vec()).collect(),
            classes: self.classes.clone(),
            touched_s: self.touched_s,
            user: self.user.to_string(),
        }
    }

    pub(super) fn restore(record: MessageRecord) -> Self {
        let recipients = record.deferred.into_iter().zip(record.domains);
        Self {
            instance: record.instance,
            flags: record.flags,
            sender_domain: record.sender_domain.into(),
            deferred: recipients
                .map(|(hash, domain)| Recipient { hash, domain: domain.into() })
                .collect(),
            classes: record.classes,
            touched_s: record.touched_s,
            user: record.user.into(),
        }
    }
}

impl Session {
    pub(super) fn record(&self, pid: u64) -> SessionRecord {
        SessionRecord {
            pid,
            instance: self.instance,
            began_ms: self.began_ms,
            encrypted: self.encrypted,
            milter_refused: self.milter_refused,
            said: self.said,
            ids: self.ids.iter().map(|id| id.to_vec()).collect(),
        }
    }

    pub(super) fn restore(record: SessionRecord) -> Self {
        Self {
            instance: record.instance,
            began_ms: record.began_ms,
            encrypted: record.encrypted,
            milter_refused: record.milter_refused,
            said: record.said,
            ids: record.ids.into_iter().map(Into::into).collect(),
        }
    }
}

impl Tally {
    /// The figures as they go to disk.
    pub fn record(&self, instance: u32) -> TallyRecord {
        let (metric, value) = self.metrics().map(|(id, value)| (u32::from(id.0), value)).unzip();
        let closed = self.closed_entries().map(|(dimension, key, count)| EntryRecord {
            dimension: u32::from(dimension.0),
            key: None,
            key_id: u32::from(key.0),
            count: count.to_vec(),
        });
        let open = self.open_entries().flat_map(|(dimension, table)| {
            table.iter().map(move |(key, count)| EntryRecord {
                dimension: u32::from(dimension.0),
                key: Some(key.to_vec()),
                key_id: 0,
                count: count.clone(),
            })
        });
        let events = self.events().iter().map(|event| EventRecord {
            at_ms: event.at_ms,
            kind: u32::from(event.kind.0),
            subject: event.subject.clone(),
            text: event.text.clone(),
            count: event.count,
        });
        TallyRecord {
            instance,
            visible: self.visible(),
            metric,
            value,
            entries: closed.chain(open).collect(),
            events: events.collect(),
        }
    }

    /// The figures of a record; what this agent does not know of is left out.
    pub fn restore(record: &TallyRecord) -> Self {
        let mut tally = Self::default();
        tally.set_visible(record.visible);
        for (id, value) in record.metric.iter().zip(&record.value) {
            if let Ok(id) = u16::try_from(*id) {
                tally.set(MetricId(id), *value);
            }
        }
        for entry in &record.entries {
            let Ok(dimension) = u16::try_from(entry.dimension).map(DimensionId) else { continue };
            for (measure, by) in entry.count.iter().enumerate() {
                match (&entry.key, u16::try_from(entry.key_id)) {
                    (Some(key), _) => {
                        tally.open(dimension, key, measure, *by);
                    }
                    (None, Ok(key)) => tally.closed(dimension, KeyId(key), measure, *by),
                    (None, Err(_)) => {}
                }
            }
        }
        for event in &record.events {
            let Ok(kind) = u16::try_from(event.kind).map(EventKindId) else { continue };
            tally.happen(Happening {
                at_ms: event.at_ms,
                kind,
                subject: event.subject.clone(),
                text: event.text.clone(),
                count: event.count,
            });
        }
        tally
    }
}
