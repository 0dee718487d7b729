//! What a person does for a host beyond its name: approves it, lets it take over its own past.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError};
use crate::domain::ids::{self, HostId, PublicId};

/// A host, locked until the transaction ends.
#[derive(Debug)]
pub struct HeldHost {
    /// Internal id.
    pub id: HostId,
    /// Name.
    pub name: String,
    /// `pending`, `active`, `paused` or `retired`.
    pub state: String,
    /// Hash of its machine id, if it has one.
    pub machine_hash: Option<Vec<u8>>,
}

impl Scoped {
    /// Locks a host.
    pub async fn hold_host(
        &mut self,
        host: PublicId<ids::Host>,
    ) -> Result<Option<HeldHost>, StoreError> {
        let row = sqlx::query!(
            "select id, name, state, machine_hash from host
             where tenant_id = $1 and public_id = $2 for update",
            self.tenant().get(),
            host.uuid()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| HeldHost {
            id: HostId::from_row(row.id),
            name: row.name,
            state: row.state,
            machine_hash: row.machine_hash,
        }))
    }

    /// A host that waited may speak.
    pub async fn approve_host(&mut self, host: &HeldHost) -> Result<(), StoreError> {
        sqlx::query!(
            "update host set state = 'active' where tenant_id = $1 and id = $2 and state = 'pending'",
            self.tenant().get(),
            host.id.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// `new` speaks for `old` from now on: the old host lives again under the new agent, whose stream is closed so that
    /// it comes back as that host. Instances that only the new one has go along; the new host is retired, and what it
    /// measured in between stays with it.
    pub async fn adopt(
        &mut self,
        new: &HeldHost,
        old: &HeldHost,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (tenant, new, old) = (self.tenant().get(), new.id.get(), old.id.get());
        sqlx::query!(
            "update agent set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and host_id = $2",
            tenant,
            old,
            now
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "update agent set host_id = $3, kicked_at = clock_timestamp()
             where tenant_id = $1 and host_id = $2 and revoked_at is null",
            tenant,
            new,
            old
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "update instance i set host_id = $3 where i.tenant_id = $1 and i.host_id = $2 and not exists (
                select 1 from instance o where o.tenant_id = $1 and o.host_id = $3
                and o.config_directory = i.config_directory and o.container = i.container)",
            tenant,
            new,
            old
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "update host set state = case id when $3 then 'active' else 'retired' end
             where tenant_id = $1 and id in ($2, $3)",
            tenant,
            new,
            old
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
