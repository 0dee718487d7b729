//! Triggers, as JSON: the rule in the form in which it is stored.

pub mod change;
pub mod create;
pub mod get;
pub mod list;
pub mod remove;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{api::Api, error::Problem, input::Faults};
use crate::{
    domain::{
        ids::{self, PublicId},
        severity::Severity,
    },
    store::{Scoped, incidents::Closing, rule, triggers::TriggerRow},
};

/// A tenant's rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trigger {
    /// `trig_…`
    id: String,
    /// Name.
    name: String,
    /// The default it was made from.
    #[schema(required)]
    template: Option<String>,
    /// Whether it judges anything.
    enabled: bool,
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    /// The rule.
    #[schema(value_type = TriggerSpec)]
    spec: Value,
    /// For `If-Match`.
    version: i32,
    /// Targets for which it fires now.
    firing: i64,
}

/// A rule. Read and checked by the domain; this form documents it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TriggerSpec {
    /// A figure beyond a level for some time.
    Threshold {
        /// Name in the catalogue. Counters are judged by growth a minute.
        metric: String,
        /// `>` or `<`.
        op: String,
        /// Beyond this it is bad.
        fire: f64,
        /// Behind this it is good again.
        clear: f64,
        /// How long it must be bad, seconds.
        hold_s: u64,
        /// How long it must be good, seconds.
        clear_hold_s: u64,
        /// Whose figures; empty lists mean all.
        scope: TriggerScope,
    },
    /// No word from a host.
    Silent {
        /// For so long, seconds.
        after_s: u64,
    },
}

/// Whose figures.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct TriggerScope {
    /// At least one of these tags.
    #[schema(required = false)]
    tags: Vec<String>,
    /// One of these hosts.
    #[schema(required = false)]
    hosts: Vec<String>,
    /// One of these instances.
    #[schema(required = false)]
    instances: Vec<String>,
}

impl From<TriggerRow> for Trigger {
    fn from(row: TriggerRow) -> Self {
        Self {
            id: row.public_id.to_string(),
            name: row.name,
            template: row.template,
            enabled: row.enabled,
            severity: row.severity,
            spec: row.spec,
            version: row.version,
            firing: row.firing,
        }
    }
}

/// The one named, or not found.
async fn one(scoped: &mut Scoped, id: PublicId<ids::Trigger>) -> Result<TriggerRow, Problem> {
    scoped.triggers(Some(id)).await?.pop().ok_or(Problem::NotFound)
}

/// Checks what a person wrote; the rule comes back in its stored form.
fn parse(faults: &mut Faults, severity: &str, spec: &Value) -> Value {
    if Severity::from_name(severity).is_none() {
        faults.add("severity", "Use info, warning, error or critical.");
    }
    match rule::from_json(spec) {
        Ok(rule) => rule::to_json(&rule),
        Err(fault) if fault.field == "spec" => {
            faults.add("spec", fault.why);
            Value::Null
        }
        Err(fault) => {
            faults.add(&format!("spec.{}", fault.field), fault.why);
            Value::Null
        }
    }
}

/// Hosts and instances that a rule names must be this tenant's; others are answered like unknown ones.
async fn known_targets(
    scoped: &mut Scoped,
    faults: &mut Faults,
    spec: &Value,
) -> Result<(), Problem> {
    let Some(scope) = spec.get("scope") else { return Ok(()) };
    let list = |name: &str| scope.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for host in list("hosts") {
        let id = host.as_str().and_then(|text| text.parse::<PublicId<ids::Host>>().ok());
        let known = match id {
            Some(id) => !scoped.hosts(Some(id), None, 1).await?.is_empty(),
            None => false,
        };
        if !known {
            faults.add("spec.scope.hosts", "There is no host of this id.");
        }
    }
    for instance in list("instances") {
        let id = instance.as_str().and_then(|text| text.parse::<PublicId<ids::Instance>>().ok());
        let known = match id {
            Some(id) => !scoped.instances(&[], Some(id)).await?.is_empty(),
            None => false,
        };
        if !known {
            faults.add("spec.scope.instances", "There is no instance of this id.");
        }
    }
    Ok(())
}

/// Ends what a trigger opened: once it judges nothing more, nobody else would.
async fn close_all(
    api: &Api,
    scoped: &mut Scoped,
    (trigger, reason): (PublicId<ids::Trigger>, &'static str),
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (body, dice) = (json!({"reason": reason}), &*api.dice);
    for incident in scoped.lock_open_incidents(Some(trigger), None).await? {
        scoped.close_incident(incident, &Closing { reason, body: &body, now }, dice).await?;
    }
    Ok(())
}

const NAME_CHARS_MAX: usize = 80;
const TRIGGERS_MAX: i64 = 500;
