//! How bad: four steps, ordered.

/// How bad something is; the order of variants is the order of badness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs a look within the day.
    Warning,
    /// Something fails.
    Error,
    /// Mail is stuck or lost: somebody should get up.
    Critical,
}

impl Severity {
    /// Least bad first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The word in rows, messages and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// The severity of this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }

    /// Place in a channel's queue: 0 goes first.
    pub const fn priority(self) -> i16 {
        match self {
            Self::Critical => 0,
            Self::Error => 1,
            Self::Warning => 2,
            Self::Info => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_greater_and_goes_first() {
        for pair in Severity::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].priority() > pair[1].priority());
        }
        assert!(Severity::ALL.iter().all(|one| Severity::from_name(one.name()) == Some(*one)));
    }
}
