//! Slows down guessing of passwords: by account, by network, and over all.
//!
//! Never locks anybody out for ever: the wait for an account grows to 15 minutes and is forgotten after an hour.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// Counts tries in bounded maps.
#[derive(Debug, Default)]
pub struct Throttle {
    maps: Mutex<Maps>,
}

#[derive(Debug, Default)]
struct Maps {
    accounts: HashMap<[u8; 16], Count>,
    networks: HashMap<IpAddr, Count>,
    all: Count,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    failures: u32,
    last: DateTime<Utc>,
}

impl Throttle {
    /// Seconds to wait before this account may be tried from there, none: now.
    pub fn wait(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) -> Option<u64> {
        let maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        let account = maps.accounts.get(&slot(account)).map(|c| c.wait(now, ACCOUNT_FREE));
        let network = maps.networks.get(&network(peer)).map(|c| c.wait(now, NETWORK_FREE));
        let all = Some(maps.all.wait(now, ALL_FREE).min(ALL_WAIT_MAX));
        [account, network, all]
            .into_iter()
            .flatten()
            .max()
            .filter(|wait| *wait > TimeDelta::zero())
            .map(|wait| u64::try_from(wait.num_seconds()).unwrap_or(0).max(1))
    }

    /// Counts a wrong password.
    pub fn failed(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        bump(&mut maps.accounts, slot(account), now);
        bump(&mut maps.networks, network(peer), now);
        maps.all.bump(now, ALL_MEMORY);
    }

    /// A right password clears its account, and only that.
    pub fn succeeded(&self, account: &str) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.accounts.remove(&slot(account));
    }
}

impl Count {
    fn bump(&mut self, now: DateTime<Utc>, memory: TimeDelta) {
        if now - self.last > memory {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
    }

    /// Free tries first, then 1, 2, 4 … seconds, at most 15 minutes.
    fn wait(&self, now: DateTime<Utc>, free: u32) -> TimeDelta {
        let Some(over) = self.failures.checked_sub(free) else { return TimeDelta::zero() };
        let delay = TimeDelta::seconds(1_i64 << over.min(10)).min(DELAY_MAX);
        (self.last + delay - now).max(TimeDelta::zero())
    }
}

/// A full map forgets what is oldest in memory: an attacker with many names cannot make it grow.
fn bump<K: std::hash::Hash + Eq + Copy>(map: &mut HashMap<K, Count>, key: K, now: DateTime<Utc>) {
    if map.len() >= ENTRIES_MAX && !map.contains_key(&key) {
        map.retain(|_, count| now - count.last < MEMORY);
        if map.len() >= ENTRIES_MAX
            && let Some(oldest) = map.iter().min_by_key(|(_, count)| count.last).map(|(k, _)| *k)
        {
            map.remove(&oldest);
        }
    }
    map.entry(key).or_default().bump(now, MEMORY);
}

fn slot(account: &str) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(account.as_bytes()).into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// IPv4 by /24, IPv6 by /64.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & 0xffff_ff00).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

const ACCOUNT_FREE: u32 = 5;
const NETWORK_FREE: u32 = 30;
/// Slow spraying over many accounts from many networks: everybody waits, but at most two seconds.
const ALL_FREE: u32 = 300;
const ALL_WAIT_MAX: TimeDelta = TimeDelta::seconds(2);
const ALL_MEMORY: TimeDelta = TimeDelta::minutes(1);
const DELAY_MAX: TimeDelta = TimeDelta::minutes(15);
const MEMORY: TimeDelta = TimeDelta::hours(1);
const ENTRIES_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    #[test]
    fn five_wrong_passwords_are_free_and_the_sixth_waits() {
        let (throttle, peer) = (Throttle::default(), "192.0.2.1".parse().unwrap());
        for _ in 0..4 {
            throttle.failed("post@example.org", peer, at(0));
            assert_eq!(throttle.wait("post@example.org", peer, at(0)), None);
        }
        throttle.failed("post@example.org", peer, at(0));
        assert_eq!(throttle.wait("post@example.org", peer, at(0)), Some(1));
        assert_eq!(throttle.wait("post@example.org", peer, at(1)), None);
        for _ in 0..20 {
            throttle.failed("post@example.org", peer, at(2));
        }
        assert_eq!(throttle.wait("post@example.org", peer, at(2)), Some(900));
        throttle.succeeded("post@example.org");
        assert_eq!(throttle.wait("post@example.org", peer, at(2)), None);
    }

    #[test]
    fn many_accounts_from_one_network_wait_together() {
        let throttle = Throttle::default();
        for n in 0..40 {
            let peer = format!("192.0.2.{n}").parse().unwrap();
            throttle.failed(&format!("user{n}@example.org"), peer, at(0));
        }
        assert!(throttle.wait("new@example.org", "192.0.2.200".parse().unwrap(), at(0)).is_some());
        assert_eq!(throttle.wait("new@example.org", "198.51.100.1".parse().unwrap(), at(0)), None);
    }

    #[test]
    fn the_maps_do_not_grow_without_end() {
        let throttle = Throttle::default();
        for n in 0..ENTRIES_MAX + 50 {
            throttle.failed(&n.to_string(), IpAddr::from([10, 0, 0, 1]), at(0));
        }
        assert!(throttle.maps.lock().unwrap().accounts.len() <= ENTRIES_MAX);
    }
}
