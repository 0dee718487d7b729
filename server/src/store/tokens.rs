//! API tokens: scoped keys for scripts. Only their SHA-256 is kept; their maker's role bounds them, now and later.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, people::role_of};
use crate::domain::{
    ids::{self, PersonId, PublicId, TenantId},
    member::Role,
    rights::{NoSuchScope, Scope},
};

/// An API token as a person sees it.
#[derive(Debug)]
pub struct ApiToken {
    /// Internal id, for paging.
    pub id: i64,
    /// Public id.
    pub public_id: PublicId<ids::ApiToken>,
    /// The part of the token that may be shown.
    pub key_id: String,
    /// What a person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The role that bounds it.
    pub role: Role,
    /// Who made it; none: has left.
    pub created_by: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// From where.
    pub last_used_ip: String,
    /// Taken back by a person.
    pub revoked: bool,
}

/// A token to be stored.
#[derive(Debug)]
pub struct NewApiToken<'a> {
    /// Public id.
    pub public_id: PublicId<ids::ApiToken>,
    /// The part of the token that may be shown.
    pub key_id: &'a str,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What a person calls it.
    pub name: &'a str,
    /// What it may do.
    pub scopes: &'a [Scope],
    /// The role that bounds it.
    pub role: Role,
    /// Who makes it.
    pub created_by: PersonId,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// An API token that may be used now.
#[derive(Debug)]
pub struct LiveToken {
    /// Internal id.
    pub id: i64,
    /// Whose.
    pub tenant: TenantId,
    /// Public id.
    pub public_id: PublicId<ids::ApiToken>,
    /// SHA-256 of its secret, to be compared in constant time.
    pub secret_hash: Vec<u8>,
    /// The role that bounds it: its maker's when it was made, and no more than its maker's now.
    pub role: Role,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Scoped {
    /// Newest first, older than `before`; or the one named.
    pub async fn api_tokens(
        &mut self,
        only: Option<PublicId<ids::ApiToken>>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let rows = sqlx::query!(
            r#"select t.id, t.public_id, t.key_id, t.comment, t.scopes, t.role, p.email as "created_by?",
                   t.created_at, t.expires_at, t.last_used_at, t.last_used_ip, t.revoked_at is not null as "revoked!"
               from api_token t left join member m on m.tenant_id = t.tenant_id and m.person_id = t.created_by
               left join person p on p.id = m.person_id
               where t.tenant_id = $1 and ($2::uuid is null or t.public_id = $2) and ($3::int8 is null or t.id < $3)
               order by t.id desc limit $4"#,
            self.tenant().get(),
            only.map(PublicId::uuid),
            before,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(ApiToken {
                    id: row.id,
                    public_id: PublicId::from_row(row.public_id),
                    key_id: row.key_id,
                    name: row.comment,
                    scopes: row.scopes,
                    role: role_of(&row.role)?,
                    created_by: row.created_by,
                    created_at: row.created_at,
                    expires_at: row.expires_at,
                    last_used_at: row.last_used_at,
                    last_used_ip: row.last_used_ip,
                    revoked: row.revoked,
                })
            })
            .collect()
    }

    /// Stores a token that was just made.
    pub async fn add_api_token(&mut self, new: &NewApiToken<'_>) -> Result<(), StoreError> {
        let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
        sqlx::query!(
            "insert into api_token (tenant_id, public_id, key_id, secret_hash, comment, scopes, role, created_by,
                expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.tenant().get(),
            new.public_id.uuid(),
            new.key_id,
            &new.secret_hash,
            new.name,
            &scopes,
            new.role.word(),
            new.created_by.get(),
            new.expires_at
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Tokens that work now.
    pub async fn count_api_tokens(&mut self, now: DateTime<Utc>) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from api_token
               where tenant_id = $1 and revoked_at is null and expires_at > $2"#,
            self.tenant().get(),
            now
        );
        Ok(count.fetch_one(self.connection()).await?)
    }

    /// Takes a token back. False when there is none of this name.
    pub async fn revoke_api_token(
        &mut self,
        token: PublicId<ids::ApiToken>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let revoked = sqlx::query!(
            "update api_token set revoked_at = coalesce(revoked_at, $3)
             where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            token.uuid(),
            now
        );
        Ok(revoked.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// The token `id`, if it may be used at `now`.
    pub async fn live_token(
        &mut self,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<LiveToken>, StoreError> {
        let tenant = self.tenant();
        let row = sqlx::query!(
            r#"select t.id, t.public_id, t.secret_hash, t.role, t.scopes, t.last_used_at, m.role as "maker?"
               from api_token t join tenant o on o.id = t.tenant_id and o.deleted_at is null
               left join member m on m.tenant_id = t.tenant_id and m.person_id = t.created_by
               where t.tenant_id = $1 and t.id = $2 and t.revoked_at is null and t.expires_at > $3
                 and (t.created_by is null or m.role is not null)"#,
            tenant.get(),
            id,
            now
        );
        let Some(row) = row.fetch_optional(self.connection()).await? else { return Ok(None) };
        let made_as = role_of(&row.role)?;
        let maker = row.maker.as_deref().map(role_of).transpose()?;
        let scopes: Result<Vec<Scope>, NoSuchScope> =
            row.scopes.iter().map(|scope| scope.parse()).collect();
        Ok(Some(LiveToken {
            id: row.id,
            tenant,
            public_id: PublicId::from_row(row.public_id),
            secret_hash: row.secret_hash,
            role: maker.map_or(made_as, |maker| maker.min(made_as)),
            scopes: scopes
                .map_err(|why| StoreError::Stored { what: "scope", why: why.to_string() })?,
            last_used_at: row.last_used_at,
        }))
    }

    /// Writes when a token was used, and from where.
    pub async fn token_used(
        &mut self,
        id: i64,
        ip: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update api_token set last_used_at = $3, last_used_ip = $4 where tenant_id = $1 and id = $2",
            self.tenant().get(),
            id,
            now,
            ip
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
