//! Letters to people as they rest: their links let somebody in, so the database holds them sealed.

use serde::{Deserialize, Serialize};

use super::{Place, Vault, VaultError};
use crate::{
    clock::Dice,
    domain::{
        ids::{self, PublicId},
        letter::Words,
    },
};

#[derive(Serialize, Deserialize)]
struct Kept {
    subject: String,
    text: String,
    html: String,
}

/// Seals the words of `letter`.
pub fn seal(
    vault: &Vault,
    letter: PublicId<ids::Letter>,
    words: Words,
    dice: &dyn Dice,
) -> Result<Vec<u8>, VaultError> {
    let Words { subject, text, html } = words;
    let plain =
        serde_json::to_vec(&Kept { subject, text, html }).map_err(|_| VaultError::Foreign)?;
    vault.seal(place(letter), &plain, dice)
}

/// Opens what [`seal`] made for the same letter.
pub fn open(
    vault: &Vault,
    letter: PublicId<ids::Letter>,
    sealed: &[u8],
) -> Result<Words, VaultError> {
    let plain = vault.open(place(letter), sealed)?;
    let Kept { subject, text, html } =
        serde_json::from_slice(&plain).map_err(|_| VaultError::Foreign)?;
    Ok(Words { subject, text, html })
}

/// People belong to no tenant: their letters rest under the number that no tenant has.
const fn place(letter: PublicId<ids::Letter>) -> Place<'static> {
    Place { table: "letter", column: "sealed", tenant: 0, row: letter.uuid() }
}
