//! `POST /triggers/preview`: when a rule that is being edited would have fired, by what is stored.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use mailvane_proto::catalogue::{Kind, Metric, MetricId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{TriggerSpec, known_targets, parse};
use crate::{
    domain::{
        grid::Grid,
        ids::{InstanceId, TriggerId},
        preview::{Firing, Player},
        severity::Severity,
        trigger::{Op, Rule, Trigger, Watch, source::Source},
        watchlist::Watchlist,
        window::Seen,
        words,
    },
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        session::{Caller, Viewer},
    },
    store::{hosts::Instance, rule, series::Series},
};

/// A rule to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewRequest)]
pub struct Request {
    /// The rule.
    #[schema(value_type = TriggerSpec)]
    spec: Value,
    /// `info`, `warning`, `error` or `critical`.
    severity: String,
    /// Days that are looked back, 1 to 30.
    days: i64,
}

/// When it would have fired.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// Beginning of the history that was played.
    from: DateTime<Utc>,
    /// Its end.
    to: DateTime<Utc>,
    /// How finely, in seconds: the history is played minute by minute, each figure being that of its bucket.
    step_s: i64,
    /// The same in words.
    tier: String,
    /// Instances for which it would have fired.
    targets: Vec<Target>,
    /// How often in all.
    firings_total: usize,
    /// How often in a week.
    per_week: f64,
    /// What its figure counts.
    unit: String,
    /// The figure over time, of the three instances where it fired most.
    series: Vec<Curve>,
    /// Instances that were played; more there may be.
    played: usize,
}

/// One instance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Target {
    /// `inst_…`
    instance: String,
    /// When.
    firings: Vec<Fired>,
}

/// One time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fired {
    /// When people would have been told.
    from: DateTime<Utc>,
    /// When it would have been over; null: it still would be on.
    #[schema(required)]
    to: Option<DateTime<Utc>>,
    /// The worst figure.
    peak: f64,
}

/// The figure over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Curve {
    /// `inst_…`
    instance: String,
    /// Seconds since 1970.
    t: Vec<i64>,
    /// The figure; null where it was not known.
    values: Vec<Option<f64>>,
}

/// Instances played at most.
const INSTANCES_MAX: usize = 50;
/// Points of history for each instance, and of a curve.
const POINTS: u32 = 1_440;
const CURVE_POINTS: usize = 500;
const CURVES_MAX: usize = 3;

/// Tries a rule on the history.
#[utoipa::path(post, path = "/triggers/preview", operation_id = "triggers.preview", tag = "triggers",
    extensions(("x-min-role" = json!("viewer"))), request_body = Request,
    responses((status = 200, body = Preview), (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Viewer>,
    Body(request): Body<Request>,
) -> Result<Json<Preview>, Problem> {
    let mut faults = Faults::default();
    parse(&mut faults, &request.severity, &request.spec);
    if !(1..=30).contains(&request.days) {
        faults.add("days", "Use 1 to 30.");
    }
    known_targets(&mut caller.scoped, &mut faults, &request.spec).await?;
    faults.check()?;
    let rule = rule::from_json(&request.spec).map(|(_, rule)| rule);
    let Ok(Rule::Watch(watch)) = rule else {
        return Err(Problem::field(
            "spec.kind",
            "Silence is not previewed: the host page shows when a host was away.",
        ));
    };
    let Some(metrics) = metrics(&watch) else {
        let why =
            "Rules that look at breakdowns or events are not previewed yet; rules on metrics are.";
        return Err(Problem::field("spec.kind", why));
    };
    let (now, unit) = (caller.now, watch.measure.unit().to_owned());
    let range = (now - TimeDelta::days(request.days), now);
    let Some(grid) = Grid::cover(range, 60_000, POINTS) else {
        return Err(Problem::field("days", "Use 1 to 30."));
    };
    let instances = covered(&mut caller, &watch).await?;
    let ids: Vec<InstanceId> = instances.iter().map(|one| one.id).collect();
    let answer = caller.scoped.series(&ids, &metrics, grid, now).await?;
    let trigger = Trigger {
        id: TriggerId::from_row(0),
        name: String::new(),
        template: None,
        version: 0,
        severity: Severity::from_name(&request.severity).unwrap_or(Severity::Warning),
        rule: Rule::Watch(watch),
    };
    let plan = Watchlist::new(std::slice::from_ref(&trigger));
    let usual = caller.scoped.usual_by_hour(&ids).await?;
    let mut played: Vec<(String, Vec<Firing>, Curve)> = Vec::new();
    for instance in &instances {
        let mine: Vec<&Series> =
            answer.series.iter().filter(|series| series.instance == instance.id).collect();
        let usual = |hour: u32, metric: MetricId| usual.get(&(instance.id, metric, hour)).copied();
        let (firings, curve) = play(&plan, &trigger, (grid, &mine), usual);
        let name = instance.public_id.to_string();
        played.push((name.clone(), firings, Curve { instance: name, ..curve }));
    }
    Ok(Json(shown(played, grid, unit)))
}

/// The metrics of a rule; nothing if it looks at anything else.
fn metrics(watch: &Watch) -> Option<Vec<&'static Metric>> {
    let measures = std::iter::once(&watch.measure).chain(watch.and.iter().map(|one| &one.measure));
    let mut metrics: Vec<&'static Metric> = Vec::new();
    for measure in measures {
        let sums = measure.sums();
        if sums.is_empty() {
            return None;
        }
        for source in sums.iter().flat_map(|sum| &sum.of) {
            let Source::Metric(metric) = source else { return None };
            if !metrics.iter().any(|known| known.id == metric.0.id) {
                metrics.push(metric.0);
            }
        }
    }
    metrics.sort_by_key(|metric| metric.id);
    Some(metrics)
}

/// The instances that the rule covers, as many as are played.
async fn covered(caller: &mut Caller<Viewer>, watch: &Watch) -> Result<Vec<Instance>, Problem> {
    let hosts = caller.scoped.hosts(None, None, 1_000).await?;
    let tags: BTreeMap<String, &[String]> =
        hosts.iter().map(|host| (host.public_id.to_string(), host.tags.as_slice())).collect();
    let all = caller.scoped.all_instances().await?;
    let covers = |instance: &Instance| {
        let host = instance.host_ref.to_string();
        let tags = tags.get(&host).copied().unwrap_or_default();
        watch.scope.covers(tags, &host, &instance.public_id.to_string())
    };
    Ok(all.into_iter().filter(covers).take(INSTANCES_MAX).collect())
}

/// Plays each bucket minute by minute: a counter's sum is spread over its minutes, a gauge stands as its worst.
fn play(
    plan: &Watchlist,
    trigger: &Trigger,
    (grid, series): (Grid, &[&Series]),
    usual: impl Fn(u32, MetricId) -> Option<f64>,
) -> (Vec<Firing>, Curve) {
    let mut player = Player::new(plan, trigger.rule.patience());
    let above = !matches!(&trigger.rule, Rule::Watch(watch) if watch.op == Op::Below);
    let minutes = grid.step.num_minutes().max(1);
    let mut curve = Curve { instance: String::new(), t: Vec::new(), values: Vec::new() };
    let every = grid.count.div_ceil(CURVE_POINTS).max(1);
    for bucket in 0..grid.count {
        let mut visibility = 0;
        let mut values: Vec<(MetricId, f64)> = Vec::new();
        for one in series {
            let of = |list: &[Option<f64>]| list.get(bucket).copied().flatten();
            let value = match (one.metric.kind, above) {
                (Kind::Counter, _) => of(&one.values).map(|sum| sum / minutes as f64),
                (Kind::Gauge, true) => of(&one.max).or_else(|| of(&one.values)),
                (Kind::Gauge, false) => of(&one.min).or_else(|| of(&one.values)),
            };
            if let Some(value) = value {
                visibility |= one.metric.group.bit();
                values.push((one.metric.id, value));
            }
        }
        let start = grid.at(bucket);
        let hour: Vec<Option<f64>> =
            plan.layout.usual.iter().map(|metric| usual(start.hour(), *metric)).collect();
        for minute in 0..minutes {
            let at = start + TimeDelta::minutes(minute + 1);
            let whole = |value: f64| spread(value, minute);
            let values: Vec<(MetricId, i64)> =
                values.iter().map(|(id, value)| (*id, whole(*value))).collect();
            let seen = Seen {
                at_ms: at.timestamp_millis(),
                span_ms: 60_000,
                visibility,
                values: &values,
                breakdowns: &[],
                events: &[],
            };
            player.play(at, &seen, &hour);
        }
        if bucket % every == 0 {
            curve.t.push(start.timestamp());
            curve.values.push(player.value());
        }
    }
    (player.firings(), curve)
}

/// A minute's share as a whole number, so that the minutes of a bucket add up to its sum.
fn spread(value: f64, minute: i64) -> i64 {
    let until = |minutes: i64| (value * minutes as f64).round();
    let share = until(minute + 1) - until(minute);
    // A figure of a sample is far below 2^53.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the columns' widths")]
    let whole = share as i64;
    whole
}

fn shown(mut played: Vec<(String, Vec<Firing>, Curve)>, grid: Grid, unit: String) -> Preview {
    played.sort_by_key(|(_, firings, _)| std::cmp::Reverse(firings.len()));
    let total: usize = played.iter().map(|(_, firings, _)| firings.len()).sum();
    let span = grid.end() - grid.start;
    let weeks = span.num_seconds().max(1) as f64 / 604_800.0;
    let count = played.len();
    let mut preview = Preview {
        from: grid.start,
        to: grid.end(),
        step_s: grid.step.num_seconds(),
        tier: words::duration(grid.step),
        targets: Vec::new(),
        firings_total: total,
        per_week: total as f64 / weeks,
        unit,
        series: Vec::new(),
        played: count,
    };
    for (instance, firings, curve) in played {
        if preview.series.len() < CURVES_MAX {
            preview.series.push(curve);
        }
        if firings.is_empty() {
            continue;
        }
        let fired = |one: Firing| Fired { from: one.from, to: one.to, peak: one.peak };
        preview
            .targets
            .push(Target { instance, firings: firings.into_iter().map(fired).collect() });
    }
    preview
}
