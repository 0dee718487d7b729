//! Who belongs to a tenant, as what, and who is invited. The last owner can neither leave nor be made less.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, people::role_of};
use crate::domain::{
    ids::{self, PersonId, PublicId},
    member::Role,
};

/// A member, locked until the transaction ends.
#[derive(Debug, Clone)]
pub struct HeldMember {
    /// Internal id of the person.
    pub person: PersonId,
    /// Role in this tenant.
    pub role: Role,
    /// Address.
    pub email: String,
}

/// An invitation as people see it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Internal id, for paging.
    pub id: i64,
    /// Public id.
    pub public_id: PublicId<ids::Invitation>,
    /// To whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who invites; none: has left.
    pub invited_by: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

/// An invitation that was presented, locked until the transaction ends.
#[derive(Debug)]
pub struct HeldInvitation {
    id: i64,
    /// Public id.
    pub public_id: PublicId<ids::Invitation>,
    /// SHA-256 of its secret, to be compared in constant time.
    pub secret_hash: Vec<u8>,
    /// To whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// What the inviter may do in this tenant now; none: no member any more.
    pub inviter: Option<Role>,
}

/// An invitation to be kept.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Invitation>,
    /// The part of its token that may be looked up.
    pub key_id: &'a str,
    /// SHA-256 of the rest.
    pub secret_hash: [u8; 32],
    /// To whom.
    pub email: &'a str,
    /// As what.
    pub role: Role,
    /// Who invites.
    pub invited_by: PersonId,
    /// Now.
    pub now: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl Scoped {
    /// Locks the tenant's list of members: two who change it at once come one after the other.
    pub async fn lock_members(&mut self) -> Result<(), StoreError> {
        sqlx::query_scalar!("select id from tenant where id = $1 for update", self.tenant().get())
            .fetch_one(self.connection())
            .await?;
        Ok(())
    }

    /// The member with this public id. Access for support is no membership.
    pub async fn member(
        &mut self,
        person: PublicId<ids::Person>,
    ) -> Result<Option<HeldMember>, StoreError> {
        let row = sqlx::query!(
            "select m.person_id, m.role, p.email from member m join person p on p.id = m.person_id
             where m.tenant_id = $1 and p.public_id = $2 and m.until is null",
            self.tenant().get(),
            person.uuid()
        );
        let row = row.fetch_optional(self.connection()).await?;
        row.map(|row| {
            Ok(HeldMember {
                person: PersonId::from_row(row.person_id),
                role: role_of(&row.role)?,
                email: row.email,
            })
        })
        .transpose()
    }

    /// What a person may do in this tenant at `now`; none: nothing.
    pub async fn role_of_person(
        &mut self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Option<Role>, StoreError> {
        let role = sqlx::query_scalar!(
            "select role from member
             where tenant_id = $1 and person_id = $2 and (until is null or until > $3)",
            self.tenant().get(),
            person.get(),
            now
        );
        let role = role.fetch_optional(self.connection()).await?;
        role.as_deref().map(role_of).transpose()
    }

    /// Whether somebody with this address is a member.
    pub async fn is_member(&mut self, email: &str) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"select exists (select 1 from member m join person p on p.id = m.person_id
               where m.tenant_id = $1 and p.email = $2 and m.until is null) as "found!""#,
            self.tenant().get(),
            email
        );
        Ok(found.fetch_one(self.connection()).await?)
    }

    /// Owners besides `person`.
    pub async fn other_owners(&mut self, person: PersonId) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from member
               where tenant_id = $1 and role = 'owner' and person_id <> $2 and until is null"#,
            self.tenant().get(),
            person.get()
        );
        Ok(count.fetch_one(self.connection()).await?)
    }

    /// Another role. The person's API tokens do no more than the new one may.
    pub async fn set_role(&mut self, person: PersonId, role: Role) -> Result<(), StoreError> {
        sqlx::query!(
            "update member set (role, reason) = ($3, reason) where tenant_id = $1 and person_id = $2",
            self.tenant().get(),
            person.get(),
            role.word()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes a person out of the tenant; sessions here end, and API tokens the person made are revoked.
    pub async fn remove_member(
        &mut self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "update api_token set revoked_at = coalesce(revoked_at, $3)
             where tenant_id = $1 and created_by = $2",
            tenant,
            person.get(),
            now
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "delete from member where tenant_id = $1 and person_id = $2",
            tenant,
            person.get()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Makes a person a member. False when the person is one already.
    pub async fn join(&mut self, person: PersonId, role: Role) -> Result<bool, StoreError> {
        let joined = sqlx::query!(
            "insert into member (tenant_id, person_id, role) values ($1, $2, $3)
             on conflict (tenant_id, person_id) do update
                set until = null, role = excluded.role, grant_ref = null, reason = ''
                where member.until is not null",
            self.tenant().get(),
            person.get(),
            role.word()
        );
        Ok(joined.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Invitations that can still be accepted, newest first; or the one named.
    pub async fn invitations(
        &mut self,
        only: Option<PublicId<ids::Invitation>>,
        before: Option<i64>,
        (limit, now): (i64, DateTime<Utc>),
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = sqlx::query!(
            r#"select i.id, i.public_id, i.email, i.role, p.email as "invited_by?", i.created_at, i.expires_at
               from invitation i left join member m on m.tenant_id = i.tenant_id and m.person_id = i.invited_by
               left join person p on p.id = m.person_id
               where i.tenant_id = $1 and ($2::uuid is null or i.public_id = $2) and ($3::int8 is null or i.id < $3)
                 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $5
               order by i.id desc limit $4"#,
            self.tenant().get(),
            only.map(PublicId::uuid),
            before,
            limit,
            now
        );
        let rows = rows.fetch_all(self.connection()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(Invitation {
                    id: row.id,
                    public_id: PublicId::from_row(row.public_id),
                    email: row.email,
                    role: role_of(&row.role)?,
                    invited_by: row.invited_by,
                    created_at: row.created_at,
                    expires_at: row.expires_at,
                })
            })
            .collect()
    }

    /// Keeps an invitation; an earlier one to the same address is over.
    pub async fn invite(&mut self, new: &NewInvitation<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant().get();
        sqlx::query!(
            "update invitation set revoked_at = $3
             where tenant_id = $1 and email = $2 and accepted_at is null and revoked_at is null",
            tenant,
            new.email,
            new.now
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "insert into invitation (tenant_id, public_id, key_id, secret_hash, email, role, invited_by, created_at,
                expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            tenant,
            new.public_id.uuid(),
            new.key_id,
            &new.secret_hash,
            new.email,
            new.role.word(),
            new.invited_by.get(),
            new.now,
            new.expires_at
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes an invitation back. False when there is none that could be accepted.
    pub async fn revoke_invitation(
        &mut self,
        invitation: PublicId<ids::Invitation>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let revoked = sqlx::query!(
            "update invitation set revoked_at = $3
             where tenant_id = $1 and public_id = $2 and accepted_at is null and revoked_at is null",
            self.tenant().get(),
            invitation.uuid(),
            now
        );
        Ok(revoked.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Locks an invitation, if it can still be accepted.
    pub async fn hold_invitation(
        &mut self,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<HeldInvitation>, StoreError> {
        let row = sqlx::query!(
            r#"select i.id, i.public_id, i.secret_hash, i.email, i.role,
                   (select m.role from member m where m.tenant_id = i.tenant_id and m.person_id = i.invited_by
                       and m.until is null) as inviter
               from invitation i where i.tenant_id = $1 and i.id = $2 and i.accepted_at is null
                 and i.revoked_at is null and i.expires_at > $3 for update of i"#,
            self.tenant().get(),
            id,
            now
        );
        let row = row.fetch_optional(self.connection()).await?;
        row.map(|row| {
            Ok(HeldInvitation {
                id: row.id,
                public_id: PublicId::from_row(row.public_id),
                secret_hash: row.secret_hash,
                email: row.email,
                role: role_of(&row.role)?,
                inviter: row.inviter.as_deref().map(role_of).transpose()?,
            })
        })
        .transpose()
    }

    /// It was accepted and cannot be accepted again.
    pub async fn accept_invitation(
        &mut self,
        invitation: &HeldInvitation,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update invitation set accepted_at = $3 where tenant_id = $1 and id = $2",
            self.tenant().get(),
            invitation.id,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
