//! `GET /channels/{id}/deliveries`: what went there, newest first.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        input::{Id, Query},
        session::{Caller, Viewer},
    },
    store::deliveries::DeliveryRow,
};

/// What went to a channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deliveries {
    /// Newest first, at most 100.
    items: Vec<Delivery>,
}

/// One message to one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// `dlv_…`
    id: String,
    /// Where it goes.
    channel: ChannelRef,
    /// The incident it tells of; null: a test.
    #[schema(required)]
    incident: Option<String>,
    /// `opened`, `resolved`, `test`, …
    kind: String,
    /// `ready`, `leased`, `sending`, `delivered`, `collapsed`, `suppressed` or `dead`.
    status: String,
    /// Tries so far.
    attempts: i32,
    /// When it was owed first.
    created_at: DateTime<Utc>,
    /// When it was settled.
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
    /// What the last failed try met.
    #[schema(required)]
    last_error: Option<String>,
}

/// A channel, named.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelRef {
    /// `chan_…`
    id: String,
    /// Name.
    name: String,
    /// `slack`
    kind: String,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.public_id.to_string(),
            channel: ChannelRef {
                id: row.channel.to_string(),
                name: row.channel_name,
                kind: row.channel_kind,
            },
            incident: row.incident.map(|id| id.to_string()),
            kind: row.kind,
            status: row.status,
            attempts: row.attempts,
            created_at: row.created_at,
            finished_at: row.finished_at,
            last_error: row.last_error,
        }
    }
}

/// Which of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only of this status.
    status: Option<String>,
}

/// Lists the deliveries of a channel.
#[utoipa::path(get, path = "/channels/{id}/deliveries", operation_id = "channels.deliveries", tag = "channels",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path),
        ("status" = Option<String>, Query, description = "Only of this status")),
    responses((status = 200, body = Deliveries), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Channel>,
    Query(asked): Query<Asked>,
) -> Result<Json<Deliveries>, Problem> {
    let channel = super::one(&mut caller.scoped, id).await?;
    let status = asked.status.as_deref();
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Problem::field("status", format!("Use one of {}.", STATUSES.join(", "))));
    }
    let rows = caller.scoped.deliveries(None, Some(channel.id), (status, ROWS_MAX)).await?;
    Ok(Json(Deliveries { items: rows.into_iter().map(Delivery::from).collect() }))
}

const STATUSES: [&str; 7] =
    ["ready", "leased", "sending", "delivered", "collapsed", "suppressed", "dead"];
/// Rows shown.
pub const ROWS_MAX: i64 = 100;
