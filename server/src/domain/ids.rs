//! Names of things: internal numbers that never leave the server, and public ids that people and agents see.
//!
//! An id of one kind never passes for another, and a [`TenantId`] comes only from a row that proved it.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::clock::Dice;

macro_rules! internal {
    ($($(#[$doc:meta])* $name:ident($number:ty)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($number);

        impl $name {
            /// The id that a row holds.
            pub const fn from_row(number: $number) -> Self {
                Self(number)
            }

            /// The number, for a query's arguments.
            pub const fn get(self) -> $number {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

internal! {
    /// A customer's organisation.
    TenantId(i32),
    /// A person, member of one tenant or several.
    PersonId(i64),
    /// A machine that runs an agent.
    HostId(i64),
    /// The agent that speaks for a host.
    AgentId(i64),
    /// One Postfix instance on a host.
    InstanceId(i32),
    /// A tenant's rule.
    TriggerId(i64),
    /// One opening of an alert.
    IncidentId(i64),
    /// Where news goes.
    ChannelId(i64),
    /// One message to one channel.
    DeliveryId(i64),
    /// Which news goes where.
    RouteId(i64),
}

/// What a public id names: its prefix.
pub trait Kind {
    /// Stands before the underscore.
    const PREFIX: &'static str;
}

macro_rules! public {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Kind for $name {
            const PREFIX: &'static str = $prefix;
        }
    )*};
}

public! {
    /// `tenant_…`
    Tenant = "tenant",
    /// `user_…`
    Person = "user",
    /// `sess_…`
    Session = "sess",
    /// `ekey_…`
    EnrolmentKey = "ekey",
    /// `token_…`
    ApiToken = "token",
    /// `host_…`
    Host = "host",
    /// `agent_…`
    Agent = "agent",
    /// `inst_…`
    Instance = "inst",
    /// `trig_…`
    Trigger = "trig",
    /// `chan_…`
    Channel = "chan",
    /// `sil_…`
    Silence = "sil",
    /// `inc_…`
    Incident = "inc",
    /// `dlv_…`
    Delivery = "dlv",
    /// `route_…`
    Route = "route",
    /// `mnt_…`
    Maintenance = "mnt",
    /// `inv_…`
    Invitation = "inv",
    /// `grant_…`
    Grant = "grant",
    /// `letter_…`
    Letter = "letter",
    /// `sso_…`
    Sso = "sso",
}

/// A UUIDv7 behind the prefix of its kind, as in `host_0190a8f2…`.
pub struct PublicId<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> PublicId<K> {
    /// The id that a row holds.
    pub const fn from_row(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// A new id, ordered by `now` to the millisecond.
    pub fn make(now: DateTime<Utc>, dice: &dyn Dice) -> Self {
        let mut random = [0; 10];
        dice.fill(&mut random);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self::from_row(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The UUID without its prefix, for a query's arguments.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<K> Clone for PublicId<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for PublicId<K> {}
impl<K> PartialEq for PublicId<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for PublicId<K> {}
impl<K> PartialOrd for PublicId<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for PublicId<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> hash::Hash for PublicId<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> fmt::Display for PublicId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.uuid.simple())
    }
}

impl<K: Kind> fmt::Debug for PublicId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no public id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind: {prefix}_ and 32 hexadecimal digits are expected")]
pub struct NotAnId {
    /// What was expected before the underscore.
    pub prefix: &'static str,
}

impl<K: Kind> FromStr for PublicId<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId { prefix: K::PREFIX };
        let hex = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_'));
        let hex = hex.filter(|hex| hex.len() == 32).ok_or(wrong)?;
        // One spelling only: an id that compares equal is written equal.
        if !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong);
        }
        Uuid::try_parse(hex).map(Self::from_row).map_err(|_| wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededDice;

    #[test]
    fn an_id_reads_back_as_written_and_only_as_its_own_kind() {
        let id = PublicId::<Host>::make(DateTime::UNIX_EPOCH, &SeededDice::new(1));
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert!(text.parse::<PublicId<Agent>>().is_err());
        assert!(text.to_uppercase().parse::<PublicId<Host>>().is_err());
        assert!(text.trim_end_matches(|_| true).parse::<PublicId<Host>>().is_err());
        assert!("host_".parse::<PublicId<Host>>().is_err());
        assert!(format!("{text}0").parse::<PublicId<Host>>().is_err());
    }

    #[test]
    fn later_ids_sort_behind_earlier_ones() {
        let dice = SeededDice::new(2);
        let first = PublicId::<Incident>::make(DateTime::UNIX_EPOCH, &dice);
        let later = DateTime::UNIX_EPOCH + chrono::TimeDelta::milliseconds(1);
        assert!(first < PublicId::make(later, &dice));
    }
}
