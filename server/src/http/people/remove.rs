//! `DELETE /members/{id}`: out of the tenant, at once and in every tab; one may always leave by oneself.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    domain::{ids, member::Role},
    http::{
        error::{Problem, ProblemBody},
        input::Id,
        session::{Caller, Myself},
    },
};

/// Removes a member. Others need the role admin, and no less than the member has; oneself nobody needs to ask.
#[utoipa::path(delete, path = "/members/{id}", operation_id = "members.remove", tag = "members",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))), params(("id" = String, Path)),
    responses((status = 204, description = "Removed; sessions and tokens of the person here are over"),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "The last owner")))]
pub async fn handle(
    mut caller: Caller<Myself>,
    Id(id): Id<ids::Person>,
) -> Result<StatusCode, Problem> {
    caller.scoped.lock_members().await?;
    let member = caller.scoped.member(id).await?.ok_or(Problem::NotFound)?;
    let me = caller.live()?.person_ref;
    let own = caller.scoped.member(me).await?.ok_or(Problem::SignedOut)?;
    let needed = member.role.max(Role::Admin);
    if me != id && !own.role.covers(needed) {
        return Err(Problem::Forbidden(needed));
    }
    if member.role == Role::Owner && caller.scoped.other_owners(member.person).await? == 0 {
        return Err(Problem::Conflict(
            "This is the last owner: make somebody else an owner first, or delete the organisation."
                .to_owned(),
        ));
    }
    let now = caller.now;
    let action = if me == id { "member.leave" } else { "member.remove" };
    let detail = json!({"email": member.email, "role": member.role.word()});
    caller.note(action, &id.to_string(), detail).await?;
    caller.scoped.remove_member(member.person, now).await?;
    caller.scoped.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
