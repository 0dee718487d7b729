//! An incident as fields, for receivers that are programs: the same facts as in the words, never prose to be parsed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::render::{Cause, Circumstances, Message};
use crate::store::incidents::IncidentRow;

/// What a notice asks of a receiver that keeps state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It begins, or goes on and must be heard: opened, escalated, reminded, fallback.
    Open,
    /// What was said has changed.
    Update,
    /// Somebody took it.
    Acknowledge,
    /// It is over.
    Close,
    /// Nothing that begins or ends: a test, a digest, a word to the owner.
    Say,
}

impl Act {
    /// Of a delivery of this kind.
    pub fn of(kind: &str) -> Self {
        match kind {
            "opened" | "escalated" | "reminded" | "fallback" => Self::Open,
            "updated" | "grouped" => Self::Update,
            "acknowledged" => Self::Acknowledge,
            "resolved" | "closed" => Self::Close,
            _ => Self::Say,
        }
    }

    /// The word for programs.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Open => "incident.opened",
            Self::Update => "incident.updated",
            Self::Acknowledge => "incident.acknowledged",
            Self::Close => "incident.resolved",
            Self::Say => "notice",
        }
    }
}

/// What a channel tells: the words, and the facts behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it asks.
    pub act: Act,
    /// `opened`, `escalated`, … as the delivery log says.
    pub kind: String,
    /// The words.
    pub message: Message,
    /// The facts; none for what is about no single incident.
    pub facts: Option<Facts>,
}

/// An incident in fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// `inc_…`
    pub incident_id: String,
    /// Place on its timeline: a receiver may drop what is older than what it has.
    pub seq: i32,
    /// What happens.
    pub title: String,
    /// `info`, `warning`, `error` or `critical`.
    pub severity: String,
    /// Where.
    pub host: Named,
    /// Where on it; null: all of it.
    pub instance: Option<Named>,
    /// Which rule.
    pub trigger: Named,
    /// When the condition began.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// Value when it opened.
    pub value: Option<f64>,
    /// Worst value.
    pub peak: Option<f64>,
    /// Value at which it fires.
    pub threshold: Option<f64>,
    /// The cause in one sentence, or empty.
    pub headline: String,
    /// Biggest share first.
    pub cause: Vec<Share>,
    /// What changed on the host before.
    pub changed: Vec<Changed>,
    /// What to do first.
    pub first_step: Option<String>,
    /// One reply, redacted.
    pub example: Option<String>,
    /// An earlier try may have arrived.
    pub possible_repeat: bool,
    /// The page.
    pub url: Option<String>,
}

/// A thing with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Public id; null: it is gone.
    pub id: Option<String>,
    /// Name.
    pub name: String,
}

/// One share of the cause.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// 0 to 1.
    pub share: f64,
    /// Attempts.
    pub count: f64,
    /// Recipient domain.
    pub domain: String,
    /// Reply class.
    pub class: String,
}

/// A change on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

impl Facts {
    /// Those of an incident.
    pub fn of(row: &IncidentRow, seq: i32, around: &Circumstances) -> Self {
        let cause: Cause = serde_json::from_value(row.cause.clone()).unwrap_or_default();
        let example = cause.rows.iter().find_map(|share| share.example.clone());
        let share = |share: &super::render::Share| Share {
            share: share.part,
            count: share.count,
            domain: share.domain.clone(),
            class: share.class.clone(),
        };
        Self {
            incident_id: row.public_id.to_string(),
            seq,
            title: row.title.clone(),
            severity: row.severity.clone(),
            host: Named { id: Some(row.host.to_string()), name: row.host_name.clone() },
            instance: row
                .instance
                .as_ref()
                .map(|(id, name)| Named { id: Some(id.to_string()), name: name.clone() }),
            trigger: Named {
                id: row.trigger.map(|id| id.to_string()),
                name: row.trigger_name.clone(),
            },
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            value: row.value,
            peak: row.peak,
            threshold: row.threshold,
            headline: cause.headline,
            cause: cause.rows.iter().take(SHARES_MAX).map(share).collect(),
            changed: cause
                .changed
                .into_iter()
                .take(SHARES_MAX)
                .map(|change| Changed { at: change.at, text: change.text })
                .collect(),
            first_step: cause.first_step,
            example,
            possible_repeat: around.possible_repeat,
            url: around.link.clone(),
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

const SHARES_MAX: usize = 10;
