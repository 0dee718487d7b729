//! Access of the installation's people to a tenant: a membership with an end, which the tenant sees.

use chrono::{DateTime, Utc};

use super::{Admin, Scoped, StoreError, people::role_of};
use crate::domain::{
    ids::{self, PublicId, TenantId},
    member::{Email, Role},
};

/// A grant as the tenant sees it.
#[derive(Debug)]
pub struct Grant {
    /// Public id.
    pub public_id: PublicId<ids::Grant>,
    /// Whose.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Why.
    pub reason: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// A grant to be made.
#[derive(Debug)]
pub struct NewGrant<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Grant>,
    /// To whom; the person must exist.
    pub email: &'a Email,
    /// As what: viewer or operator.
    pub role: Role,
    /// Why.
    pub reason: &'a str,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Scoped {
    /// Grants that are not over, newest first.
    pub async fn grants(&mut self, now: DateTime<Utc>) -> Result<Vec<Grant>, StoreError> {
        let rows = sqlx::query!(
            r#"select m.grant_ref as "grant_ref!", p.email, m.role, m.reason, m.created_at, m.until as "until!"
               from member m join person p on p.id = m.person_id
               where m.tenant_id = $1 and m.until > $2 order by m.created_at desc"#,
            self.tenant().get(),
            now
        );
        let rows = rows.fetch_all(self.connection()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(Grant {
                    public_id: PublicId::from_row(row.grant_ref),
                    email: row.email,
                    role: role_of(&row.role)?,
                    reason: row.reason,
                    created_at: row.created_at,
                    until: row.until,
                })
            })
            .collect()
    }

    /// Takes a grant back, with every session under it. False when there is none.
    pub async fn revoke_grant(&mut self, grant: PublicId<ids::Grant>) -> Result<bool, StoreError> {
        let gone = sqlx::query!(
            "delete from member where tenant_id = $1 and grant_ref = $2 and until is not null",
            self.tenant().get(),
            grant.uuid()
        );
        Ok(gone.execute(self.connection()).await?.rows_affected() == 1)
    }
}

impl Admin {
    /// Grants access, and writes it into the tenant's audit log. False: no such person, or a member anyway.
    pub async fn grant(
        &mut self,
        tenant: TenantId,
        new: &NewGrant<'_>,
    ) -> Result<bool, StoreError> {
        let made = sqlx::query!(
            "insert into member (tenant_id, person_id, role, grant_ref, until, reason)
             select $1, id, $3, $4, $5, $6 from person where email = $2
             on conflict (tenant_id, person_id) do update
                set grant_ref = excluded.grant_ref, role = excluded.role, until = excluded.until,
                    reason = excluded.reason where member.until is not null",
            tenant.get(),
            new.email.as_str(),
            new.role.word(),
            new.public_id.uuid(),
            new.until,
            new.reason
        );
        if made.execute(self.connection()).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let detail = serde_json::json!({"email": new.email.as_str(), "role": new.role.word(),
            "until": new.until, "reason": new.reason});
        self.audit(tenant, "grant.create", &new.public_id.to_string(), &detail).await?;
        Ok(true)
    }

    /// Writes to a tenant's audit log what was done at the console.
    pub async fn audit(
        &mut self,
        tenant: TenantId,
        action: &str,
        object: &str,
        detail: &serde_json::Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object, detail) values ($1, 'console', $2, $3, $4)",
            tenant.get(),
            action,
            object,
            detail
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
