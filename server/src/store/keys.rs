//! Enrolment keys, which only admit agents. Only their SHA-256 is kept.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError};
use crate::domain::ids::{self, PersonId, PublicId};

/// An enrolment key as a person sees it.
#[derive(Debug)]
pub struct EnrolmentKey {
    /// Internal id, for paging.
    pub id: i64,
    /// Public id.
    pub public_id: PublicId<ids::EnrolmentKey>,
    /// The part of the key that may be shown.
    pub key_id: String,
    /// What a person wrote to it.
    pub comment: String,
    /// Who made it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it admits.
    pub expires_at: DateTime<Utc>,
    /// How often it still admits.
    pub uses_left: i32,
    /// How often it admitted when it was new.
    pub uses: i32,
    /// When it last admitted.
    pub last_used_at: Option<DateTime<Utc>>,
    /// From where.
    pub last_used_ip: String,
    /// Tags of every host that it admits.
    pub tags: Vec<String>,
    /// Networks that it admits from; none: from anywhere.
    pub networks: Vec<String>,
    /// Hosts wait until a person says yes.
    pub approve: bool,
    /// Taken back by a person.
    pub revoked: bool,
}

/// A host that a key admitted.
#[derive(Debug)]
pub struct Admitted {
    /// The key.
    pub key: i64,
    /// The host.
    pub host: PublicId<ids::Host>,
    /// Its name.
    pub name: String,
    /// When its agent first delivered.
    pub first_batch_at: Option<DateTime<Utc>>,
}

/// A key to be stored.
#[derive(Debug)]
pub struct NewEnrolmentKey<'a> {
    /// Public id.
    pub public_id: PublicId<ids::EnrolmentKey>,
    /// The part of the key that may be shown.
    pub key_id: &'a str,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What a person wrote to it.
    pub comment: &'a str,
    /// Who makes it; none: the command line.
    pub created_by: Option<PersonId>,
    /// Until when it admits.
    pub expires_at: DateTime<Utc>,
    /// How often it admits.
    pub uses: i32,
    /// Tags of every host that it admits.
    pub tags: &'a [String],
    /// Networks that it admits from; none: from anywhere.
    pub networks: &'a [String],
    /// Hosts wait until a person says yes.
    pub approve: bool,
}

impl Scoped {
    /// Newest first, older than `before`; or the one named.
    pub async fn enrolment_keys(
        &mut self,
        only: Option<PublicId<ids::EnrolmentKey>>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<EnrolmentKey>, StoreError> {
        let rows = sqlx::query!(
            r#"select k.id, k.public_id, k.key_id, k.comment, p.email as "created_by?", k.created_at, k.expires_at,
                   k.uses_left, k.uses, k.last_used_at, k.last_used_ip, k.tags, k.networks, k.approve,
                   k.revoked_at is not null as "revoked!"
               from enrolment_key k left join person p on p.id = k.created_by
               where k.tenant_id = $1 and ($2::uuid is null or k.public_id = $2) and ($3::int8 is null or k.id < $3)
               order by k.id desc limit $4"#,
            self.tenant().get(),
            only.map(PublicId::uuid),
            before,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| EnrolmentKey {
                id: row.id,
                public_id: PublicId::from_row(row.public_id),
                key_id: row.key_id,
                comment: row.comment,
                created_by: row.created_by,
                created_at: row.created_at,
                expires_at: row.expires_at,
                uses_left: row.uses_left,
                uses: row.uses,
                last_used_at: row.last_used_at,
                last_used_ip: row.last_used_ip,
                tags: row.tags,
                networks: row.networks,
                approve: row.approve,
                revoked: row.revoked,
            })
            .collect())
    }

    /// Hosts that these keys admitted.
    pub async fn admitted_by(&mut self, keys: &[i64]) -> Result<Vec<Admitted>, StoreError> {
        let rows = sqlx::query!(
            r#"select a.enrolment_key_id as "key!", h.public_id, h.name, a.first_batch_at
               from agent a join host h on h.tenant_id = a.tenant_id and h.id = a.host_id
               where a.tenant_id = $1 and a.enrolment_key_id = any($2) order by a.id"#,
            self.tenant().get(),
            keys
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Admitted {
                key: row.key,
                host: PublicId::from_row(row.public_id),
                name: row.name,
                first_batch_at: row.first_batch_at,
            })
            .collect())
    }

    /// Stores a key that was just made.
    pub async fn add_enrolment_key(&mut self, new: &NewEnrolmentKey<'_>) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into enrolment_key (tenant_id, public_id, key_id, secret_hash, comment, created_by, expires_at,
                uses_left, uses, tags, networks, approve)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)",
            self.tenant().get(),
            new.public_id.uuid(),
            new.key_id,
            &new.secret_hash,
            new.comment,
            new.created_by.map(PersonId::get),
            new.expires_at,
            new.uses,
            new.tags,
            new.networks,
            new.approve
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes a key back. False when there is none of this name. Hosts that it admitted stay.
    pub async fn revoke_enrolment_key(
        &mut self,
        key: PublicId<ids::EnrolmentKey>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let updated = sqlx::query!(
            "update enrolment_key set revoked_at = coalesce(revoked_at, $3)
             where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            key.uuid(),
            now
        )
        .execute(self.connection())
        .await?;
        Ok(updated.rows_affected() == 1)
    }
}
