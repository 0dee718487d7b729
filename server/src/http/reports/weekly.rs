//! `GET /reports/weekly`: the last seven whole days of all instances, with the week before beside them.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, EventKindId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::weekly::{Change, IncidentCounts, Volume, Worst},
    http::{
        error::{Problem, ProblemBody},
        session::{Caller, Viewer},
    },
};

/// A week.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyReport {
    /// Beginning: a midnight, UTC.
    from: DateTime<Utc>,
    /// End: seven days later.
    to: DateTime<Utc>,
    volume: WeeklyVolume,
    /// The week before.
    volume_before: WeeklyVolume,
    /// Share of all tries to deliver that succeeded, percent; null: there were none.
    #[schema(required)]
    delivered_pct: Option<f64>,
    /// The same of the week before.
    #[schema(required)]
    delivered_pct_before: Option<f64>,
    /// Domains with the most deferred and bounced recipients, at most ten.
    worst_domains: Vec<WeeklyDomain>,
    incidents: WeeklyIncidents,
    /// What was changed on hosts, newest first, at most 50.
    changed: Vec<WeeklyChange>,
}

/// How much mail there was.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyVolume {
    /// Messages received.
    received: i64,
    /// Recipients delivered to.
    sent: i64,
    /// Tries that were put off.
    deferred: i64,
    /// Recipients that were refused for good.
    bounced: i64,
    /// Clients, senders and recipients that were rejected.
    rejected: i64,
}

/// A domain.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyDomain {
    /// Its name.
    domain: String,
    /// Recipients delivered to.
    sent: u64,
    /// Tries that were put off.
    deferred: u64,
    /// Recipients that were refused for good.
    bounced: u64,
}

/// Incidents that began in the week.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyIncidents {
    /// How many.
    opened: i64,
    /// The same by severity.
    by_severity: BTreeMap<String, i64>,
    /// Of these, still open.
    open: i64,
    /// How long those that ended were open on average, seconds; null: none ended.
    #[schema(required)]
    mean_open_s: Option<i64>,
}

/// Something that was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyChange {
    /// When.
    at: DateTime<Utc>,
    /// `inst_…`
    instance: String,
    /// Kind of event in the catalogue.
    kind: &'static str,
    /// File, parameter or port.
    subject: String,
    /// In words.
    text: String,
}

/// Reports the last seven whole days.
#[utoipa::path(get, path = "/reports/weekly", operation_id = "weekly_report", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = WeeklyReport), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<WeeklyReport>, Problem> {
    let to = caller.now.duration_trunc(TimeDelta::days(1)).map_err(|_| Problem::Internal)?;
    let week = caller.scoped.week(to).await?;
    Ok(Json(WeeklyReport {
        from: to - WEEK,
        to,
        delivered_pct: week.volume.delivered_pct(),
        delivered_pct_before: week.before.delivered_pct(),
        volume: volume(week.volume),
        volume_before: volume(week.before),
        worst_domains: week.worst.into_iter().map(domain).collect(),
        incidents: incidents(week.incidents),
        changed: week.changes.into_iter().map(change).collect(),
    }))
}

fn volume(volume: Volume) -> WeeklyVolume {
    let Volume { received, sent, deferred, bounced, rejected } = volume;
    WeeklyVolume { received, sent, deferred, bounced, rejected }
}

fn domain(row: Worst) -> WeeklyDomain {
    let Worst { domain, sent, deferred, bounced } = row;
    WeeklyDomain { domain, sent, deferred, bounced }
}

fn incidents(counts: IncidentCounts) -> WeeklyIncidents {
    WeeklyIncidents {
        opened: counts.opened(),
        by_severity: counts.by_severity.into_iter().collect(),
        open: counts.open,
        mean_open_s: counts.mean_open_s,
    }
}

fn change(change: Change) -> WeeklyChange {
    let kind =
        u16::try_from(change.kind).ok().and_then(|id| catalogue::event_kind(EventKindId(id)));
    WeeklyChange {
        at: change.at,
        instance: change.instance.to_string(),
        kind: kind.map_or("unknown", |kind| kind.name),
        subject: change.subject,
        text: change.text,
    }
}

const WEEK: TimeDelta = TimeDelta::days(7);
