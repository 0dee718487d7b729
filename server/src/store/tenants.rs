//! Tenants that people make themselves, what their plan allows, and how much of it is taken.

use chrono::{DateTime, Utc};

use super::{
    Scoped, Store, StoreError, SystemWeb,
    people::{self, Tenant},
};
use crate::domain::{
    defaults::{self, Template},
    ids::{self, PersonId, PublicId, TenantId},
    member::Role,
    plan::Plan,
};

/// What a tenant has taken of its plan.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Hosts that are not retired.
    pub hosts: i64,
    /// Channels.
    pub channels: i64,
}

/// The plan of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct PlanRow {
    /// The plan.
    pub plan: Plan,
    /// When the trial ends; none: it is no trial.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// What is taken of it.
    pub usage: Usage,
}

/// What a tenant has set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name and interval.
    pub tenant: Tenant,
    /// Time zone of reports and pages.
    pub zone: String,
    /// Since when there is one.
    pub created_at: DateTime<Utc>,
    /// Days for which figures are kept as they came.
    pub raw_days: i16,
    /// Months for which they are kept by the hour.
    pub hourly_months: i16,
    /// Years for which they are kept by the day.
    pub daily_years: i16,
}

/// What of a tenant shall change; none: stays.
#[derive(Debug, Default)]
pub struct Change {
    /// Name.
    pub name: Option<String>,
    /// Sampling interval, milliseconds.
    pub interval_ms: Option<i32>,
    /// See [`Settings`].
    pub raw_days: Option<i16>,
    /// See [`Settings`].
    pub hourly_months: Option<i16>,
    /// See [`Settings`].
    pub daily_years: Option<i16>,
    /// Time zone; one that [`Scoped::is_zone`] knows.
    pub zone: Option<String>,
}

impl SystemWeb {
    /// The number of a tenant that is about to be made.
    pub async fn draw_tenant(&mut self) -> Result<TenantId, StoreError> {
        let drawn = sqlx::query_scalar!(r#"select nextval('tenant_id_seq')::int4 as "id!""#);
        Ok(TenantId::from_row(drawn.fetch_one(self.connection()).await?))
    }

    /// Tenants behind `behind` by number, at most `most`.
    pub async fn list_tenants(
        &mut self,
        behind: i32,
        most: i32,
    ) -> Result<Vec<TenantId>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"select tenant_id as "tenant_id!" from list_tenants($1, $2)"#,
            behind,
            most
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(TenantId::from_row).collect())
    }
}

impl Store {
    /// Opens the door of a tenant that does not exist yet, to make it.
    pub async fn new_tenant(&self) -> Result<Scoped, StoreError> {
        let mut system = self.system_web().await?;
        let tenant = system.draw_tenant().await?;
        drop(system);
        self.web(tenant).await
    }
}

impl Scoped {
    /// Makes the tenant of this door, with its owner and the default triggers.
    pub async fn make_tenant(
        &mut self,
        public_id: PublicId<ids::Tenant>,
        name: &str,
        (plan, trial_ends_at): (Plan, Option<DateTime<Utc>>),
        owner: PersonId,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "insert into tenant (id, public_id, name, interval_ms, plan, trial_ends_at, template_edition)
             overriding system value values ($1, $2, $3, $4, $5, $6, $7)",
            tenant,
            public_id.uuid(),
            name,
            plan.interval_min_s.max(10) * 1_000,
            plan.name,
            trial_ends_at,
            defaults::EDITION
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "insert into member (tenant_id, person_id, role) values ($1, $2, $3)",
            tenant,
            owner.get(),
            Role::Owner.word()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Gives the tenant of this door one of the default triggers.
    pub async fn seed_trigger(
        &mut self,
        public_id: PublicId<ids::Trigger>,
        template: &Template,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        people::seed_trigger(self.connection(), tenant, public_id, template).await
    }

    /// The tenant's plan and what is taken of it.
    pub async fn plan(&mut self) -> Result<PlanRow, StoreError> {
        let row = sqlx::query!(
            r#"select plan, trial_ends_at,
                   (select count(*) from host h where h.tenant_id = t.id and h.state <> 'retired') as "hosts!",
                   (select count(*) from channel c where c.tenant_id = t.id) as "channels!"
               from tenant t where id = $1"#,
            self.tenant().get()
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(PlanRow {
            plan: Plan::named(&row.plan),
            trial_ends_at: row.trial_ends_at,
            usage: Usage { hosts: row.hosts, channels: row.channels },
        })
    }

    /// What the tenant has set.
    pub async fn settings(&mut self) -> Result<Settings, StoreError> {
        let row = sqlx::query!(
            "select public_id, name, interval_ms, zone, created_at, raw_days, hourly_months, daily_years
             from tenant where id = $1",
            self.tenant().get()
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(Settings {
            tenant: Tenant {
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                interval_ms: row.interval_ms,
            },
            zone: row.zone,
            created_at: row.created_at,
            raw_days: row.raw_days,
            hourly_months: row.hourly_months,
            daily_years: row.daily_years,
        })
    }

    /// Whether the database knows a time zone of this name.
    pub async fn is_zone(&mut self, zone: &str) -> Result<bool, StoreError> {
        let known = sqlx::query_scalar!(
            r#"select exists (select 1 from pg_timezone_names where name = $1) as "known!""#,
            zone
        );
        Ok(known.fetch_one(self.connection()).await?)
    }

    /// Changes the tenant.
    pub async fn change_tenant(&mut self, change: &Change) -> Result<(), StoreError> {
        sqlx::query!(
            "update tenant set name = coalesce($2, name), interval_ms = coalesce($3, interval_ms),
                raw_days = coalesce($4, raw_days), hourly_months = coalesce($5, hourly_months),
                daily_years = coalesce($6, daily_years), zone = coalesce($7, zone)
             where id = $1",
            self.tenant().get(),
            change.name,
            change.interval_ms,
            change.raw_days,
            change.hourly_months,
            change.daily_years,
            change.zone
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Ends the tenant: from now on nobody gets in, and upkeep removes what is left.
    pub async fn end_tenant(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "update tenant set deleted_at = coalesce(deleted_at, $2) where id = $1",
            self.tenant().get(),
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// When anything of this tenant was last committed, and how many of its agents lag.
    pub async fn pulse(&mut self) -> Result<Pulse, StoreError> {
        let row = sqlx::query!(
            r#"select max(c.received_at) as last_batch_at, count(*) as "agents!",
                   count(*) filter (where c.received_at > clock_timestamp() - interval '5 minutes') as "fresh!",
                   coalesce(sum(c.last_seq), 0)::int8 as "batches!",
                   (select count(*) from incident i where i.tenant_id = $1 and i.closed_at is null) as "open!"
               from scoped.cursor c where c.tenant_id = $1"#,
            self.tenant().get()
        );
        let row = row.fetch_one(self.connection()).await?;
        Ok(Pulse {
            last_batch_at: row.last_batch_at,
            agents: row.agents,
            fresh: row.fresh,
            batches: row.batches,
            incidents_open: row.open,
        })
    }
}

/// How a tenant does, in numbers only.
#[derive(Debug, Clone, Copy)]
pub struct Pulse {
    /// When the last batch was committed.
    pub last_batch_at: Option<DateTime<Utc>>,
    /// Agents that ever delivered.
    pub agents: i64,
    /// Those that delivered within five minutes.
    pub fresh: i64,
    /// Batches committed in the present spools.
    pub batches: i64,
    /// Open incidents.
    pub incidents_open: i64,
}
