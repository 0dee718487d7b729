//! How often something was tried, shared by all replicas and remembered over restarts.

use chrono::{DateTime, Utc};

use super::{StoreError, SystemWeb};

/// Tries on one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    /// Since they were last forgotten.
    pub failures: i32,
    /// When the last one was.
    pub last_at: DateTime<Utc>,
}

impl SystemWeb {
    /// The tries on these slots, in their order; locked where there are any, so that those who try at once are
    /// counted one after the other.
    pub async fn tries(&mut self, slots: &[[u8; 16]]) -> Result<Vec<Tries>, StoreError> {
        let wanted: Vec<Vec<u8>> = slots.iter().map(|slot| slot.to_vec()).collect();
        let rows = sqlx::query!(
            "select slot, failures, last_at from throttle where slot = any($1) order by slot for update",
            &wanted
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let of = |slot: &[u8; 16]| {
            let row = rows.iter().find(|row| row.slot == slot)?;
            Some(Tries { failures: row.failures, last_at: row.last_at })
        };
        Ok(slots.iter().map(|slot| of(slot).unwrap_or_default()).collect())
    }

    /// Writes the tries of a slot; what was last tried before `forgotten` counts no more.
    pub async fn keep_tries(
        &mut self,
        slot: &[u8; 16],
        tries: Tries,
        forgotten: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // Where there was no row to lock, somebody else may have made one meanwhile.
        sqlx::query!(
            "insert into throttle (slot, failures, last_at) values ($1, $2, $3)
             on conflict (slot) do update set last_at = excluded.last_at,
                failures = case when throttle.last_at < $4 then excluded.failures
                    else greatest(throttle.failures + 1, excluded.failures) end",
            slot,
            tries.failures,
            tries.last_at,
            forgotten
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Forgets one slot.
    pub async fn forget_tries(&mut self, slot: &[u8; 16]) -> Result<(), StoreError> {
        sqlx::query!("delete from throttle where slot = $1", slot)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Forgets what is older, at most `most` slots; how many.
    pub async fn forget_old_tries(
        &mut self,
        before: DateTime<Utc>,
        most: i64,
    ) -> Result<u64, StoreError> {
        let gone = sqlx::query!(
            "delete from throttle where slot in (select slot from throttle where last_at < $1 limit $2)",
            before,
            most
        );
        Ok(gone.execute(self.connection()).await?.rows_affected())
    }
}
