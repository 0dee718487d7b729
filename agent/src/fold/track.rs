//! What must be remembered between lines: messages by queue id, SMTP sessions and delivery agents by process id.
//!
//! Bounded. Every change since the last record is known, so that a record on disk holds only what changed.

pub mod domains;
pub mod message;
pub mod slab;

use super::hash::hash;
use super::state;
pub use domains::{DomainId, Domains};
pub use message::{Message, Recipient, flag};
use slab::{Slab, Thing};

/// Messages followed at once: 100,000 deferred ones and others in motion, 64 bytes each and 16 to find them = 10 MB.
pub const MESSAGES_MAX: usize = 130_000;
/// SMTP sessions followed at once; Postfix starts with 100 processes for each service.
pub const SESSIONS_MAX: usize = 20_000;
/// Delivery agents whose last TLS session is remembered.
pub const AGENTS_MAX: usize = 5_000;
/// A message without a line for this long is forgotten: longer than the five days that Postfix keeps trying.
pub const MESSAGE_IDLE_S: i64 = 9 * 86_400;
/// One SMTP session, from connect to disconnect of one process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// Place of its instance in the roster.
    pub instance: u32,
    /// When it began, milliseconds since 1970.
    pub began_ms: i64,
    /// It is encrypted.
    pub encrypted: bool,
    /// A milter refused the whole session.
    pub milter_refused: bool,
    /// [`flag`] bits of the message whose id is still to come.
    pub said: u16,
    /// Keys of the messages that it began.
    pub ids: Vec<u64>,
}

/// Messages remembered for each session.
pub const SESSION_IDS_MAX: usize = 16;

impl Thing for Session {
    fn heard(&self) -> i64 {
        self.began_ms
    }
}

/// A delivery agent's TLS session: the hash of the relay that it is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Agent(u64);

impl Thing for Agent {
    fn heard(&self) -> i64 {
        0
    }
}

/// All that is remembered.
#[derive(Debug)]
pub struct Track {
    messages: Slab<Message>,
    sessions: Slab<Session>,
    /// By process id.
    agents: Slab<Agent>,
    domains: Domains,
    /// Evictions since the last look, besides those that the slabs know.
    forgotten: u64,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            messages: Slab::new(MESSAGES_MAX),
            sessions: Slab::new(SESSIONS_MAX),
            agents: Slab::new(AGENTS_MAX),
            domains: Domains::default(),
            forgotten: 0,
        }
    }
}

impl Track {
    /// A message, if it is known.
    #[inline]
    pub fn message(&mut self, id: &[u8]) -> Option<&Message> {
        self.messages.get(hash(id))
    }

    /// A message by its key.
    pub fn by_key(&self, key: u64) -> Option<&Message> {
        self.messages.peek(key)
    }

    /// The key under which a message is remembered.
    pub fn key(id: &[u8]) -> u64 {
        hash(id)
    }

    /// A message, to be changed; made if it is new.
    #[inline]
    pub fn touch(&mut self, id: &[u8], instance: u32, at_ms: i64) -> &mut Message {
        let message = self.messages.touch(hash(id));
        message.hear(instance, at_ms);
        message
    }

    /// The number of a domain in lower case.
    pub fn domain(&mut self, domain: &[u8]) -> DomainId {
        if let Some(number) = self.domains.number(domain) {
            return number;
        }
        let messages = &mut self.messages;
        self.domains
            .keep_used(|rename| messages.iter_mut().for_each(|message| message.rename(rename)));
        self.domains.number(domain).unwrap_or_default()
    }

    /// The domain of a number.
    pub fn domain_name(&self, domain: DomainId) -> &[u8] {
        self.domains.name(domain)
    }

    /// Ends a message.
    pub fn end(&mut self, id: &[u8]) -> Option<Message> {
        self.messages.remove(hash(id))
    }

    /// Ends a message by its key.
    pub fn end_key(&mut self, key: u64) {
        self.messages.remove(key);
    }

    /// Forgets messages without a line since long before `now_ms`.
    pub fn forget_idle(&mut self, now_ms: i64) {
        let oldest = now_ms / 1000 - MESSAGE_IDLE_S;
        self.forgotten += self.messages.remove_if(|_, message| message.heard() < oldest);
    }

    /// Begins a session.
    pub fn begin_session(&mut self, pid: u64, instance: u32, began_ms: i64) {
        let session = self.sessions.touch(pid);
        let mut ids = std::mem::take(&mut session.ids);
        ids.clear();
        *session = Session { instance, began_ms, ids, ..Session::default() };
    }

    /// A session, to be changed.
    pub fn session(&mut self, pid: u64) -> Option<&mut Session> {
        self.sessions.get_mut(pid)
    }

    /// Ends a session.
    pub fn end_session(&mut self, pid: u64) -> Option<Session> {
        self.sessions.remove(pid)
    }

    /// Ends all sessions of an instance, as Postfix ended.
    pub fn end_sessions(&mut self, instance: u32) {
        self.sessions.remove_if(|_, session| session.instance == instance);
    }

    /// Sessions open now, by instance.
    pub fn sessions_of(&self, instance: u32) -> u64 {
        let count = self.sessions.iter().filter(|(_, s)| s.instance == instance).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Ends sessions whose process is gone.
    pub fn end_dead_sessions(&mut self, lives: impl Fn(u64) -> bool) {
        self.sessions.remove_if(|pid, _| !lives(pid));
    }

    /// Remembers that a delivery agent has a TLS session with a relay.
    pub fn agent_encrypted(&mut self, pid: u64, relay: u64) {
        self.agents.touch(pid).0 = relay;
    }

    /// Remembers that a process is tlsproxy, for logs that do not name the daemon.
    pub fn note_tlsproxy(&mut self, pid: u64) {
        self.agent_encrypted(pid, TLSPROXY);
    }

    /// Whether a process is known to be tlsproxy.
    pub fn is_tlsproxy(&self, pid: u64) -> bool {
        self.is_agent_encrypted(pid, TLSPROXY)
    }

    /// Whether a delivery agent has a TLS session with a relay.
    pub fn is_agent_encrypted(&self, pid: u64, relay: u64) -> bool {
        self.agents.peek(pid) == Some(&Agent(relay))
    }

    /// How much is followed.
    pub fn len(&self) -> usize {
        self.messages.len() + self.sessions.len()
    }

    /// Whether nothing is followed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many were forgotten for lack of room since the last look.
    pub fn take_forgotten(&mut self) -> u64 {
        let evicted = self.messages.take_evicted() + self.sessions.take_evicted();
        std::mem::take(&mut self.forgotten) + evicted
    }

    /// What changed since the last call.
    pub fn take_delta(&mut self) -> state::Delta {
        let mut delta = state::Delta::default();
        let domains = &self.domains;
        delta.gone = self
            .messages
            .take_changes(|key, message| delta.messages.push(message.record(key, domains)));
        delta.ended =
            self.sessions.take_changes(|pid, session| delta.sessions.push(session.record(pid)));
        self.agents
            .take_changes(|pid, agent| delta.agents.push(state::Agent { pid, relay: agent.0 }));
        delta
    }

    /// All that is remembered; also forgets what changed.
    pub fn snapshot(&mut self) -> state::Delta {
        self.messages.settle();
        self.sessions.settle();
        self.agents.settle();
        let agent = |(pid, agent): (u64, &Agent)| state::Agent { pid, relay: agent.0 };
        state::Delta {
            whole: true,
            messages: self.messages.iter().map(|(key, m)| m.record(key, &self.domains)).collect(),
            sessions: self.sessions.iter().map(|(pid, session)| session.record(pid)).collect(),
            agents: self.agents.iter().map(agent).collect(),
            ..state::Delta::default()
        }
    }

    /// Applies a record read from disk.
    pub fn apply(&mut self, delta: state::Delta) {
        if delta.whole {
            *self = Self::default();
        }
        for key in delta.gone {
            self.messages.remove(key);
        }
        for record in delta.messages {
            self.restore(record);
        }
        for pid in delta.ended {
            self.sessions.remove(pid);
        }
        for record in delta.sessions {
            let pid = record.pid;
            *self.sessions.touch(pid) = Session::restore(record);
        }
        for agent in delta.agents {
            self.agent_encrypted(agent.pid, agent.relay);
        }
        self.messages.settle();
        self.sessions.settle();
        self.agents.settle();
    }

    fn restore(&mut self, record: state::MessageRecord) {
        let key = record.key;
        let message = Message::restore(record, |domain| self.domain(domain));
        *self.messages.touch(key) = message;
    }
}

/// Stands in for a relay's hash: this process only serves other agents.
const TLSPROXY: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_and_snapshots_restore_the_same_memory() {
        let mut track = Track::default();
        track.touch(b"A11111", 0, 1_000).mark(flag::SMTP);
        let first = track.take_delta();
        let domain = track.domain(b"x.test");
        track.touch(b"A11111", 0, 2_000).defer(7, domain);
        track.touch(b"B22222", 1, 2_000);
        track.begin_session(9, 0, 5);
        track.end(b"B22222");
        let second = track.take_delta();
        track.end(b"A11111");
        let third = track.take_delta();
        assert_eq!(third.gone, [hash(b"A11111")]);

        let mut restored = Track::default();
        restored.apply(first);
        restored.apply(second);
        let mut whole = Track::default();
        whole.apply(restored.snapshot());
        for copy in [&mut restored, &mut whole] {
            let message = copy.message(b"A11111").unwrap().clone();
            assert!(message.has(flag::SMTP));
            let domains: Vec<_> = message.deferred().map(|waiting| waiting.domain).collect();
            assert_eq!(copy.domain_name(domains[0]), b"x.test");
            assert_eq!(copy.message(b"B22222"), None);
            assert_eq!(copy.sessions_of(0), 1);
        }
    }
}
