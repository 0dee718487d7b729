//! `GET /series`: values over time, in buckets; what was not visible is null, never zero.

pub mod csv;
mod draw;

use axum::Json;
use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::Metric;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::{
        expression::Expression,
        grid::{Grid, POINTS_MAX},
        ids::InstanceId,
    },
    http::{
        error::{Problem, ProblemBody},
        input::{Faults, Query},
        query::SeriesQuery,
        session::{Caller, Viewer},
    },
    store::series,
};

/// Values over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesAnswer {
    /// Beginning of the first bucket.
    from: DateTime<Utc>,
    /// End of the last bucket.
    to: DateTime<Utc>,
    /// Length of a bucket, seconds.
    step_s: i64,
    /// Where the values come from: `raw`, `hourly` or `daily`.
    tier: &'static str,
    /// Beginnings of the buckets, seconds since 1970.
    t: Vec<i64>,
    series: Vec<Series>,
    gaps: Vec<Gap>,
}

/// One metric of one instance, or one key of an expression.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// `inst_…`; null: all instances together.
    #[schema(required)]
    instance: Option<String>,
    /// Name in the catalogue; of a ratio its part, of a breakdown `DIMENSION.MEASURE`.
    metric: String,
    /// What was asked, unless it was the metric itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expr: Option<String>,
    /// Which key of a breakdown; `other` are all that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// What it is counted in.
    unit: &'static str,
    /// `gauge` or `counter`.
    kind: &'static str,
    /// Gauges: mean; counters: sum in the bucket, or growth a minute.
    values: Vec<Option<f64>>,
    /// Gauges of one instance: least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    min: Option<Vec<Option<f64>>>,
    /// Gauges of one instance: most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    max: Option<Vec<Option<f64>>>,
}

/// A time of which something is not known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gap {
    /// `inst_…`
    instance: String,
    /// Beginning.
    from: DateTime<Utc>,
    /// End.
    to: DateTime<Utc>,
    /// `no_data`, `not_visible`, `log_lost`, `agent_down`, …
    kind: String,
    /// Which group was not visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    group: Option<String>,
}

/// Shows values over time.
#[utoipa::path(get, path = "/series", operation_id = "series", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(SeriesQuery),
    responses((status = 200, body = SeriesAnswer), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    caller: Caller<Viewer>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<SeriesAnswer>, Problem> {
    Ok(Json(answer(caller, query).await?))
}

/// What is asked, read and believed.
#[derive(Debug)]
struct Question {
    metrics: Vec<&'static Metric>,
    expressions: Vec<(String, Expression)>,
    per_minute: bool,
    sum: bool,
    points: u32,
}

async fn answer(mut caller: Caller<Viewer>, query: SeriesQuery) -> Result<SeriesAnswer, Problem> {
    let mut faults = Faults::default();
    let question = Question::read(&mut faults, &query);
    let (from, to) = ask::range(&mut faults, (query.from, query.to), caller.now);
    faults.check()?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let lines = question.lines(names.len());
    if lines * usize::try_from(question.points).unwrap_or(0) > VALUES_MAX {
        let why =
            "This would be more than 150000 values: ask for fewer points, metrics or instances.";
        return Err(Problem::field("points", why));
    }
    let tenant = caller.scoped.tenant_row().await?;
    caller.scoped.freeze().await?;
    let oldest = caller.now - TimeDelta::days(i64::from(caller.scoped.raw_days().await?));
    // Older samples are gone; the sums of their hours are not.
    let least_ms = if from < oldest { HOUR_MS } else { tenant.interval_ms };
    let grid = Grid::cover((from, to), least_ms, question.points)
        .ok_or_else(|| Problem::field("from", "The beginning must lie before the end."))?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    // The newest interval may still be on its way.
    let settled = caller.now - TimeDelta::milliseconds(i64::from(tenant.interval_ms) * 3);
    let read = question.all_metrics();
    let found = caller.scoped.series(&ids, &read, grid, settled).await?;
    let name = |id| ask::name(&names, id);
    let mut series = draw::metrics(&question, &ids, &found.series, &name);
    for (text, expression) in &question.expressions {
        if let Some(dimension) = expression.dimension() {
            let buckets = caller.scoped.breakdown_series(&ids, dimension, grid).await?;
            let single = if let [id] = ids.as_slice() { Some(name(*id)) } else { None };
            let lines = draw::breakdown(text, expression, &buckets, single.as_deref());
            let numbers: Vec<u32> = lines.iter().filter_map(|(key, _)| *key).collect();
            let texts = caller.scoped.key_texts(dimension, &numbers).await?;
            series.extend(draw::named(lines, &texts));
        }
    }
    Ok(SeriesAnswer {
        from: grid.start,
        to: grid.end(),
        step_s: grid.step.num_seconds(),
        tier: found.tier.name(),
        t: (0..grid.count).map(|place| grid.at(place).timestamp()).collect(),
        series,
        gaps: found.gaps.into_iter().map(|gap| gap_view(gap, &name)).collect(),
    })
}

impl Question {
    fn read(faults: &mut Faults, query: &SeriesQuery) -> Self {
        let metrics =
            query.metric.as_deref().map(|list| ask::metrics(faults, list)).unwrap_or_default();
        let mut expressions = Vec::new();
        for text in query.expr.iter().flat_map(|list| list.split(';')).map(str::trim) {
            match Expression::parse(text) {
                Ok(expression) => expressions.push((text.to_owned(), expression)),
                Err(why) => faults.add("expr", why),
            }
        }
        if query.metric.is_none() && query.expr.is_none() {
            faults.add("metric", "Name a metric or an expression.");
        }
        if expressions.len() > EXPRESSIONS_MAX {
            faults.add("expr", "Ask for at most 10 expressions.");
        }
        let points = query.points.unwrap_or(POINTS);
        if !(1..=POINTS_MAX).contains(&points) {
            faults.add("points", "Use 1 to 1500.");
        }
        let mut word = |name: &str, said: Option<&str>, one: &str, other: Option<&str>| match said {
            None => false,
            Some(said) if said == one => true,
            Some(said) if Some(said) == other => false,
            Some(_) => {
                faults.add(name, format!("Use {one}, or leave it out."));
                false
            }
        };
        let per_minute = word("shape", query.shape.as_deref(), "rate", None);
        let sum = word("combine", query.combine.as_deref(), "sum", Some("each"));
        Self { metrics, expressions, per_minute, sum, points }
    }

    /// Every metric that has to be read, each once.
    fn all_metrics(&self) -> Vec<&'static Metric> {
        let mut all = self.metrics.clone();
        for metric in self.expressions.iter().flat_map(|(_, expression)| expression.metrics()) {
            if all.iter().all(|known| known.id != metric.id) {
                all.push(metric);
            }
        }
        all
    }

    /// How many series have to be read or drawn at most.
    fn lines(&self, instances: usize) -> usize {
        let keys = self.expressions.iter().map(|(_, expression)| match expression {
            Expression::Top { keys, .. } => keys + 1,
            _ => 1,
        });
        (self.all_metrics().len() * instances).max(1) + keys.sum::<usize>()
    }
}

fn gap_view(gap: series::SeriesGap, name: &dyn Fn(InstanceId) -> String) -> Gap {
    Gap {
        instance: name(gap.instance),
        from: gap.from,
        to: gap.to,
        kind: gap.kind,
        group: gap.group.map(|group| ask::group(group).to_owned()),
    }
}

const POINTS: u32 = 500;
const VALUES_MAX: usize = 150_000;
const EXPRESSIONS_MAX: usize = 10;
const HOUR_MS: i32 = 3_600_000;
