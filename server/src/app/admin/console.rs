//! Commands of the operator: tenants in numbers, plans, access for support, links for those who lost their password.
//!
//! Nothing here shows what is in a tenant: that takes a grant, which ends by itself and which the tenant sees.

use chrono::TimeDelta;
use clap::Subcommand;
use serde_json::json;

use super::{AppError, Database, find};
use crate::{
    clock::{Clock, Dice, SystemClock},
    domain::{
        ids::PublicId,
        member::{Email, Role},
        plan::{self, Plan, TRIAL, TRIAL_LIFE},
    },
    secrets::key::{self, KeyKind},
    store::{
        Admin,
        grants::NewGrant,
        links::{NewLink, Purpose},
    },
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every tenant in numbers.
    ListTenants {
        /// For scripts.
        #[arg(long)]
        json: bool,
    },
    /// Gives a tenant another plan.
    SetPlan {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// own, trial, free, team or fleet.
        #[arg(long)]
        plan: String,
    },
    /// Ends a tenant and removes everything in it.
    DeleteTenant {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// The same again, to show that it is meant.
        #[arg(long)]
        confirm: String,
    },
    /// Lets a person look into a tenant for a while; the tenant sees it and can end it.
    Grant {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// Address of the person.
        #[arg(long)]
        person: String,
        /// Why; the tenant reads it.
        #[arg(long)]
        reason: String,
        /// Hours until it ends, 1 to 72.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i64).range(1..=72))]
        hours: i64,
        /// viewer or operator.
        #[arg(long, default_value = "viewer")]
        role: String,
    },
    /// Makes a person one of those who run this installation, or no longer.
    SetStaff {
        /// Address of the person.
        #[arg(long)]
        person: String,
        /// No longer.
        #[arg(long)]
        off: bool,
    },
    /// Prints a link with which a person chooses a new password; for installations without a mail server.
    ResetLink {
        /// Address of the person.
        #[arg(long)]
        person: String,
        /// Where the pages are reached, e.g. `https://mailvane.example.org`.
        #[arg(long)]
        base: url::Url,
    },
    /// Follows the chain of a tenant's audit log.
    CheckAudit {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
    },
}

/// Does it; what to print.
pub(super) async fn run(
    database: &Database,
    command: Command,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    match command {
        Command::ListTenants { json } => list(database, json).await,
        Command::SetPlan { tenant, plan } => set_plan(database, &tenant, &plan).await,
        Command::DeleteTenant { tenant, confirm } => delete(database, &tenant, &confirm).await,
        Command::Grant { tenant, person, reason, hours, role } => {
            grant(database, (&tenant, &person), (&reason, hours, &role), dice).await
        }
        Command::SetStaff { person, off } => {
            let mut admin = Admin::begin(database.administrator()).await?;
            if !admin.set_staff(&address(&person)?, !off).await? {
                return Err(nobody(&person));
            }
            admin.commit().await?;
            Ok(format!(
                "{person} {} this installation.\n",
                if off { "no longer runs" } else { "runs" }
            ))
        }
        Command::ResetLink { person, base } => reset_link(database, &person, &base, dice).await,
        Command::CheckAudit { tenant } => check_audit(database, &tenant).await,
    }
}

async fn list(database: &Database, json: bool) -> Result<String, AppError> {
    let mut admin = Admin::begin(database.administrator()).await?;
    let lines = admin.tenant_lines().await?;
    if json {
        let lines = lines.iter().map(|line| {
            json!({"id": line.public_id.to_string(), "name": line.name, "plan": line.plan, "hosts": line.hosts,
                "members": line.members, "last_batch_at": line.last_batch_at})
        });
        return Ok(format!("{}\n", json!(lines.collect::<Vec<_>>())));
    }
    let lines = lines.iter().map(|line| {
        let last = line.last_batch_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
        format!(
            "{}  {:<8} {:>5} hosts {:>4} members  last batch {last}  {}\n",
            line.public_id, line.plan, line.hosts, line.members, line.name
        )
    });
    Ok(lines.collect())
}

async fn set_plan(database: &Database, tenant: &str, name: &str) -> Result<String, AppError> {
    if !plan::ALL.iter().any(|plan| plan.name == name) {
        return Err(AppError::Asked(format!("--plan {name}: use own, trial, free, team or fleet")));
    }
    let plan = Plan::named(name);
    let tenant = find(database, tenant).await?;
    let ends = (plan == TRIAL).then(|| SystemClock.now() + TRIAL_LIFE);
    let mut admin = Admin::begin(database.administrator()).await?;
    admin.set_plan(tenant, &plan, ends).await?;
    admin.audit(tenant, "tenant.set_plan", "", &json!({"plan": plan.name})).await?;
    admin.commit().await?;
    Ok(format!("The plan is {} from now on.\n", plan.name))
}

async fn delete(database: &Database, tenant: &str, confirm: &str) -> Result<String, AppError> {
    if tenant != confirm {
        return Err(AppError::Asked(
            "--confirm: repeat --tenant exactly; nothing was deleted".into(),
        ));
    }
    let id = find(database, tenant).await?;
    let mut admin = Admin::begin(database.administrator()).await?;
    admin.end_tenant(id, SystemClock.now()).await?;
    admin.commit().await?;
    Ok(format!("{tenant} is over; the running server removes what is left.\n"))
}

async fn grant(
    database: &Database,
    (tenant, person): (&str, &str),
    (reason, hours, role): (&str, i64, &str),
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let role: Role = role.parse().map_err(AppError::other)?;
    let reason = reason.trim();
    if role > Role::Operator {
        return Err(AppError::Asked("--role: support looks or operates, never more".to_owned()));
    }
    if reason.is_empty() || reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        return Err(AppError::Asked("--reason: say why in 1 to 200 characters".to_owned()));
    }
    let (email, id, now) = (address(person)?, find(database, tenant).await?, SystemClock.now());
    let until = now + TimeDelta::hours(hours);
    let new = NewGrant { public_id: PublicId::make(now, dice), email: &email, role, reason, until };
    let mut admin = Admin::begin(database.administrator()).await?;
    if !admin.grant(id, &new).await? {
        return Err(AppError::Asked(format!(
            "--person {person}: there is no such person, or one who is a member anyway"
        )));
    }
    admin.commit().await?;
    Ok(format!(
        "{person} may look into {tenant} as {role} until {}; it sees this.\n",
        until.to_rfc3339()
    ))
}

async fn reset_link(
    database: &Database,
    person: &str,
    base: &url::Url,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let (email, now) = (address(person)?, SystemClock.now());
    let mut admin = Admin::begin(database.administrator()).await?;
    let id = admin.person(&email).await?.ok_or_else(|| nobody(person))?;
    drop(admin);
    let store = database.store().await?;
    let new = key::mint(KeyKind::Link, dice);
    let link = NewLink {
        key_id: &new.id,
        secret_hash: new.hash,
        purpose: Purpose::Reset,
        email: email.as_str(),
        person: Some(id),
        detail: json!({}),
        expires_at: now + TimeDelta::hours(1),
    };
    let mut system = store.system_web().await?;
    system.people().keep_link(&link, now).await?;
    system.commit().await?;
    store.close().await;
    let base = base.as_str().trim_end_matches('/');
    Ok(format!("{base}/reset#token={}\nIt works once, for an hour.\n", new.text.expose()))
}

async fn check_audit(database: &Database, tenant: &str) -> Result<String, AppError> {
    let id = find(database, tenant).await?;
    let store = database.store().await?;
    let chain = store.web(id).await?.audit_chain().await?;
    store.close().await;
    match chain.broken_at {
        None => {
            Ok(format!("{} rows, each stands on the one before. Head {}\n", chain.rows, chain.head))
        }
        Some(row) => Err(AppError::Asked(format!(
            "the chain of the audit log is broken at row {row}: somebody changed or removed what was written"
        ))),
    }
}

fn address(text: &str) -> Result<Email, AppError> {
    Email::parse(text)
        .ok_or_else(|| AppError::Asked(format!("--person {text}: this is no mail address")))
}

fn nobody(person: &str) -> AppError {
    AppError::Asked(format!("--person {person}: there is no such person"))
}
