//! Channels, as JSON. The secret of a channel goes in and never comes out.

pub mod address;
pub mod change;
pub mod create;
pub mod deliveries;
pub mod get;
pub mod list;
pub mod preview;
pub mod remove;
pub mod replay;
pub mod test;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{error::Problem, input::Faults};
use crate::{
    domain::{
        ids::{self, PublicId},
        severity::Severity,
    },
    store::{
        Scoped, StoreError,
        channels::{self, Changed},
    },
};

/// Where news goes.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names are the contract's")]
pub struct Channel {
    /// `chan_…`
    id: String,
    /// `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`.
    kind: String,
    /// Name.
    name: String,
    /// What may be shown of its address.
    hint: String,
    /// News below this severity is not sent: `info`, `warning`, `error` or `critical`.
    severity_min: String,
    /// Whether anything is sent.
    enabled: bool,
    /// Why the receiver's answer stopped it.
    #[schema(required)]
    disabled_reason: Option<String>,
    /// The channel that is told when this one fails.
    #[schema(required)]
    fallback_channel: Option<String>,
    /// Messages that could not be delivered and may be sent again.
    dead: i64,
    /// For `If-Match`.
    version: i32,
    /// The last message that was settled.
    #[schema(required)]
    last_delivery: Option<LastDelivery>,
}

/// The last message that was settled.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastDelivery {
    /// When.
    at: DateTime<Utc>,
    /// How.
    status: String,
}

impl From<channels::Channel> for Channel {
    fn from(row: channels::Channel) -> Self {
        Self {
            id: row.public_id.to_string(),
            kind: row.kind,
            name: row.name,
            hint: row.hint,
            severity_min: row.severity_min,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            fallback_channel: row.fallback.map(|id| id.to_string()),
            dead: row.dead,
            version: row.version,
            last_delivery: row.last_delivery.map(|(at, status)| LastDelivery { at, status }),
        }
    }
}

/// The one named, or not found.
async fn one(
    scoped: &mut Scoped,
    id: PublicId<ids::Channel>,
) -> Result<channels::Channel, Problem> {
    scoped.channels(Some(id)).await?.pop().ok_or(Problem::NotFound)
}

/// A severity's word, or a fault.
pub(super) fn severity(faults: &mut Faults, field: &str, word: &str) -> Option<Severity> {
    let severity = Severity::from_name(word);
    if severity.is_none() {
        faults.add(field, "Use info, warning, error or critical.");
    }
    severity
}

/// The channel that hears what another cannot be told: one of the same tenant, never itself.
async fn fallback(
    scoped: &mut Scoped,
    faults: &mut Faults,
    own: Option<PublicId<ids::Channel>>,
    text: &str,
) -> Result<Option<ids::ChannelId>, Problem> {
    let id = text.parse::<PublicId<ids::Channel>>().ok();
    let found = match id {
        Some(id) if own != Some(id) => scoped.channels(Some(id)).await?.pop(),
        _ => None,
    };
    if own.is_some() && id == own {
        faults.add("fallback_channel", "A channel cannot be its own fallback: name another.");
    } else if found.is_none() {
        faults.add("fallback_channel", "There is no such channel to fall back to.");
    }
    Ok(found.map(|channel| channel.id))
}

/// What became of a change, as an answer.
pub(super) fn settled(changed: Changed) -> Result<(), Problem> {
    match changed {
        Changed::Yes => Ok(()),
        Changed::Stale(version) => Err(Problem::Stale(version)),
        Changed::Missing => Err(Problem::NotFound),
    }
}

const NAME_CHARS_MAX: usize = 80;
const KINDS_ARE: &str = "Use slack, slack_bot, pagerduty, telegram, email or webhook.";

/// A name that another row has already.
pub(super) fn taken(error: StoreError, name: &str) -> Problem {
    if error.is_duplicate() {
        return Problem::field("name", format!("{name} exists already: choose another name."));
    }
    error.into()
}
