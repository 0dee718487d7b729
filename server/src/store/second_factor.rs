//! The second factor of people: a shared secret, the last step that counted, and codes for the day it is lost.

use super::{StoreError, accounts::People};
use crate::domain::ids::PersonId;

impl People<'_> {
    /// Keeps a secret that the person has not confirmed yet.
    pub async fn draft_totp(&mut self, person: PersonId, sealed: &[u8]) -> Result<(), StoreError> {
        sqlx::query!("update person set totp_draft = $2 where id = $1", person.get(), sealed)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The draft becomes the secret, with `step` used. False when there is no draft any more.
    pub async fn confirm_totp(&mut self, person: PersonId, step: i64) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "update person set totp_secret = totp_draft, totp_draft = null, totp_step = $2
             where id = $1 and totp_draft is not null",
            person.get(),
            step
        );
        Ok(done.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// No second factor any more.
    pub async fn drop_totp(&mut self, person: PersonId) -> Result<(), StoreError> {
        sqlx::query!(
            "update person set totp_secret = null, totp_draft = null, totp_step = 0 where id = $1",
            person.get()
        )
        .execute(self.connection())
        .await?;
        self.keep_recovery_codes(person, &[]).await
    }

    /// Uses up a step. False when it, or a later one, was used before: a code counts once.
    pub async fn use_totp_step(&mut self, person: PersonId, step: i64) -> Result<bool, StoreError> {
        let used = sqlx::query!(
            "update person set totp_step = $2 where id = $1 and totp_step < $2",
            person.get(),
            step
        );
        Ok(used.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// These are the recovery codes from now on, by their SHA-256.
    pub async fn keep_recovery_codes(
        &mut self,
        person: PersonId,
        hashes: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        sqlx::query!("delete from recovery_code where person_id = $1", person.get())
            .execute(self.connection())
            .await?;
        sqlx::query!(
            "insert into recovery_code (person_id, hash) select $1, unnest($2::bytea[])",
            person.get(),
            hashes
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Uses up a recovery code. False when there is no such code, or it was used.
    pub async fn use_recovery_code(
        &mut self,
        person: PersonId,
        hash: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let used = sqlx::query!(
            "update recovery_code set used_at = clock_timestamp()
             where person_id = $1 and hash = $2 and used_at is null",
            person.get(),
            hash
        );
        Ok(used.execute(self.connection()).await?.rows_affected() == 1)
    }
}
