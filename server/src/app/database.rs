//! The database that the settings name: our own PostgreSQL or somebody else's; roles made, schema brought up.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, str::FromStr};

use sqlx::postgres::PgConnectOptions;

use super::AppError;
use crate::{
    clock::{Clock as _, Dice, SystemClock, SystemDice},
    config::{self, Config},
    postgres::{self, Embedded},
    store::{
        Admin, Store, StoreError,
        migrate::{self, MigrateError},
        roles::{self, Passwords, Proof},
    },
};

/// A database that answers.
#[derive(Debug)]
pub struct Database {
    administrator: PgConnectOptions,
    proof: Proof,
    embedded: Option<Embedded>,
}

impl Database {
    /// Starts the embedded one, or reaches the one that `DATABASE_URL` names.
    pub async fn open(config: &Config, dice: &dyn Dice) -> Result<Self, AppError> {
        match &config.database {
            config::Database::Url(url) => given(config, url, dice),
            config::Database::Embedded => {
                tracing::info!(data = %config.data_dir.display(), "starting the embedded PostgreSQL");
                let embedded = Embedded::start(&config.data_dir, config.pg_bin.as_deref()).await?;
                let first = embedded.place().administrator("postgres");
                roles::make_database(&first).await?;
                let administrator = embedded.place().administrator(postgres::DATABASE);
                Ok(Self { administrator, proof: Proof::Peer, embedded: Some(embedded) })
            }
        }
    }

    /// The same for a command beside a running server: uses its embedded PostgreSQL, else starts it for the moment.
    pub async fn beside(config: &Config, dice: &dyn Dice) -> Result<Self, AppError> {
        if matches!(config.database, config::Database::Embedded)
            && let Some(place) = Embedded::attach(&config.data_dir)?
        {
            let administrator = place.administrator(postgres::DATABASE);
            return Ok(Self { administrator, proof: Proof::Peer, embedded: None });
        }
        let database = Self::open(config, dice).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Makes the roles that are missing.
    pub async fn make_roles(&self) -> Result<(), AppError> {
        roles::make_roles(&self.administrator, &self.proof).await.map_err(unreachable)
    }

    /// Makes roles and brings the schema up.
    pub async fn migrate(&self) -> Result<(), AppError> {
        self.make_roles().await?;
        migrate::migrate(&self.administrator).await.map_err(|error| match error {
            MigrateError::Store(error) => unreachable(error),
            step @ MigrateError::Step(_) => step.into(),
        })?;
        self.bring_templates().await.map_err(unreachable)
    }

    /// Tenants of an earlier version get the default triggers that are new.
    async fn bring_templates(&self) -> Result<(), StoreError> {
        loop {
            let mut admin = Admin::begin(&self.administrator).await?;
            let served = admin.bring_templates((SystemClock.now(), &SystemDice)).await?;
            admin.commit().await?;
            if served == 0 {
                return Ok(());
            }
        }
    }

    /// Pools of the service roles.
    pub async fn store(&self) -> Result<Store, AppError> {
        let logins = roles::logins(&self.administrator, &self.proof);
        Store::connect(logins).await.map_err(unreachable)
    }

    /// The administrator's login.
    pub const fn administrator(&self) -> &PgConnectOptions {
        &self.administrator
    }

    /// Stops the embedded one, if it is ours.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

fn given(config: &Config, url: &str, dice: &dyn Dice) -> Result<Database, AppError> {
    let administrator = PgConnectOptions::from_str(url)
        .map_err(|error| AppError::Database(format!("cannot be read: {error}")))?;
    let path = config.data_dir.join("database-passwords");
    let passwords = Passwords::load_or_make(&path, dice)
        .map_err(|source| AppError::DataDir { path: path.display().to_string(), source })?;
    Ok(Database { administrator, proof: Proof::Passwords(passwords), embedded: None })
}

/// A refused connection is the commonest first mistake: say what to check.
fn unreachable(error: StoreError) -> AppError {
    match error {
        StoreError::Sql(sqlx::Error::Io(source)) => AppError::Database(format!(
            "the database cannot be reached: {source}. Is PostgreSQL running there? Unset DATABASE_URL to use the \
             embedded one"
        )),
        StoreError::Sql(sqlx::Error::Database(source)) => {
            AppError::Database(format!("the database refuses: {source}"))
        }
        other => other.into(),
    }
}

/// Makes the data directory, or says why it cannot be used before anything else is touched.
pub fn prepare_data_dir(path: &Path) -> Result<(), AppError> {
    let attempt = || {
        fs::create_dir_all(path)?;
        // The embedded PostgreSQL runs as another user when we are root, and must pass through here.
        let mode = fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o055 != 0o055 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o055))?;
        }
        let probe = path.join(".writable");
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)
    };
    attempt().map_err(|source| AppError::DataDir { path: path.display().to_string(), source })
}
