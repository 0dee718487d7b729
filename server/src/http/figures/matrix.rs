//! `GET /matrix`: which domains wait, and for how long: the listing of the deferred queue, domain by age.

use axum::Json;
use mailvane_proto::catalogue::{self, queue};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::ids::InstanceId,
    http::{
        error::{Problem, ProblemBody},
        input::{Faults, Query},
        query::MatrixQuery,
        session::{Caller, Viewer},
    },
};

/// Domains by age. Each count is the largest of its time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Matrix {
    /// Names of the columns, as `lt_5m`.
    ages: Vec<&'static str>,
    /// Most recipients first.
    rows: Vec<MatrixRow>,
    /// Whether only a part of the queue was listed; null: nothing was.
    #[schema(required)]
    sampled: Option<Sampled>,
}

/// One domain.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatrixRow {
    /// Domain; `other` are all that were not told apart.
    key: String,
    /// Recipients, in the order of `ages`.
    counts: Vec<u64>,
}

/// How much of the queue was listed, in the newest interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sampled {
    /// Messages that were listed.
    read: i64,
    /// Messages that there were.
    of: i64,
}

/// Shows which domains wait, and for how long.
#[utoipa::path(get, path = "/matrix", operation_id = "matrix", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(MatrixQuery),
    responses((status = 200, body = Matrix), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<MatrixQuery>,
) -> Result<Json<Matrix>, Problem> {
    let mut faults = Faults::default();
    let range = ask::range(&mut faults, (query.from, query.to), caller.now);
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        faults.add("limit", "Use 1 to 100.");
    }
    if query.queue.as_deref().is_some_and(|queue| queue != "deferred") {
        faults.add("queue", "Use deferred: the listing covers what waits there.");
    }
    faults.check()?;
    let dimension = catalogue::dimension(queue::WAITING_DOMAIN).ok_or(Problem::Internal)?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    caller.scoped.freeze().await?;
    let limit = usize::try_from(limit).unwrap_or(1);
    let rows = caller.scoped.matrix(&ids, dimension, range, limit).await?;
    let wanted = [queue::SAMPLED_MESSAGES, queue::DEFERRED_MESSAGES, queue::ACTIVE_MESSAGES];
    let metrics: Vec<_> = wanted.into_iter().filter_map(catalogue::metric).collect();
    let mut sampled: Option<Sampled> = None;
    for latest in caller.scoped.latest(&ids, &metrics, caller.now).await?.into_values() {
        let [Some(read), deferred, active] = *latest.values.as_slice() else { continue };
        let sum = sampled.get_or_insert(Sampled { read: 0, of: 0 });
        sum.read += read;
        sum.of += deferred.unwrap_or(0) + active.unwrap_or(0);
    }
    Ok(Json(Matrix {
        ages: dimension.measures.iter().map(|measure| measure.name).collect(),
        rows: rows.into_iter().map(|(key, counts)| MatrixRow { key, counts }).collect(),
        sampled,
    }))
}

const LIMIT: u32 = 20;
const LIMIT_MAX: u32 = 100;
