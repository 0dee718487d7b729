//! The stored form of what routes and mutes match, and of hours: JSON to `domain::route` and back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    calendar::{HoursFault, Weekly},
    route::{Matcher, Step},
    severity::Severity,
};

/// As stored and as the API speaks; unknown fields are refused, for a misspelt one must not look set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoredMatcher {
    /// At least this bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_min: Option<String>,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<String>,
    /// At least one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Public ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Public ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
    /// Public ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// Only in these hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<StoredHours>,
}

/// Hours of some days of every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredHours {
    /// IANA name.
    pub zone: String,
    /// 1 = Monday … 7.
    pub days: Vec<u8>,
    /// `22:00`
    pub from: String,
    /// `06:00`
    pub to: String,
}

/// A step of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredStep {
    /// Seconds since it began.
    pub after_s: u32,
    /// Public ids.
    pub channels: Vec<String>,
}

/// Which part of a matcher cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatcherFault {
    /// `severity_min`, `times.zone`, …
    pub field: String,
    /// For people.
    pub why: &'static str,
}

impl From<HoursFault> for MatcherFault {
    fn from(fault: HoursFault) -> Self {
        Self { field: format!("times.{}", fault.field), why: fault.why }
    }
}

impl StoredHours {
    /// As the engine reads them.
    pub fn read(&self) -> Result<Weekly, HoursFault> {
        Weekly::new(&self.zone, &self.days, (&self.from, &self.to))
    }
}

impl StoredMatcher {
    /// As the engine reads it.
    pub fn read(&self) -> Result<Matcher, MatcherFault> {
        let severity = |field: &str, word: &String| {
            Severity::from_name(word).ok_or_else(|| MatcherFault {
                field: field.to_owned(),
                why: "Use info, warning, error or critical.",
            })
        };
        let severities: Result<Vec<Severity>, MatcherFault> =
            self.severities.iter().map(|word| severity("severities", word)).collect();
        let lists = [&self.tags, &self.hosts, &self.instances, &self.triggers];
        if lists.iter().any(|list| {
            list.len() > LIST_MAX
                || list.iter().any(|text| text.is_empty() || text.len() > TEXT_MAX)
        }) {
            let why = "Lists have at most 200 entries of 1 to 100 characters.";
            return Err(MatcherFault { field: "match".to_owned(), why });
        }
        Ok(Matcher {
            severity_min: self
                .severity_min
                .as_ref()
                .map(|word| severity("severity_min", word))
                .transpose()?,
            severities: severities?,
            tags: self.tags.clone(),
            hosts: self.hosts.clone(),
            instances: self.instances.clone(),
            triggers: self.triggers.clone(),
            times: self.times.as_ref().map(StoredHours::read).transpose()?,
        })
    }

    /// What a row holds. One that cannot be read matches everything that its readable parts do not exclude: news goes
    /// rather too far than nowhere.
    pub fn of(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }

    /// As a row holds it.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Steps as a row holds them.
pub fn steps_of(value: &Value) -> Vec<StoredStep> {
    Vec::deserialize(value).unwrap_or_default()
}

/// Steps as the engine reads them.
pub fn read_steps(steps: &[StoredStep]) -> Vec<Step> {
    let read = |step: &StoredStep| Step {
        after: std::time::Duration::from_secs(u64::from(step.after_s)),
        channels: step.channels.clone(),
    };
    steps.iter().map(read).collect()
}

const LIST_MAX: usize = 200;
const TEXT_MAX: usize = 100;
