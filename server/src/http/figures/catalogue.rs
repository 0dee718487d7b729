//! `GET /catalogue`: every metric, dimension and visibility group that there is.

use axum::Json;
use mailvane_proto::catalogue::{self, Keys};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Viewer},
};

/// The catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    dimensions: Vec<Dimension>,
    groups: Vec<Group>,
}

/// A figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metric {
    /// On the wire.
    id: u16,
    /// As in `queue.deferred.messages`.
    name: &'static str,
    /// `gauge` or `counter`.
    kind: &'static str,
    /// What it is counted in.
    unit: &'static str,
    /// Visibility group.
    group: &'static str,
    /// In words.
    meaning: &'static str,
}

/// What a breakdown is by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dimension {
    /// On the wire.
    id: u16,
    /// As in `recipient_domain`.
    name: &'static str,
    /// What is counted for each key.
    measures: Vec<&'static str>,
    /// Whether all keys are known beforehand.
    closed: bool,
    /// Those keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    keys: Option<Vec<Key>>,
}

/// A key of a closed dimension.
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    /// On the wire.
    id: u16,
    /// Name.
    name: &'static str,
}

/// What can be seen or not seen together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Group {
    /// Bit.
    id: u8,
    /// Name.
    name: &'static str,
}

/// Shows the catalogue.
#[utoipa::path(get, path = "/catalogue", operation_id = "catalogue", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = Catalogue), (status = 401, body = ProblemBody)))]
pub async fn handle(_: Caller<Viewer>) -> Result<Json<Catalogue>, Problem> {
    let group_name =
        |id| catalogue::groups().iter().find(|group| group.id == id).map_or("", |group| group.name);
    let metrics = catalogue::metrics().iter().map(|metric| Metric {
        id: metric.id.0,
        name: metric.name,
        kind: metric.kind.name(),
        unit: metric.unit.name(),
        group: group_name(metric.group),
        meaning: metric.meaning,
    });
    let dimensions = catalogue::dimensions().iter().map(|dimension| {
        let keys = match dimension.keys {
            Keys::Open => None,
            Keys::Closed(keys) => {
                Some(keys.iter().map(|key| Key { id: key.id.0, name: key.name }).collect())
            }
        };
        Dimension {
            id: dimension.id.0,
            name: dimension.name,
            measures: dimension.measures.iter().map(|measure| measure.name).collect(),
            closed: keys.is_some(),
            keys,
        }
    });
    let groups = catalogue::groups().iter().map(|group| Group { id: group.id.0, name: group.name });
    Ok(Json(Catalogue {
        metrics: metrics.collect(),
        dimensions: dimensions.collect(),
        groups: groups.collect(),
    }))
}
