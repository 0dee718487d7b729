//! `POST /invitations`: asks somebody in, as no more than oneself. The link is mailed, or shown where there is no mail.

use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Invitation;
use crate::{
    domain::{ids::PublicId, letter::Letter, member::Role},
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Faults},
        people::links,
        session::{Caller, Personnel},
    },
    secrets::key::{self, KeyKind},
    store::members::NewInvitation,
};

/// Whom, as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvitation)]
pub struct Request {
    /// Address.
    email: String,
    /// `owner`, `admin`, `operator` or `viewer`; no more than one's own.
    role: String,
}

/// An invitation, with its link where there is no mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedInvitation {
    #[serde(flatten)]
    view: Invitation,
    /// A letter went to the address.
    mailed: bool,
    /// To be given to the person; shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Invites.
#[utoipa::path(post, path = "/invitations", operation_id = "invitations.create", tag = "members",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("none"))), request_body = Request,
    responses((status = 201, body = CreatedInvitation), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "A member already"), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Personnel>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<CreatedInvitation>), Problem> {
    let mut faults = Faults::default();
    let email = links::address(&mut faults, "email", &request.email);
    let role = faults.word::<Role>("role", &request.role);
    faults.check()?;
    let (Some(email), Some(role)) = (email, role) else { return Err(Problem::Internal) };
    if !caller.who.role().covers(role) {
        return Err(Problem::Forbidden(role));
    }
    if caller.scoped.is_member(email.as_str()).await? {
        return Err(Problem::Conflict(format!(
            "{} is a member already: change the role instead.",
            email.as_str()
        )));
    }
    let (now, me) = (caller.now, caller.live()?);
    let (person, inviter) = (me.person, me.email.clone());
    let new = key::mint(KeyKind::Invitation, &*api.dice);
    let public_id = PublicId::make(now, &*api.dice);
    let row = NewInvitation {
        public_id,
        key_id: &new.id,
        secret_hash: new.hash,
        email: email.as_str(),
        role,
        invited_by: person,
        now,
        expires_at: now + LIFE,
    };
    caller.scoped.invite(&row).await?;
    let tenant = caller.scoped.tenant_row().await?.name;
    let link = api.page_link("invitation", new.text.expose());
    let letter = Letter::Invitation { tenant: &tenant, inviter: &inviter, role, link: &link };
    let mailed = api.post(&mut caller.scoped.people(), &email, &letter).await?;
    let view = caller.scoped.invitations(Some(public_id), None, (1, now)).await?.pop();
    let view = Invitation::view(view.ok_or(Problem::Internal)?);
    let detail = json!({"email": email.as_str(), "role": role.word(), "mailed": mailed});
    caller.done("invitation.create", &public_id.to_string(), detail).await?;
    let link = (!mailed).then_some(link);
    Ok((StatusCode::CREATED, Json(CreatedInvitation { view, mailed, link })))
}

const LIFE: TimeDelta = TimeDelta::days(7);
