//! People as themselves: addresses, passwords, and their end. They belong to no tenant, so any web door reaches them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Scoped, StoreError, SystemWeb};
use crate::domain::{
    ids::{self, PersonId, PublicId},
    member::Email,
};

/// The way to people, within an open transaction.
#[derive(Debug)]
pub struct People<'a>(&'a mut PgConnection);

impl Scoped {
    /// People, in the same transaction.
    pub fn people(&mut self) -> People<'_> {
        People(self.connection())
    }
}

impl SystemWeb {
    /// People, in the same transaction.
    pub fn people(&mut self) -> People<'_> {
        People(self.connection())
    }
}

/// A person, as sign-in and the account page need one.
#[derive(Debug, Clone)]
pub struct Account {
    /// Internal id.
    pub id: PersonId,
    /// Public id.
    pub public_id: PublicId<ids::Person>,
    /// Address.
    pub email: String,
    /// Name, or empty.
    pub name: String,
    /// PHC string; none while no password was chosen.
    pub password_hash: Option<String>,
    /// Shared secret of the second factor, sealed; none: there is no second factor.
    pub totp_secret: Option<Vec<u8>>,
    /// The same, not yet confirmed.
    pub totp_draft: Option<Vec<u8>>,
    /// Runs this installation.
    pub staff: bool,
}

/// A person to be.
#[derive(Debug)]
pub struct NewPerson<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Person>,
    /// Address.
    pub email: &'a Email,
    /// Name, or empty.
    pub name: &'a str,
    /// PHC string; none: signs in elsewhere.
    pub password_hash: Option<&'a str>,
    /// When the address was proved, if it was.
    pub verified_at: Option<DateTime<Utc>>,
}

impl People<'_> {
    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        self.0
    }

    /// The person who signs in with this address.
    pub async fn by_email(&mut self, email: &Email) -> Result<Option<Account>, StoreError> {
        self.find(Some(email.as_str()), None).await
    }

    /// The person of this number.
    pub async fn by_id(&mut self, person: PersonId) -> Result<Option<Account>, StoreError> {
        self.find(None, Some(person.get())).await
    }

    async fn find(
        &mut self,
        email: Option<&str>,
        id: Option<i64>,
    ) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query!(
            "select id, public_id, email, name, password_hash, totp_secret, totp_draft, staff
             from person where email = $1 or id = $2",
            email,
            id
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Account {
            id: PersonId::from_row(row.id),
            public_id: PublicId::from_row(row.public_id),
            email: row.email,
            name: row.name,
            password_hash: row.password_hash,
            totp_secret: row.totp_secret,
            totp_draft: row.totp_draft,
            staff: row.staff,
        }))
    }

    /// Makes a person; none when the address is somebody's.
    pub async fn make(&mut self, new: &NewPerson<'_>) -> Result<Option<PersonId>, StoreError> {
        let made = sqlx::query_scalar!(
            "insert into person (public_id, email, name, password_hash, verified_at)
             values ($1, $2, $3, $4, $5) on conflict (email) do nothing returning id",
            new.public_id.uuid(),
            new.email.as_str(),
            new.name,
            new.password_hash,
            new.verified_at
        );
        Ok(made.fetch_optional(self.connection()).await?.map(PersonId::from_row))
    }

    /// Another name.
    pub async fn rename(&mut self, person: PersonId, name: &str) -> Result<(), StoreError> {
        sqlx::query!("update person set name = $2 where id = $1", person.get(), name)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Another password; sessions that began before are over.
    pub async fn set_password(
        &mut self,
        person: PersonId,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update person set password_hash = $2, sessions_since = $3 where id = $1",
            person.get(),
            hash,
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The address was proved by a link that was mailed to it.
    pub async fn verified(
        &mut self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update person set verified_at = coalesce(verified_at, $2) where id = $1",
            person.get(),
            now
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Removes a person, with all memberships and sessions.
    pub async fn remove(&mut self, person: PersonId) -> Result<(), StoreError> {
        sqlx::query!("delete from person where id = $1", person.get())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
