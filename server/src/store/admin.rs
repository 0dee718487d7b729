//! A transaction as `migrator`, for what an administrator does at the console: tenants are made here and nowhere else.
//!
//! No service holds this door: it needs the administrator's login.

use sqlx::{ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use super::StoreError;
use crate::domain::{
    defaults,
    ids::{PublicId, Tenant, TenantId},
};

/// An administrator's transaction over all tenants. Dropped without [`Admin::commit`], it changes nothing.
#[derive(Debug)]
pub struct Admin {
    connection: PgConnection,
}

impl Admin {
    /// Opens it with the administrator's login.
    pub async fn begin(administrator: &PgConnectOptions) -> Result<Self, StoreError> {
        let mut connection = administrator.connect().await?;
        connection.execute("begin; set local role migrator").await?;
        Ok(Self { connection })
    }

    /// Makes a tenant.
    pub async fn create_tenant(
        &mut self,
        id: PublicId<Tenant>,
        name: &str,
    ) -> Result<TenantId, StoreError> {
        let made = sqlx::query_scalar!(
            "insert into tenant (public_id, name, template_edition) values ($1, $2, $3) returning id",
            id.uuid(),
            name,
            defaults::EDITION
        );
        Ok(TenantId::from_row(made.fetch_one(&mut self.connection).await?))
    }

    /// The tenant with this public id, or with this name where only one has it.
    pub async fn find_tenant(
        &mut self,
        id: Option<Uuid>,
        name: &str,
    ) -> Result<Option<TenantId>, StoreError> {
        let found = sqlx::query_scalar!(
            "select id from tenant where public_id = $1 or ($1::uuid is null and name = $2) limit 2",
            id,
            name
        );
        let found = found.fetch_all(&mut self.connection).await?;
        Ok(match found.as_slice() {
            [one] => Some(TenantId::from_row(*one)),
            _ => None,
        })
    }

    /// Sets how often the agents of `tenant` send, in milliseconds; their streams are told within ten seconds.
    pub async fn set_interval(&mut self, tenant: TenantId, ms: i32) -> Result<(), StoreError> {
        let set =
            sqlx::query!("update tenant set interval_ms = $2 where id = $1", tenant.get(), ms);
        set.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Makes everything durable.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.execute("commit").await?;
        Ok(())
    }

    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
