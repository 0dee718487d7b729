//! `GET /events`: things worth a mark on the time line.

use axum::Json;
use chrono::{DateTime, Utc};
use mailvane_proto::catalogue;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::{
    domain::ids::InstanceId,
    http::{
        error::{Problem, ProblemBody},
        input::{Faults, Query},
        query::EventsQuery,
        session::{Caller, Viewer},
    },
};

/// Events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    /// At most 500.
    items: Vec<Event>,
}

/// A thing worth a mark.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// When.
    at: DateTime<Utc>,
    /// `inst_…`
    instance: String,
    /// Name in the catalogue, as `daemon.fatal`.
    kind: &'static str,
    /// Daemon, file or parameter.
    subject: String,
    /// In words.
    text: String,
    /// How often in its interval.
    count: i64,
}

/// Lists events.
#[utoipa::path(get, path = "/events", operation_id = "events", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(EventsQuery),
    responses((status = 200, body = Events), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Events>, Problem> {
    let mut faults = Faults::default();
    let range = ask::range(&mut faults, (query.from, query.to), caller.now);
    faults.check()?;
    let names = ask::instances(&mut caller.scoped, &query.instance).await?;
    let ids: Vec<InstanceId> = names.iter().map(|(_, id)| *id).collect();
    let items = caller.scoped.events(&ids, range).await?.into_iter().map(|row| Event {
        at: row.at,
        instance: ask::name(&names, row.instance),
        kind: catalogue::event_kind(row.kind).map_or("unknown", |kind| kind.name),
        subject: row.subject,
        text: row.text,
        count: row.count,
    });
    Ok(Json(Events { items: items.collect() }))
}
