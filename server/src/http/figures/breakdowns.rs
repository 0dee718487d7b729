//! `GET /breakdowns`: the biggest keys of a dimension over a time, what the others sum to, and all together.

use axum::Json;
use mailvane_proto::catalogue;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::ids::InstanceId,
    http::{
        error::{Problem, ProblemBody},
        input::{Faults, Query},
        query::BreakdownQuery,
        session::{Caller, Viewer},
    },
};

/// The biggest keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct Breakdown {
    /// Name in the catalogue.
    dimension: &'static str,
    /// What `counts` are.
    measures: Vec<&'static str>,
    /// Biggest first.
    rows: Vec<BreakdownRow>,
    /// All keys that are not shown.
    other: Vec<u64>,
    /// All keys.
    total: Vec<u64>,
}

/// One key.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakdownRow {
    /// Key.
    key: String,
    /// In the order of `measures`.
    counts: Vec<u64>,
}

/// Shows a breakdown.
#[utoipa::path(get, path = "/breakdowns", operation_id = "breakdowns", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(BreakdownQuery),
    responses((status = 200, body = Breakdown), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<BreakdownQuery>,
) -> Result<Json<Breakdown>, Problem> {
    let mut faults = Faults::default();
    let range = ask::range(&mut faults, (query.from, query.to), caller.now);
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        faults.add("limit", "Use 1 to 100.");
    }
    let dimension = catalogue::dimension_by_name(&query.dimension);
    if dimension.is_none() {
        faults.add("dimension", "There is no dimension of this name: see /catalogue.");
    }
    let place = |by: &str| dimension?.measures.iter().position(|measure| measure.name == by);
    let by = query.by.as_deref().map_or(Some(0), place);
    if by.is_none() {
        faults.add("by", "This dimension has no measure of this name: see /catalogue.");
    }
    faults.check()?;
    let (dimension, by) = dimension.zip(by).ok_or(Problem::Internal)?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    let rank = (by, usize::try_from(limit).unwrap_or(1));
    caller.scoped.freeze().await?;
    let found = caller.scoped.breakdown(&ids, dimension, range, rank).await?;
    Ok(Json(Breakdown {
        dimension: dimension.name,
        measures: dimension.measures.iter().map(|measure| measure.name).collect(),
        rows: found.rows.into_iter().map(|(key, counts)| BreakdownRow { key, counts }).collect(),
        other: found.other,
        total: found.total,
    }))
}

const LIMIT: u32 = 10;
const LIMIT_MAX: u32 = 100;
