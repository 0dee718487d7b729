//! Routes, as JSON: which news goes where, and when.

pub mod change;
pub mod create;
pub mod list;
pub mod matching;
pub mod order;
pub mod preview;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::matching::Match;
use super::{channels::settled, error::Problem, input::Faults};
use crate::{
    domain::{
        ids::{self, PublicId},
        route::GroupBy,
    },
    store::{
        Scoped,
        matcher::{StoredMatcher, StoredStep, steps_of},
        routes::{RouteDraft, RouteRow},
    },
};

/// Which news goes where.
#[derive(Debug, Serialize, ToSchema)]
pub struct Route {
    /// `route_…`
    id: String,
    /// Name.
    name: String,
    /// Place in the order, from 1.
    position: i32,
    /// Whether it is looked at.
    enabled: bool,
    /// Whether the routes behind it are looked at, too.
    #[serde(rename = "continue")]
    go_on: bool,
    /// Which news.
    #[serde(rename = "match")]
    matches: Match,
    /// Whom to tell.
    steps: Vec<Step>,
    /// Seconds between repeats; null: told once.
    #[schema(required)]
    repeat_s: Option<i32>,
    /// `none`, `host`, `trigger` or `tenant`.
    group_by: String,
    /// For `If-Match`.
    version: i32,
}

/// Whom to tell after how long without an answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Seconds since it began; the first step's is 0.
    after_s: u32,
    /// `chan_…`
    channels: Vec<String>,
}

impl From<RouteRow> for Route {
    fn from(row: RouteRow) -> Self {
        Self {
            id: row.public_id.to_string(),
            name: row.name,
            position: row.position,
            enabled: row.enabled,
            go_on: row.go_on,
            matches: StoredMatcher::of(&row.matcher).into(),
            steps: steps_of(&row.steps).into_iter().map(Step::from).collect(),
            repeat_s: row.repeat_s,
            group_by: row.group_by,
            version: row.version,
        }
    }
}

impl From<StoredStep> for Step {
    fn from(step: StoredStep) -> Self {
        Self { after_s: step.after_s, channels: step.channels }
    }
}

/// A route's parts as they come in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RouteParts)]
pub struct Parts {
    /// 1 to 80 characters.
    name: Option<String>,
    /// On, when not given.
    enabled: Option<bool>,
    /// Off, when not given.
    #[serde(rename = "continue")]
    go_on: Option<bool>,
    /// All news, when not given.
    #[serde(rename = "match")]
    matches: Option<Match>,
    /// 1 to 10.
    steps: Option<Vec<Step>>,
    /// 60 to 604800 seconds; 0: told once.
    repeat_s: Option<i32>,
    /// `none` when not given.
    group_by: Option<String>,
}

/// Parts that were checked.
struct Checked {
    name: String,
    enabled: bool,
    go_on: bool,
    matcher: Value,
    steps: Value,
    repeat_s: Option<i32>,
    group_by: String,
}

impl Checked {
    fn draft(&self) -> RouteDraft<'_> {
        RouteDraft {
            name: &self.name,
            enabled: self.enabled,
            go_on: self.go_on,
            matcher: &self.matcher,
            steps: &self.steps,
            repeat_s: self.repeat_s,
            group_by: &self.group_by,
        }
    }
}

impl Parts {
    /// What was left out is as in `present`, or as it is by default.
    async fn check(self, scoped: &mut Scoped, present: Option<Route>) -> Result<Checked, Problem> {
        let mut faults = Faults::default();
        let old = present.as_ref();
        let name = self.name.or_else(|| old.map(|old| old.name.clone())).unwrap_or_default();
        let name = faults.line("name", &name, NAME_CHARS_MAX);
        let present = old.map(|old| &old.matches);
        let checked = Match::given_or(self.matches, present, scoped, &mut faults).await?;
        let steps = self.steps.or_else(|| old.map(|old| old.steps.clone())).unwrap_or_default();
        check_steps(scoped, &mut faults, &steps).await?;
        let repeat_s =
            self.repeat_s.or_else(|| old.and_then(|old| old.repeat_s)).filter(|s| *s != 0);
        if repeat_s.is_some_and(|s| !(60..=604_800).contains(&s)) {
            faults.add("repeat_s", "Use 60 to 604800 seconds, or 0 to tell once.");
        }
        let group_by = self.group_by.or_else(|| old.map(|old| old.group_by.clone()));
        let group_by = group_by.unwrap_or_else(|| GroupBy::None.name().to_owned());
        if GroupBy::from_name(&group_by).is_none() {
            faults.add("group_by", "Use none, host, trigger or tenant.");
        }
        faults.check()?;
        Ok(Checked {
            name,
            enabled: self.enabled.or_else(|| old.map(|old| old.enabled)).unwrap_or(true),
            go_on: self.go_on.or_else(|| old.map(|old| old.go_on)).unwrap_or(false),
            matcher: checked,
            steps: json!(steps),
            repeat_s,
            group_by,
        })
    }
}

/// Writes a route that goes by the name in its parts: a new one of this id, or what the present one is to become.
pub(super) async fn put(
    scoped: &mut Scoped,
    parts: Parts,
    id: PublicId<ids::Route>,
) -> Result<(), Problem> {
    let rows = scoped.route_rows(None).await?;
    let count = rows.len();
    let present = rows.into_iter().find(|row| parts.name.as_deref() == Some(row.name.as_str()));
    let stands = present.as_ref().map(|row| (row.public_id, row.version));
    let checked = parts.check(scoped, None).await?;
    if let Some(stands) = stands {
        return settled(scoped.change_route(stands, &checked.draft()).await?);
    }
    if count >= ROUTES_MAX {
        return Err(Problem::Conflict("There are 200 routes already. Remove one.".to_owned()));
    }
    Ok(scoped.add_route(id, &checked.draft()).await?)
}

async fn check_steps(
    scoped: &mut Scoped,
    faults: &mut Faults,
    steps: &[Step],
) -> Result<(), Problem> {
    if !(1..=STEPS_MAX).contains(&steps.len()) {
        faults.add("steps", "Give 1 to 10 steps.");
    }
    if steps.first().is_some_and(|first| first.after_s != 0) {
        faults.add("steps", "The first step begins at once: after_s 0.");
    }
    let grows = steps.windows(2).all(|pair| match pair {
        [one, two] => one.after_s < two.after_s,
        _ => true,
    });
    if !grows || steps.last().is_some_and(|last| last.after_s > AFTER_S_MAX) {
        faults.add("steps", "Each step comes later than the one before it, within a week.");
    }
    if steps.iter().any(|step| !(1..=CHANNELS_MAX).contains(&step.channels.len())) {
        faults.add("steps", "Each step names 1 to 20 channels.");
    }
    let known: Vec<String> =
        scoped.channels(None).await?.iter().map(|channel| channel.public_id.to_string()).collect();
    if steps.iter().flat_map(|step| &step.channels).any(|id| !known.contains(id)) {
        faults.add("steps", "One of these channels does not exist.");
    }
    Ok(())
}

/// The one named, or not found.
async fn one(scoped: &mut Scoped, id: PublicId<ids::Route>) -> Result<Route, Problem> {
    scoped.route_rows(Some(id)).await?.pop().map(Route::from).ok_or(Problem::NotFound)
}

const NAME_CHARS_MAX: usize = 80;
const STEPS_MAX: usize = 10;
const CHANNELS_MAX: usize = 20;
const AFTER_S_MAX: u32 = 604_800;
const ROUTES_MAX: usize = 200;
