//! What only the console of the installation does: tenants in numbers, plans, people who run it.

use chrono::{DateTime, Utc};

use super::{Admin, StoreError};
use crate::domain::{
    ids::{self, PersonId, PublicId, TenantId},
    member::Email,
    plan::Plan,
};

/// A tenant in numbers.
#[derive(Debug)]
pub struct TenantLine {
    /// Public id.
    pub public_id: PublicId<ids::Tenant>,
    /// Name.
    pub name: String,
    /// Plan.
    pub plan: String,
    /// Hosts that are not retired.
    pub hosts: i64,
    /// Members.
    pub members: i64,
    /// When the last batch was committed.
    pub last_batch_at: Option<DateTime<Utc>>,
}

impl Admin {
    /// Every tenant in numbers, oldest first.
    pub async fn tenant_lines(&mut self) -> Result<Vec<TenantLine>, StoreError> {
        let rows = sqlx::query!(
            r#"select t.public_id, t.name, t.plan,
                   (select count(*) from host h where h.tenant_id = t.id and h.state <> 'retired') as "hosts!",
                   (select count(*) from member m where m.tenant_id = t.id and m.until is null) as "members!",
                   (select max(c.received_at) from cursor c where c.tenant_id = t.id) as last_batch_at
               from tenant t where t.deleted_at is null order by t.id"#
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| TenantLine {
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                plan: row.plan,
                hosts: row.hosts,
                members: row.members,
                last_batch_at: row.last_batch_at,
            })
            .collect())
    }

    /// Another plan; a trial ends at its end.
    pub async fn set_plan(
        &mut self,
        tenant: TenantId,
        plan: &Plan,
        trial_ends_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update tenant set plan = $2, trial_ends_at = $3 where id = $1",
            tenant.get(),
            plan.name,
            trial_ends_at
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Whether a person runs this installation. False: there is no such person.
    pub async fn set_staff(&mut self, email: &Email, staff: bool) -> Result<bool, StoreError> {
        let set =
            sqlx::query!("update person set staff = $2 where email = $1", email.as_str(), staff);
        Ok(set.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// The person of this address.
    pub async fn person(&mut self, email: &Email) -> Result<Option<PersonId>, StoreError> {
        let found = sqlx::query_scalar!("select id from person where email = $1", email.as_str());
        Ok(found.fetch_optional(self.connection()).await?.map(PersonId::from_row))
    }

    /// Ends a tenant: from now on nobody gets in, and upkeep removes what is left.
    pub async fn end_tenant(
        &mut self,
        tenant: TenantId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update tenant set deleted_at = coalesce(deleted_at, $2) where id = $1",
            tenant.get(),
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
