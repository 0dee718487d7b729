//! The tenant itself: name, plan, interval, retention, its data to take along, and its end.

pub mod change;
pub mod export;
pub mod get;
pub mod remove;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{error::Problem, session::Caller};
use crate::{domain::plan::TRIAL, store::tenants::Settings};

/// The tenant with its settings and what is taken of its plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantDetail {
    /// `tenant_…`
    id: String,
    /// Name.
    name: String,
    plan: PlanView,
    usage: UsageView,
    retention: RetentionView,
    /// Sampling interval, seconds.
    interval_s: i32,
    /// Time zone of reports and pages, IANA.
    zone: String,
    created_at: DateTime<Utc>,
}

/// What the plan allows.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    /// `own`, `trial`, `free`, `team` or `fleet`.
    name: &'static str,
    /// Hosts that are not retired.
    hosts_max: i64,
    /// Days for which figures are kept, at most.
    retention_days: i32,
    /// Channels.
    channels_max: i64,
    /// Shortest sampling interval, seconds.
    interval_min_s: i32,
    /// When the trial ends; null: it is no trial.
    #[schema(required)]
    trial_ends_at: Option<DateTime<Utc>>,
}

/// What is taken of the plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    /// Hosts that are not retired.
    hosts: i64,
    /// Channels.
    channels: i64,
}

/// How long figures are kept.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to each")]
pub struct RetentionView {
    /// As they came, days.
    raw_days: i32,
    /// By the hour, days.
    hourly_days: i32,
    /// By the day, days.
    daily_days: i32,
}

impl TenantDetail {
    async fn read<R>(caller: &mut Caller<R>) -> Result<Self, Problem> {
        let row = caller.scoped.plan().await?;
        let Settings { tenant, zone, created_at, raw_days, hourly_months, daily_years } =
            caller.scoped.settings().await?;
        let keep = |days: i32| days.min(row.plan.retention_days);
        Ok(Self {
            id: tenant.public_id.to_string(),
            name: tenant.name,
            plan: PlanView {
                name: row.plan.name,
                hosts_max: row.plan.hosts_max,
                retention_days: row.plan.retention_days,
                channels_max: row.plan.channels_max,
                interval_min_s: row.plan.interval_min_s,
                trial_ends_at: row.trial_ends_at.filter(|_| row.plan.name == TRIAL.name),
            },
            usage: UsageView { hosts: row.usage.hosts, channels: row.usage.channels },
            retention: RetentionView {
                raw_days: keep(i32::from(raw_days)),
                hourly_days: keep(i32::from(hourly_months) * i32::from(DAYS_A_MONTH)),
                daily_days: keep(i32::from(daily_years) * i32::from(DAYS_A_YEAR)),
            },
            interval_s: tenant.interval_ms / 1_000,
            zone,
            created_at,
        })
    }
}

const DAYS_A_MONTH: i16 = 30;
const DAYS_A_YEAR: i16 = 365;
