//! `GET /fleet`: one row an instance, worst first, with what a postmaster looks at first.

mod figures;
mod row;

use axum::Json;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use self::figures::Figures;
use super::{
    error::{Problem, ProblemBody},
    incidents::InstanceRef,
    input::Query,
    query::FleetQuery,
    session::{Caller, Viewer},
};
use crate::store::incidents::IncidentFilter;

/// The fleet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fleet {
    /// Now.
    at: DateTime<Utc>,
    /// Sampling interval, seconds.
    interval_s: i32,
    /// Worst first.
    rows: Vec<FleetRow>,
    totals: FleetTotals,
}

/// One instance, or a host that sent nothing yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct FleetRow {
    host: FleetHost,
    /// Null: enrolled, nothing sent yet.
    #[schema(required)]
    instance: Option<InstanceRef>,
    /// Worst open incident (`info` to `critical`), else `ok`; `waiting`: nothing came ever; `silent`: nothing comes.
    state: &'static str,
    /// End of the newest interval.
    #[schema(required)]
    last_sample_at: Option<DateTime<Utc>>,
    /// Messages in the deferred queue; null: not visible.
    #[schema(required)]
    deferred: Option<f64>,
    /// Messages in the active queue; null: not visible.
    #[schema(required)]
    active: Option<f64>,
    /// Messages in the incoming queue; null: not visible.
    #[schema(required)]
    incoming: Option<f64>,
    /// Messages on hold; null: not visible.
    #[schema(required)]
    hold: Option<f64>,
    /// Messages received a minute; null: not visible.
    #[schema(required)]
    in_per_min: Option<f64>,
    /// Deliveries a minute; null: not visible.
    #[schema(required)]
    out_per_min: Option<f64>,
    /// Share of attempts that bounced, percent; null: none or not visible.
    #[schema(required)]
    bounced_pct: Option<f64>,
    /// Share of attempts that were deferred, percent; null: none or not visible.
    #[schema(required)]
    deferred_pct: Option<f64>,
    /// Rejects a minute; null: not visible.
    #[schema(required)]
    rejected_per_min: Option<f64>,
    /// Share of outgoing TLS sessions, percent; null: none or not visible.
    #[schema(required)]
    tls_pct: Option<f64>,
    /// Age of the oldest deferred message, seconds; null: not visible.
    #[schema(required)]
    oldest_s: Option<f64>,
    /// Deferred queue over the range, 30 points.
    spark_deferred: Vec<Option<f64>>,
    /// Deliveries a minute over the range, 30 points.
    spark_out: Vec<Option<f64>>,
    /// The worst one that is open.
    #[schema(required)]
    incident: Option<FleetIncident>,
    /// Open incidents.
    incidents_open: i64,
}

/// A host in the fleet.
#[derive(Debug, Serialize, ToSchema)]
pub struct FleetHost {
    /// `host_…`
    id: String,
    /// Name.
    name: String,
    /// Tags.
    tags: Vec<String>,
}

/// An incident in the fleet.
#[derive(Debug, Serialize, ToSchema)]
pub struct FleetIncident {
    /// `inc_…`
    id: String,
    /// What happens.
    title: String,
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    /// Somebody took it.
    acknowledged: bool,
}

/// All instances together.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct FleetTotals {
    /// Messages in the deferred queues.
    deferred: f64,
    /// Messages in the active queues.
    active: f64,
    /// Messages received a minute.
    in_per_min: f64,
    /// Deliveries a minute.
    out_per_min: f64,
    /// Share of attempts that bounced, percent; null: none.
    #[schema(required)]
    bounced_pct: Option<f64>,
    /// Rejects a minute.
    rejected_per_min: f64,
    /// Share of outgoing TLS sessions, percent; null: none.
    #[schema(required)]
    tls_pct: Option<f64>,
    /// Hosts that report.
    reporting: i64,
    /// Hosts in all.
    hosts: i64,
    /// Open incidents.
    incidents_open: i64,
    spark: FleetSpark,
}

/// Curves of all instances together, 30 points each; null where nobody measured.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct FleetSpark {
    /// Messages in the deferred queues.
    deferred: Vec<Option<f64>>,
    /// Messages in the active queues.
    active: Vec<Option<f64>>,
    /// Messages received a minute.
    r#in: Vec<Option<f64>>,
    /// Deliveries a minute.
    out: Vec<Option<f64>>,
}

/// Shows the fleet.
#[utoipa::path(get, path = "/fleet", operation_id = "fleet", tag = "fleet",
    extensions(("x-min-role" = json!("viewer"))), params(FleetQuery),
    responses((status = 200, body = Fleet), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<FleetQuery>,
) -> Result<Json<Fleet>, Problem> {
    let range_s = query.range_s.unwrap_or(RANGE_S);
    if !(300..=86_400).contains(&range_s) {
        return Err(Problem::field("range_s", "Use 300 to 86400 seconds."));
    }
    let now = caller.now;
    let (tenant, figures) = Figures::read(&mut caller.scoped, range_s.into(), now).await?;
    let hosts = caller.scoped.hosts(None, None, HOSTS_MAX).await?;
    let filter = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
    let open = caller.scoped.incidents(filter, INCIDENTS_MAX).await?;
    let silent_after = TimeDelta::milliseconds(i64::from(tenant.interval_ms) * 3).max(SILENT_MIN);
    let mut rows = Vec::new();
    for host in hosts.iter().filter(|host| host.state != "retired") {
        let before = rows.len();
        for instance in figures.of_host(host.id) {
            rows.push(row::instance(host, instance, &figures, &open, (now, silent_after)));
        }
        if rows.len() == before {
            rows.push(row::waiting(host, &open));
        }
    }
    rows.sort_by(|one, two| {
        row::badness(two)
            .cmp(&row::badness(one))
            .then_with(|| row::names(one).cmp(&row::names(two)))
    });
    let totals = row::totals(&rows, &figures, open.len());
    let interval_s = tenant.interval_ms / 1_000;
    Ok(Json(Fleet { at: now, interval_s, rows, totals }))
}

const RANGE_S: u32 = 3_600;
const HOSTS_MAX: i64 = 20_000;
const INCIDENTS_MAX: i64 = 5_000;
const SILENT_MIN: TimeDelta = TimeDelta::minutes(3);
