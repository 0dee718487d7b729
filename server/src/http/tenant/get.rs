//! `GET /tenant`: settings, plan and usage.

use axum::Json;

use super::TenantDetail;
use crate::http::{
    error::{Problem, ProblemBody},
    session::{Caller, Viewer},
};

/// Shows the tenant.
#[utoipa::path(get, path = "/tenant", operation_id = "tenant.get", tag = "tenant",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = TenantDetail), (status = 401, body = ProblemBody)))]
pub async fn handle(mut caller: Caller<Viewer>) -> Result<Json<TenantDetail>, Problem> {
    TenantDetail::read(&mut caller).await.map(Json)
}
