//! Brings the schema up to this version, as the role `migrator`, which owns it and which no service may become.

use sqlx::{ConnectOptions as _, Executor as _, migrate::Migrator, postgres::PgConnectOptions};

use super::StoreError;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Why the schema could not be brought up to this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration failed; it was undone.
    #[error(
        "the schema could not be brought up to this version: {0}; the failed step was undone. If the database is newer \
         than this server, install the newer server"
    )]
    Step(#[from] sqlx::migrate::MigrateError),
}

/// Applies what is missing; `administrator` may become `migrator`.
pub async fn migrate(administrator: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = administrator.connect().await.map_err(StoreError::from)?;
    connection.execute("set role migrator").await.map_err(StoreError::from)?;
    MIGRATOR.run(&mut connection).await?;
    Ok(())
}
