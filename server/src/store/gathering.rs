//! Many at once: those of a group join its first message, those of a storm a digest, so that nobody is told a thousand
//! times and every incident still has its row.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, alerts::Desk, lanes::Claim, routing::Due};
use crate::{
    clock::Dice,
    domain::{
        channel::Kind,
        ids::{self, PublicId},
    },
};

/// More than this many opened by one tenant within a minute are a storm.
const STORM: i64 = 20;
/// How long after its first message others join a group.
const GROUP_S: f64 = 60.0;
/// The first digest of a storm waits this long for others to join it, each later one a minute.
const DIGEST_S: f64 = 5.0;

/// What a digest tells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// Opened: trigger, severity, how many; critical first.
    pub opened: Vec<(String, String, i64)>,
    /// Hosts of the worst of them.
    pub hosts: Vec<String>,
    /// Ended.
    pub ended: i64,
}

/// One of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The trigger.
    pub trigger: String,
    /// What happens.
    pub title: String,
    /// The host.
    pub host: String,
    /// It is over.
    pub over: bool,
}

impl Desk<'_> {
    /// Whether so much is opened that telling each would hide all.
    pub(in crate::store) async fn storms(&mut self) -> Result<bool, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from (select 1 from incident where tenant_id = $1
                and fired_at > clock_timestamp() - interval '1 minute' order by fired_at desc limit $2) recent"#,
            self.tenant.get(),
            STORM + 1
        );
        Ok(count.fetch_one(&mut *self.connection).await? > STORM)
    }

    /// The digest that the next incident for this channel joins: at most one a minute.
    pub(in crate::store) async fn digest_for(
        &mut self,
        channel: i64,
        (now, dice): (DateTime<Utc>, &dyn Dice),
    ) -> Result<i64, StoreError> {
        let last = sqlx::query!(
            r#"select id, status, attempts, extract(epoch from clock_timestamp() - created_at)::float8 as "age_s!"
               from delivery where tenant_id = $1 and channel_id = $2 and kind = 'digest'
                 and created_at > clock_timestamp() - interval '10 minutes' order by id desc limit 1"#,
            self.tenant.get(),
            channel
        );
        let last = last.fetch_optional(&mut *self.connection).await?;
        let wait = match &last {
            Some(last) if last.status == "ready" && last.attempts == 0 => return Ok(last.id),
            Some(last) => (60.0 - last.age_s).max(DIGEST_S),
            None => DIGEST_S,
        };
        let id = sqlx::query_scalar!(
            "insert into delivery (tenant_id, public_id, channel_id, kind, priority, next_at)
             values ($1, $2, $3, 'digest', 0, clock_timestamp() + make_interval(secs => $4)) returning id",
            self.tenant.get(),
            PublicId::<ids::Delivery>::make(now, dice).uuid(),
            channel,
            wait
        );
        Ok(id.fetch_one(&mut *self.connection).await?)
    }

    /// Lets a row join the group that its channel heard of within the last minute. Where messages can be edited it is
    /// told at once, elsewhere when the minute is over.
    pub(in crate::store) async fn join_group(
        &mut self,
        due: &mut Due,
        kind: Kind,
    ) -> Result<(), StoreError> {
        let Some(key) = &due.group_key else { return Ok(()) };
        let lead = sqlx::query!(
            r#"select id, lane, extract(epoch from clock_timestamp() - created_at)::float8 as "age_s!" from (
                   select id, lane, created_at, kind, status, body from delivery
                   where tenant_id = $1 and channel_id = $2 order by id desc limit 500) recent
               where kind = 'opened' and status in ('ready', 'leased', 'sending', 'delivered')
                 and body ->> 'group' = $3 and created_at > clock_timestamp() - make_interval(secs => $4)
               order by id limit 1"#,
            self.tenant.get(),
            due.channel,
            key,
            GROUP_S
        );
        if let Some(lead) = lead.fetch_optional(&mut *self.connection).await? {
            due.kind = "grouped";
            due.lane = lead.lane;
            due.group = Some(lead.id);
            due.after_s = if kind.edits() { 0.0 } else { (GROUP_S - lead.age_s).max(0.0) };
        }
        Ok(())
    }
}

impl Scoped {
    /// What a digest tells.
    pub async fn gathered(&mut self, digest: &Claim) -> Result<Gathered, StoreError> {
        let rows = sqlx::query!(
            r#"select i.trigger_name, i.severity, count(*) as "count!" from delivery d
               join incident i on i.tenant_id = d.tenant_id and i.id = d.incident_id
               where d.tenant_id = $1 and d.group_id = $2 and d.kind = 'opened'
               group by 1, 2
               order by array_position(array['critical', 'error', 'warning', 'info'], i.severity), 3 desc limit 50"#,
            self.tenant().get(),
            digest.id.get()
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let opened =
            rows.into_iter().map(|row| (row.trigger_name, row.severity, row.count)).collect();
        let hosts = sqlx::query_scalar!(
            r#"select name as "name!" from (
                   select h.name, min(array_position(array['critical', 'error', 'warning', 'info'], i.severity)) as worst
                   from delivery d
                   join incident i on i.tenant_id = d.tenant_id and i.id = d.incident_id
                   join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
                   where d.tenant_id = $1 and d.group_id = $2 and d.kind = 'opened' group by h.name) w
               order by worst, name limit 10"#,
            self.tenant().get(),
            digest.id.get()
        );
        let hosts = hosts.fetch_all(self.connection()).await?;
        let ended = sqlx::query_scalar!(
            r#"select count(*) as "count!" from delivery
               where tenant_id = $1 and group_id = $2 and kind in ('resolved', 'closed')"#,
            self.tenant().get(),
            digest.id.get()
        );
        let ended = ended.fetch_one(self.connection()).await?;
        Ok(Gathered { opened, hosts, ended })
    }

    /// Those that joined the message of a lane; `waiting`: only those that nobody was told of yet.
    pub async fn group_of(
        &mut self,
        (channel, lane): (ids::ChannelId, i64),
        waiting: bool,
    ) -> Result<Vec<GroupMember>, StoreError> {
        let rows = sqlx::query_as!(
            GroupMember,
            r#"select i.trigger_name as trigger, i.title, h.name as host, i.closed_at is not null as "over!"
               from delivery g
               join delivery d on d.tenant_id = g.tenant_id and d.group_id = g.id and d.kind = 'grouped'
               join incident i on i.tenant_id = d.tenant_id and i.id = d.incident_id
               join host h on h.tenant_id = i.tenant_id and h.id = i.host_id
               where g.tenant_id = $1 and g.incident_id = $2 and g.channel_id = $3
                 and (not $4 or d.status in ('ready', 'leased', 'sending'))
               order by d.id limit 100"#,
            self.tenant().get(),
            lane,
            channel.get(),
            waiting
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }

    /// One message tells all that wait in a group.
    pub async fn collapse_group(
        &mut self,
        channel: ids::ChannelId,
        claim: &Claim,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update delivery set status = 'collapsed', finished_at = clock_timestamp(), last_error = $5
             where tenant_id = $1 and channel_id = $2 and lane = $3 and id > $4 and kind = 'grouped' and status = 'ready'
               and attempts = 0",
            self.tenant().get(),
            channel.get(),
            claim.lane,
            claim.id.get(),
            "told together with others"
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
