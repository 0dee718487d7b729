//! People, the tenants they belong to, and the tenants themselves.

use sqlx::PgConnection;

use super::{Admin, Scoped, StoreError, rule};
use crate::domain::{
    defaults::Template,
    ids::{self, PublicId, TenantId},
    member::{Email, Role},
};

/// A member of a tenant.
#[derive(Debug)]
pub struct Member {
    /// Public id of the person.
    pub person: PublicId<ids::Person>,
    /// Address.
    pub email: String,
    /// Name, or empty.
    pub name: String,
    /// Role in this tenant.
    pub role: Role,
    /// Since when.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// The tenant itself.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Public id.
    pub public_id: PublicId<ids::Tenant>,
    /// Name.
    pub name: String,
    /// Sampling interval, milliseconds.
    pub interval_ms: i32,
}

impl Scoped {
    /// The tenant of this door.
    pub async fn tenant_row(&mut self) -> Result<Tenant, StoreError> {
        let row = sqlx::query!(
            "select public_id, name, interval_ms from tenant where id = $1",
            self.tenant().get()
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(Tenant {
            public_id: PublicId::from_row(row.public_id),
            name: row.name,
            interval_ms: row.interval_ms,
        })
    }

    /// Sets the sampling interval; agents hear of it within their next answer.
    pub async fn set_interval(&mut self, interval_ms: i32) -> Result<(), StoreError> {
        sqlx::query!(
            "update tenant set interval_ms = $2 where id = $1",
            self.tenant().get(),
            interval_ms
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Everybody who belongs to this tenant, by address.
    pub async fn members(&mut self) -> Result<Vec<Member>, StoreError> {
        let rows = sqlx::query!(
            "select p.public_id, p.email, p.name, m.role, m.created_at
             from member m join person p on p.id = m.person_id
             where m.tenant_id = $1 and m.until is null order by p.email",
            self.tenant().get()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(Member {
                    person: PublicId::from_row(row.public_id),
                    email: row.email,
                    name: row.name,
                    role: role_of(&row.role)?,
                    created_at: row.created_at,
                })
            })
            .collect()
    }
}

/// A role as the database holds it.
pub(in crate::store) fn role_of(word: &str) -> Result<Role, StoreError> {
    word.parse().map_err(|error: crate::domain::member::NoSuchRole| StoreError::Stored {
        what: "role",
        why: error.to_string(),
    })
}

impl Admin {
    /// Makes a person a member; one who exists already keeps name and password. True: existed already.
    pub async fn add_member(
        &mut self,
        tenant: TenantId,
        (public_id, email, password_hash): (PublicId<ids::Person>, &Email, &str),
        role: Role,
    ) -> Result<bool, StoreError> {
        let made = sqlx::query!(
            "insert into person (public_id, email, password_hash) values ($1, $2, $3) on conflict (email) do nothing",
            public_id.uuid(),
            email.as_str(),
            password_hash
        );
        let made = made.execute(self.connection()).await?.rows_affected();
        sqlx::query!(
            "insert into member (tenant_id, person_id, role) select $1, id, $3 from person where email = $2",
            tenant.get(),
            email.as_str(),
            role.word()
        )
        .execute(self.connection())
        .await?;
        Ok(made == 0)
    }

    /// Gives a new tenant one of the default triggers.
    pub async fn seed_trigger(
        &mut self,
        tenant: TenantId,
        public_id: PublicId<ids::Trigger>,
        template: &Template,
    ) -> Result<(), StoreError> {
        seed_trigger(self.connection(), tenant, public_id, template).await
    }
}

/// Gives a new tenant one of the default triggers.
pub(in crate::store) async fn seed_trigger(
    connection: &mut PgConnection,
    tenant: TenantId,
    public_id: PublicId<ids::Trigger>,
    template: &Template,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into trigger (tenant_id, public_id, name, template, template_version, severity, spec, enabled)
         values ($1, $2, $3, $3, $4, $5, $6, $7) on conflict (tenant_id, name) do nothing",
        tenant.get(),
        public_id.uuid(),
        template.name,
        template.version,
        template.severity.name(),
        rule::to_json(&template.spec),
        template.enabled
    )
    .execute(connection)
    .await?;
    Ok(())
}
