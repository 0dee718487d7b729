//! `GET /totals`: exact sums of counters. Gauges have no sum and are refused.

use axum::Json;
use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::Kind;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::ids::InstanceId,
    http::{
        error::{Problem, ProblemBody},
        input::{Faults, Query},
        query::TotalsQuery,
        session::{Caller, Viewer},
    },
};

/// Exact sums.
#[derive(Debug, Serialize, ToSchema)]
pub struct Totals {
    /// Beginning.
    from: DateTime<Utc>,
    /// End.
    to: DateTime<Utc>,
    #[serde(rename = "totals")]
    rows: Vec<Total>,
}

/// One sum.
#[derive(Debug, Serialize, ToSchema)]
pub struct Total {
    /// `inst_…`
    instance: String,
    /// Name in the catalogue.
    metric: String,
    /// Sum.
    #[serde(rename = "total")]
    sum: i64,
}

/// Shows exact sums.
#[utoipa::path(get, path = "/totals", operation_id = "totals", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(TotalsQuery),
    responses((status = 200, body = Totals), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<TotalsQuery>,
) -> Result<Json<Totals>, Problem> {
    let mut faults = Faults::default();
    let metrics = ask::metrics(&mut faults, &query.metric);
    for gauge in metrics.iter().filter(|metric| metric.kind == Kind::Gauge) {
        let why = format!("{} is a gauge and has no sum: ask /series for it.", gauge.name);
        faults.add("metric", why);
    }
    let range = ask::range(&mut faults, (Some(query.from), Some(query.to)), caller.now);
    faults.check()?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    caller.scoped.freeze().await?;
    let sums = caller.scoped.totals(&ids, &metrics, range).await?;
    let mut totals = Vec::new();
    for (instance, id) in &names {
        let of = sums.get(id).map(Vec::as_slice).unwrap_or_default();
        totals.extend(metrics.iter().zip(of).map(|(metric, total)| Total {
            instance: instance.to_string(),
            metric: metric.name.to_owned(),
            sum: *total,
        }));
    }
    Ok(Json(Totals { from: range.0, to: range.1, rows: totals }))
}
