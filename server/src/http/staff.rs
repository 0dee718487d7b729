//! `GET /staff/tenants`: for those who run the installation, every tenant in numbers, and nothing of what is in it.
//!
//! Who is not one of them finds nothing here. To look into a tenant takes a grant, which the tenant sees.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    api::Shared,
    error::{Problem, ProblemBody},
    input::Query,
    page::{self, Page, PageQuery},
    session::{Caller, Myself},
};

/// A tenant in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantNumbers {
    /// `tenant_…`
    id: String,
    /// Name.
    name: String,
    /// Plan.
    plan: &'static str,
    /// Since when.
    created_at: DateTime<Utc>,
    /// Hosts that are not retired.
    hosts: i64,
    /// Channels.
    channels: i64,
    /// Agents that ever delivered.
    agents: i64,
    /// Those that delivered within five minutes.
    agents_fresh: i64,
    /// Batches committed.
    batches: i64,
    /// When the last one was; null: never.
    #[schema(required)]
    last_batch_at: Option<DateTime<Utc>>,
    /// Open incidents.
    incidents_open: i64,
}

/// Lists every tenant in numbers.
#[utoipa::path(get, path = "/staff/tenants", operation_id = "staff.tenants", tag = "staff",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), params(PageQuery),
    responses((status = 200, body = Page<TenantNumbers>),
        (status = 404, body = ProblemBody, description = "You do not run this installation")))]
pub async fn handle(
    State(api): State<Shared>,
    caller: Caller<Myself>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TenantNumbers>>, Problem> {
    if !caller.live()?.staff {
        return Err(Problem::NotFound);
    }
    let limit = page::limit(query.limit)?;
    let own = caller.tenant();
    drop(caller);
    let behind = api.position(LIST, own, query.cursor.as_deref())?;
    let behind: i32 = behind.and_then(|behind| behind.parse().ok()).unwrap_or(0);
    let most = i32::try_from(page::fetch(limit)).unwrap_or(i32::MAX);
    let mut tenants = api.store.system_web().await?.list_tenants(behind, most).await?;
    let next = page::cut(&mut tenants, limit, |one| api.cursor(LIST, own, &one.get().to_string()));
    let mut items = Vec::new();
    for tenant in tenants {
        let mut scoped = api.store.web(tenant).await?;
        let (settings, row) = (scoped.settings().await?, scoped.plan().await?);
        let pulse = scoped.pulse().await?;
        items.push(TenantNumbers {
            id: settings.tenant.public_id.to_string(),
            name: settings.tenant.name,
            plan: row.plan.name,
            created_at: settings.created_at,
            hosts: row.usage.hosts,
            channels: row.usage.channels,
            agents: pulse.agents,
            agents_fresh: pulse.fresh,
            batches: pulse.batches,
            last_batch_at: pulse.last_batch_at,
            incidents_open: pulse.incidents_open,
        });
    }
    Ok(Json(Page { items, next }))
}

const LIST: &str = "staff.tenants";
