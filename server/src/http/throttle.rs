//! Slows down guessing: by account, by network, and over all. The counts are rows, so that neither a restart nor
//! another replica forgets them; a small memory of who must wait spares the database in a flood.
//!
//! Never locks anybody out for ever: the wait grows to 15 minutes and is forgotten after an hour, and a browser that
//! signed in to the account before does not wait for what strangers do.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, time::timeout};

use super::{api::Api, error::Problem};
use crate::store::{StoreError, throttle::Tries};

/// Who must wait, as far as this process knows. Bounded.
#[derive(Debug)]
pub struct Throttle {
    waiting: Mutex<HashMap<Slot, DateTime<Utc>>>,
    /// A flood counts on a few connections to the database, one after the other: all others are left to those who work.
    turns: Semaphore,
    /// The same for browsers that were let in before: they do not queue behind strangers.
    known_turns: Semaphore,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turns: Semaphore::new(TURNS),
            known_turns: Semaphore::new(TURNS),
        }
    }
}

/// A digest of what is tried.
type Slot = [u8; 16];

/// Somebody who tries something that could be guessed.
#[derive(Debug, Clone, Copy)]
pub struct Guess<'a> {
    /// What is tried, as `sign-in`; counted apart.
    pub what: &'static str,
    /// On which account.
    pub account: &'a str,
    /// From where: the address of the connection, never what a header says of it.
    pub peer: IpAddr,
    /// From a browser that was let in before.
    pub known: bool,
}

/// A count, how many tries are free, how long it is remembered, how long a wait may be.
struct Rule {
    slot: Slot,
    free: i32,
    memory: TimeDelta,
    wait_max: TimeDelta,
}

impl Guess<'_> {
    fn rules(&self) -> Vec<Rule> {
        let rule = |slot, free, memory, wait_max| Rule { slot, free, memory, wait_max };
        let account = slot(&[self.what, "account", self.account]);
        if self.known {
            let known = slot(&[self.what, "known", self.account]);
            return vec![rule(known, KNOWN_FREE, MEMORY, WAIT_MAX)];
        }
        let network = network(self.peer).to_string();
        let mut rules = vec![
            rule(account, ACCOUNT_FREE, MEMORY, WAIT_MAX),
            rule(slot(&[self.what, "network", &network]), NETWORK_FREE, MEMORY, WAIT_MAX),
            rule(slot(&[self.what, "all"]), ALL_FREE, ALL_MEMORY, ALL_WAIT_MAX),
        ];
        // One order for all: two who try at once never wait for one another in a ring.
        rules.sort_by_key(|rule| rule.slot);
        rules
    }
}

impl Rule {
    /// Free tries first, then 1, 2, 4 … seconds.
    fn wait(&self, tries: Tries, now: DateTime<Utc>) -> TimeDelta {
        if now - tries.last_at > self.memory {
            return TimeDelta::zero();
        }
        let Some(over) = tries.failures.checked_sub(self.free).filter(|over| *over >= 0) else {
            return TimeDelta::zero();
        };
        let delay = TimeDelta::seconds(1_i64 << over.min(10)).min(self.wait_max);
        (tries.last_at + delay - now).clamp(TimeDelta::zero(), self.wait_max)
    }

    fn next(&self, tries: Tries, now: DateTime<Utc>) -> Tries {
        let failures = if now - tries.last_at > self.memory { 0 } else { tries.failures };
        Tries { failures: failures.saturating_add(1), last_at: now }
    }
}

impl Api {
    /// Counts a try before it is made, or says how long to wait: a hundred tries at once are a hundred tries.
    pub async fn take_turn(&self, guess: &Guess<'_>, now: DateTime<Utc>) -> Result<(), Problem> {
        let rules = guess.rules();
        if let Some(wait) = self.throttle.known_wait(&rules, now) {
            return Err(too_many(wait));
        }
        let turns = &self.throttle;
        let turns = if guess.known { &turns.known_turns } else { &turns.turns };
        let turn = timeout(TURN_MAX, turns.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or_else(|| too_many(TimeDelta::zero()))?;
        // Whoever came before may have found out meanwhile.
        if let Some(wait) = self.throttle.known_wait(&rules, now) {
            return Err(too_many(wait));
        }
        let wait = self.count(&rules, now).await?;
        if wait > TimeDelta::zero() {
            return Err(too_many(wait));
        }
        Ok(())
    }

    async fn count(&self, rules: &[Rule], now: DateTime<Utc>) -> Result<TimeDelta, StoreError> {
        let slots: Vec<Slot> = rules.iter().map(|rule| rule.slot).collect();
        let mut system = self.store.system_web().await?;
        let tries = system.tries(&slots).await?;
        let waits: Vec<TimeDelta> =
            rules.iter().zip(&tries).map(|(rule, tries)| rule.wait(*tries, now)).collect();
        let longest = waits.iter().max().copied().unwrap_or_default();
        if longest > TimeDelta::zero() {
            self.throttle.remember(&slots, &waits, now);
            return Ok(longest);
        }
        for (rule, tries) in rules.iter().zip(&tries) {
            let forgotten = now - rule.memory;
            system.keep_tries(&rule.slot, rule.next(*tries, now), forgotten).await?;
        }
        system.commit().await?;
        Ok(TimeDelta::zero())
    }

    /// A right answer clears its account, and only that.
    pub async fn clear_turn(&self, guess: &Guess<'_>) -> Result<(), StoreError> {
        let mut system = self.store.system_web().await?;
        for kind in ["account", "known"] {
            let slot = slot(&[guess.what, kind, guess.account]);
            system.forget_tries(&slot).await?;
            self.throttle.forget(&slot);
        }
        let old = self.clock.now() - MEMORY;
        system.forget_old_tries(old, FORGET_MAX).await?;
        system.commit().await
    }
}

impl Throttle {
    fn known_wait(&self, rules: &[Rule], now: DateTime<Utc>) -> Option<TimeDelta> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        rules
            .iter()
            .filter_map(|rule| waiting.get(&rule.slot))
            .map(|until| *until - now)
            .filter(|wait| *wait > TimeDelta::zero())
            .max()
    }

    /// A full memory starts anew: the rows are the truth.
    fn remember(&self, slots: &[Slot], waits: &[TimeDelta], now: DateTime<Utc>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, until| *until > now);
            if waiting.len() >= WAITING_MAX {
                waiting.clear();
            }
        }
        for (slot, wait) in slots.iter().zip(waits) {
            if *wait > TimeDelta::zero() {
                waiting.insert(*slot, now + *wait);
            }
        }
    }

    fn forget(&self, slot: &Slot) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(slot);
    }
}

fn too_many(wait: TimeDelta) -> Problem {
    Problem::TooMany(u64::try_from(wait.num_seconds()).unwrap_or(0).max(1))
}

fn slot(parts: &[&str]) -> Slot {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// IPv4 by /24, IPv6 by /64.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & 0xffff_ff00).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

const ACCOUNT_FREE: i32 = 5;
const KNOWN_FREE: i32 = 20;
const NETWORK_FREE: i32 = 30;
/// Slow spraying over many accounts from many networks: strange browsers wait, but at most two seconds.
const ALL_FREE: i32 = 300;
const ALL_WAIT_MAX: TimeDelta = TimeDelta::seconds(2);
const ALL_MEMORY: TimeDelta = TimeDelta::minutes(1);
const WAIT_MAX: TimeDelta = TimeDelta::minutes(15);
const MEMORY: TimeDelta = TimeDelta::hours(1);
const WAITING_MAX: usize = 20_000;
/// Tries counted at once.
const TURNS: usize = 2;
/// Longest wait to be counted.
const TURN_MAX: Duration = Duration::from_secs(5);
/// Old slots removed with one success.
const FORGET_MAX: i64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    fn rule() -> Rule {
        Rule { slot: [0; 16], free: ACCOUNT_FREE, memory: MEMORY, wait_max: WAIT_MAX }
    }

    #[test]
    fn five_tries_are_free_and_then_the_wait_doubles_to_a_quarter_of_an_hour() {
        let tries = |failures| Tries { failures, last_at: at(0) };
        assert_eq!(rule().wait(tries(4), at(0)), TimeDelta::zero());
        assert_eq!(rule().wait(tries(5), at(0)), TimeDelta::seconds(1));
        assert_eq!(rule().wait(tries(8), at(0)), TimeDelta::seconds(8));
        assert_eq!(rule().wait(tries(500), at(0)), TimeDelta::minutes(15));
        assert_eq!(rule().wait(tries(500), at(3_601)), TimeDelta::zero());
        assert_eq!(rule().next(tries(500), at(3_601)).failures, 1);
    }

    #[test]
    fn neighbours_share_a_network_and_a_header_is_no_part_of_it() {
        let guess = |peer: &str| Guess {
            what: "sign-in",
            account: "post@example.org",
            peer: peer.parse().unwrap(),
            known: false,
        };
        let slots = |peer: &str| -> Vec<Slot> {
            guess(peer).rules().into_iter().map(|rule| rule.slot).collect()
        };
        assert_eq!(slots("192.0.2.1"), slots("192.0.2.250"));
        assert_eq!(slots("::ffff:192.0.2.1"), slots("192.0.2.250"));
        assert_eq!(slots("2001:db8::1"), slots("2001:db8::ffff"));
        assert_ne!(slots("192.0.2.1"), slots("192.0.3.1"));
    }

    #[test]
    fn a_million_sources_keep_the_memory_bounded() {
        let throttle = Throttle::default();
        for n in 0..WAITING_MAX + 50 {
            let slot = slot(&[&n.to_string()]);
            throttle.remember(&[slot], &[TimeDelta::seconds(9)], at(0));
        }
        assert!(throttle.waiting.lock().unwrap().len() <= WAITING_MAX);
    }
}
