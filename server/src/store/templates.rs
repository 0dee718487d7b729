//! Brings the default triggers of every tenant up to this version: new ones come once, improved ones take the place of those
//! that the tenant left as they were. What a tenant changed or deleted stays so.

use chrono::{DateTime, Utc};

use super::{Admin, StoreError, rule};
use crate::{
    clock::Dice,
    domain::{
        defaults,
        ids::{self, PublicId, TenantId},
    },
};

/// Tenants served in one transaction.
const TENANTS_AT_ONCE: i64 = 100;

impl Admin {
    /// Serves tenants of an earlier edition; how many there were. Called until there are none.
    pub async fn bring_templates(
        &mut self,
        (now, dice): (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        self.improve().await?;
        let tenants = sqlx::query!(
            "select id, template_edition from tenant where template_edition < $1 order by id limit $2 for update",
            defaults::EDITION,
            TENANTS_AT_ONCE
        );
        let tenants = tenants.fetch_all(self.connection()).await?;
        for tenant in &tenants {
            let new = defaults::all().iter().filter(|one| one.edition > tenant.template_edition);
            for template in new {
                let id = PublicId::<ids::Trigger>::make(now, dice);
                self.seed_trigger(TenantId::from_row(tenant.id), id, template).await?;
            }
            sqlx::query!(
                "update tenant set template_edition = $2 where id = $1",
                tenant.id,
                defaults::EDITION
            )
            .execute(self.connection())
            .await?;
        }
        Ok(tenants.len())
    }

    /// Triggers that were left as they came become what their template is now.
    async fn improve(&mut self) -> Result<(), StoreError> {
        for template in defaults::all().iter().filter(|template| template.version > 1) {
            sqlx::query!(
                "update trigger set spec = $3, severity = $4, template_version = $2, version = version + 1,
                    updated_at = now()
                 where template = $1 and template_version < $2 and not changed",
                template.name,
                template.version,
                rule::to_json(&template.spec),
                template.severity.name()
            )
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }
}
