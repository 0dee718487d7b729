//! `GET /instances/{id}`: one Postfix instance, with what of it can be seen.

use axum::Json;
use chrono::{DateTime, Utc};
use mailvane_proto::catalogue::{self, Group};
use serde::Serialize;
use utoipa::ToSchema;

use super::BlindSpot;
use crate::{
    domain::ids,
    http::{
        error::{Problem, ProblemBody},
        figures::ask,
        incidents::HostRef,
        input::Id,
        session::{Caller, Viewer},
    },
};

/// A Postfix instance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Instance {
    /// `inst_…`
    id: String,
    /// Name.
    name: String,
    /// Where its main.cf lies.
    config_directory: String,
    /// Container it runs in, or empty.
    container: String,
    host: HostRef,
    /// When it was first seen.
    first_seen_at: DateTime<Utc>,
    /// End of the newest interval; null: nothing came yet.
    #[schema(required)]
    last_sample_at: Option<DateTime<Utc>>,
    /// Metric groups that the newest sample could see.
    visible: Vec<&'static str>,
    /// Those that it could not.
    not_visible: Vec<NotVisible>,
}

/// A metric group that cannot be seen, with the line that would cure it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotVisible {
    /// Metric group.
    group: String,
    /// Why, or empty.
    why: String,
    /// The one line that would fix it, or empty.
    cure: String,
}

/// Shows an instance.
#[utoipa::path(get, path = "/instances/{id}", operation_id = "instances.get", tag = "hosts",
    extensions(("x-min-role" = json!("viewer"))), params(("id" = String, Path)),
    responses((status = 200, body = Instance), (status = 404, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Id(id): Id<ids::Instance>,
) -> Result<Json<Instance>, Problem> {
    let row = caller.scoped.instances(&[], Some(id)).await?.pop().ok_or(Problem::NotFound)?;
    let now = caller.now;
    let latest = caller.scoped.latest(&[row.id], &[], now).await?.remove(&row.id);
    let host = caller.scoped.hosts(Some(row.host_ref), None, 1).await?.pop();
    let facts = host.and_then(|host| host.facts).map(|(at, facts)| super::facts_of(at, facts));
    let spots = facts.map(|facts| facts.blind_spots).unwrap_or_default();
    let visibility = latest.as_ref().map_or(0, |latest| latest.visibility);
    let hidden = |group: &&Group| latest.is_some() && !group.id.visible_in(visibility);
    let not_visible = catalogue::groups().iter().filter(hidden).map(|group| {
        let ours = |spot: &&BlindSpot| {
            spot.group == group.name
                && spot.config_directory.as_ref().is_none_or(|at| *at == row.config_directory)
        };
        let spot = spots.iter().find(ours).cloned().unwrap_or_default();
        NotVisible { group: group.name.to_owned(), why: spot.why, cure: spot.cure }
    });
    Ok(Json(Instance {
        id: row.public_id.to_string(),
        last_sample_at: latest.as_ref().map(|latest| latest.at),
        visible: ask::visible(visibility).map(|group| group.name).collect(),
        not_visible: not_visible.collect(),
        name: row.name,
        config_directory: row.config_directory,
        container: row.container,
        host: HostRef { id: row.host_ref.to_string(), name: row.host_name },
        first_seen_at: row.first_seen_at,
    }))
}
