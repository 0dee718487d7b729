//! `POST /routes/preview`: where would this go?

use axum::Json;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Step;
use crate::{
    domain::{
        ids::{self, PublicId},
        route::{MuteKind, Subject, choose},
        severity::Severity,
    },
    http::{
        error::{Problem, ProblemBody},
        input::Body,
        session::{Caller, Viewer},
    },
    store::{Scoped, matcher::StoredStep},
};

/// News to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhereTo)]
pub struct Request {
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    /// `host_…`
    host: Option<String>,
    /// `inst_…`
    instance: Option<String>,
    /// `trig_…`
    trigger: Option<String>,
    /// When; now, when not given.
    at: Option<DateTime<Utc>>,
}

/// Where it would go.
#[derive(Debug, Serialize, ToSchema)]
pub struct Where {
    /// The routes that it takes, in their order.
    matches: Vec<Taken>,
    /// What would hold it back.
    silenced_by: Vec<Silenced>,
    /// In a sentence.
    explanation: String,
}

/// A route that news takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    route: RouteRef,
    /// Whom it tells.
    steps: Vec<Step>,
}

/// A route, named.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteRef {
    /// `route_…`; empty where there is no route at all.
    id: String,
    /// Name.
    name: String,
}

/// A silence or a maintenance window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silenced {
    /// `sil_…` or `mnt_…`
    id: String,
    /// `silence` or `maintenance`
    kind: &'static str,
    /// Comment or name.
    name: String,
    /// Until when.
    until: DateTime<Utc>,
}

/// Says where news would go.
#[utoipa::path(post, path = "/routes/preview", operation_id = "routes.preview", tag = "routes",
    extensions(("x-min-role" = json!("viewer"))), request_body = Request,
    responses((status = 200, body = Where), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Body(request): Body<Request>,
) -> Result<Json<Where>, Problem> {
    let now = request.at.unwrap_or(caller.now);
    let subject = subject(&mut caller.scoped, &request).await?;
    let routes = caller.scoped.desk().routes().await?;
    let mutes = caller.scoped.desk().mutes().await?;
    let rows = caller.scoped.route_rows(None).await?;
    let chosen = choose(&routes, &subject, now);
    let named = |name: &str| rows.iter().find(|row| row.name == name).map(|row| row.public_id);
    let mut matches: Vec<Taken> = chosen
        .iter()
        .map(|route| Taken {
            route: RouteRef {
                id: named(&route.name).map(|id| id.to_string()).unwrap_or_default(),
                name: route.name.clone(),
            },
            steps: route
                .steps
                .iter()
                .map(|step| {
                    let after_s = u32::try_from(step.after.as_secs()).unwrap_or(u32::MAX);
                    Step::from(StoredStep { after_s, channels: step.channels.clone() })
                })
                .collect(),
        })
        .collect();
    if routes.is_empty() {
        matches.extend(every_channel(&mut caller.scoped, subject.severity).await?);
    }
    let silenced_by: Vec<Silenced> = mutes
        .iter()
        .filter_map(|mute| {
            let until = mute.until(&subject, None, now)?;
            let kind = match mute.kind {
                MuteKind::Silence => "silence",
                MuteKind::Maintenance => "maintenance",
            };
            Some(Silenced { id: mute.id.clone(), kind, name: mute.name.clone(), until })
        })
        .collect();
    let explanation = explain(routes.is_empty(), &matches, &silenced_by);
    Ok(Json(Where { matches, silenced_by, explanation }))
}

async fn subject(scoped: &mut Scoped, request: &Request) -> Result<Subject, Problem> {
    let severity = Severity::from_name(&request.severity);
    let severity = severity
        .ok_or_else(|| Problem::field("severity", "Use info, warning, error or critical."))?;
    let host = match request.host.as_deref() {
        None | Some("") => None,
        Some(text) => {
            let id = text.parse::<PublicId<ids::Host>>().ok();
            let found = match id {
                Some(id) => scoped.hosts(Some(id), None, 1).await?.pop(),
                None => None,
            };
            Some(found.ok_or_else(|| Problem::field("host", "There is no such host."))?)
        }
    };
    Ok(Subject {
        severity,
        tags: host.as_ref().map(|host| host.tags.clone()).unwrap_or_default(),
        host: request.host.clone().unwrap_or_default(),
        instance: request.instance.clone(),
        trigger: request.trigger.clone(),
    })
}

/// Without any route, news goes to every channel that takes its severity.
async fn every_channel(scoped: &mut Scoped, severity: Severity) -> Result<Option<Taken>, Problem> {
    let takes = |word: &str| Severity::from_name(word).is_none_or(|min| min <= severity);
    let channels: Vec<String> = scoped
        .channels(None)
        .await?
        .into_iter()
        .filter(|channel| channel.enabled && takes(&channel.severity_min))
        .map(|channel| channel.public_id.to_string())
        .collect();
    let name = "Every channel".to_owned();
    Ok((!channels.is_empty()).then(|| Taken {
        route: RouteRef { id: String::new(), name },
        steps: vec![Step::from(StoredStep { after_s: 0, channels })],
    }))
}

fn explain(no_route: bool, matches: &[Taken], silenced_by: &[Silenced]) -> String {
    let names: Vec<&str> = matches.iter().map(|taken| taken.route.name.as_str()).collect();
    let way = match (no_route, names.is_empty()) {
        (true, true) => "There is no channel that takes it: nobody would be told.".to_owned(),
        (true, false) => {
            "There is no route yet: every channel that takes its severity is told.".to_owned()
        }
        (false, true) => "No route matches: nobody would be told.".to_owned(),
        (false, false) => format!("It takes {}.", names.join(", then ")),
    };
    match silenced_by.first() {
        Some(mute) => {
            format!("{way} It would be held back until {}.", mute.until.format("%-d %b %H:%M UTC"))
        }
        None => format!("{way} Nothing holds it back."),
    }
}
