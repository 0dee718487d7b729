//! People, roles, and what each role may do: the one table that handlers, the contract and its tests read.

use std::{fmt, str::FromStr};

/// What a person may do in a tenant. Each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Acknowledges, resolves and notes incidents.
    Operator,
    /// Changes hosts, triggers, channels and keys.
    Admin,
    /// Changes members and the tenant itself.
    Owner,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Owner];

    /// The word in the database, the API and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether this role may do what `needed` may do.
    pub fn covers(self, needed: Self) -> bool {
        self >= needed
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("no such role: use viewer, operator, admin or owner")]
pub struct NoSuchRole;

impl FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(word: &str) -> Result<Self, NoSuchRole> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or(NoSuchRole)
    }
}

/// An address a person signs in with: lower case, one `@`, at most 254 bytes, no white space or control.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Parses what a person typed; case and surrounding space do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@')?;
        let sound = !local.is_empty()
            && !local.contains('@')
            && !domain.is_empty()
            && text.len() <= EMAIL_BYTES_MAX
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        sound.then_some(Self(text))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const EMAIL_BYTES_MAX: usize = 254;

/// Why a password cannot be chosen.
pub fn password_fault(password: &str) -> Option<&'static str> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Some("use at least 12 characters");
    }
    if chars > PASSWORD_CHARS_MAX {
        return Some("use at most 128 characters");
    }
    let plain: String = password.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    COMMON
        .iter()
        .any(|common| plain.trim_end_matches(|c: char| c.is_ascii_digit()) == *common)
        .then_some("this password is on every attacker's list, choose another")
}

const PASSWORD_CHARS_MIN: usize = 12;
const PASSWORD_CHARS_MAX: usize = 128;

/// Stems of common passwords of twelve characters and more, without the digits people append.
const COMMON: &[&str] = &[
    "",
    "administrator",
    "changemeplease",
    "correcthorsebatterystaple",
    "iloveyouforever",
    "letmeinletmein",
    "mailvanemailvane",
    "password",
    "passwordpassword",
    "postmaster",
    "postmasterpostmaster",
    "qwertyuiop",
    "qwertyuiopasdfghjkl",
    "qwertyqwerty",
    "welcomewelcome",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_a_ladder() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role.word().parse::<Role>().unwrap(), role);
            for (below, weaker) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.covers(weaker), at >= below);
            }
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        assert_eq!(Email::parse(" Post@Example.ORG ").unwrap().as_str(), "post@example.org");
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b\r\nBcc: c@d", "a@b@c", "a\0@b"] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Email::parse(&format!("{}@x.org", "a".repeat(250))), None);
    }

    #[test]
    fn passwords_are_long_and_not_on_the_list() {
        assert!(password_fault("Password1234").is_some());
        assert!(password_fault("123456789012").is_some());
        assert!(password_fault("elevenchars").is_some());
        assert_eq!(password_fault("three blue kettles"), None);
        assert!(password_fault(&"ab".repeat(65)).is_some());
    }
}
