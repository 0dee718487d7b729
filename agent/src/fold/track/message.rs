//! One message on its way through the queue, in the bytes of one cache line.
//!
//! Pure. What few messages need lies apart.

use super::domains::{DomainId, Domains};
use super::slab::Thing;
use crate::fold::hash::half;
use crate::fold::state;

/// Reply classes remembered for each message.
pub const CLASSES_MAX: usize = 32;
/// Deferred recipients remembered for each message; those beyond count as tried for the first time.
pub const RECIPIENTS_MAX: usize = 1_000;
/// Classes that a message has room for without a piece of memory of its own: one reply, seen five ways.
const CLASSES_INLINE: usize = 5;

/// One message on its way through the queue. Most are delivered at once and need nothing beyond these bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Recipients and classes beyond the first.
    more: Option<Box<More>>,
    /// The first recipient last seen deferred.
    recipient: Recipient,
    /// Reply classes it was counted under, as hashes; 0 is none.
    classes: [u32; CLASSES_INLINE],
    /// Domain of its sender; nothing for the null sender.
    pub sender_domain: DomainId,
    /// Hash of the user who signed in to send it, kept among the domains; nothing for none.
    pub user: DomainId,
    /// Stamp of its last line, seconds since 1970.
    touched_s: u32,
    /// [`flag`] bits.
    pub flags: u16,
    /// Place of its instance in the roster.
    instance: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct More {
    recipients: Vec<Recipient>,
    classes: Vec<u32>,
}

/// A recipient that was deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recipient {
    /// Hash of the address, which itself is not kept; 0 is nobody.
    hash: [u32; 2],
    /// Its domain.
    pub domain: DomainId,
}

/// What is known of a message.
pub mod flag {
    /// Taken in over SMTP.
    pub const SMTP: u16 = 1;
    /// Taken in from a local sender.
    pub const LOCAL: u16 = 1 << 1;
    /// Came back from a content filter.
    pub const REINJECTED: u16 = 1 << 2;
    /// Was in the active queue.
    pub const QUEUED: u16 = 1 << 3;
    /// Had a recipient deferred.
    pub const DEFERRED: u16 = 1 << 4;
    /// Had a recipient bounced.
    pub const BOUNCED: u16 = 1 << 5;
    /// Put on hold or refused or thrown away as a whole, so its session's end says nothing about it.
    pub const SETTLED: u16 = 1 << 6;
    /// Counted as put on hold.
    pub const HELD: u16 = 1 << 7;
    /// Counted as thrown away.
    pub const DISCARDED: u16 = 1 << 8;
}

impl Message {
    /// Whether a flag is set.
    #[inline]
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Sets a flag and says whether it is new.
    #[inline]
    pub fn mark(&mut self, flag: u16) -> bool {
        let new = !self.has(flag);
        self.flags |= flag;
        new
    }

    /// Place of its instance in the roster.
    #[inline]
    pub fn instance(&self) -> u32 {
        u32::from(self.instance)
    }

    /// A line was about it. The first one tells whose it is.
    #[inline]
    pub(super) fn hear(&mut self, instance: u32, at_ms: i64) {
        if self.touched_s == 0 {
            self.instance = u8::try_from(instance).unwrap_or(0);
        }
        self.touched_s = u32::try_from(at_ms / 1000).unwrap_or(0).max(1);
    }

    /// The same message under a new id: only its instance and time are the new id's.
    pub fn go_on_from(&mut self, old: Self) {
        *self = Self { instance: self.instance, touched_s: self.touched_s, ..old };
    }

    /// Recipients last seen deferred.
    pub fn deferred(&self) -> impl Iterator<Item = &Recipient> {
        let more = self.more.iter().flat_map(|more| &more.recipients);
        std::iter::once(&self.recipient).filter(|first| first.is_somebody()).chain(more)
    }

    /// Whether a recipient was last seen deferred.
    pub fn is_deferred(&self, address: u64) -> bool {
        self.flags & flag::DEFERRED != 0
            && self.deferred().any(|known| known.hash == split(address))
    }

    /// Remembers that a recipient was deferred.
    pub fn defer(&mut self, address: u64, domain: DomainId) {
        let recipient = Recipient { hash: split(address), domain };
        if !self.recipient.is_somebody() {
            self.recipient = recipient;
            return;
        }
        let more = self.more.get_or_insert_default();
        if more.recipients.len() + 1 < RECIPIENTS_MAX {
            more.recipients.push(recipient);
        }
    }

    /// A deferred recipient was delivered or given up.
    pub fn undefer(&mut self, address: u64) {
        let address = split(address);
        if self.recipient.hash == address {
            let next = self.more.as_mut().and_then(|more| more.recipients.pop());
            self.recipient = next.unwrap_or_default();
        } else if let Some(more) = &mut self.more {
            more.recipients.retain(|known| known.hash != address);
        }
    }

    /// All deferred recipients, who are then so no more.
    pub fn take_deferred(&mut self) -> Vec<Recipient> {
        let all = self.deferred().copied().collect();
        self.recipient = Recipient::default();
        if let Some(more) = &mut self.more {
            more.recipients.clear();
        }
        all
    }

    /// Whether the message is counted under a class for the first time.
    pub fn first_sighting(&mut self, class: u64) -> bool {
        let class = half(class).max(1);
        for known in &mut self.classes {
            if *known == class {
                return false;
            }
            if *known == 0 {
                *known = class;
                return true;
            }
        }
        let more = self.more.get_or_insert_default();
        if more.classes.contains(&class) {
            return false;
        }
        if more.classes.len() + CLASSES_INLINE < CLASSES_MAX {
            more.classes.push(class);
        }
        true
    }

    /// Its domains get other numbers.
    pub(super) fn rename(&mut self, rename: &mut dyn FnMut(&mut DomainId)) {
        rename(&mut self.sender_domain);
        rename(&mut self.user);
        if self.recipient.is_somebody() {
            rename(&mut self.recipient.domain);
        }
        for recipient in self.more.iter_mut().flat_map(|more| &mut more.recipients) {
            rename(&mut recipient.domain);
        }
    }

    /// As it goes to disk.
    pub(super) fn record(&self, key: u64, domains: &Domains) -> state::MessageRecord {
        let more = self.more.iter().flat_map(|more| &more.classes);
        state::MessageRecord {
            key,
            instance: self.instance(),
            flags: u32::from(self.flags),
            sender_domain: domains.name(self.sender_domain).to_vec(),
            deferred: self.deferred().map(|recipient| join(recipient.hash)).collect(),
            domains: self
                .deferred()
                .map(|recipient| domains.name(recipient.domain).to_vec())
                .collect(),
            classes: self.classes.iter().chain(more).copied().filter(|class| *class != 0).collect(),
            touched_s: i64::from(self.touched_s),
            user: String::from_utf8_lossy(domains.name(self.user)).into_owned(),
        }
    }

    /// As it came from disk.
    pub(super) fn restore(
        record: state::MessageRecord,
        mut number: impl FnMut(&[u8]) -> DomainId,
    ) -> Self {
        let mut message = Self {
            flags: u16::try_from(record.flags).unwrap_or(0),
            instance: u8::try_from(record.instance).unwrap_or(0),
            touched_s: u32::try_from(record.touched_s).unwrap_or(0).max(1),
            sender_domain: number(&record.sender_domain),
            user: number(record.user.as_bytes()),
            ..Self::default()
        };
        for (address, domain) in record.deferred.into_iter().zip(record.domains) {
            message.defer(address, number(&domain));
        }
        for class in record.classes {
            message.first_sighting(u64::from(class));
        }
        message
    }
}

impl Recipient {
    fn is_somebody(&self) -> bool {
        self.hash != [0, 0]
    }
}

fn split(hash: u64) -> [u32; 2] {
    [half(hash >> 32), half(hash).max(1)]
}

fn join([high, low]: [u32; 2]) -> u64 {
    (u64::from(high) << 32) | u64::from(low)
}

impl Thing for Message {
    fn heard(&self) -> i64 {
        i64::from(self.touched_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_cache_line() {
        assert_eq!(size_of::<Message>(), 56, "and its key is the rest of 64 bytes");
    }

    #[test]
    fn a_message_remembers_who_waits_and_why() {
        let mut message = Message::default();
        message.mark(flag::DEFERRED);
        for address in [7, 8, 9] {
            message.defer(address, DomainId::default());
        }
        message.undefer(7);
        assert_eq!([7, 8, 9].map(|address| message.is_deferred(address)), [false, true, true]);
        assert_eq!(message.take_deferred().len(), 2);
        assert_eq!(message.deferred().count(), 0);
        for class in 1..=u64::try_from(CLASSES_MAX).unwrap() {
            assert!(message.first_sighting(class));
            assert!(!message.first_sighting(class));
        }
    }
}
