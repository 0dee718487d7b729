//! Links by mail that prove an address: they work once, for one purpose, until a time.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{StoreError, accounts::People};
use crate::domain::ids::PersonId;

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Making an account.
    SignUp,
    /// Choosing a new password.
    Reset,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Reset => "reset",
        }
    }
}

/// A link to be kept.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// The part of its token that may be looked up.
    pub key_id: &'a str,
    /// SHA-256 of the rest.
    pub secret_hash: [u8; 32],
    /// What it is good for.
    pub purpose: Purpose,
    /// Which address it proves.
    pub email: &'a str,
    /// Whose, if somebody's yet.
    pub person: Option<PersonId>,
    /// What it shall bring about.
    pub detail: Value,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// A link that was presented, locked until the transaction ends.
#[derive(Debug)]
pub struct HeldLink {
    id: i64,
    /// SHA-256 of its secret, to be compared in constant time.
    pub secret_hash: Vec<u8>,
    /// Which address it proves.
    pub email: String,
    /// Whose, if somebody's.
    pub person: Option<PersonId>,
    /// What it shall bring about.
    pub detail: Value,
}

impl People<'_> {
    /// Keeps a link; earlier ones for the same purpose and address are over.
    pub async fn keep_link(
        &mut self,
        new: &NewLink<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from mail_link where expires_at < $3 or (purpose = $1 and email = $2 and used_at is null)",
            new.purpose.word(),
            new.email,
            now
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "insert into mail_link (key_id, secret_hash, purpose, email, person_id, detail, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            new.key_id,
            &new.secret_hash,
            new.purpose.word(),
            new.email,
            new.person.map(PersonId::get),
            new.detail,
            now,
            new.expires_at
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The link of this token, if it is still good for `purpose`.
    pub async fn hold_link(
        &mut self,
        key_id: &str,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Option<HeldLink>, StoreError> {
        let row = sqlx::query!(
            "select id, secret_hash, email, person_id, detail from mail_link
             where key_id = $1 and purpose = $2 and used_at is null and expires_at > $3 for update",
            key_id,
            purpose.word(),
            now
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| HeldLink {
            id: row.id,
            secret_hash: row.secret_hash,
            email: row.email,
            person: row.person_id.map(PersonId::from_row),
            detail: row.detail,
        }))
    }

    /// It worked once and never again; what it carried is forgotten.
    pub async fn spend_link(
        &mut self,
        link: &HeldLink,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update mail_link set used_at = $2, detail = '{}' where id = $1",
            link.id,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
