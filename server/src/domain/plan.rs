//! What a tenant may have: the plans of a hosted installation, and the one without bounds for one's own.

use chrono::{DateTime, TimeDelta, Utc};

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The word in the database, the API and on pages.
    pub name: &'static str,
    /// Hosts that are not retired.
    pub hosts_max: i64,
    /// Days for which figures are kept, at most.
    pub retention_days: i32,
    /// Channels.
    pub channels_max: i64,
    /// Shortest sampling interval, seconds.
    pub interval_min_s: i32,
}

/// Of tenants that the administrator of the installation makes.
pub const OWN: Plan = Plan {
    name: "own",
    hosts_max: 100_000,
    retention_days: 3_650,
    channels_max: 1_000,
    interval_min_s: 1,
};
/// Of tenants that people make by signing up: everything of `team`, for 14 days.
pub const TRIAL: Plan =
    Plan { name: "trial", hosts_max: 25, retention_days: 30, channels_max: 10, interval_min_s: 10 };
/// One server and its spare.
pub const FREE: Plan =
    Plan { name: "free", hosts_max: 2, retention_days: 7, channels_max: 1, interval_min_s: 60 };
/// A company's own mail.
pub const TEAM: Plan =
    Plan { name: "team", hosts_max: 50, retention_days: 400, channels_max: 20, interval_min_s: 10 };
/// Those who send for others.
pub const FLEET: Plan = Plan {
    name: "fleet",
    hosts_max: 5_000,
    retention_days: 1_200,
    channels_max: 200,
    interval_min_s: 1,
};

/// Every plan.
pub const ALL: [Plan; 5] = [OWN, TRIAL, FREE, TEAM, FLEET];

/// How long a trial lasts.
pub const TRIAL_LIFE: TimeDelta = TimeDelta::days(14);

/// A limit of a plan was reached. Says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// No more hosts.
    #[error(
        "The plan {plan} covers {max} hosts and all are taken. Retire a host that is gone, or ask for a larger plan."
    )]
    Hosts {
        /// Its name.
        plan: &'static str,
        /// Hosts.
        max: i64,
    },
    /// No more channels.
    #[error(
        "The plan {plan} covers {max} channels and all are taken. Delete one, or ask for a larger plan."
    )]
    Channels {
        /// Its name.
        plan: &'static str,
        /// Channels.
        max: i64,
    },
    /// The trial is over.
    #[error(
        "The trial ended on {0}. What you have stays and goes on; to add to it, ask for a plan."
    )]
    TrialOver(String),
}

impl Plan {
    /// The plan of this name; a name that this build does not know has the bounds of the smallest.
    pub fn named(name: &str) -> Self {
        ALL.into_iter().find(|plan| plan.name == name).unwrap_or(FREE)
    }

    /// Whether there is room for one host more.
    pub fn room_for_host(
        &self,
        taken: i64,
        trial_ends_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), Full> {
        self.running(trial_ends_at, now)?;
        if taken < self.hosts_max {
            return Ok(());
        }
        Err(Full::Hosts { plan: self.name, max: self.hosts_max })
    }

    /// Whether there is room for one channel more.
    pub fn room_for_channel(
        &self,
        taken: i64,
        trial_ends_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), Full> {
        self.running(trial_ends_at, now)?;
        if taken < self.channels_max {
            return Ok(());
        }
        Err(Full::Channels { plan: self.name, max: self.channels_max })
    }

    fn running(
        &self,
        trial_ends_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), Full> {
        match trial_ends_at {
            Some(end) if self.name == TRIAL.name && end <= now => {
                Err(Full::TrialOver(end.format("%-d %B %Y").to_string()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_full_exactly_at_its_limit_and_a_trial_ends() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        assert_eq!(TRIAL.room_for_host(24, Some(now + TRIAL_LIFE), now), Ok(()));
        let full = TRIAL.room_for_host(25, Some(now + TRIAL_LIFE), now).unwrap_err();
        assert!(full.to_string().contains("25 hosts"), "{full}");
        let over = TRIAL.room_for_channel(0, Some(now), now).unwrap_err();
        assert!(over.to_string().contains("trial ended"), "{over}");
        assert_eq!(TEAM.room_for_channel(19, Some(now), now), Ok(()));
        assert_eq!(Plan::named("from a newer version"), FREE);
    }
}
