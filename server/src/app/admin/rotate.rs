//! Renews the master key while the server runs: everything sealed is sealed anew, a few rows at a time.
//!
//! Killed at any point it has broken nothing, and beginning again ends it: each value opens with whichever key of the
//! file sealed it.

use std::{path::Path, time::Duration};

use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use super::AppError;
use crate::{
    clock::Dice,
    secrets::{Place, Vault},
    store::{
        Admin,
        seals::{Column, SealedRow},
    },
};

/// How many values of each kind were sealed anew, and how many no key opens.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    /// Sealed anew.
    pub anew: u64,
    /// Left alone: sealed by a key that the file does not hold.
    pub foreign: u64,
}

/// Renews; what to print.
pub async fn run(
    administrator: &PgConnectOptions,
    data_dir: &Path,
    forget: bool,
    dice: &dyn Dice,
) -> Result<String, AppError> {
    let vault = Vault::open_or_create(data_dir, dice)?;
    let (keys, most) = vault.keys();
    if keys == most {
        // Whatever an interrupted run left is finished before the oldest keys make room.
        settle(administrator, &vault, dice).await?;
        vault.forget_older()?;
    }
    vault.renew(dice)?;
    let mut done = settle(administrator, &vault, dice).await?;
    let mut said = vec![format!("{} secrets are sealed with a new master key.", done.anew)];
    if forget {
        // A request that read the old key just before it was replaced has written by now.
        tokio::time::sleep(WRITE_MAX).await;
        done = settle(administrator, &vault, dice).await?;
        let mut admin = Admin::begin(administrator).await?;
        admin.drop_answers_sealed_otherwise(&vault.newest_mark()).await?;
        admin.commit().await?;
        if done.foreign == 0 {
            vault.forget_older()?;
            said.push(FORGOTTEN.to_owned());
        }
    } else {
        said.push(KEPT.to_owned());
    }
    if done.foreign > 0 {
        said.push(format!(
            "{} secrets open with no key of master.key and were left alone, and no key was forgotten: restore the \
             file from its backup, or enter them again.",
            done.foreign
        ));
    }
    said.push("Copy master.key to your backup now.\n".to_owned());
    Ok(said.join("\n"))
}

/// Seals everything anew until nothing is left that another key sealed.
pub async fn settle(
    administrator: &PgConnectOptions,
    vault: &Vault,
    dice: &dyn Dice,
) -> Result<Resealed, AppError> {
    let mut total = Resealed::default();
    for _ in 0..ROUNDS_MAX {
        let mut round = Resealed::default();
        for column in Column::ALL {
            let done = sweep(administrator, vault, column, dice).await?;
            round.anew += done.anew;
            round.foreign += done.foreign;
        }
        total = Resealed { anew: total.anew + round.anew, foreign: round.foreign };
        if round.anew == 0 {
            break;
        }
    }
    Ok(total)
}

async fn sweep(
    administrator: &PgConnectOptions,
    vault: &Vault,
    column: Column,
    dice: &dyn Dice,
) -> Result<Resealed, AppError> {
    let (mut done, mut after, mark) = (Resealed::default(), Uuid::nil(), vault.newest_mark());
    loop {
        // Rows are held for one short transaction each time: nobody waits for a whole table.
        let mut admin = Admin::begin(administrator).await?;
        let rows = admin.sealed_otherwise(column, &mark, after).await?;
        let Some(last) = rows.last() else { return Ok(done) };
        after = last.row;
        for old in &rows {
            let place = place(column, old);
            let Ok(plain) = vault.open(place, &old.sealed) else {
                done.foreign += 1;
                continue;
            };
            let fresh = vault.seal(place, &plain, dice)?;
            done.anew += u64::from(admin.reseal(column, old, &fresh).await?);
        }
        admin.commit().await?;
    }
}

/// Where each value may be opened, as its room has it.
const fn place(column: Column, of: &SealedRow) -> Place<'static> {
    let (table, column) = match column {
        Column::Channel => ("channel", "secret"),
        Column::SecondFactor | Column::SecondFactorDraft => ("person", "totp_secret"),
        Column::SignOn => ("sso", "client_secret"),
        Column::Letter => ("letter", "sealed"),
        Column::Pinned => ("delivery", "pinned"),
    };
    Place { table, column, tenant: of.tenant, row: of.row }
}

const FORGOTTEN: &str = "The old master keys are forgotten: restart the server to end what they signed (people are signed \
    in again without noticing; buttons and links in messages sent before work no more).";
const KEPT: &str = "The old master keys stay in master.key, for backups and for links in messages sent before; --forget \
    removes them.";
/// A value may be written with the old key while a round goes on; more rounds than this means somebody else renews.
const ROUNDS_MAX: u32 = 10;
/// Longer than any request or delivery takes from sealing to commit.
const WRITE_MAX: Duration = Duration::from_secs(5);
