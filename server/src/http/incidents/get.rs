//! `GET /incidents/{id}`: one incident with its cause, timeline and deliveries.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Cause, Incident};
use crate::{
    domain::ids,
    http::{
        channels::deliveries::{Delivery, ROWS_MAX},
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Viewer},
    },
};

/// An incident with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentDetail {
    #[serde(flatten)]
    incident: Incident,
    /// What is behind it; null: nothing was found.
    #[schema(required)]
    cause: Option<Cause>,
    /// Its timeline, in order.
    events: Vec<TimelineEvent>,
    /// Who was told, newest first.
    deliveries: Vec<Delivery>,
}

/// A mark on a timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineEvent {
    /// 1, 2, 3 …
    seq: i32,
    /// When.
    at: DateTime<Utc>,
    /// `opened`, `updated`, `acknowledged`, `note`, `resolved` or `closed`.
    kind: String,
    /// More.
    #[schema(value_type = Object)]
    body: Value,
}

/// Shows an incident.
#[utoipa::path(get, path = "/incidents/{id}", operation_id = "incidents.get", tag = "incidents",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Incident>,
) -> Result<Json<IncidentDetail>, Problem> {
    let row = super::one(&mut caller.scoped, id).await?;
    let internal = row.id;
    let events = caller.scoped.incident_events(internal).await?.into_iter();
    let events = events.map(|event| TimelineEvent {
        seq: event.seq,
        at: event.at,
        kind: event.kind,
        body: event.body,
    });
    let events = events.collect();
    let deliveries = caller.scoped.deliveries(Some(internal), None, (None, ROWS_MAX)).await?;
    let (incident, cause) = Incident::view(row);
    let deliveries = deliveries.into_iter().map(Delivery::from).collect();
    Ok(Json(IncidentDetail { incident, cause, events, deliveries }))
}
