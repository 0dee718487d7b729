//! Configuration as code at the console: what a tenant has set up for alerting, out as YAML and in again.

use std::path::Path;

use super::{AppError, Database, find};
use crate::{
    clock::{Clock, Dice, SystemClock},
    http::{
        config::{Document, apply::apply},
        error::Problem,
    },
};

/// The YAML text of a tenant.
pub(super) async fn export(database: &Database, tenant: &str) -> Result<String, AppError> {
    let tenant = find(database, tenant).await?;
    let store = database.store().await?;
    let mut scoped = store.web(tenant).await?;
    let document = Document::present(&mut scoped, SystemClock.now()).await.map_err(said)?;
    drop(scoped);
    store.close().await;
    Ok(document.text())
}

/// Makes a tenant what the text says, or only says what that would change.
pub(super) async fn put(
    database: &Database,
    (tenant, from): (&str, &Path),
    (dry_run, prune): (bool, bool),
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let yaml = std::fs::read_to_string(from)
        .map_err(|e| AppError::Asked(format!("--from {}: {e}", from.display())))?;
    let tenant = find(database, tenant).await?;
    let store = database.store().await?;
    let mut scoped = store.web(tenant).await?;
    let outside = (SystemClock.now(), dice);
    let mut changes = apply(&mut scoped, &yaml, prune, outside).await.map_err(said)?;
    if dry_run {
        changes.only_asked();
        drop(scoped);
    } else {
        let detail = serde_json::json!({"changes": changes.told()});
        scoped.audit("system", "config.apply", "config", detail).await?;
        scoped.commit().await?;
    }
    store.close().await;
    Ok(changes.told())
}

fn said(problem: Problem) -> AppError {
    match problem {
        Problem::Invalid(faults) => {
            let lines = faults.iter().map(|(field, why)| format!("{field}: {why}"));
            AppError::Asked(lines.collect::<Vec<_>>().join("\n"))
        }
        Problem::Conflict(why) => AppError::Asked(why),
        other => AppError::Asked(format!("nothing was changed: {other:?}")),
    }
}
