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
    /// From which address; empty: not by a person.
    pub ip: String,
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
        self.audit_from("", actor, (action, object), detail).await
    }

    /// The same, with the address it was done from.
    pub async fn audit_from(
        &mut self,
        ip: &str,
        actor: &str,
        (action, object): (&str, &str),
        detail: Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object, detail, ip) values ($1, $2, $3, $4, $5, $6)",
            self.tenant().get(),
            actor,
            action,
            object,
            detail,
            ip
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Newest first, older than `before`.
    pub async fn audit_page(
        &mut self,
        wanted: &Wanted<'_>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query_as!(
            Entry,
            r#"select id, at, actor, action, object, ip, detail from audit
               where tenant_id = $1 and ($2::int8 is null or id < $2)
                 and ($4::text is null or actor = $4
                      or actor = (select 'user_' || replace(p.public_id::text, '-', '') from person p where p.email = $4))
                 and ($5::text is null or action = $5 or starts_with(action, $5 || '.'))
                 and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
               order by id desc limit $3"#,
            self.tenant().get(),
            before,
            limit,
            wanted.actor,
            wanted.action,
            wanted.from,
            wanted.to
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }

    /// Follows the chain of the audit log from its first hash to its last.
    pub async fn audit_chain(&mut self) -> Result<Chain, StoreError> {
        let row = sqlx::query!(
            r#"with linked as (
                   select id, hash, hash is distinct from audit_hash(
                       lag(hash) over (order by id), tenant_id, id, at, ip, actor, action, object, detail) as broken
                   from audit where tenant_id = $1 and hash is not null)
               select count(*) as "rows!", min(id) filter (where broken) as broken_at,
                   (select encode(hash, 'hex') from linked order by id desc limit 1) as head
               from linked"#,
            self.tenant().get()
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(Chain { rows: row.rows, broken_at: row.broken_at, head: row.head.unwrap_or_default() })
    }
}

/// Which rows.
#[derive(Debug, Default, Clone, Copy)]
pub struct Wanted<'a> {
    /// By whom: an id as in [`Entry::actor`], or a person's address.
    pub actor: Option<&'a str>,
    /// What, or the part of it before a dot.
    pub action: Option<&'a str>,
    /// Since when.
    pub from: Option<DateTime<Utc>>,
    /// Before when.
    pub to: Option<DateTime<Utc>>,
}

/// What the chain of an audit log looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Rows with a hash.
    pub rows: i64,
    /// The first row whose hash does not stand on the one before; none: all do.
    pub broken_at: Option<i64>,
    /// The last hash, in hex; empty: there is no row.
    pub head: String,
}
