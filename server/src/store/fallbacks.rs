//! When a channel fails: its fallback hears the news, and the owners hear of the channel.

use serde_json::json;

use super::{Scoped, StoreError, lanes::Claim};
use crate::{
    clock::Dice,
    domain::ids::{self, ChannelId, PublicId},
};

/// A channel as the loop that delivers needs it.
#[derive(Debug)]
pub struct Way {
    /// Public id.
    pub public_id: PublicId<ids::Channel>,
    /// `slack`, …
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Its address, sealed.
    pub secret: Vec<u8>,
    /// Whose it is.
    pub tenant: String,
}

impl Scoped {
    /// The way to a channel's receiver.
    pub async fn way_to(&mut self, channel: ChannelId) -> Result<Option<Way>, StoreError> {
        let row = sqlx::query!(
            "select c.public_id, c.kind, c.name, c.secret, t.name as tenant from channel c join tenant t on t.id = c.tenant_id
             where c.tenant_id = $1 and c.id = $2",
            self.tenant().get(),
            channel.get()
        );
        let row = row.fetch_optional(self.connection()).await?;
        Ok(row.map(|row| Way {
            public_id: PublicId::from_row(row.public_id),
            kind: row.kind,
            name: row.name,
            secret: row.secret,
            tenant: row.tenant,
        }))
    }

    /// The receiver has moved.
    pub async fn move_channel(
        &mut self,
        channel: ChannelId,
        (hint, secret): (&str, &[u8]),
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update channel set hint = $3, secret = $4, version = version + 1 where tenant_id = $1 and id = $2",
            self.tenant().get(),
            channel.get(),
            hint,
            secret
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Owes a message to the fallback of its channel, if that has failed for long or, with `at_once`, in any case. Every
    /// message is owed there once at most.
    pub async fn owe_fallback(
        &mut self,
        (channel, claim): (ChannelId, &Claim),
        at_once: bool,
        public_id: PublicId<ids::Delivery>,
    ) -> Result<bool, StoreError> {
        let owed = sqlx::query!(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane, body)
             select d.tenant_id, $4, f.id, d.incident_id, d.seq,
                case when d.kind in ('resolved', 'closed') then d.kind else 'fallback' end, d.priority, d.incident_id,
                jsonb_build_object('instead_of', c.name)
             from delivery d
             join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id
             join channel f on f.tenant_id = c.tenant_id and f.id = c.fallback_id and f.enabled and f.id <> c.id
             where d.tenant_id = $1 and d.id = $2 and d.channel_id = $3 and d.incident_id is not null
               and d.kind <> 'fallback' and ($5 or c.failing_since < clock_timestamp() - interval '2 minutes')
             on conflict (tenant_id, channel_id, incident_id, seq) do nothing",
            self.tenant().get(),
            claim.id.get(),
            channel.get(),
            public_id.uuid(),
            at_once
        );
        Ok(owed.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Stops a channel whose receiver said that it will never take anything again; false: it was stopped already. What
    /// waits for it is dead and can be sent again; its fallback, or else another channel, hears why.
    pub async fn disable_channel(
        &mut self,
        channel: ChannelId,
        reason: &str,
        public_id: PublicId<ids::Delivery>,
    ) -> Result<bool, StoreError> {
        let stopped = sqlx::query_scalar!(
            "update channel set enabled = false, disabled_reason = $3, version = version + 1
             where tenant_id = $1 and id = $2 and enabled returning name",
            self.tenant().get(),
            channel.get(),
            reason
        );
        let Some(name) = stopped.fetch_optional(self.connection()).await? else { return Ok(false) };
        let body = json!({"title": format!("The channel {name} was stopped"),
            "text": format!("{reason}. What waits for it is kept: correct its address, switch it on and send it again.")});
        sqlx::query!(
            "insert into delivery (tenant_id, public_id, channel_id, kind, priority, body)
             select $1, $3, o.id, 'notice', 1, $4 from channel c
             join channel o on o.tenant_id = c.tenant_id and o.id <> c.id and o.enabled
             where c.tenant_id = $1 and c.id = $2 order by o.id = c.fallback_id desc nulls last, o.id limit 1",
            self.tenant().get(),
            channel.get(),
            public_id.uuid(),
            body
        )
        .execute(self.connection())
        .await?;
        let actor = "system";
        sqlx::query!(
            "insert into audit (tenant_id, actor, action, object, detail) select $1, $3, 'channel.stopped', $4, $5
             where exists (select 1 from channel where tenant_id = $1 and id = $2)",
            self.tenant().get(),
            channel.get(),
            actor,
            name,
            json!({"reason": reason})
        )
        .execute(self.connection())
        .await?;
        Ok(true)
    }

    /// What still waits for a stopped channel is dead: it must not come out a week later. What of it was news goes to the
    /// fallback; how many that were.
    pub async fn bury_waiting(
        &mut self,
        channel: ChannelId,
        reason: &str,
        (now, dice): (chrono::DateTime<chrono::Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let buried = sqlx::query_scalar!(
            "update delivery set status = 'dead', finished_at = clock_timestamp(), last_error = $3
             where tenant_id = $1 and channel_id = $2 and status = 'ready' returning id",
            self.tenant().get(),
            channel.get(),
            reason
        );
        let buried = buried.fetch_all(self.connection()).await?;
        let ids: Vec<uuid::Uuid> =
            buried.iter().map(|_| PublicId::<ids::Delivery>::make(now, dice).uuid()).collect();
        let owed = sqlx::query!(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane, body)
             select d.tenant_id, n.public_id, f.id, d.incident_id, d.seq,
                case when d.kind in ('resolved', 'closed') then d.kind else 'fallback' end, d.priority, d.incident_id,
                jsonb_build_object('instead_of', c.name)
             from unnest($3::int8[], $4::uuid[]) n (id, public_id)
             join delivery d on d.tenant_id = $1 and d.id = n.id and d.incident_id is not null and d.kind <> 'fallback'
             join channel c on c.tenant_id = $1 and c.id = $2
             join channel f on f.tenant_id = $1 and f.id = c.fallback_id and f.enabled and f.id <> c.id
             order by d.id on conflict (tenant_id, channel_id, incident_id, seq) do nothing",
            self.tenant().get(),
            channel.get(),
            &buried,
            &ids
        );
        let owed = owed.execute(self.connection()).await?;
        Ok(usize::try_from(owed.rows_affected()).unwrap_or(0))
    }

    /// Addresses of the owners.
    pub async fn owners(&mut self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"select email as "email!" from scoped.colleague where tenant_id = $1 and role = 'owner'
               order by person_id limit 20"#,
            self.tenant().get()
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }
}
