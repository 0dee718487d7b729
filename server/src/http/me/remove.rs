//! `DELETE /me`: the account and everything that is the person's own. What the person did stays in the tenants' audit.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::member::Role,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
        session::{Caller, Myself},
    },
};

/// Proof that it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Leave)]
pub struct Request {
    /// The present password.
    password: String,
}

/// Deletes one's own account.
#[utoipa::path(delete, path = "/me", operation_id = "me.remove", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 204, description = "Gone"), (status = 422, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "The last owner of a tenant")))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let account = super::proved(&api, &mut caller, request.password).await?;
    let (now, ip) = (caller.now, caller.peer.to_string());
    drop(caller);
    let actor = account.public_id.to_string();
    let tenants = api.store.system_web().await?.find_memberships(account.id).await?;
    // First nobody is left without an owner, then everywhere: a refusal changes nothing.
    for tenant in &tenants {
        let mut scoped = api.store.web(*tenant).await?;
        let owns = scoped.role_of_person(account.id, now).await? == Some(Role::Owner);
        if owns && scoped.other_owners(account.id).await? == 0 {
            let name = scoped.tenant_row().await?.name;
            return Err(Problem::Conflict(format!(
                "You are the last owner of {name}: make somebody else an owner, or delete it first."
            )));
        }
    }
    for tenant in tenants {
        let mut scoped = api.store.web(tenant).await?;
        scoped.lock_members().await?;
        let owns = scoped.role_of_person(account.id, now).await? == Some(Role::Owner);
        if owns && scoped.other_owners(account.id).await? == 0 {
            return Err(Problem::Conflict("You became the last owner just now.".to_owned()));
        }
        scoped.audit_from(&ip, &actor, ("member.leave", &actor), json!({})).await?;
        scoped.remove_member(account.id, now).await?;
        scoped.commit().await?;
    }
    let mut system = api.store.system_web().await?;
    system.people().remove(account.id).await?;
    system.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
