//! Sessions: the truth behind every cookie. A refresh secret rests as its SHA-256; so does the one before it.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, people::role_of};
use crate::domain::{
    ids::{self, PersonId, PublicId},
    member::Role,
};

/// A session that may be used now, with whom it belongs to.
#[derive(Debug)]
pub struct LiveSession {
    /// Internal id.
    pub id: i64,
    /// Public id.
    pub public_id: PublicId<ids::Session>,
    /// Whose it is.
    pub person: PersonId,
    /// Whose it is, for pages.
    pub person_ref: PublicId<ids::Person>,
    /// Address.
    pub email: String,
    /// Name, or empty.
    pub name: String,
    /// Role in the tenant, now.
    pub role: Role,
    /// Runs this installation.
    pub staff: bool,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// A session found by a refresh secret.
#[derive(Debug)]
pub struct Presented {
    /// Internal id.
    pub id: i64,
    /// Public id.
    pub public_id: PublicId<ids::Session>,
    /// Whether the secret is the one before the present one.
    pub spent: bool,
    /// When the present one took over.
    pub spent_at: Option<DateTime<Utc>>,
    /// Ended by a person or by reuse of a secret.
    pub revoked: bool,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// A session as its person sees it.
#[derive(Debug)]
pub struct SessionRow {
    /// Public id.
    pub public_id: PublicId<ids::Session>,
    /// What the browser says it is.
    pub user_agent: String,
    /// Where it was opened from.
    pub ip: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed.
    pub last_used_at: DateTime<Utc>,
}

/// A session to be opened.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Session>,
    /// Whose.
    pub person: PersonId,
    /// SHA-256 of the refresh secret.
    pub refresh_hash: [u8; 32],
    /// What the browser says it is.
    pub user_agent: &'a str,
    /// Where it was opened from.
    pub ip: &'a str,
    /// Now.
    pub now: DateTime<Utc>,
    /// When it ends whatever happens.
    pub expires_at: DateTime<Utc>,
}

impl Scoped {
    /// Opens a session. False when the person is no member of this tenant.
    pub async fn open_session(&mut self, new: &NewSession<'_>) -> Result<bool, StoreError> {
        let inserted = sqlx::query!(
            "insert into session (tenant_id, public_id, person_id, refresh_hash, user_agent, created_at,
                last_used_at, trusted_at, expires_at, ip)
             select $1, $2, $3, $4, $5, $6, $6, $6, $7, $8
             where exists (select 1 from member where tenant_id = $1 and person_id = $3
                 and (until is null or until > $6))",
            self.tenant().get(),
            new.public_id.uuid(),
            new.person.get(),
            &new.refresh_hash,
            new.user_agent,
            new.now,
            new.expires_at,
            new.ip
        )
        .execute(self.connection())
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// The session with this public id, if it may be used at `now`.
    pub async fn live_session(
        &mut self,
        public_id: PublicId<ids::Session>,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Option<LiveSession>, StoreError> {
        let row = sqlx::query!(
            r#"select s.id, s.person_id, s.expires_at, p.public_id as person_ref, p.email, p.name, m.role, p.staff
               from session s
               join member m on m.tenant_id = s.tenant_id and m.person_id = s.person_id
               join person p on p.id = s.person_id
               join tenant t on t.id = s.tenant_id and t.deleted_at is null
               where s.tenant_id = $1 and s.public_id = $2 and s.revoked_at is null and s.expires_at > $3
                 and s.last_used_at > $4 and s.trusted_at >= p.sessions_since
                 and (m.until is null or m.until > $3)"#,
            self.tenant().get(),
            public_id.uuid(),
            now,
            idle_since
        );
        let row = row.fetch_optional(self.connection()).await?;
        row.map(|row| {
            Ok(LiveSession {
                id: row.id,
                public_id,
                person: PersonId::from_row(row.person_id),
                person_ref: PublicId::from_row(row.person_ref),
                email: row.email,
                name: row.name,
                role: role_of(&row.role)?,
                staff: row.staff,
                expires_at: row.expires_at,
            })
        })
        .transpose()
    }

    /// The session `id`, locked, with what its secrets say about `hash`.
    pub async fn presented_session(
        &mut self,
        id: i64,
        hash: &[u8; 32],
    ) -> Result<Option<Presented>, StoreError> {
        let row = sqlx::query!(
            r#"select public_id, refresh_hash = $3 as "current!", coalesce(spent_hash = $3, false) as "spent!",
                   spent_at, revoked_at is not null as "revoked!", last_used_at, expires_at
               from session where tenant_id = $1 and id = $2 for update"#,
            self.tenant().get(),
            id,
            hash
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.filter(|row| row.current || row.spent).map(|row| Presented {
            id,
            public_id: PublicId::from_row(row.public_id),
            spent: row.spent && !row.current,
            spent_at: row.spent_at,
            revoked: row.revoked,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        }))
    }

    /// Replaces the refresh secret; `spent` is kept to recognise its reuse.
    pub async fn rotate_session(
        &mut self,
        id: i64,
        (spent, fresh): (&[u8; 32], &[u8; 32]),
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update session set refresh_hash = $4, spent_hash = $3, spent_at = $5, last_used_at = $5
             where tenant_id = $1 and id = $2",
            self.tenant().get(),
            id,
            spent,
            fresh,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a session. What was ended stays ended.
    pub async fn revoke_session(&mut self, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "update session set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2",
            self.tenant().get(),
            id,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// This session stays although the password was changed at `now`.
    pub async fn trust_session(&mut self, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "update session set trusted_at = $3 where tenant_id = $1 and id = $2",
            self.tenant().get(),
            id,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The sessions of a person in this tenant that may be used at `now`, newest first.
    pub async fn sessions_of(
        &mut self,
        person: PersonId,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let rows = sqlx::query!(
            "select s.public_id, s.user_agent, s.ip, s.created_at, s.last_used_at from session s
             join person p on p.id = s.person_id
             where s.tenant_id = $1 and s.person_id = $2 and s.revoked_at is null and s.expires_at > $3
               and s.last_used_at > $4 and s.trusted_at >= p.sessions_since
             order by s.id desc limit 100",
            self.tenant().get(),
            person.get(),
            now,
            idle_since
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| SessionRow {
                public_id: PublicId::from_row(row.public_id),
                user_agent: row.user_agent,
                ip: row.ip,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            })
            .collect())
    }

    /// Ends a person's session by its public id. False when there is none that lives.
    pub async fn revoke_own_session(
        &mut self,
        person: PersonId,
        session: PublicId<ids::Session>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "update session set revoked_at = $4
             where tenant_id = $1 and person_id = $2 and public_id = $3 and revoked_at is null",
            self.tenant().get(),
            person.get(),
            session.uuid(),
            now
        );
        Ok(ended.execute(self.connection()).await?.rows_affected() == 1)
    }
}
