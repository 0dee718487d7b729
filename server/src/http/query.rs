//! What lists and figures take in their query strings. Unknown names are refused.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

/// Over which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FleetQuery {
    /// Of the small curves, seconds, 300 to 86400; 3600 when not given.
    pub range_s: Option<u32>,
}

/// Which incidents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IncidentsQuery {
    /// `open`, `closed` or `all`; `all` when not given.
    pub state: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// 1 to 200; 100 when not given.
    pub limit: Option<u16>,
}

/// Which values.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// 1 to 200 `inst_…`, separated by commas.
    pub instance: String,
    /// At most 30 names of the catalogue, separated by commas.
    pub metric: Option<String>,
    /// At most 10 of `rate(METRIC)`, `ratio(METRIC,METRIC)`, `top(DIMENSION,MEASURE,N)` and `percentile(STAGE,P)`,
    /// separated by semicolons. The last two are of all instances together.
    pub expr: Option<String>,
    /// `sum` makes one series of all instances; `each` when not given.
    pub combine: Option<String>,
    /// Beginning; an hour before `to` when not given.
    pub from: Option<DateTime<Utc>>,
    /// End; now when not given.
    pub to: Option<DateTime<Utc>>,
    /// Most points of a series, 1 to 1500; 500 when not given.
    pub points: Option<u32>,
    /// `rate` turns counters into growth a minute.
    pub shape: Option<String>,
}

/// Which matrix.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatrixQuery {
    /// 1 to 200 `inst_…`, separated by commas.
    pub instance: String,
    /// Beginning; an hour before `to` when not given.
    pub from: Option<DateTime<Utc>>,
    /// End; now when not given.
    pub to: Option<DateTime<Utc>>,
    /// `deferred`, the queue whose listing the matrix is made of.
    pub queue: Option<String>,
    /// Domains shown, 1 to 100; 20 when not given.
    pub limit: Option<u32>,
}

/// Which sums.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TotalsQuery {
    /// 1 to 200 `inst_…`, separated by commas.
    pub instance: String,
    /// 1 to 30 names of counters, separated by commas.
    pub metric: String,
    /// Intervals that end at this time or later …
    pub from: DateTime<Utc>,
    /// … and before this one.
    pub to: DateTime<Utc>,
}

/// Which instance.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LatestQuery {
    /// `inst_…`
    pub instance: String,
}

/// Which breakdown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BreakdownQuery {
    /// 1 to 200 `inst_…`, separated by commas.
    pub instance: String,
    /// Name in the catalogue, as `recipient_domain`.
    pub dimension: String,
    /// Beginning; an hour before `to` when not given.
    pub from: Option<DateTime<Utc>>,
    /// End; now when not given.
    pub to: Option<DateTime<Utc>>,
    /// Keys shown, 1 to 100; 10 when not given.
    pub limit: Option<u32>,
    /// Measure by which they are ranked; the first when not given.
    pub by: Option<String>,
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// 1 to 200 `inst_…`, separated by commas.
    pub instance: String,
    /// Beginning; an hour before `to` when not given.
    pub from: Option<DateTime<Utc>>,
    /// End; now when not given.
    pub to: Option<DateTime<Utc>>,
}

/// Which rows of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// By whom: `user_…`, `token_…`, `agent_…`, `system`, `console`, or a person's address.
    pub actor: Option<String>,
    /// What, as `channel.create`, or `channel` for all of it.
    pub action: Option<String>,
    /// Since when.
    pub from: Option<DateTime<Utc>>,
    /// Before when.
    pub to: Option<DateTime<Utc>>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// 1 to 200; 100 when not given.
    pub limit: Option<u16>,
}

/// Whose provider.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SsoStartQuery {
    /// Address of whoever signs on.
    pub email: String,
}

/// What a provider sends back. Whatever else it sends is not looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SsoCallbackQuery {
    /// The code.
    pub code: Option<String>,
    /// What we sent.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}
