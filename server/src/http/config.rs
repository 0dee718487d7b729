//! What a tenant has set up for alerting, as one YAML text: exported, compared with what is there, applied.
//!
//! Things are known by their names, never by ids, so that a text fits another tenant too; only hosts and instances go by
//! id. Secrets never come out: the address of a channel is entered by hand, once.

pub mod apply;
pub mod compare;
pub mod export;
mod write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::error::Problem;
use crate::store::{
    Scoped,
    matcher::{StoredMatcher, StoredStep, steps_of},
};

/// The form of the text. A part that is left out is left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`VERSION`].
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<Channel>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    triggers: Option<Vec<Trigger>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    routes: Option<Vec<Route>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    silences: Option<Vec<Silence>>,
}

/// A channel without its address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Channel {
    name: String,
    kind: String,
    #[serde(default = "info")]
    severity_min: String,
    #[serde(default = "yes")]
    enabled: bool,
    /// Name of the channel that is told when this one fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    name: String,
    severity: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    runbook: String,
    spec: Value,
}

/// A route; the order of routes is that of the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    name: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(rename = "continue", default)]
    go_on: bool,
    /// Triggers by name.
    #[serde(rename = "match", default)]
    matcher: StoredMatcher,
    /// Channels by name.
    steps: Vec<StoredStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeat_s: Option<i32>,
    #[serde(default = "none")]
    group_by: String,
}

/// A silence that has not ended; it is known by all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silence {
    #[serde(default)]
    comment: String,
    /// Triggers by name.
    #[serde(rename = "match", default)]
    matcher: StoredMatcher,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// How to apply.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Only says what would change; nothing does.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
    /// Removes what the text does not name, of the parts that it has.
    #[serde(default)]
    #[param(required = false)]
    prune: bool,
}

impl Document {
    /// Reads a text; the fault says line and column.
    pub fn read(yaml: &str) -> Result<Self, Problem> {
        let document: Self = serde_norway::from_str(yaml)
            .map_err(|e| Problem::field("yaml", format!("The text cannot be read: {e}.")))?;
        if document.version != VERSION {
            return Err(Problem::field("yaml", "This server knows version 1 of the form."));
        }
        Ok(document)
    }

    /// As a text.
    pub fn text(&self) -> String {
        serde_norway::to_string(self).unwrap_or_default()
    }

    /// What is there now.
    pub async fn present(scoped: &mut Scoped, now: DateTime<Utc>) -> Result<Self, Problem> {
        let channels = scoped.channels(None).await?;
        let triggers = scoped.triggers(None).await?;
        let channel_name = |id: &str| {
            let known = channels.iter().find(|row| row.public_id.to_string() == id);
            known.map_or_else(|| id.to_owned(), |row| row.name.clone())
        };
        let trigger_name = |id: String| {
            let known = triggers.iter().find(|row| row.public_id.to_string() == id);
            known.map_or(id, |row| row.name.clone())
        };
        let by_name = |stored: &Value| {
            let mut matcher = StoredMatcher::of(stored);
            matcher.triggers = matcher.triggers.into_iter().map(trigger_name).collect();
            matcher
        };
        let routes = scoped.route_rows(None).await?.into_iter().map(|row| Route {
            matcher: by_name(&row.matcher),
            steps: steps_of(&row.steps)
                .into_iter()
                .map(|step| renamed(&step, channel_name))
                .collect(),
            name: row.name,
            enabled: row.enabled,
            go_on: row.go_on,
            repeat_s: row.repeat_s,
            group_by: row.group_by,
        });
        let routes = routes.collect();
        let silences = scoped.silence_rows(None).await?.into_iter();
        let silences = silences.filter(|row| row.incident.is_none() && row.ends_at > now);
        let silences = silences.map(|row| Silence {
            matcher: by_name(&row.matcher),
            comment: row.comment,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        });
        let silences = silences.collect();
        let triggers = triggers.iter().map(|row| Trigger {
            name: row.name.clone(),
            severity: row.severity.clone(),
            enabled: row.enabled,
            description: row.description.clone(),
            runbook: row.runbook.clone(),
            spec: row.spec.clone(),
        });
        let channels = channels.iter().map(|row| Channel {
            name: row.name.clone(),
            kind: row.kind.clone(),
            severity_min: row.severity_min.clone(),
            enabled: row.enabled,
            fallback: row.fallback.map(|id| channel_name(&id.to_string())),
        });
        Ok(Self {
            version: VERSION,
            channels: Some(channels.collect()),
            triggers: Some(triggers.collect()),
            routes: Some(routes),
            silences: Some(silences),
        })
    }
}

fn renamed(step: &StoredStep, name: impl Fn(&str) -> String) -> StoredStep {
    let channels = step.channels.iter().map(|id| name(id)).collect();
    StoredStep { channels, after_s: step.after_s }
}

fn yes() -> bool {
    true
}

fn info() -> String {
    "info".to_owned()
}

fn none() -> String {
    "none".to_owned()
}

/// The version of the form.
const VERSION: u32 = 1;
