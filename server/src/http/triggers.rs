//! Triggers, as JSON: the rule in the form in which it is stored.

pub mod change;
pub mod create;
pub mod get;
pub mod list;
pub mod preview;
pub mod remove;
pub mod reset;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{error::Problem, input::Faults, targets};
use crate::{
    clock::Dice,
    domain::{
        defaults,
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
    /// The kind of its rule.
    kind: String,
    /// What it looks at and why.
    description: String,
    /// What to do, one step a line; the first is in every message.
    runbook: String,
    /// The version of the template that it is.
    #[schema(required)]
    template_version: Option<i32>,
    /// The template has improved since, and this trigger was changed: `reset` takes the improvement.
    template_newer: bool,
    /// The word for what its figure counts.
    unit: String,
}

/// A rule. Read and checked by the domain; this form documents it. What a kind does not need is left out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TriggerSpec {
    /// `threshold`, `count`, `ratio`, `rate`, `growth`, `absence`, `baseline`, `event`, `per_key` or `silent`.
    kind: String,
    /// A metric, or `dimension.measure[key,start*]`; several are added up with `+`.
    #[schema(required = false)]
    metric: String,
    /// Above the line of a ratio.
    #[schema(required = false)]
    over: Vec<String>,
    /// Below the line of a ratio.
    #[schema(required = false)]
    under: Vec<String>,
    /// A ratio of less than this below the line says nothing.
    #[schema(required = false)]
    min_volume: f64,
    /// baseline: the usual figure must be at least this.
    #[schema(required = false)]
    min: f64,
    /// event: names of event kinds.
    #[schema(required = false)]
    events: Vec<String>,
    /// event: one alert for each different event.
    #[schema(required = false)]
    fingerprint: bool,
    /// `per_key`: `dimension.measure`.
    #[schema(required = false)]
    per_key: String,
    /// `per_key`: another measure of the dimension that must be zero.
    #[schema(required = false)]
    zero: String,
    /// `per_key`, grouped: from this on a key counts.
    #[schema(required = false)]
    each: f64,
    /// `per_key`: one alert whose figure is how many keys count.
    #[schema(required = false)]
    grouped: bool,
    /// Alerts of one instance at most; more are told as one.
    cap: Option<u32>,
    /// Seconds that are looked at, 3,600 at most; 0: the last interval.
    #[schema(required = false)]
    window_s: u64,
    /// `>` or `<`.
    #[schema(required = false)]
    op: String,
    /// Beyond this it is bad.
    fire: Option<f64>,
    /// Behind this it is good again; the same as `fire` where it is left out.
    clear: Option<f64>,
    /// How long it must be bad, seconds.
    #[schema(required = false)]
    hold_s: u64,
    /// How long it must be good, seconds.
    #[schema(required = false)]
    clear_hold_s: u64,
    /// How long it lasts at least, seconds.
    #[schema(required = false)]
    keep_firing_s: u64,
    /// What no figure means: `keep`, `ok` or `fire`.
    #[schema(required = false)]
    no_data: String,
    /// After how many seconds without one.
    #[schema(required = false)]
    no_data_s: u64,
    /// Worse severities by level.
    #[schema(required = false)]
    bands: std::collections::BTreeMap<String, f64>,
    /// Worse severities by multiples of the usual figure.
    #[schema(required = false)]
    baseline_bands: std::collections::BTreeMap<String, f64>,
    /// What must be true besides for it to be bad.
    #[schema(required = false)]
    and: Vec<TriggerCondition>,
    /// silent: seconds without a word.
    #[schema(required = false)]
    after_s: u64,
    /// silent: only hosts that never sent anything.
    #[schema(required = false)]
    never: bool,
    /// Whose figures; empty lists mean all.
    #[schema(required = false)]
    scope: TriggerScope,
}

/// A further condition of a rule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TriggerCondition {
    /// As of a rule, but no event, key or silence.
    kind: String,
    /// As of a rule.
    #[schema(required = false)]
    metric: String,
    /// As of a rule.
    #[schema(required = false)]
    over: Vec<String>,
    /// As of a rule.
    #[schema(required = false)]
    under: Vec<String>,
    /// As of a rule.
    #[schema(required = false)]
    min_volume: f64,
    /// As of a rule.
    #[schema(required = false)]
    min: f64,
    /// As of a rule.
    #[schema(required = false)]
    window_s: u64,
    /// `>` or `<`.
    #[schema(required = false)]
    op: String,
    /// The level.
    level: f64,
    /// Taken for true while its figure is not known.
    #[schema(required = false)]
    unknown_is_true: bool,
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
    /// One of these services, for figures that are counted by service.
    #[schema(required = false)]
    services: Vec<String>,
}

impl From<TriggerRow> for Trigger {
    fn from(row: TriggerRow) -> Self {
        let template = row.template.as_deref().and_then(defaults::named);
        let own = |own: String, default: String| if own.is_empty() { default } else { own };
        let description = template.map_or("", |template| template.description);
        let runbook = template.map_or(String::new(), |template| template.runbook.join("\n"));
        let newest = template.map_or(0, |template| template.version);
        let rule = rule::from_json(&row.spec).ok();
        let unit = rule.map_or("", |(_, rule)| rule.unit());
        Self {
            id: row.public_id.to_string(),
            name: row.name,
            template: row.template,
            enabled: row.enabled,
            severity: row.severity,
            kind: row.spec.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            spec: row.spec,
            version: row.version,
            firing: row.firing,
            description: own(row.description, description.to_owned()),
            runbook: own(row.runbook, runbook),
            template_newer: row.template_version.is_some_and(|version| version < newest),
            template_version: row.template_version,
            unit: unit.to_owned(),
        }
    }
}

/// The one named, or not found.
async fn one(scoped: &mut Scoped, id: PublicId<ids::Trigger>) -> Result<TriggerRow, Problem> {
    scoped.triggers(Some(id)).await?.pop().ok_or(Problem::NotFound)
}

/// Checks what a person wrote; the rule comes back in its stored form.
pub(super) fn parse(faults: &mut Faults, severity: &str, spec: &Value) -> Value {
    if Severity::from_name(severity).is_none() {
        faults.add("severity", "Use info, warning, error or critical.");
    }
    match rule::from_json(spec) {
        Ok((spec, _)) => rule::to_json(&spec),
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

/// Words about a trigger are bounded.
pub(super) fn words(faults: &mut Faults, description: Option<&str>, runbook: Option<&str>) {
    for (field, text) in [("description", description), ("runbook", runbook)] {
        if text.is_some_and(|text| text.chars().count() > WORDS_CHARS_MAX) {
            faults.add(field, "Use at most 4,000 characters.");
        }
    }
}

/// Hosts and instances that a rule names must be this tenant's.
pub(super) async fn known_targets(
    scoped: &mut Scoped,
    faults: &mut Faults,
    spec: &Value,
) -> Result<(), Problem> {
    let Some(scope) = spec.get("scope") else { return Ok(()) };
    let list = |name: &str| -> Vec<String> {
        let list = scope.get(name).and_then(Value::as_array).into_iter().flatten();
        list.map(|id| id.as_str().unwrap_or_default().to_owned()).collect()
    };
    targets::check(scoped, faults, "spec.scope", (&list("hosts"), &list("instances"))).await
}

/// Ends what a trigger opened: once it judges nothing more, nobody else would.
pub(super) async fn close_all(
    dice: &dyn Dice,
    scoped: &mut Scoped,
    (trigger, reason): (PublicId<ids::Trigger>, &'static str),
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let body = json!({"reason": reason});
    for incident in scoped.lock_open_incidents(Some(trigger), None).await? {
        scoped.close_incident(incident, &Closing { reason, body: &body, now }, dice).await?;
    }
    Ok(())
}

pub(super) const NAME_CHARS_MAX: usize = 80;
const WORDS_CHARS_MAX: usize = 4_000;
pub(super) const TRIGGERS_MAX: i64 = 500;
