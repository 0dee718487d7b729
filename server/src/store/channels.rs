//! Channels: where news goes. The secret comes out sealed, and only for the loop that delivers.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError};
use crate::domain::ids::{self, ChannelId, PublicId};

/// A channel as a person sees it.
#[derive(Debug)]
pub struct Channel {
    /// Internal id.
    pub id: ChannelId,
    /// Public id.
    pub public_id: PublicId<ids::Channel>,
    /// `slack`, …
    pub kind: String,
    /// Name.
    pub name: String,
    /// What may be shown of its address.
    pub hint: String,
    /// News below this severity is not sent.
    pub severity_min: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why the receiver's answer stopped it.
    pub disabled_reason: Option<String>,
    /// Told when this one fails.
    pub fallback: Option<PublicId<ids::Channel>>,
    /// Messages that could not be delivered.
    pub dead: i64,
    /// Grows with every change.
    pub version: i32,
    /// When the last message was finished, and how.
    pub last_delivery: Option<(DateTime<Utc>, String)>,
}

/// A channel to be stored.
#[derive(Debug)]
pub struct NewChannel<'a> {
    /// Public id.
    pub public_id: PublicId<ids::Channel>,
    /// `slack`, …
    pub kind: &'a str,
    /// Name.
    pub name: &'a str,
    /// What may be shown of its address.
    pub hint: &'a str,
    /// Sealed.
    pub secret: &'a [u8],
    /// News below this severity is not sent.
    pub severity_min: &'a str,
    /// Told when it fails.
    pub fallback: Option<ChannelId>,
}

/// What a person may change of a channel.
#[derive(Debug, Default)]
pub struct ChannelChange<'a> {
    /// New name.
    pub name: Option<&'a str>,
    /// New threshold.
    pub severity_min: Option<&'a str>,
    /// On or off; on forgets why the receiver's answer stopped it.
    pub enabled: Option<bool>,
    /// New hint and sealed secret.
    pub address: Option<(&'a str, &'a [u8])>,
    /// Told when it fails, from now on; `Some(None)`: nobody.
    pub fallback: Option<Option<ChannelId>>,
}

/// What became of a change that named a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Done.
    Yes,
    /// Somebody else changed it first; the present version is this.
    Stale(i32),
    /// There is no such row.
    Missing,
}

impl Scoped {
    /// All channels by name, or the one named.
    pub async fn channels(
        &mut self,
        only: Option<PublicId<ids::Channel>>,
    ) -> Result<Vec<Channel>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.id, c.public_id, c.kind, c.name, c.hint, c.severity_min, c.enabled, c.disabled_reason,
                   c.version, d.finished_at as "last_at?", d.status as "last_status?", f.public_id as "fallback?",
                   (select count(*) from (select 1 from delivery x where x.tenant_id = c.tenant_id
                        and x.channel_id = c.id and x.status = 'dead' limit 10000) dead) as "dead!"
               from channel c
               left join channel f on f.tenant_id = c.tenant_id and f.id = c.fallback_id
               left join lateral (select finished_at, status from delivery d
                    where d.tenant_id = c.tenant_id and d.channel_id = c.id and d.finished_at is not null
                    order by d.finished_at desc limit 1) d on true
               where c.tenant_id = $1 and ($2::uuid is null or c.public_id = $2) order by c.name limit 200"#,
            self.tenant().get(),
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Channel {
                id: ChannelId::from_row(row.id),
                public_id: PublicId::from_row(row.public_id),
                kind: row.kind,
                name: row.name,
                hint: row.hint,
                severity_min: row.severity_min,
                enabled: row.enabled,
                disabled_reason: row.disabled_reason,
                fallback: row.fallback.map(PublicId::from_row),
                dead: row.dead,
                version: row.version,
                last_delivery: row.last_at.zip(row.last_status),
            })
            .collect())
    }

    /// How many channels there are.
    pub async fn channel_count(&mut self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from channel where tenant_id = $1"#,
            self.tenant().get()
        );
        Ok(count.fetch_one(self.connection()).await?)
    }

    /// Stores a channel. A duplicate name is [`StoreError::is_duplicate`].
    pub async fn add_channel(&mut self, new: &NewChannel<'_>) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into channel (tenant_id, public_id, kind, name, hint, secret, severity_min, fallback_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.tenant().get(),
            new.public_id.uuid(),
            new.kind,
            new.name,
            new.hint,
            new.secret,
            new.severity_min,
            new.fallback.map(ChannelId::get)
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Changes what `change` names, if the row still has `version`.
    pub async fn change_channel(
        &mut self,
        channel: PublicId<ids::Channel>,
        version: i32,
        change: &ChannelChange<'_>,
    ) -> Result<Changed, StoreError> {
        let (hint, secret) = change.address.unzip();
        let updated = sqlx::query!(
            "update channel set name = coalesce($4, name), severity_min = coalesce($5, severity_min),
                enabled = coalesce($6, enabled), hint = coalesce($7, hint), secret = coalesce($8, secret),
                disabled_reason = case when $6 then null else disabled_reason end,
                failures = case when $6 then 0 else failures end,
                failing_since = case when $6 then null else failing_since end,
                fallback_id = case when $9 then $10 else fallback_id end, version = version + 1
             where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            channel.uuid(),
            version,
            change.name,
            change.severity_min,
            change.enabled,
            hint,
            secret,
            change.fallback.is_some(),
            change.fallback.flatten().map(ChannelId::get)
        )
        .execute(self.connection())
        .await?;
        if updated.rows_affected() == 1 {
            return Ok(Changed::Yes);
        }
        self.channel_version(channel).await
    }

    /// Removes a channel with all that is still owed to it, if it still has `version`.
    pub async fn remove_channel(
        &mut self,
        channel: PublicId<ids::Channel>,
        version: i32,
    ) -> Result<Changed, StoreError> {
        let removed = sqlx::query!(
            "delete from channel where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            channel.uuid(),
            version
        )
        .execute(self.connection())
        .await?;
        if removed.rows_affected() == 1 {
            return Ok(Changed::Yes);
        }
        self.channel_version(channel).await
    }

    async fn channel_version(
        &mut self,
        channel: PublicId<ids::Channel>,
    ) -> Result<Changed, StoreError> {
        let version = sqlx::query_scalar!(
            "select version from channel where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            channel.uuid()
        );
        let version = version.fetch_optional(self.connection()).await?;
        Ok(version.map_or(Changed::Missing, Changed::Stale))
    }
}
