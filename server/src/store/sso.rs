//! Sign-on by another provider: what a tenant has set, and who a person is there.

use super::{Scoped, StoreError, SystemWeb, accounts::People};
use crate::domain::ids::{self, PersonId, PublicId, TenantId};

/// What a tenant has set.
#[derive(Debug, Clone)]
pub struct SignOn {
    /// Names the row for the seal of its secret.
    pub public_id: PublicId<ids::Sso>,
    /// The provider.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, sealed.
    pub client_secret: Vec<u8>,
    /// Addresses of these domains sign on there.
    pub domains: Vec<String>,
}

impl SystemWeb {
    /// Tenants that sign on addresses of this domain elsewhere.
    pub async fn find_sso(&mut self, domain: &str) -> Result<Vec<TenantId>, StoreError> {
        let rows =
            sqlx::query_scalar!(r#"select tenant_id as "tenant_id!" from find_sso($1)"#, domain);
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(TenantId::from_row).collect())
    }
}

impl Scoped {
    /// What this tenant has set.
    pub async fn sign_on(&mut self) -> Result<Option<SignOn>, StoreError> {
        let row = sqlx::query!(
            "select public_id, issuer, client_id, client_secret, domains from sso where tenant_id = $1",
            self.tenant().get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| SignOn {
            public_id: PublicId::from_row(row.public_id),
            issuer: row.issuer,
            client_id: row.client_id,
            client_secret: row.client_secret,
            domains: row.domains,
        }))
    }

    /// Sets it, or sets it anew.
    pub async fn set_sign_on(&mut self, new: &SignOn) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into sso (tenant_id, public_id, issuer, client_id, client_secret, domains)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (tenant_id) do update set public_id = excluded.public_id, issuer = excluded.issuer,
                client_id = excluded.client_id, client_secret = excluded.client_secret, domains = excluded.domains",
            self.tenant().get(),
            new.public_id.uuid(),
            new.issuer,
            new.client_id,
            new.client_secret,
            &new.domains
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes it away. False: there was none.
    pub async fn remove_sign_on(&mut self) -> Result<bool, StoreError> {
        let gone = sqlx::query!("delete from sso where tenant_id = $1", self.tenant().get());
        Ok(gone.execute(self.connection()).await?.rows_affected() == 1)
    }
}

impl People<'_> {
    /// Who this subject of that issuer is.
    pub async fn by_identity(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<PersonId>, StoreError> {
        let found = sqlx::query_scalar!(
            "select person_id from identity where issuer = $1 and subject = $2",
            issuer,
            subject
        );
        Ok(found.fetch_optional(self.connection()).await?.map(PersonId::from_row))
    }

    /// From now on this subject of that issuer is this person.
    pub async fn link_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        person: PersonId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into identity (issuer, subject, person_id) values ($1, $2, $3)
             on conflict (issuer, subject) do nothing",
            issuer,
            subject,
            person.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
