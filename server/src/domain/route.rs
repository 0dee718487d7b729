//! Which news goes where: ordered routes, the first that matches, and what is muted meanwhile.
//!
//! Pure: whoever calls reads routes and mutes of one tenant and the subject of the news, and tells what time it is.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{calendar::Weekly, ids::RouteId, severity::Severity};

/// What news is about. Hosts, instances and triggers are public ids as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// How bad.
    pub severity: Severity,
    /// Tags of the host.
    pub tags: Vec<String>,
    /// The host; empty: any.
    pub host: String,
    /// The instance, if it is about one.
    pub instance: Option<String>,
    /// The trigger, unless it was deleted.
    pub trigger: Option<String>,
}

/// Which news is meant: all where a list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    /// At least this bad.
    pub severity_min: Option<Severity>,
    /// One of these.
    pub severities: Vec<Severity>,
    /// At least one of these tags.
    pub tags: Vec<String>,
    /// One of these hosts.
    pub hosts: Vec<String>,
    /// One of these instances.
    pub instances: Vec<String>,
    /// One of these triggers.
    pub triggers: Vec<String>,
    /// Only in these hours.
    pub times: Option<Weekly>,
}

impl Matcher {
    /// Whether news of `subject` at `now` is meant.
    pub fn covers(&self, subject: &Subject, now: DateTime<Utc>) -> bool {
        let one_of = |list: &[String], id: Option<&str>| {
            list.is_empty() || id.is_some_and(|id| list.iter().any(|one| one == id))
        };
        self.severity_min.is_none_or(|min| subject.severity >= min)
            && (self.severities.is_empty() || self.severities.contains(&subject.severity))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| subject.tags.contains(tag)))
            && one_of(&self.hosts, Some(&subject.host))
            && one_of(&self.instances, subject.instance.as_deref())
            && one_of(&self.triggers, subject.trigger.as_deref())
            && self.times.as_ref().is_none_or(|times| times.covers(now))
    }
}

/// Which news is told in one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// Each by itself.
    None,
    /// That of one host.
    Host,
    /// That of one trigger.
    Trigger,
    /// All of the route.
    Tenant,
}

impl GroupBy {
    const ALL: [Self; 4] = [Self::None, Self::Host, Self::Trigger, Self::Tenant];

    /// The word in rows and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Host => "host",
            Self::Trigger => "trigger",
            Self::Tenant => "tenant",
        }
    }

    /// What this word means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Whom to tell after how long without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Since it began.
    pub after: Duration,
    /// Public ids as text.
    pub channels: Vec<String>,
}

/// Which news goes where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which.
    pub id: RouteId,
    /// What people call it.
    pub name: String,
    /// Whether the routes behind it are looked at, too.
    pub go_on: bool,
    /// Which news.
    pub matcher: Matcher,
    /// The first begins at once; each later one only while nobody has acknowledged.
    pub steps: Vec<Step>,
    /// Told again this often while nobody has acknowledged.
    pub repeat: Option<Duration>,
    /// Which news is told in one message.
    pub group_by: GroupBy,
}

impl Route {
    /// Names the group that news of `subject` belongs to; none: it is told by itself.
    pub fn group(&self, subject: &Subject) -> Option<String> {
        let of = match self.group_by {
            GroupBy::None => return None,
            GroupBy::Host => subject.host.as_str(),
            GroupBy::Trigger => subject.trigger.as_deref().unwrap_or_default(),
            GroupBy::Tenant => "",
        };
        Some(format!("{}:{of}", self.id))
    }
}

/// The routes that news takes: the first that matches, and those behind it for as long as each lets go on.
pub fn choose<'a>(routes: &'a [Route], subject: &Subject, now: DateTime<Utc>) -> Vec<&'a Route> {
    let mut chosen = Vec::new();
    for route in routes {
        if route.matcher.covers(subject, now) {
            chosen.push(route);
            if !route.go_on {
                break;
            }
        }
    }
    chosen
}

/// Why news is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MuteKind {
    /// Somebody wants to hear nothing for a while.
    Silence,
    /// Work that was planned.
    Maintenance,
}

/// A silence, or a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// Which of both.
    pub kind: MuteKind,
    /// Public id as text.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Which news.
    pub matcher: Matcher,
    /// Only this incident.
    pub incident: Option<i64>,
    /// When.
    pub span: Span,
}

/// When a mute holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// From here to there.
    Once(DateTime<Utc>, DateTime<Utc>),
    /// Every week.
    Weekly(Weekly),
}

impl Span {
    /// The present window, or the next.
    pub fn window(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        match self {
            Self::Once(start, end) => (*end > now).then_some((*start, *end)),
            Self::Weekly(weekly) => weekly.window(now),
        }
    }
}

impl Mute {
    /// Until when it holds news of `subject` and `incident` back.
    pub fn until(
        &self,
        subject: &Subject,
        incident: Option<i64>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let (start, end) = self.span.window(now)?;
        let this = self.incident.is_none() || self.incident == incident;
        (start <= now && this && self.matcher.covers(subject, now)).then_some(end)
    }
}

/// The mute that holds longest, and until when.
pub fn muted<'a>(
    mutes: &'a [Mute],
    subject: &Subject,
    incident: Option<i64>,
    now: DateTime<Utc>,
) -> Option<(&'a Mute, DateTime<Utc>)> {
    mutes
        .iter()
        .filter_map(|mute| mute.until(subject, incident, now).map(|until| (mute, until)))
        .max_by_key(|(_, until)| *until)
}

#[cfg(test)]
mod tests;
