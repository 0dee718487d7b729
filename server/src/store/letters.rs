//! Letters to people that wait for the mail server. What is claimed comes again after a minute unless it is done.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{Role, Store, StoreError, accounts::People, scope};
use crate::domain::{
    ids::{self, PublicId},
    member::Email,
};

/// A letter that is to be sent now.
#[derive(Debug)]
pub struct DueLetter {
    /// Internal id.
    pub id: i64,
    /// Public id: the same at every try.
    pub public_id: PublicId<ids::Letter>,
    /// To whom.
    pub recipient: String,
    /// Its words, sealed.
    pub sealed: Vec<u8>,
    /// Tries before this one.
    pub attempts: i32,
}

/// The door of the loop that sends letters.
#[derive(Debug)]
pub struct Letters {
    transaction: Transaction<'static, Postgres>,
}

impl Store {
    /// Opens the door of the loop that sends letters.
    pub async fn letters(&self) -> Result<Letters, StoreError> {
        Letters::begin(self.pool(Role::Loops)).await
    }
}

impl Letters {
    async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self { transaction: scope::begin(pool, "BEGIN".to_owned()).await? })
    }

    /// Takes at most `most` letters that are due, oldest first.
    pub async fn claim(mut self, most: i64) -> Result<Vec<DueLetter>, StoreError> {
        let rows = sqlx::query!(
            "update letter set next_at = clock_timestamp() + interval '1 minute', attempts = attempts + 1
             where id in (select id from letter where next_at <= clock_timestamp()
                          order by next_at limit $1 for update skip locked)
             returning id, public_id, recipient, sealed, attempts",
            most
        );
        let rows = rows.fetch_all(self.connection()).await?;
        self.transaction.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| DueLetter {
                id: row.id,
                public_id: PublicId::from_row(row.public_id),
                recipient: row.recipient,
                sealed: row.sealed,
                attempts: row.attempts - 1,
            })
            .collect())
    }

    /// The letter is gone: the mail server has it, or nobody ever will.
    pub async fn done(&mut self, id: i64) -> Result<(), StoreError> {
        sqlx::query!("delete from letter where id = $1", id).execute(self.connection()).await?;
        Ok(())
    }

    /// Tries again in so many seconds.
    pub async fn postpone(&mut self, id: i64, seconds: f64, why: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "update letter set next_at = clock_timestamp() + make_interval(secs => $2), last_error = $3
             where id = $1",
            id,
            seconds,
            why
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

impl People<'_> {
    /// Hands a letter to the loop that sends.
    pub async fn post_letter(
        &mut self,
        public_id: PublicId<ids::Letter>,
        recipient: &Email,
        sealed: &[u8],
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into letter (public_id, recipient, sealed) values ($1, $2, $3)",
            public_id.uuid(),
            recipient.as_str(),
            sealed
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
