//! `GET /latest`: the newest sample of an instance.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, Metric};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::http::{
    error::{Problem, ProblemBody},
    input::Query,
    query::LatestQuery,
    session::{Caller, Viewer},
};

/// The newest sample.
#[derive(Debug, Serialize, ToSchema)]
pub struct Latest {
    /// End of its interval; null: nothing came yet.
    #[schema(required)]
    at: Option<DateTime<Utc>>,
    /// Length of its interval, seconds.
    span_s: i32,
    /// By name; null: not visible. Counters: growth in the interval.
    values: BTreeMap<&'static str, Option<i64>>,
    /// Groups that could be seen.
    visible: Vec<&'static str>,
}

/// Shows the newest sample.
#[utoipa::path(get, path = "/latest", operation_id = "latest", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(LatestQuery),
    responses((status = 200, body = Latest), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<LatestQuery>,
) -> Result<Json<Latest>, Problem> {
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let [(_, id)] = names.as_slice() else {
        return Err(Problem::field("instance", "Name one instance."));
    };
    let metrics: Vec<&'static Metric> = catalogue::metrics().iter().collect();
    let now = caller.now;
    caller.scoped.freeze().await?;
    let found = caller.scoped.latest(&[*id], &metrics, now).await?.remove(id);
    let Some(found) = found else {
        return Ok(Json(Latest {
            at: None,
            span_s: 0,
            values: BTreeMap::new(),
            visible: Vec::new(),
        }));
    };
    Ok(Json(Latest {
        at: Some(found.at),
        span_s: found.span_ms / 1_000,
        values: metrics.iter().map(|metric| metric.name).zip(found.values).collect(),
        visible: ask::visible(found.visibility).map(|group| group.name).collect(),
    }))
}
