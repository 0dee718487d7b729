//! `PATCH /members/{id}`: another role. Nobody gives more than they have, and the last owner stays one.

use axum::{Json, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::{ids, member::Role},
    http::{
        error::{Problem, ProblemBody},
        input::{Body, Faults, Id},
        people::list::Member,
        session::{Caller, Personnel},
    },
};

/// The new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberChange)]
pub struct Request {
    /// `owner`, `admin`, `operator` or `viewer`.
    role: String,
}

/// Changes the role of a member.
#[utoipa::path(patch, path = "/members/{id}", operation_id = "members.change", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))),
    params(("id" = String, Path)), request_body = Request,
    responses((status = 200, body = Member), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody, description = "The last owner")))]
pub async fn handle(
    mut caller: Caller<Personnel>,
    Id(id): Id<ids::Person>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    caller.scoped.lock_members().await?;
    let member = caller.scoped.member(id).await?.ok_or(Problem::NotFound)?;
    let mut faults = Faults::default();
    let role = faults.word::<Role>("role", &request.role);
    faults.check()?;
    let role = role.ok_or(Problem::Internal)?;
    // The role of whoever asks is read again under the lock: two who demote one another are not both right.
    let own = caller.scoped.member(caller.live()?.person_ref).await?.ok_or(Problem::SignedOut)?;
    let highest = member.role.max(role);
    if !own.role.covers(highest) || !own.role.covers(Role::Admin) {
        return Err(Problem::Forbidden(highest));
    }
    if member.role == Role::Owner
        && role != Role::Owner
        && caller.scoped.other_owners(member.person).await? == 0
    {
        return Err(Problem::Conflict(
            "This is the last owner: make somebody else an owner first.".to_owned(),
        ));
    }
    caller.scoped.set_role(member.person, role).await?;
    let rows = caller.scoped.members().await?;
    let row = rows.into_iter().find(|row| row.person == id).ok_or(Problem::Internal)?;
    let detail = json!({"from": member.role.word(), "to": role.word(), "email": member.email});
    caller.done("member.change", &id.to_string(), detail).await?;
    Ok((StatusCode::OK, Json(Member::view(row))))
}
