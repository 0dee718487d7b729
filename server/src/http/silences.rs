//! Silences, as JSON: what somebody wants to hear nothing of for a while. The end of an incident is told all the same.

pub mod create;
pub mod end;
pub mod incident;
pub mod list;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{error::Problem, input::Faults, routes::matching::Match};
use crate::{
    domain::ids::{self, PublicId},
    store::{
        Scoped,
        matcher::StoredMatcher,
        silences::{NewSilence, SilenceRow},
    },
};

/// A silence.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silence {
    /// `sil_…`
    id: String,
    /// Why.
    comment: String,
    /// Which news.
    #[serde(rename = "match")]
    matches: Match,
    /// From.
    starts_at: DateTime<Utc>,
    /// To.
    ends_at: DateTime<Utc>,
    /// By whom, by address; null: a script, or a click in a chat.
    #[schema(required)]
    created_by: Option<String>,
    /// `pending`, `active` or `ended`.
    state: &'static str,
    /// Only this incident.
    #[schema(required)]
    incident: Option<String>,
}

impl Silence {
    fn view(row: SilenceRow, now: DateTime<Utc>) -> Self {
        let state = match (row.starts_at > now, row.ends_at > now) {
            (true, _) => "pending",
            (false, true) => "active",
            (false, false) => "ended",
        };
        Self {
            id: row.public_id.to_string(),
            comment: row.comment,
            matches: StoredMatcher::of(&row.matcher).into(),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            created_by: row.created_by,
            state,
            incident: row.incident.map(|id| id.to_string()),
        }
    }
}

/// The one named, or not found.
async fn one(
    scoped: &mut Scoped,
    id: PublicId<ids::Silence>,
    now: DateTime<Utc>,
) -> Result<Silence, Problem> {
    let row = scoped.silence_rows(Some(id)).await?.pop().ok_or(Problem::NotFound)?;
    Ok(Silence::view(row, now))
}

/// Adds a silence of this comment, these news and this span.
pub(super) async fn put(
    scoped: &mut Scoped,
    (comment, news, (starts_at, ends_at)): (&str, Match, (DateTime<Utc>, DateTime<Utc>)),
    (now, public_id): (DateTime<Utc>, PublicId<ids::Silence>),
) -> Result<(), Problem> {
    let mut faults = Faults::default();
    let comment = faults.printable("comment", comment, COMMENT_CHARS_MAX);
    let matcher = news.check(scoped, &mut faults).await?;
    if ends_at <= starts_at.max(now) {
        faults.add("ends_at", "A silence ends after it begins, and not in the past.");
    }
    if ends_at - now > TimeDelta::days(366) {
        faults.add("ends_at", "A silence ends within a year.");
    }
    faults.check()?;
    let (matcher, comment, span) = (&matcher, comment.as_str(), (starts_at, ends_at));
    let new = NewSilence { public_id, comment, matcher, span, by: None, incident: None };
    Ok(scoped.add_silence(&new).await?)
}

const COMMENT_CHARS_MAX: usize = 200;
