//! `GET /incidents`: newest first.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};

use super::Incident;
use crate::{
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Query,
        page::{self, Page},
        query::IncidentsQuery,
        session::{Caller, Viewer},
    },
    store::incidents::IncidentFilter,
};

/// Lists incidents.
#[utoipa::path(get, path = "/incidents", operation_id = "incidents.list", tag = "incidents",
    extensions(("x-min-role" = json!("viewer"))), params(IncidentsQuery),
    responses((status = 200, body = Page<Incident>), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Viewer>,
    Query(query): Query<IncidentsQuery>,
) -> Result<Json<Page<Incident>>, Problem> {
    let limit = page::limit(query.limit)?;
    let open = match query.state.as_deref() {
        Some("open") => Some(true),
        Some("closed") => Some(false),
        None | Some("all") => None,
        Some(_) => return Err(Problem::field("state", "Use open, closed or all.")),
    };
    let (tenant, list) = (caller.tenant(), format!("incidents|{open:?}"));
    let before = api.position(&list, tenant, query.cursor.as_deref())?;
    let before = before.as_deref().and_then(position);
    let filter = IncidentFilter { only: None, open, before };
    let mut rows = caller.scoped.incidents(filter, page::fetch(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| {
        let at = row.opened_at.timestamp_micros();
        api.cursor(&list, tenant, &format!("{at}/{}", row.id))
    });
    Ok(Json(Page { items: rows.into_iter().map(|row| Incident::view(row).0).collect(), next }))
}

fn position(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (at, id) = text.split_once('/')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
}
