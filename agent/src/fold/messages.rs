//! Counts messages: taken in, made here, queued, tried again, expired, removed; and notices about them.

use mailvane_proto::catalogue::{
    delivery as delivery_cat, message as cat, reject as reject_cat, sasl as sasl_cat,
    smtpd as smtpd_cat, tls as tls_cat,
};

use super::deliveries::{NULL_SENDER, lower};
use super::track::{Message, SESSION_IDS_MAX, flag};
use super::{Counter, network};
use crate::postfix::bounce::{Kind, Notice};
use crate::postfix::pickup::Submission;
use crate::postfix::smtpd::Client;
use crate::postfix::{cleanup, qmgr, scan};

impl Counter<'_> {
    /// smtpd gives a message its id. A known id that begins again is a new message: short ids repeat.
    pub(super) fn client(&mut self, id: Option<&[u8]>, client: &Client<'_>) {
        let Some(id) = id else { return };
        if self.track.message(id).is_some_and(|known| known.flags != 0) {
            self.track.end(id);
        }
        let before = client.orig_queue_id.and_then(|before| self.track.message(before));
        let user = before.map(|before| before.user.clone()).unwrap_or_default();
        let message = self.track.touch(id, self.place, self.at_ms);
        if client.orig_queue_id.is_some() {
            message.user = user;
            message.mark(flag::REINJECTED);
            return self.tally.add(cat::REINJECTED, 1);
        }
        message.mark(flag::SMTP);
        self.tally.add(cat::RECEIVED, 1);
        self.tally.add(cat::RECEIVED_SMTP, 1);
        let network = network(client.peer.address);
        self.open(smtpd_cat::CLIENT_NETWORK, network.as_bytes(), smtpd_cat::client::MESSAGES, 1);
        self.open_service(smtpd_cat::service::MESSAGES);
        self.signed_in(id, client);
        let mut said = 0;
        let encrypted = match self.track.session(self.pid) {
            Some(session) => {
                said = std::mem::take(&mut session.said);
                if session.ids.len() < SESSION_IDS_MAX {
                    session.ids.push(id.into());
                }
                session.encrypted
            }
            None => false,
        };
        self.track.touch(id, self.place, self.at_ms).flags |= said;
        let metric = if encrypted { tls_cat::IN_MESSAGES } else { tls_cat::IN_MESSAGES_PLAIN };
        self.tally.add(metric, 1);
    }

    fn signed_in(&mut self, id: &[u8], client: &Client<'_>) {
        let Some(method) = client.sasl_method else { return };
        self.tally.add(cat::RECEIVED_SIGNED_IN, 1);
        self.tally.add(sasl_cat::MESSAGES, 1);
        self.tally.closed(
            sasl_cat::SASL_METHOD,
            super::sessions::sasl_method(method),
            sasl_cat::outcome::SUCCEEDED,
            1,
        );
        if let Some(user) = client.sasl_user {
            let user = self.user_hash(user);
            self.open(sasl_cat::SASL_USER, user.as_bytes(), sasl_cat::user::MESSAGES, 1);
            let network = super::hash(network(client.peer.address).as_bytes());
            let networks = self.users.seen(&user, network, self.at_ms);
            self.tally.open_max(
                sasl_cat::SASL_USER,
                user.as_bytes(),
                sasl_cat::user::NETWORKS,
                networks,
            );
            self.track.touch(id, self.place, self.at_ms).user = user.into();
        }
    }

    /// pickup takes a message from a local sender, or again from an operator who requeued it.
    pub(super) fn submission(&mut self, id: &[u8], submission: &Submission<'_>) {
        if let Some(old) = submission.orig_id {
            let memory = self.track.end(old);
            let message = self.track.touch(id, self.place, self.at_ms);
            if let Some(old) = memory {
                // The same message: only its instance and time are the new id's.
                *message =
                    Message { instance: message.instance, touched_s: message.touched_s, ..old };
            }
            message.mark(flag::LOCAL);
            message.mark(flag::QUEUED);
            return;
        }
        if self.track.message(id).is_some_and(|known| known.flags != 0) {
            self.track.end(id);
        }
        self.track.touch(id, self.place, self.at_ms).mark(flag::LOCAL);
        self.tally.add(cat::RECEIVED, 1);
        self.tally.add(cat::RECEIVED_LOCAL, 1);
    }

    /// cleanup.
    pub(super) fn cleanup(&mut self, id: &[u8], event: &cleanup::Event<'_>) {
        match event {
            cleanup::Event::MessageId => {
                self.track.touch(id, self.place, self.at_ms);
            }
            cleanup::Event::Cancelled => {
                // Forgotten means that the session's end was read before this line, and counted.
                if self.track.end(id).is_some_and(|message| message.has(flag::SMTP)) {
                    self.tally.add(cat::ABANDONED, 1);
                }
            }
            cleanup::Event::Discarded => {
                self.track.end(id);
            }
            cleanup::Event::Milter(refusal) => self.refused(Some(id), refusal),
            cleanup::Event::Check(check) => self.checked(id, check),
        }
    }

    /// The queue manager.
    pub(super) fn queue(&mut self, id: &[u8], event: &qmgr::Event<'_>) {
        match event {
            qmgr::Event::Active { sender, size, recipients } => {
                self.active(id, sender, *size, *recipients);
            }
            qmgr::Event::Expired { .. } => self.expired(id),
            qmgr::Event::Removed => {
                if !self.by_postsuper(id) {
                    self.tally.add(cat::REMOVED, 1);
                }
                self.track.end(id);
            }
            qmgr::Event::NoticeFailed => self.tally.add(delivery_cat::NOTICE_FAILED, 1),
            qmgr::Event::Skipped => {}
        }
    }

    /// In a log that lost the daemon's name, postsuper deletes in qmgr's words; but qmgr removes no message that waits.
    fn by_postsuper(&self, id: &[u8]) -> bool {
        let waits = |message: &Message| !message.has(flag::QUEUED) || !message.deferred.is_empty();
        self.daemon.is_empty() && self.track.message(id).is_some_and(waits)
    }

    /// A message that was queued before the agent began to read is no new one.
    fn active(&mut self, id: &[u8], sender: &[u8], size: u64, recipients: u64) {
        let known = self.track.message(id).is_some();
        let domain = lower(scan::domain(sender));
        let message = self.track.touch(id, self.place, self.at_ms);
        message.sender_domain = domain.clone().into();
        let first = message.mark(flag::QUEUED) && known;
        let made_here = !message.has(flag::SMTP | flag::LOCAL | flag::REINJECTED);
        let reinjected = message.has(flag::REINJECTED);
        if !first {
            return self.tally.add(cat::RETRIED, 1);
        }
        if made_here && (sender.is_empty() || sender.starts_with(b"double-bounce@")) {
            self.tally.add(cat::GENERATED, 1);
        }
        self.tally.add(cat::QUEUED, 1);
        self.tally.add(cat::QUEUED_BYTES, size);
        self.tally.add(cat::QUEUED_RECIPIENTS, recipients);
        if reinjected {
            return;
        }
        self.of_user(id, sasl_cat::user::RECIPIENTS, recipients);
        let domain = if sender.is_empty() { NULL_SENDER } else { domain.as_slice() };
        self.open(cat::SENDER_DOMAIN, domain, cat::sender::MESSAGES, 1);
        self.open(cat::SENDER_DOMAIN, domain, cat::sender::RECIPIENTS, recipients);
        self.open(cat::SENDER_DOMAIN, domain, cat::sender::BYTES, size);
    }

    /// Counts for the user who sent a message, if somebody signed in for it.
    pub(super) fn of_user(&mut self, id: &[u8], measure: usize, by: u64) {
        let user = self.track.message(id).map(|message| message.user.clone()).unwrap_or_default();
        if !user.is_empty() {
            self.open(sasl_cat::SASL_USER, user.as_bytes(), measure, by);
        }
    }

    /// Every recipient still unsent was last seen deferred.
    fn expired(&mut self, id: &[u8]) {
        self.tally.add(cat::EXPIRED, 1);
        let message = self.track.touch(id, self.place, self.at_ms);
        let recipients = std::mem::take(&mut message.deferred);
        for recipient in recipients {
            self.tally.add(delivery_cat::EXPIRED, 1);
            self.tally.closed(
                delivery_cat::DELIVERY_AGENT,
                delivery_cat::agent::OTHER,
                delivery_cat::status::EXPIRED,
                1,
            );
            self.open(
                delivery_cat::RECIPIENT_DOMAIN,
                &recipient.domain,
                delivery_cat::recipient::EXPIRED,
                1,
            );
        }
    }

    /// bounce.
    pub(super) fn notice(&mut self, notice: &Notice<'_>) {
        let metric = match notice.kind {
            Kind::NonDelivery => delivery_cat::NOTICE_BOUNCED,
            Kind::Delay => delivery_cat::NOTICE_DELAYED,
            Kind::Postmaster => delivery_cat::NOTICE_POSTMASTER,
            Kind::Failed => delivery_cat::NOTICE_FAILED,
            Kind::Success => return,
        };
        self.tally.add(metric, 1);
    }

    /// Header and body checks.
    fn checked(&mut self, id: &[u8], check: &cleanup::Check<'_>) {
        let action = super::refusals::action_key(check.action);
        let table = match (check.milter, check.body) {
            (true, _) => reject_cat::table::MILTER,
            (false, true) => reject_cat::table::BODY,
            (false, false) => reject_cat::table::HEADER,
        };
        self.tally.closed(reject_cat::ACTION, action, table, 1);
        let part: &[u8] = if check.body { b"body" } else { b"header" };
        let text = super::redact::template(check.text);
        let key =
            [part, b"\t", check.action.word().as_bytes(), b"\t", text.as_str().as_bytes()].concat();
        self.open(reject_cat::HEADER_CHECK, &key, reject_cat::hit::HITS, 1);
        self.content_verdict(id, check);
    }
}
