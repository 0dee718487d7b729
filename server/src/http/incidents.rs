//! Incidents, as JSON: what happens, since when, and what is behind it.

pub mod acknowledge;
pub mod get;
pub mod list;
pub mod note;
pub mod resolve;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::error::Problem;
use crate::{
    domain::ids::{self, PublicId},
    store::{
        Scoped,
        incidents::{IncidentFilter, IncidentRow},
        rule,
    },
};

/// One opening of an alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    /// `inc_…`
    id: String,
    /// What happens.
    title: String,
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    trigger: TriggerRef,
    host: HostRef,
    /// The instance; null: the whole host.
    #[schema(required)]
    instance: Option<InstanceRef>,
    /// When the condition began, by the samples.
    opened_at: DateTime<Utc>,
    /// When it ended.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// How it ended.
    #[schema(required)]
    close_reason: Option<String>,
    /// Who took it.
    #[schema(required)]
    acknowledged: Option<Acknowledged>,
    /// Value when it opened.
    #[schema(required)]
    value: Option<f64>,
    /// Worst value so far.
    #[schema(required)]
    peak: Option<f64>,
    /// Value at which it fires.
    #[schema(required)]
    threshold: Option<f64>,
    /// Of these values.
    unit: String,
    /// The cause in one sentence, or empty.
    summary: String,
}

/// A trigger, named.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriggerRef {
    /// `trig_…`; null: it was deleted.
    #[schema(required)]
    id: Option<String>,
    /// Its name when it fired.
    name: String,
}

/// A host, named.
#[derive(Debug, Serialize, ToSchema)]
pub struct HostRef {
    /// `host_…`
    pub id: String,
    /// Name.
    pub name: String,
}

/// An instance, named.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceRef {
    /// `inst_…`
    pub id: String,
    /// Name.
    pub name: String,
}

/// Who took an incident.
#[derive(Debug, Serialize, ToSchema)]
pub struct Acknowledged {
    /// When.
    at: DateTime<Utc>,
    /// By address; null: a script.
    #[schema(required)]
    by: Option<String>,
    /// How long it holds.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
}

/// What is behind an incident, as it was when it opened.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Cause {
    /// In one sentence.
    headline: String,
    /// What the shares are shares of.
    of: f64,
    /// Since when it was counted.
    #[schema(required)]
    since: Option<DateTime<Utc>>,
    /// Biggest share first.
    rows: Vec<CauseRow>,
    /// What changed on the host before.
    changed: Vec<CauseChange>,
    /// What to do first.
    #[schema(required)]
    first_step: Option<String>,
}

/// One share of a cause.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CauseRow {
    /// 0 to 1.
    share: f64,
    /// Attempts.
    count: f64,
    /// Recipient domain.
    domain: String,
    /// Reply class.
    class: String,
    /// One reply, redacted.
    #[schema(required)]
    example: Option<String>,
}

/// A change on the host.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CauseChange {
    /// When.
    at: DateTime<Utc>,
    /// What.
    text: String,
}

impl Cause {
    /// The stored cause; none while nothing was found.
    fn stored(value: Value) -> Option<Self> {
        let cause: Self = serde_json::from_value(value).ok()?;
        (!cause.headline.is_empty() || !cause.rows.is_empty()).then_some(cause)
    }
}

impl Incident {
    fn view(row: IncidentRow) -> (Self, Option<Cause>) {
        let unit = row.trigger_spec.as_ref().map_or("", unit_of);
        let cause = Cause::stored(row.cause);
        let view = Self {
            id: row.public_id.to_string(),
            title: row.title,
            severity: row.severity,
            trigger: TriggerRef {
                id: row.trigger.map(|id| id.to_string()),
                name: row.trigger_name,
            },
            host: HostRef { id: row.host.to_string(), name: row.host_name },
            instance: row.instance.map(|(id, name)| InstanceRef { id: id.to_string(), name }),
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            close_reason: row.close_reason,
            acknowledged: row.acked_at.map(|at| Acknowledged {
                at,
                by: row.acked_by,
                until: row.acked_until,
            }),
            value: row.value,
            peak: row.peak,
            threshold: row.threshold,
            unit: unit.to_owned(),
            summary: cause.as_ref().map(|cause| cause.headline.clone()).unwrap_or_default(),
        };
        (view, cause)
    }
}

/// What the values of a rule are counted in.
pub(super) fn unit_of(spec: &Value) -> &'static str {
    rule::from_json(spec).map_or("", |(_, rule)| rule.unit())
}

/// The one named, or not found.
async fn one(scoped: &mut Scoped, id: PublicId<ids::Incident>) -> Result<IncidentRow, Problem> {
    let filter = IncidentFilter { only: Some(id), ..IncidentFilter::default() };
    scoped.incidents(filter, 1).await?.pop().ok_or(Problem::NotFound)
}
