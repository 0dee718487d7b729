//! Creates that were sent twice: what the first one was answered, kept for a day, sealed.

use chrono::{DateTime, Utc};

use super::{StoreError, SystemWeb};

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Digest of the first body.
    pub body: Vec<u8>,
    /// What it was answered; none: it is still being served.
    pub answer: Option<(i16, Vec<u8>)>,
}

impl SystemWeb {
    /// Takes a slot; none: it was free. What is older than `since` is forgotten.
    pub async fn take_slot(
        &mut self,
        slot: &[u8; 32],
        body: &[u8; 32],
        (since, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Option<Kept>, StoreError> {
        sqlx::query!("delete from idempotency where at < $1", since)
            .execute(self.connection())
            .await?;
        let taken = sqlx::query!(
            "insert into idempotency (slot, body, at) values ($1, $2, $3) on conflict (slot) do nothing",
            slot,
            body,
            now
        );
        if taken.execute(self.connection()).await?.rows_affected() == 1 {
            return Ok(None);
        }
        let row =
            sqlx::query!("select body, status, sealed from idempotency where slot = $1", slot);
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Kept { body: row.body, answer: row.status.zip(row.sealed) }))
    }

    /// Keeps the answer of a slot.
    pub async fn keep_answer(
        &mut self,
        slot: &[u8; 32],
        status: i16,
        sealed: &[u8],
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update idempotency set status = $2, sealed = $3 where slot = $1",
            slot,
            status,
            sealed
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Frees a slot: what failed may be tried again.
    pub async fn free_slot(&mut self, slot: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query!("delete from idempotency where slot = $1", slot)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
