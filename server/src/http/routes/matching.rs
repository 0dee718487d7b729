//! Which news is meant, as JSON: shared by routes, silences and maintenance windows.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    http::{error::Problem, input::Faults, targets},
    store::{
        Scoped,
        matcher::{StoredHours, StoredMatcher},
    },
};

/// Which news: all where a list is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// At least this bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_min: Option<String>,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    severities: Vec<String>,
    /// Hosts with at least one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<String>,
    /// `host_…`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    hosts: Vec<String>,
    /// `inst_…`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    instances: Vec<String>,
    /// `trig_…`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    triggers: Vec<String>,
    /// Only in these hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Hours>,
}

/// Hours of some days of every week.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// A name of the IANA data base, as `Europe/Berlin`.
    pub zone: String,
    /// 1 = Monday … 7 = Sunday.
    pub days: Vec<u8>,
    /// `22:00`
    pub from: String,
    /// `06:00`; not after `from`: the next day.
    pub to: String,
}

impl From<StoredMatcher> for Match {
    fn from(stored: StoredMatcher) -> Self {
        let StoredMatcher { severity_min, severities, tags, hosts, instances, triggers, times } =
            stored;
        let times =
            times.map(|StoredHours { zone, days, from, to }| Hours { zone, days, from, to });
        Self { severity_min, severities, tags, hosts, instances, triggers, times }
    }
}

impl Match {
    fn stored(self) -> StoredMatcher {
        let Self { severity_min, severities, tags, hosts, instances, triggers, times } = self;
        let times =
            times.map(|Hours { zone, days, from, to }| StoredHours { zone, days, from, to });
        StoredMatcher { severity_min, severities, tags, hosts, instances, triggers, times }
    }

    /// As a row holds it; faults say which part cannot be, or names what does not exist here.
    pub async fn check(self, scoped: &mut Scoped, faults: &mut Faults) -> Result<Value, Problem> {
        let stored = self.stored();
        if let Err(fault) = stored.read() {
            faults.add(&format!("match.{}", fault.field), fault.why);
        }
        if !stored.triggers.is_empty() {
            let known: Vec<String> =
                scoped.triggers(None).await?.iter().map(|row| row.public_id.to_string()).collect();
            if stored.triggers.iter().any(|id| !known.contains(id)) {
                faults.add("match.triggers", "One of these triggers does not exist.");
            }
        }
        let named = (stored.hosts.as_slice(), stored.instances.as_slice());
        targets::check(scoped, faults, "match", named).await?;
        Ok(stored.json())
    }

    /// What was given, checked; else what there was, though something it names may be gone by now.
    pub async fn given_or(
        given: Option<Self>,
        present: Option<&Self>,
        scoped: &mut Scoped,
        faults: &mut Faults,
    ) -> Result<Value, Problem> {
        match (given, present) {
            (None, Some(present)) => Ok(present.clone().stored().json()),
            (given, _) => given.unwrap_or_default().check(scoped, faults).await,
        }
    }
}
