//! `GET /series`: values over time, in buckets; what was not visible is null, never zero.

use axum::Json;
use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::Kind;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::{
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
    /// `raw`, `hourly` or `daily`.
    tier: &'static str,
    /// Beginnings of the buckets, seconds since 1970.
    t: Vec<i64>,
    series: Vec<Series>,
    gaps: Vec<Gap>,
}

/// One metric of one instance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// `inst_…`
    instance: String,
    /// Name in the catalogue.
    metric: String,
    /// What it is counted in.
    unit: &'static str,
    /// `gauge` or `counter`.
    kind: &'static str,
    /// Gauges: mean; counters: sum in the bucket, or growth a minute.
    values: Vec<Option<f64>>,
    /// Gauges: least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    min: Option<Vec<Option<f64>>>,
    /// Gauges: most.
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
    mut caller: Caller<Viewer>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<SeriesAnswer>, Problem> {
    let mut faults = Faults::default();
    let metrics = ask::metrics(&mut faults, &query.metric);
    let (from, to) = ask::range(&mut faults, (query.from, query.to), caller.now);
    let points = query.points.unwrap_or(POINTS);
    if !(1..=POINTS_MAX).contains(&points) {
        faults.add("points", "Use 1 to 1500.");
    }
    let per_minute = match query.shape.as_deref() {
        None => false,
        Some("rate") => true,
        Some(_) => {
            faults.add("shape", "Use rate, or leave it out.");
            false
        }
    };
    faults.check()?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    if names.len() * metrics.len() * usize::try_from(points).unwrap_or(0) > VALUES_MAX {
        let why =
            "This would be more than 150000 values: ask for fewer points, metrics or instances.";
        return Err(Problem::field("points", why));
    }
    let tenant = caller.scoped.tenant_row().await?;
    let grid = Grid::cover((from, to), tenant.interval_ms, points)
        .ok_or_else(|| Problem::field("from", "The beginning must lie before the end."))?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    // The newest interval may still be on its way.
    let settled = caller.now - TimeDelta::milliseconds(i64::from(tenant.interval_ms) * 3);
    let answer = caller.scoped.series(&ids, &metrics, grid, settled).await?;
    let name = |id| ask::name(&names, id);
    Ok(Json(SeriesAnswer {
        from: grid.start,
        to: grid.end(),
        step_s: grid.step.num_seconds(),
        tier: "raw",
        t: (0..grid.count).map(|place| grid.at(place).timestamp()).collect(),
        series: answer.series.into_iter().map(|s| shape(s, per_minute, &name)).collect(),
        gaps: answer.gaps.into_iter().map(|gap| gap_view(gap, &name)).collect(),
    }))
}

fn shape(row: series::Series, per_minute: bool, name: &dyn Fn(InstanceId) -> String) -> Series {
    let gauge = row.metric.kind == Kind::Gauge;
    let values = if per_minute && !gauge {
        let rate = |(sum, span_ms): (&Option<f64>, &Option<f64>)| {
            sum.zip(*span_ms).filter(|(_, ms)| *ms > 0.0).map(|(sum, ms)| sum * 60_000.0 / ms)
        };
        row.values.iter().zip(&row.span_ms).map(rate).collect()
    } else {
        row.values
    };
    Series {
        instance: name(row.instance),
        metric: row.metric.name.to_owned(),
        unit: row.metric.unit.name(),
        kind: row.metric.kind.name(),
        values,
        min: gauge.then_some(row.min),
        max: gauge.then_some(row.max),
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
