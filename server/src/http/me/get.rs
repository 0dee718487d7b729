//! `GET /me`: who I am, where I belong, and where I am signed in.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::ids::PersonId,
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        session::{Caller, IDLE, Myself, PersonView},
    },
};

/// The account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    person: PersonView,
    /// Every tenant one is a member of.
    tenants: Vec<MyTenant>,
    /// Signing in asks for a code.
    totp: bool,
    /// Gets the weekly report of the tenant signed in to, where this server sends mail.
    weekly_report: bool,
    /// Runs this installation: may see the page of all tenants.
    staff: bool,
    /// Every session that works now.
    sessions: Vec<MySession>,
}

/// A tenant one is a member of.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyTenant {
    /// `tenant_…`
    id: String,
    /// Name.
    name: String,
    /// As what.
    role: &'static str,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct MySession {
    /// `sess_…`
    id: String,
    /// When it was opened.
    created_at: DateTime<Utc>,
    /// When it was last refreshed.
    last_seen_at: DateTime<Utc>,
    /// From where it was opened.
    ip: String,
    /// What the browser says it is.
    user_agent: String,
    /// The one that asks.
    current: bool,
}

/// Tells who I am.
#[utoipa::path(get, path = "/me", operation_id = "me.get", tag = "me",
    extensions(("x-min-role" = json!("viewer")), ("x-scope" = json!("none"))),
    responses((status = 200, body = Me), (status = 401, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Myself>,
) -> Result<Json<Me>, Problem> {
    view(&api, &mut caller).await.map(Json)
}

/// The account of whoever asks.
pub(super) async fn view(api: &Api, caller: &mut Caller<Myself>) -> Result<Me, Problem> {
    let account = super::account(caller).await?;
    let current = caller.live()?.public_id.to_string();
    let weekly_report = caller.scoped.reads_report(account.id).await?;
    let (tenants, sessions) = gather(api, account.id, &current, caller.now).await?;
    Ok(Me {
        person: PersonView {
            id: account.public_id.to_string(),
            email: account.email,
            name: account.name,
        },
        tenants,
        totp: account.totp_secret.is_some(),
        weekly_report,
        staff: account.staff,
        sessions,
    })
}

async fn gather(
    api: &Api,
    person: PersonId,
    current: &str,
    now: DateTime<Utc>,
) -> Result<(Vec<MyTenant>, Vec<MySession>), Problem> {
    let (mut tenants, mut sessions) = (Vec::new(), Vec::new());
    for tenant in api.store.system_web().await?.find_memberships(person).await? {
        let mut scoped = api.store.web(tenant).await?;
        let Some(role) = scoped.role_of_person(person, now).await? else { continue };
        let row = scoped.tenant_row().await?;
        let id = row.public_id.to_string();
        tenants.push(MyTenant { id, name: row.name, role: role.word() });
        for row in scoped.sessions_of(person, now, now - IDLE).await? {
            let id = row.public_id.to_string();
            sessions.push(MySession {
                current: id == current,
                id,
                created_at: row.created_at,
                last_seen_at: row.last_used_at,
                ip: row.ip,
                user_agent: row.user_agent,
            });
        }
    }
    tenants.sort_by(|a, b| a.name.cmp(&b.name));
    sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at));
    Ok((tenants, sessions))
}
