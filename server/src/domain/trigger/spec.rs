//! A rule as it is written: by people, by the API, by configuration files and by our own defaults. Nothing here is believed;
//! [`super::Rule::new`] reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A rule as it is written. Which parts a kind needs is checked when it is read; a part that is left out is left out when
/// it is written again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// `threshold`, `count`, `ratio`, `rate`, `growth`, `absence`, `baseline`, `event`, `per_key`, `silent`.
    pub kind: String,
    /// Figures that are added up: a metric, or `dimension.measure[key,start*]`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metric: String,
    /// Above the line of a ratio.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
    /// Below the line of a ratio.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<String>,
    /// A ratio of less than this below the line says nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_volume: f64,
    /// The usual figure must be at least this for a comparison with it.
    #[serde(skip_serializing_if = "is_zero")]
    pub min: f64,
    /// Kinds of events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// One alert for each different event.
    #[serde(skip_serializing_if = "is_false")]
    pub fingerprint: bool,
    /// `dimension.measure` that is looked at key by key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub per_key: String,
    /// Another measure of it that must be zero.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zero: String,
    /// From this on a key counts as bad, where keys are grouped.
    #[serde(skip_serializing_if = "is_zero")]
    pub each: f64,
    /// One alert for all keys together: the figure is how many are bad.
    #[serde(skip_serializing_if = "is_false")]
    pub grouped: bool,
    /// Alerts of one instance at most; more are told as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
    /// Seconds that are looked at.
    #[serde(skip_serializing_if = "is_none_s")]
    pub window_s: u64,
    /// `>` or `<`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub op: String,
    /// Beyond this it is bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fire: Option<f64>,
    /// Behind this it is good again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<f64>,
    /// Seconds that it must be bad.
    #[serde(skip_serializing_if = "is_none_s")]
    pub hold_s: u64,
    /// Seconds that it must be good.
    #[serde(skip_serializing_if = "is_none_s")]
    pub clear_hold_s: u64,
    /// Seconds that it lasts at least.
    #[serde(skip_serializing_if = "is_none_s")]
    pub keep_firing_s: u64,
    /// `keep`, `ok` or `fire`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub no_data: String,
    /// Seconds without a figure before `no_data` holds.
    #[serde(skip_serializing_if = "is_none_s")]
    pub no_data_s: u64,
    /// Severity by level, where it is worse than the trigger's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bands: BTreeMap<String, f64>,
    /// Severity by multiples of the usual figure.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_bands: BTreeMap<String, f64>,
    /// What must be true besides for it to be bad.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub and: Vec<Also>,
    /// Seconds of silence.
    #[serde(skip_serializing_if = "is_none_s")]
    pub after_s: u64,
    /// Only hosts that never sent anything.
    #[serde(skip_serializing_if = "is_false")]
    pub never: bool,
    /// Whose figures.
    #[serde(skip_serializing_if = "Scope::is_all")]
    pub scope: Scope,
}

/// A further condition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Also {
    /// As of a rule, but no event, key or silence.
    pub kind: String,
    /// See [`Spec::metric`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metric: String,
    /// See [`Spec::over`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
    /// See [`Spec::under`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<String>,
    /// See [`Spec::min_volume`].
    #[serde(skip_serializing_if = "is_zero")]
    pub min_volume: f64,
    /// See [`Spec::min`].
    #[serde(skip_serializing_if = "is_zero")]
    pub min: f64,
    /// See [`Spec::window_s`].
    #[serde(skip_serializing_if = "is_none_s")]
    pub window_s: u64,
    /// `>` or `<`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub op: String,
    /// The level.
    pub level: f64,
    /// Taken for true while its figure is not known.
    #[serde(skip_serializing_if = "is_false")]
    pub unknown_is_true: bool,
}

/// Whose figures: all where a list is empty. Hosts and instances are public ids as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// At least one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// One of these hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// One of these instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
    /// One of these services, for figures that are counted by service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

impl Scope {
    /// Whether it covers an instance of a host with these tags.
    pub fn covers(&self, tags: &[String], host: &str, instance: &str) -> bool {
        self.covers_host(tags, host) && one_of(&self.instances, instance)
    }

    /// Whether it covers a host with these tags.
    pub fn covers_host(&self, tags: &[String], host: &str) -> bool {
        (self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag)))
            && one_of(&self.hosts, host)
    }

    /// Whether nothing is left out.
    pub const fn is_all(&self) -> bool {
        self.tags.is_empty()
            && self.hosts.is_empty()
            && self.instances.is_empty()
            && self.services.is_empty()
    }
}

fn one_of(list: &[String], id: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one == id)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_none_s(value: &u64) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_zero(value: &f64) -> bool {
    value.abs() < f64::EPSILON
}
