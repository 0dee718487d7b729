//! Counts delivery attempts: recipients, messages and attempts apart, first attempts and retries apart.

use mailvane_proto::catalogue::{
    KeyId, MetricId, delivery as cat, message as message_cat, sasl as sasl_cat, tls as tls_cat,
};

use super::replies;
use super::track::{self, Recipient, flag};
use super::{Counter, hash};
use crate::postfix::delivery::{self, Delivery, Kind, Status};
use crate::postfix::scan;

impl Counter<'_> {
    /// One status line.
    pub(super) fn delivery(&mut self, id: &[u8], line: &Delivery<'_>) {
        let agent = agent_key(self.daemon);
        self.tally.closed(cat::DELIVERY_AGENT, agent, status_measure(line.status), 1);
        match line.status {
            Status::Deliverable | Status::Undeliverable => return self.tally.add(cat::PROBED, 1),
            Status::SoftBounce | Status::Other => return self.tally.add(cat::OTHER_STATUS, 1),
            Status::Sent | Status::Deferred | Status::Bounced => {}
        }
        if !line.suspended() {
            self.tally.add(cat::ATTEMPTS, 1);
            self.delays(line);
        }
        let kind = self.kind(id, line);
        let retry = self.remember(id, line);
        self.status_metrics(line, retry, kind);
        self.by_domain(id, line, kind);
        if line.status != Status::Sent {
            self.failure(id, line);
        }
        self.encryption(line, kind);
    }

    /// A sent line may stand for a forward, a discard or a hand-over to a filter on this host.
    fn kind(&self, id: &[u8], line: &Delivery<'_>) -> Kind {
        let kind = delivery::kind(line, self.daemon);
        let comes_back = kind == Kind::Final
            && delivery::queued_as(line).is_some_and(|new| {
                new != id
                    && self.track.message(new).is_some_and(|message| message.has(flag::REINJECTED))
            });
        if comes_back { Kind::ToFilter } else { kind }
    }

    /// Keeps the message's memory up to date and says whether the recipient had been deferred before.
    fn remember(&mut self, id: &[u8], line: &Delivery<'_>) -> bool {
        let address = hash(line.recipient);
        let domain = scan::domain(line.recipient).to_ascii_lowercase();
        let message = self.track.touch(id, self.place, self.at_ms);
        let known = message.deferred.iter().position(|recipient| recipient.hash == address);
        match (line.status, known) {
            (Status::Deferred, None) if message.deferred.len() < track::RECIPIENTS_MAX => {
                message.deferred.push(Recipient { hash: address, domain: domain.into() });
            }
            (Status::Sent | Status::Bounced, Some(place)) => {
                message.deferred.swap_remove(place);
            }
            _ => {}
        }
        if line.status == Status::Deferred && message.mark(flag::DEFERRED) {
            self.tally.add(cat::MESSAGES_DEFERRED, 1);
        }
        if line.status == Status::Bounced && message.mark(flag::BOUNCED) {
            self.tally.add(cat::MESSAGES_BOUNCED, 1);
        }
        known.is_some()
    }

    fn status_metrics(&mut self, line: &Delivery<'_>, retry: bool, kind: Kind) {
        let (all, first, again) = match line.status {
            Status::Deferred => (cat::DEFERRED, cat::FIRST_DEFERRED, cat::RETRY_DEFERRED),
            Status::Bounced => (cat::BOUNCED, cat::FIRST_BOUNCED, cat::RETRY_BOUNCED),
            _ => (cat::SENT, cat::FIRST_SENT, cat::RETRY_SENT),
        };
        self.tally.add(all, 1);
        self.tally.add(if retry { again } else { first }, 1);
        if line.suspended() {
            self.tally.add(cat::SUSPENDED, 1);
        }
        if line.status == Status::Sent {
            match kind {
                Kind::Final => self.tally.add(cat::DELIVERED, 1),
                Kind::Forwarded => self.tally.add(cat::FORWARDED, 1),
                Kind::ToFilter => self.tally.add(cat::FILTERED, 1),
                Kind::Discarded => {}
            }
        }
    }

    fn delays(&mut self, line: &Delivery<'_>) {
        let [before, waiting, connecting, sending] = line.stages_ms;
        self.tally.add(cat::DELAY_COUNT, 1);
        let stages: [(MetricId, KeyId, u64); 5] = [
            (cat::DELAY_TOTAL_MS, cat::stage::TOTAL, line.delay_ms),
            (cat::DELAY_BEFORE_QUEUE_MS, cat::stage::BEFORE_QUEUE, before),
            (cat::DELAY_IN_QUEUE_MS, cat::stage::IN_QUEUE, waiting),
            (cat::DELAY_CONNECT_MS, cat::stage::CONNECT, connecting),
            (cat::DELAY_TRANSMIT_MS, cat::stage::TRANSMIT, sending),
        ];
        for (metric, stage, millis) in stages {
            self.tally.add(metric, millis);
            self.tally.closed(cat::DELAY_STAGE, stage, cat::bucket_of(millis), 1);
        }
    }

    /// Recipient domain, next hop and sender domain. A hop inside this host is nobody's delivery.
    fn by_domain(&mut self, id: &[u8], line: &Delivery<'_>, kind: Kind) {
        let (recipient, hop) = match line.status {
            Status::Deferred => (cat::recipient::DEFERRED, cat::hop::DEFERRED),
            Status::Bounced => (cat::recipient::BOUNCED, cat::hop::BOUNCED),
            _ if kind != Kind::Final => return,
            _ => (cat::recipient::SENT, cat::hop::SENT),
        };
        let domain = lower(scan::domain(line.recipient));
        let domain = if domain.is_empty() { LOCAL_DOMAIN } else { domain.as_slice() };
        self.open(cat::RECIPIENT_DOMAIN, domain, recipient, 1);
        if line.status == Status::Sent {
            self.open(cat::RECIPIENT_DOMAIN, domain, cat::recipient::DELAY_MS, line.delay_ms);
        }
        let relay = lower(relay_name(line.relay));
        if relay != b"none" {
            self.open(cat::RELAY, &relay, hop, 1);
            self.open(cat::RELAY, &relay, cat::hop::DELAY_MS, line.delay_ms);
        }
        if let Some(provider) = replies::provider(&relay) {
            let measure = match line.status {
                Status::Deferred => cat::provided::DEFERRED,
                Status::Bounced => cat::provided::BOUNCED,
                _ => cat::provided::SENT,
            };
            self.open(cat::PROVIDER, provider.as_bytes(), measure, 1);
        }
        if line.status == Status::Bounced {
            self.of_user(id, sasl_cat::user::BOUNCED, 1);
        }
        let measure = match line.status {
            Status::Deferred => message_cat::sender::DEFERRED,
            Status::Bounced => message_cat::sender::BOUNCED,
            _ => return,
        };
        let sender =
            self.track.message(id).map(|message| message.sender_domain.clone()).unwrap_or_default();
        let sender = if sender.is_empty() { NULL_SENDER } else { &sender };
        self.open(message_cat::SENDER_DOMAIN, sender, measure, 1);
    }

    /// Why a try failed: by cause, enhanced code, class of the remote reply, and the reply itself without personal data.
    fn failure(&mut self, id: &[u8], line: &Delivery<'_>) {
        let measure = if line.status == Status::Bounced {
            cat::failed::BOUNCED
        } else {
            cat::failed::DEFERRED
        };
        let cause = replies::cause(line);
        self.tally.closed(cat::FAILURE_CAUSE, cause, measure, 1);
        if self.first_sighting(id, hash(&cause.0.to_le_bytes())) {
            self.tally.closed(cat::FAILURE_CAUSE, cause, cat::failed::MESSAGES, 1);
        }
        let (class, subject, detail) = line.dsn;
        let code = format!("{class}.{subject}.{detail}");
        self.failed(id, cat::REPLY_CODE, code.as_bytes(), measure);
        let class = replies::classify(line);
        self.failed(id, cat::REPLY_CLASS, class.as_bytes(), measure);
        let domain = lower(scan::domain(line.recipient));
        let by_domain = [class.as_bytes(), b"\t", &domain].concat();
        self.failed(id, cat::REPLY_CLASS_DOMAIN, &by_domain, measure);
        let local_part = scan::before(line.recipient, b"@");
        let template = super::redact::template_without(line.reason, local_part);
        let template = [class.as_bytes(), b"\t", template.as_str().as_bytes()].concat();
        self.failed(id, cat::REPLY_TEMPLATE, &template, measure);
    }

    fn failed(
        &mut self,
        id: &[u8],
        dimension: mailvane_proto::catalogue::DimensionId,
        key: &[u8],
        measure: usize,
    ) {
        self.open(dimension, key, measure, 1);
        let seen = hash(&[&dimension.0.to_le_bytes(), key].concat());
        if self.first_sighting(id, seen) {
            self.open(dimension, key, cat::failed::MESSAGES, 1);
        }
    }

    /// Whether this message is counted under a class for the first time.
    fn first_sighting(&mut self, id: &[u8], class: u64) -> bool {
        let class = u32::try_from(class & u64::from(u32::MAX)).unwrap_or(0);
        let message = self.track.touch(id, self.place, self.at_ms);
        if message.classes.contains(&class) {
            return false;
        }
        if message.classes.len() < CLASSES_MAX {
            message.classes.push(class);
        }
        true
    }

    fn encryption(&mut self, line: &Delivery<'_>, kind: Kind) {
        let over_network = memchr::memmem::find(line.relay, b"]:").is_some();
        if line.reason.starts_with(b"TLS is required, but")
            || line.reason.starts_with(b"Server certificate not ")
        {
            self.tally.add(tls_cat::OUT_REQUIRED, 1);
        }
        if line.tls.is_some() {
            *self.tls_out = true;
        }
        if line.status != Status::Sent || !over_network || kind != Kind::Final {
            return;
        }
        let encrypted = match line.tls {
            Some(tls) => {
                !tls.ends_with(b":none") && !tls.starts_with(b"none") && !tls.ends_with(b"?")
            }
            None => self.track.is_agent_encrypted(self.pid, hash(line.relay)),
        };
        if encrypted {
            self.tally.add(tls_cat::OUT_SENT, 1);
            let relay = lower(relay_name(line.relay));
            self.open(cat::RELAY, &relay, cat::hop::ENCRYPTED, 1);
        } else {
            self.tally.add(tls_cat::OUT_SENT_PLAIN, 1);
        }
    }
}

/// Classes remembered for each message.
const CLASSES_MAX: usize = 32;
/// Recipients without a domain.
pub(super) const LOCAL_DOMAIN: &[u8] = b"local";
/// The null sender.
pub(super) const NULL_SENDER: &[u8] = b"<>";

/// Lower case, for keys.
pub(super) fn lower(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}

/// `host` of `host[ip]:port`, else the whole.
fn relay_name(relay: &[u8]) -> &[u8] {
    scan::before(relay, b"[")
}

fn status_measure(status: Status) -> usize {
    match status {
        Status::Sent => cat::status::SENT,
        Status::Deferred => cat::status::DEFERRED,
        Status::Bounced => cat::status::BOUNCED,
        Status::Deliverable => cat::status::DELIVERABLE,
        Status::Undeliverable => cat::status::UNDELIVERABLE,
        Status::SoftBounce => cat::status::SOFTBOUNCE,
        Status::Other => cat::status::OTHER,
    }
}

fn agent_key(daemon: &[u8]) -> KeyId {
    match daemon {
        b"smtp" | b"relay" => cat::agent::SMTP,
        b"lmtp" => cat::agent::LMTP,
        b"local" => cat::agent::LOCAL,
        b"virtual" => cat::agent::VIRTUAL,
        b"pipe" => cat::agent::PIPE,
        b"error" | b"retry" => cat::agent::ERROR,
        b"discard" => cat::agent::DISCARD,
        b"cleanup" => cat::agent::CLEANUP,
        _ => cat::agent::OTHER,
    }
}
