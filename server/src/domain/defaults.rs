//! The triggers that every tenant starts with, in families. Severity says who must move: critical wakes somebody, error is for
//! the same working hour, warning for the same day, info for a digest.
//!
//! A trigger that improves gets a greater version here; tenants that did not change theirs get it, the others are told. A
//! new trigger bears the edition that brought it, and tenants of earlier editions get it once.

mod delivery;
mod health;
mod host;
mod queue;
mod reputation;
mod smtpd;

use std::sync::LazyLock;

use super::{
    severity::Severity,
    trigger::{Rule, Spec, spec::Also},
};

/// The present edition of the set.
pub const EDITION: i32 = 2;

/// A trigger that every tenant starts with.
#[derive(Debug, Clone)]
pub struct Template {
    /// Names the template; also the trigger's first name.
    pub name: &'static str,
    /// The edition that brought it.
    pub edition: i32,
    /// Grows when the template is improved.
    pub version: i32,
    /// How bad.
    pub severity: Severity,
    /// Whether it judges from the start.
    pub enabled: bool,
    /// What happens, in the words of a message.
    pub title: &'static str,
    /// What it looks at and why, for people.
    pub description: &'static str,
    /// What to do first, step by step; the first step is in every message.
    pub runbook: &'static [&'static str],
    /// The rule.
    pub spec: Spec,
}

/// All of them, in families.
pub fn all() -> &'static [Template] {
    &ALL
}

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.name == name)
}

static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let families = [
        queue::templates(),
        delivery::templates(),
        reputation::templates(),
        smtpd::templates(),
        health::templates(),
        host::templates(),
    ];
    families.into_iter().flatten().collect()
});

impl Template {
    /// The rule, read. A test reads them all.
    pub fn rule(&self) -> Option<Rule> {
        Rule::new(&self.spec).ok()
    }
}

/// A template of the present edition, on, in its first version.
fn template(name: &'static str, severity: Severity, title: &'static str, spec: Spec) -> Template {
    Template {
        name,
        edition: EDITION,
        version: 1,
        severity,
        enabled: true,
        title,
        description: "",
        runbook: &[],
        spec,
    }
}

impl Template {
    fn says(mut self, description: &'static str, runbook: &'static [&'static str]) -> Self {
        self.description = description;
        self.runbook = runbook;
        self
    }

    const fn of(mut self, edition: i32, version: i32) -> Self {
        self.edition = edition;
        self.version = version;
        self
    }

    const fn off(mut self) -> Self {
        self.enabled = false;
        self
    }
}

/// `kind` of `metric` over `window_s`, bad beyond the first level, good behind the second.
fn figure(kind: &str, metric: &str, window_s: u64, (fire, clear): (f64, f64)) -> Spec {
    Spec {
        kind: kind.into(),
        metric: metric.into(),
        window_s,
        fire: Some(fire),
        clear: Some(clear),
        ..Spec::default()
    }
}

/// A share of at least `min_volume`.
fn ratio(
    (over, under): (&[&str], &[&str]),
    min_volume: f64,
    window_s: u64,
    (fire, clear): (f64, f64),
) -> Spec {
    Spec {
        kind: "ratio".into(),
        over: over.iter().map(|one| (*one).to_owned()).collect(),
        under: under.iter().map(|one| (*one).to_owned()).collect(),
        min_volume,
        window_s,
        fire: Some(fire),
        clear: Some(clear),
        ..Spec::default()
    }
}

/// Events of these kinds: one alert each where they differ.
fn event(events: &[&str], window_s: u64, fingerprint: bool) -> Spec {
    Spec {
        kind: "event".into(),
        events: events.iter().map(|one| (*one).to_owned()).collect(),
        window_s,
        fingerprint,
        ..Spec::default()
    }
}

/// A further condition on one figure.
fn also(kind: &str, metric: &str, window_s: u64, op: &str, level: f64) -> Also {
    Also {
        kind: kind.into(),
        metric: metric.into(),
        window_s,
        op: op.into(),
        level,
        ..Also::default()
    }
}

/// More (or less) than so many times the usual figure of this hour; true while nothing is usual yet.
fn unlike_usual(metric: &str, window_s: u64, op: &str, times: f64) -> Also {
    Also { unknown_is_true: true, ..also("baseline", metric, window_s, op, times) }
}

/// A further condition on a share.
fn also_ratio(
    (over, under): (&[&str], &[&str]),
    min_volume: f64,
    window_s: u64,
    level: f64,
) -> Also {
    Also {
        kind: "ratio".into(),
        over: over.iter().map(|one| (*one).to_owned()).collect(),
        under: under.iter().map(|one| (*one).to_owned()).collect(),
        min_volume,
        window_s,
        op: ">".into(),
        level,
        ..Also::default()
    }
}

impl Spec {
    fn lasting(mut self, hold_s: u64, clear_hold_s: u64) -> Self {
        (self.hold_s, self.clear_hold_s) = (hold_s, clear_hold_s);
        self
    }

    fn and(mut self, also: Also) -> Self {
        self.and.push(also);
        self
    }

    fn band(mut self, severity: Severity, level: f64) -> Self {
        self.bands.insert(severity.name().into(), level);
        self
    }

    fn below(mut self) -> Self {
        self.op = "<".into();
        self
    }

    fn or_quiet(mut self, seconds: u64) -> Self {
        (self.no_data, self.no_data_s) = ("ok".into(), seconds);
        self
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

#[cfg(test)]
mod tests;
