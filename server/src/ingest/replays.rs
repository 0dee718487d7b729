//! Whether a batch that comes twice says the same twice. The second one never counts; that it differs is worth knowing:
//! two machines share a key, or a spool was put back by hand.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::domain::ids::AgentId;

/// Batches of each agent that are remembered.
const BATCHES_MAX: usize = 64;
/// Agents that are remembered; beyond that all are forgotten, and the next batches remembered again.
const AGENTS_MAX: usize = 50_000;

/// What was committed lately.
#[derive(Debug, Default)]
pub(super) struct Replays {
    by_agent: HashMap<AgentId, VecDeque<(i64, i64, u64)>>,
}

impl Replays {
    /// Remembers a batch that was committed.
    pub(super) fn keep(&mut self, agent: AgentId, (epoch, seq): (i64, i64), payload: &[u8]) {
        if self.by_agent.len() >= AGENTS_MAX && !self.by_agent.contains_key(&agent) {
            self.by_agent.clear();
        }
        let batches = self.by_agent.entry(agent).or_default();
        if batches.len() >= BATCHES_MAX {
            batches.pop_front();
        }
        batches.push_back((epoch, seq, digest(payload)));
    }

    /// Whether a batch that was committed before says something else than it did then.
    pub(super) fn conflicts(
        &self,
        agent: AgentId,
        (epoch, seq): (i64, i64),
        payload: &[u8],
    ) -> bool {
        let batches = self.by_agent.get(&agent);
        let known = batches.and_then(|batches| {
            batches.iter().find(|(known, number, _)| (*known, *number) == (epoch, seq))
        });
        known.is_some_and(|(_, _, known)| *known != digest(payload))
    }
}

fn digest(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_fine_and_a_different_one_is_noticed() {
        let mut replays = Replays::default();
        let agent = AgentId::from_row(1);
        replays.keep(agent, (5, 1), b"sent 3");
        assert!(!replays.conflicts(agent, (5, 1), b"sent 3"));
        assert!(replays.conflicts(agent, (5, 1), b"sent 4"));
        assert!(!replays.conflicts(agent, (6, 1), b"sent 4"), "another spool");
        for seq in 2..=i64::try_from(BATCHES_MAX).unwrap() + 1 {
            replays.keep(agent, (5, seq), b"");
        }
        assert!(!replays.conflicts(agent, (5, 1), b"sent 4"), "long ago");
    }
}
