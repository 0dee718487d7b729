//! Who may do what: roles of people and scopes of API tokens, in the one table that handlers, the served contract, its
//! walk and the pages read.

use std::{fmt, str::FromStr};

use super::member::Role;

/// What an API token may do. A person's session has no scope: its role decides alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Looks.
    Read,
    /// Looks and changes, within the role of whoever made the token.
    Write,
    /// Reads current values for a scraper, nothing else.
    Scrape,
    /// Makes enrolment keys and manages hosts, nothing else.
    IngestAdmin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Scrape, Self::IngestAdmin];

    /// The word in the database, the API and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Scrape => "scrape",
            Self::IngestAdmin => "ingest-admin",
        }
    }

    /// Whether a token of this scope may do what `needed` may do.
    pub fn covers(self, needed: Self) -> bool {
        self == needed || (self == Self::Write && matches!(needed, Self::Read | Self::Scrape))
    }

    /// The least role of whoever makes a token of this scope.
    pub const fn least_maker(self) -> Role {
        match self {
            Self::Read | Self::Scrape => Role::Viewer,
            Self::Write => Role::Operator,
            Self::IngestAdmin => Role::Admin,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no scope.
#[derive(Debug, thiserror::Error)]
#[error("no such scope: use read, write, scrape or ingest-admin")]
pub struct NoSuchScope;

impl FromStr for Scope {
    type Err = NoSuchScope;

    fn from_str(word: &str) -> Result<Self, NoSuchScope> {
        Self::ALL.into_iter().find(|scope| scope.word() == word).ok_or(NoSuchScope)
    }
}

/// A kind of thing that may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// For people.
    pub what: &'static str,
    /// The least role of a person.
    pub role: Role,
    /// The scope of a token; none: only a person.
    pub scope: Option<Scope>,
}

/// The table. An operation names one of these, and nothing else decides.
pub mod table {
    use super::{Right, Role, Scope};

    /// Looking at figures, incidents and settings.
    pub const LOOK: Right = Right {
        what: "see everything of the tenant",
        role: Role::Viewer,
        scope: Some(Scope::Read),
    };
    /// One's own account.
    pub const MYSELF: Right =
        Right { what: "manage one's own account", role: Role::Viewer, scope: None };
    /// Current values for a scraper.
    pub const SCRAPE: Right =
        Right { what: "scrape current values", role: Role::Viewer, scope: Some(Scope::Scrape) };
    /// Incidents and silences.
    pub const OPERATE: Right = Right {
        what: "acknowledge, resolve and silence",
        role: Role::Operator,
        scope: Some(Scope::Write),
    };
    /// Triggers, channels, routes.
    pub const CHANGE: Right = Right {
        what: "change triggers, channels and routes",
        role: Role::Admin,
        scope: Some(Scope::Write),
    };
    /// Hosts and enrolment keys.
    pub const MACHINES: Right = Right {
        what: "add, change and retire hosts",
        role: Role::Admin,
        scope: Some(Scope::IngestAdmin),
    };
    /// Members, invitations, tokens, the audit log.
    pub const PEOPLE: Right =
        Right { what: "manage members, tokens and the audit log", role: Role::Admin, scope: None };
    /// The tenant itself.
    pub const OWN: Right = Right {
        what: "manage sign-on, the plan and the tenant's end",
        role: Role::Owner,
        scope: None,
    };
    /// Every right, for pages.
    pub const ALL: [Right; 8] = [LOOK, MYSELF, SCRAPE, OPERATE, CHANGE, MACHINES, PEOPLE, OWN];
}

/// What a token may do with the right that an operation needs.
pub fn token_may(scopes: &[Scope], needed: Right) -> bool {
    // Whoever may change all may also manage machines; the role of the token's maker still bounds it.
    needed.scope.is_some_and(|needed| {
        scopes.iter().any(|scope| {
            scope.covers(needed) || (*scope == Scope::Write && needed == Scope::IngestAdmin)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scraper_reads_current_values_and_nothing_else() {
        let may = |needed| token_may(&[Scope::Scrape], needed);
        assert!(may(table::SCRAPE));
        for needed in [table::LOOK, table::OPERATE, table::CHANGE, table::MACHINES, table::OWN] {
            assert!(!may(needed), "{needed:?}");
        }
    }

    #[test]
    fn no_token_manages_people_or_the_tenant() {
        for needed in [table::MYSELF, table::PEOPLE, table::OWN] {
            assert!(!token_may(&Scope::ALL, needed), "{needed:?}");
        }
    }

    #[test]
    fn scopes_are_written_as_they_are_read() {
        for scope in Scope::ALL {
            assert_eq!(scope.word().parse::<Scope>().unwrap(), scope);
        }
        assert!("root".parse::<Scope>().is_err());
    }
}
