//! From how many networks each signed-in user sent within an hour: a stolen password shows by their number.
//!
//! Keeps hashes only, of users and of networks; bounded, and empty again after a restart.

use std::collections::HashMap;

/// Users followed at once.
pub const USERS_MAX: usize = 2_000;
/// Networks told apart for each user; more are as many.
pub const NETWORKS_MAX: usize = 64;
const HOUR_MS: i64 = 3_600_000;

/// Users, by the hash of their name.
#[derive(Debug, Default)]
pub struct Users(HashMap<Box<str>, Lately>);

#[derive(Debug)]
struct Lately {
    hour: i64,
    networks: Vec<u64>,
}

impl Users {
    /// A user sent from a network; gives how many different ones it has been in this hour of the log.
    pub fn seen(&mut self, user: &str, network: u64, at_ms: i64) -> u64 {
        let hour = at_ms.div_euclid(HOUR_MS);
        if self.0.len() >= USERS_MAX && !self.0.contains_key(user) {
            self.0.retain(|_, lately| lately.hour >= hour);
            if self.0.len() >= USERS_MAX {
                return 1;
            }
        }
        let lately =
            self.0.entry(user.into()).or_insert_with(|| Lately { hour, networks: Vec::new() });
        if lately.hour != hour {
            (lately.hour, lately.networks) = (hour, Vec::new());
        }
        if !lately.networks.contains(&network) && lately.networks.len() < NETWORKS_MAX {
            lately.networks.push(network);
        }
        u64::try_from(lately.networks.len()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stolen_password_shows_by_the_networks_of_one_hour() {
        let mut users = Users::default();
        let counts: Vec<u64> = [1, 1, 2, 3].map(|network| users.seen("alice", network, 0)).into();
        assert_eq!(counts, [1, 1, 2, 3]);
        assert_eq!(users.seen("bob", 9, 0), 1);
        assert_eq!(users.seen("alice", 1, HOUR_MS), 1, "another hour");
    }

    #[test]
    fn a_flood_of_names_and_networks_grows_nothing() {
        let mut users = Users::default();
        for n in 0..10_000 {
            users.seen(&format!("u{n}"), n, 0);
            users.seen("u0", n, 0);
        }
        assert_eq!(users.0.len(), USERS_MAX);
        assert_eq!(users.seen("u0", 1, 0), 64);
        assert_eq!(users.seen("late", 1, HOUR_MS), 1);
        assert_eq!(users.0.len(), 1, "who was not seen in this hour makes room");
    }
}
