//! The database at start: embedded or given, roles made, schema brought up to date, pools opened.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;

use crate::{
    clock::Dice,
    config::{Config, Database},
    postgres::{DATABASE, Embedded, PostgresError},
    store::{
        Store, StoreError,
        migrate::{self, MigrateError},
        roles::{self, Passwords, Proof},
    },
};

/// Why there is no database to work with.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The embedded PostgreSQL does not run.
    #[error("the embedded PostgreSQL does not run: {0}")]
    Embedded(#[from] PostgresError),
    /// The given URL cannot be used.
    #[error("DATABASE_URL: {0}")]
    Url(String),
    /// The file of the service logins' passwords.
    #[error("{path}: {source}")]
    Passwords {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The schema.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The database that this process uses, and the embedded cluster if it is ours to stop.
#[derive(Debug)]
pub struct Home {
    /// How the administrator reaches it.
    pub administrator: PgConnectOptions,
    /// Runs as long as this is held.
    pub embedded: Option<Embedded>,
    proof: Proof,
}

impl Home {
    /// Starts the embedded cluster or takes the given URL; makes roles.
    pub async fn open(config: &Config, dice: &dyn Dice) -> Result<Self, DatabaseError> {
        match &config.database {
            Database::Embedded => {
                let embedded = Embedded::start(&config.data_dir, config.pg_bin.as_deref()).await?;
                let place = embedded.place().clone();
                roles::make_database(&place.administrator("postgres")).await?;
                let administrator = place.administrator(DATABASE);
                Ok(Self { administrator, embedded: Some(embedded), proof: Proof::Peer })
            }
            Database::Url(url) => Self::given(url, &config.data_dir, dice),
        }
    }

    /// As [`Home::open`], but uses the cluster of a server that runs already.
    pub async fn attach(config: &Config, dice: &dyn Dice) -> Result<Self, DatabaseError> {
        if matches!(config.database, Database::Embedded)
            && let Some(place) = Embedded::attach(&config.data_dir)?
        {
            let administrator = place.administrator(DATABASE);
            return Ok(Self { administrator, embedded: None, proof: Proof::Peer });
        }
        Self::open(config, dice).await
    }

    fn given(url: &str, data_dir: &Path, dice: &dyn Dice) -> Result<Self, DatabaseError> {
        let administrator: PgConnectOptions =
            url.parse().map_err(|error: sqlx::Error| DatabaseError::Url(error.to_string()))?;
        let path = data_dir.join("database-passwords");
        let passwords = std::fs::create_dir_all(data_dir)
            .and_then(|()| Passwords::load_or_make(&path, dice))
            .map_err(|source| DatabaseError::Passwords { path, source })?;
        Ok(Self { administrator, embedded: None, proof: Proof::Passwords(passwords) })
    }

    /// Makes roles and brings the schema up to this version.
    pub async fn migrate(&self) -> Result<(), DatabaseError> {
        roles::make_roles(&self.administrator, &self.proof).await?;
        Ok(migrate::migrate(&self.administrator).await?)
    }

    /// Opens the pools of the service roles.
    pub async fn store(&self) -> Result<Store, DatabaseError> {
        Ok(Store::connect(roles::logins(&self.administrator, &self.proof)).await?)
    }

    /// Stops the embedded cluster, if it is ours.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}
