//! One row of the fleet, its place in the order, and all rows together.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    FleetHost, FleetIncident, FleetRow, FleetSpark, FleetTotals,
    figures::{Figures, GAUGES, POINTS},
};
use crate::{
    domain::{ids::InstanceId, severity::Severity},
    http::incidents::InstanceRef,
    store::{
        hosts::{Host, Instance},
        incidents::IncidentRow,
    },
};

/// A row of an instance.
pub(super) fn instance(
    host: &Host,
    instance: &Instance,
    figures: &Figures,
    open: &[IncidentRow],
    (now, silent_after): (DateTime<Utc>, TimeDelta),
) -> FleetRow {
    let id = instance.id;
    let latest = figures.latest(id);
    let gauge = |name: &str| -> Option<f64> {
        let place = GAUGES.iter().position(|gauge| *gauge == name)?;
        latest?.values.get(place).copied().flatten().map(|value| value as f64)
    };
    let last_sample_at = latest.map(|latest| latest.at);
    let ours: Vec<&IncidentRow> = open
        .iter()
        .filter(|incident| {
            incident.host == host.public_id
                && incident.instance.as_ref().is_none_or(|(id, _)| *id == instance.public_id)
        })
        .collect();
    let heard = host.agent.as_ref().and_then(|agent| agent.last_batch_at);
    let calm = match heard {
        None => "waiting",
        Some(at) if now - at > silent_after => "silent",
        Some(_) => "ok",
    };
    let worst = worst(&ours);
    let attempts = ["delivery.sent", "delivery.deferred", "delivery.bounced"];
    FleetRow {
        host: FleetHost::of(host),
        instance: Some(InstanceRef {
            id: instance.public_id.to_string(),
            name: instance.name.clone(),
        }),
        state: worst.map_or(calm, |(severity, _)| severity.name()),
        last_sample_at,
        deferred: gauge("queue.deferred.messages"),
        active: gauge("queue.active.messages"),
        incoming: gauge("queue.incoming.messages"),
        hold: gauge("queue.hold.messages"),
        in_per_min: figures.rate(id, "message.received"),
        out_per_min: figures.rate(id, "delivery.sent"),
        bounced_pct: share(figures, id, "delivery.bounced", &attempts),
        deferred_pct: share(figures, id, "delivery.deferred", &attempts),
        rejected_per_min: figures.rate(id, "reject.total"),
        tls_pct: share(figures, id, "tls.out.sent", &["tls.out.sent", "tls.out.sent_plain"]),
        oldest_s: gauge("queue.deferred.oldest"),
        spark_deferred: figures.curve(id, "queue.deferred.messages"),
        spark_out: figures.curve(id, "delivery.sent"),
        incident: worst.map(|(_, incident)| FleetIncident::of(incident)),
        incidents_open: i64::try_from(ours.len()).unwrap_or(i64::MAX),
    }
}

/// A row of a host that sent nothing yet.
pub(super) fn waiting(host: &Host, open: &[IncidentRow]) -> FleetRow {
    let ours: Vec<&IncidentRow> =
        open.iter().filter(|incident| incident.host == host.public_id).collect();
    let worst = worst(&ours);
    FleetRow {
        host: FleetHost::of(host),
        instance: None,
        state: worst.map_or("waiting", |(severity, _)| severity.name()),
        last_sample_at: None,
        deferred: None,
        active: None,
        incoming: None,
        hold: None,
        in_per_min: None,
        out_per_min: None,
        bounced_pct: None,
        deferred_pct: None,
        rejected_per_min: None,
        tls_pct: None,
        oldest_s: None,
        spark_deferred: vec![None; POINTS],
        spark_out: vec![None; POINTS],
        incident: worst.map(|(_, incident)| FleetIncident::of(incident)),
        incidents_open: i64::try_from(ours.len()).unwrap_or(i64::MAX),
    }
}

impl FleetHost {
    fn of(host: &Host) -> Self {
        Self { id: host.public_id.to_string(), name: host.name.clone(), tags: host.tags.clone() }
    }
}

impl FleetIncident {
    fn of(incident: &IncidentRow) -> Self {
        Self {
            id: incident.public_id.to_string(),
            title: incident.title.clone(),
            severity: incident.severity.clone(),
            acknowledged: incident.acked_at.is_some(),
        }
    }
}

fn worst<'a>(open: &[&'a IncidentRow]) -> Option<(Severity, &'a IncidentRow)> {
    open.iter()
        .filter_map(|incident| Some((Severity::from_name(&incident.severity)?, *incident)))
        .max_by_key(|(severity, incident)| (*severity, incident.opened_at))
}

fn share(
    figures: &Figures,
    id: InstanceId,
    part: &'static str,
    of: &[&'static str],
) -> Option<f64> {
    let whole: f64 = of.iter().filter_map(|name| figures.sum(id, name)).sum();
    let part = figures.sum(id, part)?;
    (whole > 0.0).then_some(part * 100.0 / whole)
}

/// Worst first: incidents by severity, then silence, then those that wait for their first word, then the rest by
/// what is deferred.
pub(super) fn badness(row: &FleetRow) -> (u8, u64) {
    let step = match row.state {
        "critical" => 6,
        "error" => 5,
        "silent" => 4,
        "warning" => 3,
        "info" => 2,
        "waiting" => 1,
        _ => 0,
    };
    let deferred = row.deferred.unwrap_or(0.0).max(0.0);
    (step, std::time::Duration::from_secs_f64(deferred.min(1e12)).as_secs())
}

/// Among equals by name.
pub(super) fn names(row: &FleetRow) -> (&str, &str) {
    (&row.host.name, row.instance.as_ref().map_or("", |instance| &instance.name))
}

/// All rows together. What is not visible is not in it.
pub(super) fn totals(rows: &[FleetRow], figures: &Figures, open: usize) -> FleetTotals {
    let sum = |of: &dyn Fn(&FleetRow) -> Option<f64>| {
        rows.iter().filter_map(of).fold(0.0, |sum, value| sum + value)
    };
    let mut hosts: Vec<&str> = rows.iter().map(|row| row.host.id.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let mut quiet: Vec<&str> = rows
        .iter()
        .filter(|row| matches!(row.state, "silent" | "waiting") || row.last_sample_at.is_none())
        .map(|row| row.host.id.as_str())
        .collect();
    quiet.sort_unstable();
    quiet.dedup();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    FleetTotals {
        deferred: sum(&|row| row.deferred),
        active: sum(&|row| row.active),
        in_per_min: sum(&|row| row.in_per_min),
        out_per_min: sum(&|row| row.out_per_min),
        bounced_pct: figures.total_share(
            "delivery.bounced",
            &["delivery.sent", "delivery.deferred", "delivery.bounced"],
        ),
        rejected_per_min: sum(&|row| row.rejected_per_min),
        tls_pct: figures.total_share("tls.out.sent", &["tls.out.sent", "tls.out.sent_plain"]),
        reporting: count(hosts.len() - quiet.len()),
        hosts: count(hosts.len()),
        incidents_open: count(open),
        spark: FleetSpark {
            deferred: figures.total_curve("queue.deferred.messages"),
            active: figures.total_curve("queue.active.messages"),
            r#in: figures.total_curve("message.received"),
            out: figures.total_curve("delivery.sent"),
        },
    }
}
