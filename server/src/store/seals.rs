//! Everything that rests sealed, wherever it lies: found by the key that sealed it, and put back sealed anew.

use uuid::Uuid;

use super::{Admin, StoreError};

/// A column with sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Address and secrets of a channel.
    Channel,
    /// Secret of a second factor.
    SecondFactor,
    /// The same, not yet confirmed.
    SecondFactorDraft,
    /// Our secret at a tenant's sign-on provider.
    SignOn,
    /// A letter that waits.
    Letter,
    /// The routing key that the rest of a lane must use.
    Pinned,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Channel,
        Self::SecondFactor,
        Self::SecondFactorDraft,
        Self::SignOn,
        Self::Letter,
        Self::Pinned,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::SecondFactor => "second_factor",
            Self::SecondFactorDraft => "second_factor_draft",
            Self::SignOn => "sign_on",
            Self::Letter => "letter",
            Self::Pinned => "pinned",
        }
    }
}

/// A sealed value and the row it lies in.
#[derive(Debug)]
pub struct SealedRow {
    /// Tenant that owns the row; 0: none does.
    pub tenant: i32,
    /// Public id of the row.
    pub row: Uuid,
    /// The value.
    pub sealed: Vec<u8>,
}

impl Admin {
    /// Values of `column` that do not begin with `mark`, behind the row `after`, in the order of their public ids.
    pub async fn sealed_otherwise(
        &mut self,
        column: Column,
        mark: &[u8],
        after: Uuid,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let rows = sqlx::query_as!(
            SealedRow,
            r#"select tenant as "tenant!", "row" as "row!", sealed as "sealed!" from (
                select 'channel' as "column", tenant_id as tenant, public_id as "row", secret as sealed from channel
                union all select 'second_factor', 0, public_id, totp_secret from person where totp_secret is not null
                union all select 'second_factor_draft', 0, public_id, totp_draft from person where totp_draft is not null
                union all select 'sign_on', tenant_id, public_id, client_secret from sso
                union all select 'letter', 0, public_id, sealed from letter
                union all select 'pinned', tenant_id, public_id, pinned from delivery where pinned is not null) every
               where "column" = $1 and substring(sealed from 1 for length($2::bytea)) <> $2::bytea and "row" > $3
               order by "row" limit 200"#,
            column.name(),
            mark,
            after
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }

    /// Puts a value back, sealed anew. False: it is another one by now, or gone.
    pub async fn reseal(
        &mut self,
        column: Column,
        old: &SealedRow,
        fresh: &[u8],
    ) -> Result<bool, StoreError> {
        let (row, was) = (old.row, old.sealed.as_slice());
        let set = match column {
            Column::Channel => sqlx::query!(
                "update channel set secret = $3 where public_id = $1 and secret = $2",
                row,
                was,
                fresh
            ),
            Column::SecondFactor => sqlx::query!(
                "update person set totp_secret = $3 where public_id = $1 and totp_secret = $2",
                row,
                was,
                fresh
            ),
            Column::SecondFactorDraft => sqlx::query!(
                "update person set totp_draft = $3 where public_id = $1 and totp_draft = $2",
                row,
                was,
                fresh
            ),
            Column::SignOn => sqlx::query!(
                "update sso set client_secret = $3 where public_id = $1 and client_secret = $2",
                row,
                was,
                fresh
            ),
            Column::Letter => sqlx::query!(
                "update letter set sealed = $3 where public_id = $1 and sealed = $2",
                row,
                was,
                fresh
            ),
            Column::Pinned => sqlx::query!(
                "update delivery set pinned = $3 where public_id = $1 and pinned = $2",
                row,
                was,
                fresh
            ),
        };
        Ok(set.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Answers that are kept for a day for those who ask twice: those not sealed by `mark` are dropped.
    pub async fn drop_answers_sealed_otherwise(&mut self, mark: &[u8]) -> Result<u64, StoreError> {
        let gone = sqlx::query!(
            "delete from idempotency where sealed is not null and substring(sealed from 1 for length($1::bytea)) <> $1::bytea",
            mark
        );
        Ok(gone.execute(self.connection()).await?.rows_affected())
    }
}
