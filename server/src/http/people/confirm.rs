//! `POST /sign-up/confirm`: the link came back. Person, tenant, default triggers and session come to be together.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::links;
use crate::{
    domain::{
        defaults,
        ids::PublicId,
        member::Email,
        plan::{TRIAL, TRIAL_LIFE},
    },
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::Body,
        session::{
            Session,
            open::{self, From},
            same_site,
        },
    },
    store::{accounts::NewPerson, links::Purpose},
};

/// What the link carries behind `#`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkToken)]
pub struct Request {
    /// `mv_lnk_…`
    token: String,
}

/// What was kept at sign-up.
#[derive(Deserialize)]
struct Wish {
    name: String,
    tenant: String,
    hash: String,
    mailed: bool,
}

/// Confirms an address and begins.
#[utoipa::path(post, path = "/sign-up/confirm", operation_id = "people.confirm", tag = "session",
    extensions(("x-min-role" = json!("public"))), request_body = Request,
    responses((status = 200, body = Session, description = "Signed in; sets cookies"),
        (status = 410, body = ProblemBody, description = "The link works no more")))]
pub async fn handle(
    State(api): State<Shared>,
    from: From,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    same_site(&from.headers)?;
    let now = api.clock.now();
    let mut scoped = api.store.new_tenant().await?;
    let mut people = scoped.people();
    let link = links::hold(&mut people, &request.token, Purpose::SignUp, now).await?;
    let wish: Wish = serde_json::from_value(link.detail.clone()).map_err(|_| Problem::SpentLink)?;
    let email = Email::parse(&link.email).ok_or(Problem::SpentLink)?;
    let new = NewPerson {
        public_id: PublicId::make(now, &*api.dice),
        email: &email,
        name: &wish.name,
        password_hash: Some(&wish.hash),
        verified_at: wish.mailed.then_some(now),
    };
    // The address became somebody's since: by an invitation, say.
    let person = people.make(&new).await?.ok_or(Problem::SpentLink)?;
    people.spend_link(&link, now).await?;
    let tenant = PublicId::make(now, &*api.dice);
    let plan = (TRIAL, Some(now + TRIAL_LIFE));
    scoped.make_tenant(tenant, &wish.tenant, plan, person).await?;
    for template in defaults::all() {
        scoped.seed_trigger(PublicId::make(now, &*api.dice), template).await?;
    }
    let opened = open::open(&api, &mut scoped, person, &from).await?;
    let (live, refresh) = opened.ok_or(Problem::Internal)?;
    let (ip, actor) = (from.peer.to_string(), live.person_ref.to_string());
    let detail = json!({"name": wish.tenant, "plan": TRIAL.name});
    scoped.audit_from(&ip, &actor, ("tenant.create", &tenant.to_string()), detail).await?;
    let answer = open::answer(&api, &mut scoped, &from.headers, (live, &refresh), now).await?;
    scoped.commit().await?;
    Ok(answer)
}
