//! `POST /session/tenant`: the same person in another of their tenants. A new session begins, this one ends.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Caller, Myself, Session,
    open::{self, From},
};
use crate::{
    domain::ids::{self, PublicId},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
    },
};

/// Which one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Switch)]
pub struct Request {
    /// `tenant_…`
    tenant: String,
}

/// Switches to another tenant.
#[utoipa::path(post, path = "/session/tenant", operation_id = "session.switch", tag = "session",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 200, body = Session, description = "There; sets cookies"),
        (status = 404, body = ProblemBody, description = "No tenant of yours")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    headers: HeaderMap,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let wanted: PublicId<ids::Tenant> = request.tenant.parse().map_err(|_| Problem::NotFound)?;
    let live = caller.live()?;
    let (person, old, old_ref) = (live.person, live.id, live.public_id.to_string());
    let mut found = None;
    for tenant in api.store.system_web().await?.find_memberships(person).await? {
        let mut scoped = api.store.web(tenant).await?;
        if scoped.tenant_row().await?.public_id == wanted {
            found = Some(scoped);
            break;
        }
    }
    let mut scoped = found.ok_or(Problem::NotFound)?;
    let from = From { headers, peer: caller.peer };
    let opened = open::open(&api, &mut scoped, person, &from).await?;
    let (live, refresh) = opened.ok_or(Problem::NotFound)?;
    let (actor, session) = (live.person_ref.to_string(), live.public_id.to_string());
    let (ip, now) = (from.peer.to_string(), caller.now);
    scoped.audit_from(&ip, &actor, ("session.switch_in", &session), json!({})).await?;
    let answer = open::answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    caller.scoped.revoke_session(old, now).await?;
    caller.done("session.switch_out", &old_ref, json!({})).await?;
    Ok(answer)
}
