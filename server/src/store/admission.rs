//! Admitting a host: an enrolment key is spent, a host and its agent come to be, in one transaction.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError};
use crate::domain::ids::{self, PublicId};

/// An enrolment key, locked until the transaction ends: of many who use the last use at once, one gets it.
#[derive(Debug)]
pub struct LockedKey {
    id: i64,
    /// SHA-256 of its secret, to be compared in constant time.
    pub secret_hash: Vec<u8>,
    /// Until when it admits.
    pub expires_at: DateTime<Utc>,
    /// How often it still admits.
    pub uses_left: i32,
    /// Networks that it admits from; none: from anywhere.
    pub networks: Vec<String>,
    /// Taken back by a person.
    pub revoked: bool,
}

/// A host that is about to be admitted.
#[derive(Debug)]
pub struct NewHost<'a> {
    /// The host.
    pub host: PublicId<ids::Host>,
    /// Its agent.
    pub agent: PublicId<ids::Agent>,
    /// Its name.
    pub name: &'a str,
    /// Hash of its machine id, if it has one.
    pub machine_hash: Option<&'a [u8]>,
    /// The public half of the agent's key.
    pub public_key: &'a [u8; 32],
    /// The agent's version.
    pub version: &'a str,
    /// From where it asks; empty: unknown.
    pub ip: &'a str,
}

/// What a host that was admitted is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// Name of the tenant, for the person who enrols.
    pub tenant_name: String,
    /// How often to send, in milliseconds.
    pub interval_ms: i32,
    /// Whether it must wait for a person's approval.
    pub pending: bool,
}

impl Scoped {
    /// Locks an enrolment key.
    pub async fn lock_enrolment_key(&mut self, key: i64) -> Result<Option<LockedKey>, StoreError> {
        let row = sqlx::query!(
            r#"select id, secret_hash, expires_at, uses_left, networks, revoked_at is not null as "revoked!"
               from enrolment_key where tenant_id = $1 and id = $2 for update"#,
            self.tenant().get(),
            key
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| LockedKey {
            id: row.id,
            secret_hash: row.secret_hash,
            expires_at: row.expires_at,
            uses_left: row.uses_left,
            networks: row.networks,
            revoked: row.revoked,
        }))
    }

    /// Spends one use of `key` on `new`.
    pub async fn admit(
        &mut self,
        key: &LockedKey,
        new: &NewHost<'_>,
        now: DateTime<Utc>,
    ) -> Result<Welcome, StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "update enrolment_key set uses_left = uses_left - 1, last_used_at = $3, last_used_ip = $4
             where tenant_id = $1 and id = $2",
            tenant,
            key.id,
            now,
            new.ip
        )
        .execute(self.connection())
        .await?;
        let host = sqlx::query_scalar!(
            "insert into host (tenant_id, public_id, name, machine_hash, tags, state)
             select $1, $2, $3, $4, k.tags, case when k.approve then 'pending' else 'active' end
             from enrolment_key k where k.tenant_id = $1 and k.id = $5 returning id",
            tenant,
            new.host.uuid(),
            new.name,
            new.machine_hash,
            key.id
        );
        let host = host.fetch_one(self.connection()).await?;
        sqlx::query!(
            "insert into agent (tenant_id, public_id, host_id, public_key, enrolment_key_id, version)
             values ($1, $2, $3, $4, $5, $6)",
            tenant,
            new.agent.uuid(),
            host,
            new.public_key,
            key.id,
            new.version
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object, detail, ip)
             values ($1, $2, 'host.enrol', $3, jsonb_build_object('name', $4::text), $5)",
            tenant,
            new.agent.to_string(),
            new.host.to_string(),
            new.name,
            new.ip
        )
        .execute(self.connection())
        .await?;
        // It is listened to from now on: one that never sends anything is told of, too.
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref)
             values ($1, clock_timestamp() + interval '10 seconds', 'host_silent', $2)
             on conflict (tenant_id, kind, ref) do nothing",
            tenant,
            host.to_string()
        )
        .execute(self.connection())
        .await?;
        let welcome = sqlx::query_as!(
            Welcome,
            r#"select t.name as tenant_name, t.interval_ms, h.state = 'pending' as "pending!"
               from tenant t join host h on h.tenant_id = t.id and h.id = $2 where t.id = $1"#,
            tenant,
            host
        );
        Ok(welcome.fetch_one(self.connection()).await?)
    }
}
