//! What a trigger is: a tenant's rule, read once from its stored parts into a form that cannot be wrong.

use std::time::Duration;

use mailvane_proto::catalogue::{self, Metric};

use super::{alert::Patience, ids::TriggerId, severity::Severity};

/// A rule as the engine judges it.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Which.
    pub id: TriggerId,
    /// What people call it.
    pub name: String,
    /// Grows with every change.
    pub version: i32,
    /// How bad it is when it fires.
    pub severity: Severity,
    /// The rule itself.
    pub rule: Rule,
}

/// The kinds of rules.
#[derive(Debug, Clone)]
pub enum Rule {
    /// A figure beyond a level.
    Threshold(Threshold),
    /// No word from a host.
    Silent(Silent),
}

/// A figure beyond a level, for a while, until it is back behind another.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// Gauges are judged by their value, counters by their growth a minute.
    pub metric: &'static Metric,
    /// Which side is bad.
    pub op: Op,
    /// Beyond this it is bad.
    pub fire: f64,
    /// Behind this it is good again; between the two nothing changes.
    pub clear: f64,
    /// How long it must be bad before anybody is told.
    pub hold: Duration,
    /// How long it must be good before it is over.
    pub clear_hold: Duration,
    /// Whose figures.
    pub scope: Scope,
}

/// No batch for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// This long, but never less than three intervals.
    pub after: Duration,
}

impl Silent {
    /// The deadline of a host whose agents send every `interval`.
    pub fn deadline(&self, interval: Duration) -> Duration {
        self.after.max(interval * 3)
    }
}

/// Which side of a level is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// More than the level.
    Above,
    /// Less than the level.
    Below,
}

impl Op {
    /// As stored: `>` or `<`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Below => "<",
        }
    }
}

/// Whose figures: all where a list is empty. Hosts and instances are public ids as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// At least one of these tags.
    pub tags: Vec<String>,
    /// One of these hosts.
    pub hosts: Vec<String>,
    /// One of these instances.
    pub instances: Vec<String>,
}

impl Scope {
    /// Whether it covers an instance of a host with these tags.
    pub fn covers(&self, tags: &[String], host: &str, instance: &str) -> bool {
        let one_of =
            |list: &[String], id: &str| list.is_empty() || list.iter().any(|one| one == id);
        (self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag)))
            && one_of(&self.hosts, host)
            && one_of(&self.instances, instance)
    }
}

/// A rule's parts as they are stored or come in, before anybody believes them.
#[derive(Debug, Clone, Default)]
pub struct RawThreshold<'a> {
    /// Name in the catalogue.
    pub metric: &'a str,
    /// `>` or `<`.
    pub op: &'a str,
    /// Level that fires.
    pub fire: f64,
    /// Level that clears.
    pub clear: f64,
    /// Seconds.
    pub hold_s: u64,
    /// Seconds.
    pub clear_hold_s: u64,
    /// Whose figures.
    pub scope: Scope,
}

/// What is wrong with a rule, and with which part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct SpecFault {
    /// Which part.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// A host that was silent must be heard for this long before its incident ends.
const HEARD_AGAIN: Duration = Duration::from_secs(5);
/// Longest hold and longest silence, in seconds: a day.
pub const HOLD_S_MAX: u64 = 86_400;
/// Shortest silence, in seconds.
pub const SILENT_AFTER_S_MIN: u64 = 3;
/// Entries of each list of a scope at most.
pub const SCOPE_ENTRIES_MAX: usize = 200;

impl Rule {
    /// How long bad and good must last.
    pub fn patience(&self) -> Patience {
        match self {
            Self::Threshold(threshold) => Patience {
                hold: threshold.hold,
                clear_hold: threshold.clear_hold,
                greater_is_worse: threshold.op == Op::Above,
            },
            // A silence has lasted when it is found; two batches on time end it.
            Self::Silent(_) => {
                Patience { hold: Duration::ZERO, clear_hold: HEARD_AGAIN, greater_is_worse: true }
            }
        }
    }

    /// A threshold out of its parts.
    pub fn threshold(raw: RawThreshold<'_>) -> Result<Self, SpecFault> {
        let fault = |field, why: String| SpecFault { field, why };
        let metric = catalogue::metric_by_name(raw.metric)
            .ok_or_else(|| fault("metric", format!("{:?} is not in the catalogue", raw.metric)))?;
        let op = match raw.op {
            ">" => Op::Above,
            "<" => Op::Below,
            other => return Err(fault("op", format!("{other:?} is neither > nor <"))),
        };
        for (field, level) in [("fire", raw.fire), ("clear", raw.clear)] {
            if !level.is_finite() || level < 0.0 {
                return Err(fault(field, format!("{level} is no level; 0 or more is expected")));
            }
        }
        let backwards = match op {
            Op::Above => raw.clear > raw.fire,
            Op::Below => raw.clear < raw.fire,
        };
        if backwards {
            let why = format!("{} lies on the bad side of {}", raw.clear, raw.fire);
            return Err(fault("clear", why));
        }
        for (field, seconds) in [("hold_s", raw.hold_s), ("clear_hold_s", raw.clear_hold_s)] {
            if seconds > HOLD_S_MAX {
                return Err(fault(field, format!("{seconds} is more than {HOLD_S_MAX}, a day")));
            }
        }
        let lists = [&raw.scope.tags, &raw.scope.hosts, &raw.scope.instances];
        if lists.iter().any(|list| list.len() > SCOPE_ENTRIES_MAX) {
            return Err(fault("scope", format!("more than {SCOPE_ENTRIES_MAX} entries in a list")));
        }
        Ok(Self::Threshold(Threshold {
            metric,
            op,
            fire: raw.fire,
            clear: raw.clear,
            hold: Duration::from_secs(raw.hold_s),
            clear_hold: Duration::from_secs(raw.clear_hold_s),
            scope: raw.scope,
        }))
    }

    /// A silence out of its parts.
    pub fn silent(after_s: u64) -> Result<Self, SpecFault> {
        if !(SILENT_AFTER_S_MIN..=HOLD_S_MAX).contains(&after_s) {
            let why = format!("{after_s} is not between {SILENT_AFTER_S_MIN} and {HOLD_S_MAX}");
            return Err(SpecFault { field: "after_s", why });
        }
        Ok(Self::Silent(Silent { after: Duration::from_secs(after_s) }))
    }
}

/// A trigger that every tenant starts with.
#[derive(Debug, Clone)]
pub struct Template {
    /// Names the template; also the trigger's first name.
    pub name: &'static str,
    /// Grows when the template is improved.
    pub version: i32,
    /// How bad.
    pub severity: Severity,
    /// The rule.
    pub rule: Rule,
}

/// The triggers that every tenant starts with.
pub fn defaults() -> Vec<Template> {
    let deferred = Rule::threshold(RawThreshold {
        metric: "queue.deferred.messages",
        op: ">",
        fire: 1_000.0,
        clear: 700.0,
        hold_s: 300,
        clear_hold_s: 600,
        scope: Scope::default(),
    });
    let silent = Rule::silent(180);
    [
        ("queue.deferred.high", Severity::Warning, deferred),
        ("agent.silent", Severity::Critical, silent),
    ]
    .into_iter()
    .filter_map(|(name, severity, rule)| {
        Some(Template { name, version: 1, severity, rule: rule.ok()? })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawThreshold<'static> {
        RawThreshold {
            metric: "queue.deferred.messages",
            op: ">",
            fire: 50.0,
            clear: 30.0,
            ..RawThreshold::default()
        }
    }

    #[test]
    fn a_tenant_starts_with_both_defaults() {
        let names: Vec<_> = defaults().into_iter().map(|template| template.name).collect();
        assert_eq!(names, ["queue.deferred.high", "agent.silent"]);
    }

    #[test]
    fn a_rule_that_could_not_work_is_refused_by_the_part_that_is_wrong() {
        let field = |raw| Rule::threshold(raw).unwrap_err().field;
        assert!(Rule::threshold(raw()).is_ok());
        assert_eq!(field(RawThreshold { metric: "queue.defered", ..raw() }), "metric");
        assert_eq!(field(RawThreshold { op: ">=", ..raw() }), "op");
        assert_eq!(field(RawThreshold { fire: f64::NAN, ..raw() }), "fire");
        assert_eq!(field(RawThreshold { clear: 51.0, ..raw() }), "clear");
        assert_eq!(field(RawThreshold { op: "<", clear: 10.0, ..raw() }), "clear");
        assert_eq!(field(RawThreshold { hold_s: 86_401, ..raw() }), "hold_s");
        assert_eq!(Rule::silent(0).unwrap_err().field, "after_s");
    }

    #[test]
    fn a_scope_covers_by_tag_host_and_instance_together() {
        let scope =
            Scope { tags: vec!["mx".into()], hosts: vec!["host_a".into()], instances: vec![] };
        assert!(scope.covers(&["mx".into(), "eu".into()], "host_a", "inst_1"));
        assert!(!scope.covers(&["eu".into()], "host_a", "inst_1"));
        assert!(!scope.covers(&["mx".into()], "host_b", "inst_1"));
        assert!(Scope::default().covers(&[], "host_b", "inst_1"));
    }

    #[test]
    fn silence_is_never_shorter_than_three_intervals() {
        let silent = Silent { after: Duration::from_secs(30) };
        assert_eq!(silent.deadline(Duration::from_mins(1)), Duration::from_mins(3));
        assert_eq!(silent.deadline(Duration::from_secs(1)), Duration::from_secs(30));
    }
}
