//! `GET /reports/weekly`: the last seven whole days of all instances, with the week before beside them.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use mailvane_proto::catalogue::{
    self, EventKindId,
    delivery::{self, recipient},
    event, message, reject,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::ids::InstanceId,
    http::{
        error::{Problem, ProblemBody},
        session::{Caller, Viewer},
    },
    store::{Scoped, history::Window, reports::Change},
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
    let week = (to - WEEK, to);
    let scoped = &mut caller.scoped;
    scoped.freeze().await?;
    let instances: Vec<InstanceId> =
        scoped.all_instances().await?.into_iter().map(|instance| instance.id).collect();
    let volume = volume(scoped, &instances, week).await?;
    let volume_before = self::volume(scoped, &instances, (week.0 - WEEK, week.0)).await?;
    let counts = scoped.incident_counts(week).await?;
    let kinds: Vec<i16> = CHANGES.iter().filter_map(|kind| i16::try_from(kind.0).ok()).collect();
    let changed = scoped.changes(week, &kinds).await?.into_iter().map(change);
    Ok(Json(WeeklyReport {
        from: week.0,
        to,
        delivered_pct: delivered_pct(&volume),
        delivered_pct_before: delivered_pct(&volume_before),
        volume,
        volume_before,
        worst_domains: worst_domains(scoped, &instances, week).await?,
        incidents: WeeklyIncidents {
            opened: counts.by_severity.iter().map(|(_, count)| count).sum(),
            by_severity: counts.by_severity.into_iter().collect(),
            open: counts.open,
            mean_open_s: counts.mean_open_s,
        },
        changed: changed.collect(),
    }))
}

async fn volume(
    scoped: &mut Scoped,
    instances: &[InstanceId],
    week: Window,
) -> Result<WeeklyVolume, Problem> {
    let wanted =
        [message::RECEIVED, delivery::SENT, delivery::DEFERRED, delivery::BOUNCED, reject::TOTAL];
    let metrics: Vec<_> = wanted.into_iter().filter_map(catalogue::metric).collect();
    let mut sums = [0_i64; 5];
    for of_one in scoped.totals(instances, &metrics, week).await?.into_values() {
        for (sum, one) in sums.iter_mut().zip(of_one) {
            *sum = sum.saturating_add(one);
        }
    }
    let [received, sent, deferred, bounced, rejected] = sums;
    Ok(WeeklyVolume { received, sent, deferred, bounced, rejected })
}

fn delivered_pct(volume: &WeeklyVolume) -> Option<f64> {
    let tries = volume.sent + volume.deferred + volume.bounced;
    (tries > 0).then(|| volume.sent as f64 * 100.0 / tries as f64)
}

async fn worst_domains(
    scoped: &mut Scoped,
    instances: &[InstanceId],
    week: Window,
) -> Result<Vec<WeeklyDomain>, Problem> {
    let dimension = catalogue::dimension(delivery::RECIPIENT_DOMAIN).ok_or(Problem::Internal)?;
    // Wide enough that a domain with few deferrals and many bounces is among them.
    let rank = (recipient::DEFERRED, DOMAINS_READ);
    let found = scoped.breakdown(instances, dimension, week, rank).await?;
    let row = |(domain, counts): (String, Vec<u64>)| {
        let count = |place: usize| counts.get(place).copied().unwrap_or(0);
        WeeklyDomain {
            sent: count(recipient::SENT),
            deferred: count(recipient::DEFERRED),
            bounced: count(recipient::BOUNCED),
            domain,
        }
    };
    let mut rows: Vec<WeeklyDomain> = found.rows.into_iter().map(row).collect();
    rows.retain(|row| row.domain != catalogue::OTHER && row.deferred + row.bounced > 0);
    rows.sort_by_key(|row| std::cmp::Reverse(row.deferred + row.bounced));
    rows.truncate(DOMAINS);
    Ok(rows)
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
const DOMAINS: usize = 10;
const DOMAINS_READ: usize = 1_000;
const CHANGES: [EventKindId; 4] = [
    event::VERSION_CHANGED,
    event::CONFIG_CHANGED,
    event::CERTIFICATE_CHANGED,
    event::INSTANCE_RENAMED,
];
