//! Maintenance windows, as JSON: work that is planned, once or every week, in a time zone.

pub mod change;
pub mod create;
pub mod list;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{error::Problem, input::Faults, routes::matching::Match};
use crate::{
    domain::{
        calendar::{UNKNOWN_ZONE, parse_zone},
        ids::{self, PublicId},
        route::Span,
    },
    store::{
        Scoped,
        matcher::{StoredHours, StoredMatcher},
        silences::{WindowDraft, WindowRow},
    },
};

/// A maintenance window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Maintenance {
    /// `mnt_…`
    id: String,
    /// Name.
    name: String,
    /// A name of the IANA data base.
    zone: String,
    /// Which news.
    #[serde(rename = "match")]
    matches: Match,
    /// `once` or `weekly`.
    kind: &'static str,
    /// Once: from.
    #[schema(required)]
    starts_at: Option<DateTime<Utc>>,
    /// Once: to.
    #[schema(required)]
    ends_at: Option<DateTime<Utc>>,
    /// Every week.
    #[schema(required)]
    weekly: Option<Week>,
    /// Whether it holds.
    enabled: bool,
    /// The present window or the next one.
    #[schema(required)]
    next: Option<Window>,
    /// Whether it holds now.
    active: bool,
    /// For `If-Match`.
    version: i32,
}

/// Hours of some days of every week, in the window's zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Week {
    /// 1 = Monday … 7 = Sunday.
    days: Vec<u8>,
    /// `22:00`
    from: String,
    /// `06:00`; not after `from`: the next day.
    to: String,
}

/// From and to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Window {
    /// From.
    from: DateTime<Utc>,
    /// To.
    to: DateTime<Utc>,
}

impl Maintenance {
    fn view(row: WindowRow, now: DateTime<Utc>) -> Self {
        let once = row.starts_at.zip(row.ends_at);
        let hours: Option<StoredHours> =
            row.weekly.and_then(|weekly| serde_json::from_value(weekly).ok());
        let span = match (&once, &hours) {
            (Some((start, end)), _) => Some(Span::Once(*start, *end)),
            (None, Some(hours)) => hours.read().ok().map(Span::Weekly),
            (None, None) => None,
        };
        let next = span.and_then(|span| span.window(now)).filter(|_| row.enabled);
        Self {
            id: row.public_id.to_string(),
            name: row.name,
            zone: row.zone,
            matches: StoredMatcher::of(&row.matcher).into(),
            kind: if once.is_some() { "once" } else { "weekly" },
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            weekly: hours.map(|StoredHours { days, from, to, .. }| Week { days, from, to }),
            enabled: row.enabled,
            active: next.is_some_and(|(start, _)| start <= now),
            next: next.map(|(from, to)| Window { from, to }),
            version: row.version,
        }
    }
}

/// A window's parts as they come in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = MaintenanceParts)]
pub struct Parts {
    /// 1 to 80 characters.
    name: Option<String>,
    /// A name of the IANA data base.
    zone: Option<String>,
    /// All news, when not given.
    #[serde(rename = "match")]
    matches: Option<Match>,
    /// `once` or `weekly`.
    kind: Option<String>,
    /// Once: from.
    starts_at: Option<DateTime<Utc>>,
    /// Once: to.
    ends_at: Option<DateTime<Utc>>,
    /// Every week.
    weekly: Option<Week>,
    /// On, when not given.
    enabled: Option<bool>,
}

/// Parts that were checked.
struct Checked {
    name: String,
    zone: String,
    matcher: Value,
    once: Option<(DateTime<Utc>, DateTime<Utc>)>,
    weekly: Option<Value>,
    enabled: bool,
}

impl Checked {
    fn draft(&self) -> WindowDraft<'_> {
        WindowDraft {
            name: &self.name,
            zone: &self.zone,
            matcher: &self.matcher,
            once: self.once,
            weekly: self.weekly.as_ref(),
            enabled: self.enabled,
        }
    }
}

impl Parts {
    /// What was left out is as in `present`, or as it is by default.
    async fn check(
        self,
        scoped: &mut Scoped,
        present: Option<Maintenance>,
    ) -> Result<Checked, Problem> {
        let mut faults = Faults::default();
        let old = present.as_ref();
        let name = self.name.or_else(|| old.map(|old| old.name.clone())).unwrap_or_default();
        let name = faults.line("name", &name, NAME_CHARS_MAX);
        let zone = self.zone.or_else(|| old.map(|old| old.zone.clone()));
        let zone = zone.unwrap_or_else(|| "UTC".to_owned());
        if parse_zone(&zone).is_none() {
            faults.add("zone", UNKNOWN_ZONE);
        }
        let present = old.map(|old| &old.matches);
        let checked = Match::given_or(self.matches, present, scoped, &mut faults).await?;
        let week = self.weekly.or_else(|| old.and_then(|old| old.weekly.clone()));
        let once = self
            .starts_at
            .or_else(|| old.and_then(|old| old.starts_at))
            .zip(self.ends_at.or_else(|| old.and_then(|old| old.ends_at)));
        let kind = self.kind.as_deref().or_else(|| old.map(|old| old.kind));
        let (once, weekly) = match kind {
            Some("once") => (checked_once(&mut faults, once), None),
            Some("weekly") => (None, checked_week(&mut faults, &zone, week)),
            _ => {
                faults.add("kind", "Use once or weekly.");
                (None, None)
            }
        };
        faults.check()?;
        let enabled = self.enabled.or_else(|| old.map(|old| old.enabled)).unwrap_or(true);
        Ok(Checked { name, zone, matcher: checked, once, weekly, enabled })
    }
}

fn checked_once(
    faults: &mut Faults,
    once: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let once = once.filter(|(start, end)| start < end);
    if once.is_none() {
        faults.add("ends_at", "Give starts_at and ends_at; it ends after it begins.");
    }
    once
}

fn checked_week(faults: &mut Faults, zone: &str, week: Option<Week>) -> Option<Value> {
    let Some(Week { days, from, to }) = week else {
        faults.add("weekly", "Give days, from and to.");
        return None;
    };
    let hours = StoredHours { zone: zone.to_owned(), days, from, to };
    match hours.read() {
        Ok(_) => Some(json!(hours)),
        Err(fault) => {
            faults.add(&format!("weekly.{}", fault.field), fault.why);
            None
        }
    }
}

/// The one named, or not found.
async fn one(
    scoped: &mut Scoped,
    id: PublicId<ids::Maintenance>,
    now: DateTime<Utc>,
) -> Result<Maintenance, Problem> {
    let row = scoped.window_rows(Some(id)).await?.pop().ok_or(Problem::NotFound)?;
    Ok(Maintenance::view(row, now))
}

const NAME_CHARS_MAX: usize = 80;
const WINDOWS_MAX: usize = 200;
