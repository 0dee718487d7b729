//! The audit log: one row in the same transaction as the change it tells of. Nobody may change or remove a row.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Scoped, StoreError};

/// One thing that was done.
#[derive(Debug)]
pub struct Entry {
    /// Internal id, for paging.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom: `user_…`, `token_…`, `agent_…` or `system`.
    pub actor: String,
    /// What, as `channel.create`.
    pub action: String,
    /// To what, by public id.
    pub object: String,
    /// More; never a secret.
    pub detail: Value,
}

impl Scoped {
    /// Writes down that `actor` did `action` to `object`.
    pub async fn audit(
        &mut self,
        actor: &str,
        action: &str,
        object: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object, detail) values ($1, $2, $3, $4, $5)",
            self.tenant().get(),
            actor,
            action,
            object,
            detail
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Newest first, older than `before`.
    pub async fn audit_page(
        &mut self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query_as!(
            Entry,
            "select id, at, actor, action, object, detail from audit
             where tenant_id = $1 and ($2::int8 is null or id < $2) order by id desc limit $3",
            self.tenant().get(),
            before,
            limit
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }
}
