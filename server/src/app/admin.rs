//! What an administrator of the installation does at the console: tenants, keys, intervals.

mod alerting;
mod console;
pub mod rotate;

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use clap::Subcommand;
use serde_json::json;

use super::{AppError, database::Database, database::prepare_data_dir};
use crate::{
    clock::{Clock, Dice, SystemClock},
    config::Config,
    domain::{
        defaults,
        ids::{self, PublicId, TenantId},
        member::{Email, Role, password_fault},
    },
    secrets::{
        Secret,
        key::{self, KeyKind},
        password,
    },
    store::{Admin, keys::NewEnrolmentKey},
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a tenant with its owner and the default triggers. A generated password is printed once.
    CreateTenant {
        /// Name of the organisation.
        #[arg(long)]
        name: String,
        /// Address of its owner.
        #[arg(long)]
        owner: String,
        /// File with the owner's password; without it one is generated.
        #[arg(long)]
        password_file: Option<PathBuf>,
        /// For scripts.
        #[arg(long)]
        json: bool,
    },
    /// Makes an enrolment key. It is printed once.
    CreateKey {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// How many hosts it admits.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1000))]
        uses: i32,
        /// Seconds until it admits nobody any more.
        #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(i64).range(60..=7_776_000))]
        expires_in: i64,
        /// For scripts.
        #[arg(long)]
        json: bool,
    },
    /// Sets how often the agents of a tenant send.
    SetInterval {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// Milliseconds, 1000 to 60000: whole seconds that divide a minute.
        #[arg(long)]
        ms: i32,
    },
    /// Renews the master key and seals every secret in the database anew with it, while the server runs.
    RotateSecrets {
        /// Removes the old keys from master.key afterwards: do this when somebody else has seen one.
        #[arg(long)]
        forget: bool,
    },
    /// Prints triggers, channels without their secrets, routes and silences of a tenant as YAML.
    ExportConfig {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Makes them what a YAML file says.
    ApplyConfig {
        /// Id or name of the tenant.
        #[arg(long)]
        tenant: String,
        /// A file as `export-config` prints it.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Only says what would change.
        #[arg(long)]
        dry_run: bool,
        /// Removes what the file does not name, of the parts that it has.
        #[arg(long)]
        prune: bool,
    },
    /// For whoever runs the installation.
    #[command(flatten)]
    Console(console::Command),
}

/// Does it; what to print.
pub async fn run(config: &Config, command: Command, dice: &dyn Dice) -> Result<String, AppError> {
    prepare_data_dir(&config.data_dir)?;
    let database = Database::beside(config, dice).await?;
    let said = carry_out(&database, &config.data_dir, command, dice).await;
    database.close().await;
    said
}

async fn carry_out(
    database: &Database,
    data_dir: &Path,
    command: Command,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    match command {
        Command::CreateTenant { name, owner, password_file, json } => {
            create_tenant(database, (&name, &owner, password_file.as_deref()), json, dice).await
        }
        Command::CreateKey { tenant, uses, expires_in, json } => {
            create_key(database, &tenant, (uses, expires_in), json, dice).await
        }
        Command::SetInterval { tenant, ms } => set_interval(database, &tenant, ms).await,
        Command::RotateSecrets { forget } => {
            rotate::run(database.administrator(), data_dir, forget, dice).await
        }
        Command::ExportConfig { tenant } => alerting::export(database, &tenant).await,
        Command::ApplyConfig { tenant, from, dry_run, prune } => {
            alerting::put(database, (&tenant, &from), (dry_run, prune), dice).await
        }
        Command::Console(command) => console::run(database, command, dice).await,
    }
}

async fn create_tenant(
    database: &Database,
    (name, owner, password_file): (&str, &str, Option<&Path>),
    json: bool,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(AppError::Asked("--name: use 1 to 120 printable characters".to_owned()));
    }
    let email = Email::parse(owner)
        .ok_or_else(|| AppError::Asked(format!("--owner {owner}: this is no mail address")))?;
    let password = match password_file {
        Some(path) => read_password(path)?,
        None => password::generate(dice),
    };
    let hash = password::hash(&password, dice).map_err(AppError::other)?;
    let now = SystemClock.now();
    let mut admin = Admin::begin(database.administrator()).await?;
    let public_id = PublicId::<ids::Tenant>::make(now, dice);
    let tenant = admin.create_tenant(public_id, name).await?;
    let known =
        admin.add_member(tenant, (PublicId::make(now, dice), &email, &hash), Role::Owner).await?;
    for template in defaults::all() {
        admin.seed_trigger(tenant, PublicId::make(now, dice), template).await?;
    }
    admin.commit().await?;
    let shown = (!known && password_file.is_none()).then(|| password.expose());
    if json {
        let facts = json!({"id": public_id.to_string(), "name": name, "owner": email.as_str(),
            "password": shown, "existing_person": known});
        return Ok(format!("{facts}\n"));
    }
    let login = match (shown, known) {
        (Some(password), _) => format!("Password   {password}   (shown once)\n"),
        (None, true) => "This person exists already and keeps the password.\n".to_owned(),
        (None, false) => String::new(),
    };
    Ok(format!("Tenant     {name} ({public_id})\nOwner      {}\n{login}", email.as_str()))
}

fn read_password(path: &Path) -> Result<Secret, AppError> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| AppError::Asked(format!("--password-file {}: {e}", path.display())))?;
    let password = text.trim_end_matches(['\r', '\n']);
    match password_fault(password) {
        Some(fault) => Err(AppError::Asked(format!("--password-file {}: {fault}", path.display()))),
        None => Ok(Secret::new(password.to_owned())),
    }
}

async fn create_key(
    database: &Database,
    tenant: &str,
    (uses, expires_in_s): (i32, i64),
    json: bool,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let tenant = find(database, tenant).await?;
    let store = database.store().await?;
    let now = SystemClock.now();
    let expires_at = now + TimeDelta::seconds(expires_in_s);
    let new = key::mint(KeyKind::Enrolment, dice);
    let public_id = PublicId::make(now, dice);
    let mut scoped = store.web(tenant).await?;
    let row = NewEnrolmentKey {
        public_id,
        key_id: &new.id,
        secret_hash: new.hash,
        comment: "made at the console",
        created_by: None,
        expires_at,
        uses,
        tags: &[],
        networks: &[],
        approve: false,
    };
    scoped.add_enrolment_key(&row).await?;
    let detail = json!({"key_id": new.id, "uses": uses});
    scoped.audit("system", "enrolment_key.create", &public_id.to_string(), detail).await?;
    scoped.commit().await?;
    store.close().await;
    if json {
        let facts = json!({"id": public_id.to_string(), "key": new.text.expose(), "uses": uses,
            "expires_at": expires_at});
        return Ok(format!("{facts}\n"));
    }
    Ok(format!("{}\n", new.text.expose()))
}

async fn set_interval(database: &Database, tenant: &str, ms: i32) -> Result<String, AppError> {
    if !(1_000..=60_000).contains(&ms) || 60_000 % ms != 0 || ms % 1_000 != 0 {
        return Err(AppError::Asked(format!(
            "--ms {ms}: use whole seconds that divide a minute, from 1000 to 60000, such as 1000, 10000 or 60000"
        )));
    }
    let tenant = find(database, tenant).await?;
    let mut admin = Admin::begin(database.administrator()).await?;
    admin.set_interval(tenant, ms).await?;
    admin.commit().await?;
    Ok(format!("Agents send every {ms} ms from their next answer on.\n"))
}

async fn find(database: &Database, tenant: &str) -> Result<TenantId, AppError> {
    let id = tenant.parse::<PublicId<ids::Tenant>>().ok().map(PublicId::uuid);
    let mut admin = Admin::begin(database.administrator()).await?;
    let found = admin.find_tenant(id, tenant).await?;
    found.ok_or_else(|| {
        AppError::Asked(format!(
            "--tenant {tenant}: there is no tenant of this id, and not exactly one of this name"
        ))
    })
}
