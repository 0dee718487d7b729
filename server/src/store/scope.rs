//! `Scoped`: a transaction already bound to one tenant. The only place that forms SQL around a tenant's number.
//!
//! Statements still name the tenant themselves: row security is the net, not the plan.

use std::sync::atomic::{AtomicU64, Ordering};

#[expect(clippy::disallowed_types, reason = "formed from a typed integer only")]
use sqlx::AssertSqlSafe;
use sqlx::{PgConnection, PgPool, Postgres, Row as _, Transaction};

use super::StoreError;
use crate::domain::ids::TenantId;

/// A transaction that sees one tenant. Dropped without [`Scoped::commit`], it changes nothing.
#[derive(Debug)]
pub struct Scoped {
    transaction: Transaction<'static, Postgres>,
    tenant: TenantId,
}

impl Scoped {
    pub(in crate::store) async fn begin(
        pool: &PgPool,
        tenant: TenantId,
    ) -> Result<Self, StoreError> {
        // SET LOCAL takes no parameters and set_config() does not reach the nodes of a cluster.
        let statement = format!("BEGIN; SET LOCAL app.tenant_id = '{}'", tenant.get());
        let transaction = begin(pool, statement).await?;
        Ok(Self { transaction, tenant })
    }

    /// Whose rows these are.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Makes durable what was written so far; from here on everything is read as of one moment, and nothing is written.
    ///
    /// Whoever reads history needs it: samples move from partitions to blocks, each time in one moment.
    pub async fn freeze(&mut self) -> Result<(), StoreError> {
        let statement = format!(
            "COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.tenant_id = '{}'",
            self.tenant.get()
        );
        sqlx::Executor::execute(&mut *self.transaction, AssertSqlSafe(statement)).await?;
        Ok(())
    }

    /// Makes everything durable; after `Ok` nothing is lost.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

/// Opens a transaction with `statement` in a task of its own, so that a caller who goes away in the middle leaves
/// no half-open transaction in the pool.
#[expect(
    clippy::disallowed_methods,
    reason = "the door itself: Pool::begin_with and its guard task"
)]
pub(in crate::store) async fn begin(
    pool: &PgPool,
    statement: String,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let pool = pool.clone();
    let opening = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(statement)).await });
    Ok(opening.await.map_err(|_| StoreError::Stopping)??)
}

/// Turns an open transaction to `tenant` from here on.
pub(in crate::store) async fn turn_to(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<(), StoreError> {
    let statement = format!("SET LOCAL app.tenant_id = '{}'", tenant.get());
    sqlx::Executor::execute(connection, AssertSqlSafe(statement)).await?;
    Ok(())
}

/// Whether the next borrower may have this connection.
///
/// A begin that was cancelled half-way leaves an open transaction behind, and sqlx 0.9.0 does not see it: the next
/// borrower's writes would vanish with it. A `COPY` that was cancelled half-way leaves an answer behind that nobody
/// awaits, so that each question would get the answer of the one before. Hence an end to whatever is open, and a
/// question that has never been asked before.
pub(in crate::store) async fn is_sound(connection: &mut PgConnection) -> bool {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let asked = ASKED.fetch_add(1, Ordering::Relaxed).to_string();
    let question = AssertSqlSafe(format!("ROLLBACK; SELECT '{asked}'"));
    let answer = sqlx::Executor::fetch_one(connection, question).await;
    answer.is_ok_and(|row| row.try_get::<String, _>(0).is_ok_and(|told| told == asked))
}
