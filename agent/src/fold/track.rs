//! What must be remembered between lines: messages by queue id, SMTP sessions and delivery agents by process id.
//!
//! Bounded. Every change since the last record is known, so that a record on disk holds only what changed.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::state;

/// Messages followed at once: 100,000 deferred ones and as many in motion, about 150 bytes each = 30 MB at worst.
pub const MESSAGES_MAX: usize = 200_000;
/// SMTP sessions followed at once; Postfix starts with 100 processes for each service.
pub const SESSIONS_MAX: usize = 20_000;
/// Delivery agents whose last TLS session is remembered.
pub const AGENTS_MAX: usize = 5_000;
/// Deferred recipients remembered for each message; those beyond count as tried for the first time.
pub const RECIPIENTS_MAX: usize = 1_000;
/// A message without a line for this long is forgotten: longer than the five days that Postfix keeps trying.
pub const MESSAGE_IDLE_S: i64 = 9 * 86_400;

/// One message on its way through the queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Place of its instance in the roster.
    pub instance: u32,
    /// [`flag`] bits.
    pub flags: u32,
    /// Domain of its sender; empty for the null sender.
    pub sender_domain: Box<[u8]>,
    /// Hash of the user who signed in to send it; empty for none.
    pub user: Box<str>,
    /// Recipients last seen deferred.
    pub deferred: Vec<Recipient>,
    /// Reply classes it was counted under, as hashes.
    pub classes: Vec<u32>,
    /// Stamp of its last line, seconds since 1970.
    pub touched_s: i64,
}

/// What is known of a message.
pub mod flag {
    /// Taken in over SMTP.
    pub const SMTP: u32 = 1;
    /// Taken in from a local sender.
    pub const LOCAL: u32 = 1 << 1;
    /// Came back from a content filter.
    pub const REINJECTED: u32 = 1 << 2;
    /// Was in the active queue.
    pub const QUEUED: u32 = 1 << 3;
    /// Had a recipient deferred.
    pub const DEFERRED: u32 = 1 << 4;
    /// Had a recipient bounced.
    pub const BOUNCED: u32 = 1 << 5;
    /// Put on hold or refused or thrown away as a whole, so its session's end says nothing about it.
    pub const SETTLED: u32 = 1 << 6;
    /// Counted as put on hold.
    pub const HELD: u32 = 1 << 7;
    /// Counted as thrown away.
    pub const DISCARDED: u32 = 1 << 8;
}

impl Message {
    /// Whether a flag is set.
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Sets a flag and says whether it is new.
    pub fn mark(&mut self, flag: u32) -> bool {
        let new = !self.has(flag);
        self.flags |= flag;
        new
    }
}

/// A recipient that was deferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Hash of the address, which itself is not kept.
    pub hash: u64,
    /// Its domain.
    pub domain: Box<[u8]>,
}

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
    pub said: u32,
    /// Ids that it began.
    pub ids: Vec<Box<[u8]>>,
}

/// Ids remembered for each session.
pub const SESSION_IDS_MAX: usize = 16;

/// All that is remembered.
#[derive(Debug, Default)]
pub struct Track {
    messages: HashMap<Box<[u8]>, Message>,
    /// Ids in the order they came, for eviction; may name some that are gone.
    order: VecDeque<Box<[u8]>>,
    sessions: HashMap<u64, Session>,
    /// Process id of a delivery agent to the hash of the relay that it has a TLS session with.
    agents: HashMap<u64, u64>,
    dirty_messages: HashSet<Box<[u8]>>,
    dirty_sessions: BTreeSet<u64>,
    dirty_agents: BTreeSet<u64>,
    /// Evictions since the last look.
    forgotten: u64,
}

impl Track {
    /// A message, if it is known.
    pub fn message(&self, id: &[u8]) -> Option<&Message> {
        self.messages.get(id)
    }

    /// A message, to be changed; made if it is new.
    pub fn touch(&mut self, id: &[u8], instance: u32, at_ms: i64) -> &mut Message {
        if !self.dirty_messages.contains(id) {
            self.dirty_messages.insert(id.into());
        }
        if !self.messages.contains_key(id) {
            self.make_room();
            self.order.push_back(id.into());
        }
        let message = self
            .messages
            .entry(id.into())
            .or_insert_with(|| Message { instance, ..Message::default() });
        message.touched_s = at_ms / 1000;
        message
    }

    /// Ends a message.
    pub fn end(&mut self, id: &[u8]) -> Option<Message> {
        let message = self.messages.remove(id)?;
        self.dirty_messages.insert(id.into());
        if self.order.len() > 2 * self.messages.len() + ORDER_SLACK {
            let messages = &self.messages;
            self.order.retain(|id| messages.contains_key(id));
        }
        Some(message)
    }

    fn make_room(&mut self) {
        while self.messages.len() >= MESSAGES_MAX {
            let Some(id) = self.order.pop_front() else { return };
            if self.messages.remove(&id).is_some() {
                self.dirty_messages.insert(id);
                self.forgotten += 1;
            }
        }
    }

    /// Forgets messages without a line since long before `now_ms`.
    pub fn forget_idle(&mut self, now_ms: i64) {
        let oldest = now_ms / 1000 - MESSAGE_IDLE_S;
        let stale: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, m)| m.touched_s < oldest)
            .map(|(id, _)| id.clone())
            .collect();
        for id in stale {
            self.end(&id);
            self.forgotten += 1;
        }
    }

    /// Begins a session.
    pub fn begin_session(&mut self, pid: u64, session: Session) {
        if self.sessions.len() >= SESSIONS_MAX
            && !self.sessions.contains_key(&pid)
            && let Some(oldest) =
                self.sessions.iter().min_by_key(|(_, s)| s.began_ms).map(|(pid, _)| *pid)
        {
            self.end_session(oldest);
            self.forgotten += 1;
        }
        self.sessions.insert(pid, session);
        self.dirty_sessions.insert(pid);
    }

    /// A session, to be changed.
    pub fn session(&mut self, pid: u64) -> Option<&mut Session> {
        let session = self.sessions.get_mut(&pid)?;
        self.dirty_sessions.insert(pid);
        Some(session)
    }

    /// Ends a session.
    pub fn end_session(&mut self, pid: u64) -> Option<Session> {
        self.dirty_sessions.insert(pid);
        self.sessions.remove(&pid)
    }

    /// Ends all sessions of an instance, as Postfix ended.
    pub fn end_sessions(&mut self, instance: u32) {
        let ended: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, s)| s.instance == instance)
            .map(|(pid, _)| *pid)
            .collect();
        for pid in ended {
            self.end_session(pid);
        }
    }

    /// Sessions open now, by instance.
    pub fn sessions_of(&self, instance: u32) -> u64 {
        let count = self.sessions.values().filter(|s| s.instance == instance).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Ends sessions whose process is gone.
    pub fn end_dead_sessions(&mut self, lives: impl Fn(u64) -> bool) {
        let dead: Vec<_> = self.sessions.keys().copied().filter(|pid| !lives(*pid)).collect();
        for pid in dead {
            self.end_session(pid);
        }
    }

    /// Remembers that a delivery agent has a TLS session with a relay.
    pub fn agent_encrypted(&mut self, pid: u64, relay: u64) {
        if self.agents.len() >= AGENTS_MAX {
            self.agents.clear();
        }
        self.agents.insert(pid, relay);
        self.dirty_agents.insert(pid);
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
        self.agents.get(&pid) == Some(&relay)
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
        std::mem::take(&mut self.forgotten)
    }

    /// What changed since the last call.
    pub fn take_delta(&mut self) -> state::Delta {
        let mut delta = state::Delta { whole: false, ..state::Delta::default() };
        for id in std::mem::take(&mut self.dirty_messages) {
            match self.messages.get(&id) {
                Some(message) => delta.messages.push(message.record(&id)),
                None => delta.gone.push(id.into_vec()),
            }
        }
        for pid in std::mem::take(&mut self.dirty_sessions) {
            match self.sessions.get(&pid) {
                Some(session) => delta.sessions.push(session.record(pid)),
                None => delta.ended.push(pid),
            }
        }
        for pid in std::mem::take(&mut self.dirty_agents) {
            if let Some(relay) = self.agents.get(&pid) {
                delta.agents.push(state::Agent { pid, relay: *relay });
            }
        }
        delta
    }

    /// All that is remembered; also forgets what changed.
    pub fn snapshot(&mut self) -> state::Delta {
        self.take_delta();
        state::Delta {
            whole: true,
            messages: self.messages.iter().map(|(id, message)| message.record(id)).collect(),
            sessions: self.sessions.iter().map(|(pid, session)| session.record(*pid)).collect(),
            agents: self
                .agents
                .iter()
                .map(|(pid, relay)| state::Agent { pid: *pid, relay: *relay })
                .collect(),
            ..state::Delta::default()
        }
    }

    /// Applies a record read from disk.
    pub fn apply(&mut self, delta: state::Delta) {
        if delta.whole {
            *self = Self::default();
        }
        for id in delta.gone {
            self.messages.remove(id.as_slice());
        }
        for record in delta.messages {
            let id: Box<[u8]> = record.id.clone().into();
            if !self.messages.contains_key(&id) {
                self.order.push_back(id.clone());
            }
            self.messages.insert(id, Message::restore(record));
        }
        for pid in delta.ended {
            self.sessions.remove(&pid);
        }
        for record in delta.sessions {
            self.sessions.insert(record.pid, Session::restore(record));
        }
        for agent in delta.agents {
            self.agents.insert(agent.pid, agent.relay);
        }
    }
}

/// Stands in for a relay's hash: this process only serves other agents.
const TLSPROXY: u64 = 0;

/// Names of ended messages kept in the order list before it is swept.
const ORDER_SLACK: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_and_snapshots_restore_the_same_memory() {
        let mut track = Track::default();
        track.touch(b"A11111", 0, 1_000).mark(flag::SMTP);
        let first = track.take_delta();
        track
            .touch(b"A11111", 0, 2_000)
            .deferred
            .push(Recipient { hash: 7, domain: (*b"x.test").into() });
        track.touch(b"B22222", 1, 2_000);
        track.begin_session(9, Session { began_ms: 5, ..Session::default() });
        track.end(b"B22222");
        let second = track.take_delta();

        let mut restored = Track::default();
        restored.apply(first);
        restored.apply(second);
        let mut whole = Track::default();
        whole.apply(track.snapshot());
        for copy in [&restored, &whole] {
            assert_eq!(copy.message(b"A11111"), track.message(b"A11111"));
            assert_eq!(copy.message(b"B22222"), None);
            assert_eq!(copy.sessions_of(0), 1);
        }
    }
}
