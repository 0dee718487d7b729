//! The few questions that look across tenants. Each answers with ids only; the asker then opens that tenant's door.

use chrono::TimeDelta;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::{Role, StoreError, scope};
use crate::domain::ids::{AgentId, ChannelId, PersonId, TenantId};

/// Before a tenant is known: which key, session or agent belongs to whom, and people, who belong to no tenant.
#[derive(Debug)]
pub struct SystemWeb {
    transaction: Transaction<'static, Postgres>,
}

impl SystemWeb {
    pub(in crate::store) async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self { transaction: scope::begin(pool, "BEGIN".to_owned()).await? })
    }

    /// The tenants that `person` is a member of.
    pub async fn find_memberships(
        &mut self,
        person: PersonId,
    ) -> Result<Vec<TenantId>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"select tenant_id as "tenant_id!" from find_memberships($1)"#,
            person.get()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(TenantId::from_row).collect())
    }

    /// The session whose present or spent refresh secret has this SHA-256.
    pub async fn find_session(
        &mut self,
        hash: &[u8],
    ) -> Result<Option<(TenantId, i64)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_session($1)"#,
            hash
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), row.id)))
    }

    /// The enrolment key with this public part.
    pub async fn find_enrolment_key(
        &mut self,
        key_id: &str,
    ) -> Result<Option<(TenantId, i64)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_enrolment_key($1)"#,
            key_id
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), row.id)))
    }

    /// The invitation with this public part.
    pub async fn find_invitation(
        &mut self,
        key_id: &str,
    ) -> Result<Option<(TenantId, i64)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_invitation($1)"#,
            key_id
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), row.id)))
    }

    /// The API token with this public part.
    pub async fn find_api_token(
        &mut self,
        key_id: &str,
    ) -> Result<Option<(TenantId, i64)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_api_token($1)"#,
            key_id
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), row.id)))
    }

    /// The agent with this public id.
    pub async fn find_agent(
        &mut self,
        agent: Uuid,
    ) -> Result<Option<(TenantId, AgentId)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_agent($1)"#,
            agent
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), AgentId::from_row(row.id))))
    }

    /// The channel with this public id.
    pub async fn find_channel(
        &mut self,
        channel: Uuid,
    ) -> Result<Option<(TenantId, ChannelId)>, StoreError> {
        let row = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from find_channel($1)"#,
            channel
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| (TenantId::from_row(row.tenant_id), ChannelId::from_row(row.id))))
    }

    /// Makes what was written durable (people only: nothing else can be written without a tenant).
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

/// What is due, of all tenants, for the loops.
#[derive(Debug)]
pub struct SystemLoops {
    transaction: Transaction<'static, Postgres>,
}

impl SystemLoops {
    pub(in crate::store) async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self { transaction: scope::begin(pool, "BEGIN READ ONLY".to_owned()).await? })
    }

    /// At most `most` timers that are due by the database's clock, oldest first.
    pub async fn due_timers(&mut self, most: i32) -> Result<Vec<(TenantId, i64)>, StoreError> {
        let rows = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from due_timers($1)"#,
            most
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|row| (TenantId::from_row(row.tenant_id), row.id)).collect())
    }

    /// At most `most` channels that something is owed to now, but those in `busy`: tenants in turn, the worst news first.
    /// `lately`: only what became due since then.
    pub async fn owed_channels(
        &mut self,
        lately: Option<TimeDelta>,
        busy: &[i64],
        most: i32,
    ) -> Result<Vec<(TenantId, ChannelId)>, StoreError> {
        let seconds = lately.map(TimeDelta::as_seconds_f64);
        let rows = sqlx::query!(
            r#"select tenant_id as "tenant_id!", id as "id!" from owed_channels(
                coalesce(clock_timestamp() - make_interval(secs => $1), '-infinity'), $2, $3)"#,
            seconds,
            busy,
            most
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let ids = |(tenant, id)| (TenantId::from_row(tenant), ChannelId::from_row(id));
        Ok(rows.into_iter().map(|row| ids((row.tenant_id, row.id))).collect())
    }

    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

pub(in crate::store) async fn ping(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(pool).await?;
    Ok(())
}

/// Refuses a login that owns tables, is superuser, bypasses row security, or could become someone who does.
pub(in crate::store) async fn refuse_mighty(pool: &PgPool, role: Role) -> Result<(), StoreError> {
    let rights = sqlx::query!(
        r#"select current_user::text as "name!", rolsuper as "super_!", rolbypassrls as "bypass!",
               exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = 'public' and pg_get_userbyid(c.relowner) = current_user
                         and c.relrowsecurity) as "owner!",
               pg_has_role(current_user, 'migrator', 'member') as "migrator!"
           from pg_roles where rolname = current_user"#
    );
    let rights = rights.fetch_one(pool).await?;
    let why = match rights {
        rights if rights.super_ => "is a superuser",
        rights if rights.bypass => "bypasses row security",
        rights if rights.owner => "owns tables of tenants",
        rights if rights.migrator => "may become the migrator",
        rights if rights.name != role.name() => "has another name than it should",
        _ => return Ok(()),
    };
    Err(StoreError::TooMighty { role: role.name(), why })
}
