//! `PATCH /tenant`: name, interval, retention, time zone, each within the plan.

use axum::Json;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{DAYS_A_MONTH, DAYS_A_YEAR, TenantDetail};
use crate::{
    domain::plan::Plan,
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        people::links::NAME_CHARS_MAX,
        session::{Caller, Owner},
    },
    store::tenants::Change,
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantChange)]
pub struct Request {
    /// 1 to 120 characters.
    name: Option<String>,
    /// Sampling interval: whole seconds that divide a minute, no shorter than the plan allows.
    interval_s: Option<i32>,
    retention: Option<RetentionChange>,
    /// IANA name, as `Europe/Vienna`.
    zone: Option<String>,
}

/// How long to keep figures; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to each")]
pub struct RetentionChange {
    /// As they came, 1 to 90 days.
    raw_days: Option<i32>,
    /// By the hour, 30 to 1200 days, in months of 30.
    hourly_days: Option<i32>,
    /// By the day, 365 to 3650 days, in years of 365.
    daily_days: Option<i32>,
}

/// Changes the tenant.
#[utoipa::path(patch, path = "/tenant", operation_id = "tenant.change", tag = "tenant",
    extensions(("x-min-role" = json!("owner")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 200, body = TenantDetail), (status = 403, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn handle(
    mut caller: Caller<Owner>,
    Body(request): Body<Request>,
) -> Result<Json<TenantDetail>, Problem> {
    let plan = caller.scoped.plan().await?.plan;
    let mut faults = Faults::default();
    let change = Change {
        name: request.name.map(|name| faults.line("name", &name, NAME_CHARS_MAX)),
        interval_ms: request.interval_s.map(|s| interval(&mut faults, &plan, s)),
        raw_days: request
            .retention
            .as_ref()
            .and_then(|r| r.raw_days)
            .map(|days| days_in(&mut faults, "retention.raw_days", (1, 90), &plan, days)),
        hourly_months: request.retention.as_ref().and_then(|r| r.hourly_days).map(|days| {
            days_in(&mut faults, "retention.hourly_days", (30, 1_200), &plan, days) / DAYS_A_MONTH
        }),
        daily_years: request.retention.as_ref().and_then(|r| r.daily_days).map(|days| {
            days_in(&mut faults, "retention.daily_days", (365, 3_650), &plan, days) / DAYS_A_YEAR
        }),
        zone: request.zone.map(|zone| faults.line("zone", &zone, ZONE_CHARS_MAX)),
    };
    if let Some(zone) = &change.zone
        && !caller.scoped.is_zone(zone).await?
    {
        faults.add("zone", "Use a name of the time zone database, as Europe/Vienna.");
    }
    faults.check()?;
    caller.scoped.change_tenant(&change).await?;
    let tenant = TenantDetail::read(&mut caller).await?;
    let detail = json!({"name": tenant.name, "interval_s": tenant.interval_s, "zone": tenant.zone,
        "retention": tenant.retention});
    caller.done("tenant.change", &tenant.id, detail).await?;
    Ok(Json(tenant))
}

fn interval(faults: &mut Faults, plan: &Plan, seconds: i32) -> i32 {
    if !(1..=60).contains(&seconds) || 60 % seconds != 0 {
        faults.add("interval_s", "Use whole seconds that divide a minute, such as 1, 10 or 60.");
    } else if seconds < plan.interval_min_s {
        let least = plan.interval_min_s;
        faults
            .add("interval_s", format!("The plan {} samples every {least} s at most.", plan.name));
    }
    seconds.saturating_mul(1_000)
}

fn days_in(
    faults: &mut Faults,
    field: &str,
    (least, most): (i32, i32),
    plan: &Plan,
    days: i32,
) -> i16 {
    if !(least..=most).contains(&days) {
        faults.add(field, format!("Use {least} to {most} days."));
    } else if days > plan.retention_days && days > least {
        let most = plan.retention_days;
        faults.add(field, format!("The plan {} keeps figures for {most} days at most.", plan.name));
    }
    i16::try_from(days).unwrap_or(i16::MAX)
}

const ZONE_CHARS_MAX: usize = 64;
