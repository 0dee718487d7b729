//! Channels, as JSON. The secret of a channel goes in and never comes out.

pub mod change;
pub mod create;
pub mod deliveries;
pub mod get;
pub mod list;
pub mod remove;
pub mod test;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{api::Api, error::Problem, input::Faults};
use crate::{
    domain::{
        ids::{self, PublicId, TenantId},
        severity::Severity,
    },
    secrets::Place,
    store::{
        Scoped, StoreError,
        channels::{self, Changed},
    },
};

/// Where news goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channel {
    /// `chan_…`
    id: String,
    /// `slack`
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

/// What a Slack channel needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackAddress {
    /// The incoming webhook that Slack gave: `https://hooks.slack.com/services/…`.
    webhook_url: String,
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
fn severity(faults: &mut Faults, field: &str, word: &str) -> Option<Severity> {
    let severity = Severity::from_name(word);
    if severity.is_none() {
        faults.add(field, "Use info, warning, error or critical.");
    }
    severity
}

/// What may be shown of an address, and the address sealed for its row.
fn seal(
    api: &Api,
    faults: &mut Faults,
    (tenant, row): (TenantId, PublicId<ids::Channel>),
    address: &SlackAddress,
) -> Result<Option<(String, Vec<u8>)>, Problem> {
    let url = address.webhook_url.trim();
    let Some(hint) = faults.take("slack.webhook_url", (api.address_rule)(url)) else {
        return Ok(None);
    };
    let place = Place { table: "channel", column: "secret", tenant: tenant.get(), row: row.uuid() };
    Ok(Some((hint, api.vault.seal(place, url.as_bytes(), &*api.dice)?)))
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

/// A name that another row has already.
pub(super) fn taken(error: StoreError, name: &str) -> Problem {
    if error.is_duplicate() {
        return Problem::field("name", format!("{name} exists already: choose another name."));
    }
    error.into()
}
