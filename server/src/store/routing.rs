//! Owes news to channels: by routes, held back by mutes, told together in groups, gathered in storms.
//!
//! Each incident has a row for each channel, whatever becomes of it: nothing is dropped without a trace. An end is owed
//! to every channel that was told of the beginning, whatever is muted by then.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    StoreError,
    alerts::Desk,
    matcher::{StoredMatcher, read_steps, steps_of},
    openings::Told,
};
use crate::{
    clock::Dice,
    domain::{
        channel::Kind,
        ids::{self, IncidentId, PublicId, RouteId},
        route::{GroupBy, Route, Subject, choose},
        severity::Severity,
    },
};

/// Outside of the transaction: the time for names of rows, and chance.
type Outside<'a> = (DateTime<Utc>, &'a dyn Dice);

/// A channel that may be told.
#[derive(Debug, Clone)]
pub(in crate::store) struct Open {
    pub(in crate::store) id: i64,
    pub(in crate::store) public_id: String,
    pub(in crate::store) kind: Kind,
    severity_min: Severity,
}

/// A row to be owed.
#[derive(Debug, Clone)]
pub(in crate::store) struct Due {
    pub(in crate::store) channel: i64,
    pub(in crate::store) kind: &'static str,
    pub(in crate::store) status: &'static str,
    pub(in crate::store) lane: i64,
    pub(in crate::store) group: Option<i64>,
    pub(in crate::store) group_key: Option<String>,
    pub(in crate::store) why: Option<String>,
    /// Seconds from now.
    pub(in crate::store) after_s: f64,
}

impl Due {
    pub(in crate::store) fn plain(channel: i64, kind: &'static str, lane: i64) -> Self {
        Self {
            channel,
            kind,
            status: "ready",
            lane,
            group: None,
            group_key: None,
            why: None,
            after_s: 0.0,
        }
    }
}

impl Desk<'_> {
    /// Owes the opening to whom routes name. How many messages go out.
    pub async fn owe_opened(
        &mut self,
        told: Told,
        outside: Outside<'_>,
    ) -> Result<usize, StoreError> {
        let Some(subject) = self.subject(told.incident).await? else { return Ok(0) };
        let now = self.moment().await?;
        let channels = self.open_channels().await?;
        let routes = self.routes().await?;
        let chosen: Vec<&Route> = choose(&routes, &subject, now);
        let first = first_steps(&chosen, routes.is_empty(), &channels, &subject);
        let mute = self.mute_of(&subject, Some(told.incident)).await?;
        let storm = mute.is_none() && self.storms().await?;
        let mut due = Vec::new();
        for (channel, group_key) in first {
            let mut one =
                Due { group_key, ..Due::plain(channel.id, "opened", told.incident.get()) };
            if let Some((why, _)) = &mute {
                (one.status, one.why) = ("suppressed", Some(why.clone()));
            } else if storm && channel.kind.read_by_people() {
                one.group = Some(self.digest_for(channel.id, outside).await?);
                (one.status, one.why) = ("collapsed", Some("told in a digest".to_owned()));
            } else if channel.kind.read_by_people() {
                self.join_group(&mut one, channel.kind).await?;
            }
            due.push(one);
        }
        if let Some((_, until)) = mute {
            self.release_at(told.incident, until).await?;
        }
        self.arm_steps(told.incident, &chosen).await?;
        self.owe(told, &due, outside).await
    }

    /// Owes the end to every channel that the beginning was owed to, whatever is muted by now.
    pub async fn owe_end(
        &mut self,
        told: Told,
        kind: &str,
        outside: Outside<'_>,
    ) -> Result<usize, StoreError> {
        let kind = if kind == "closed" { "closed" } else { "resolved" };
        let rows = sqlx::query!(
            r#"select distinct on (d.channel_id) d.channel_id, d.lane,
                   d.status = 'collapsed' and g.kind = 'digest' as "digested?"
               from delivery d left join delivery g on g.tenant_id = d.tenant_id and g.id = d.group_id
               where d.tenant_id = $1 and d.incident_id = $2 and d.status <> 'suppressed'
                 and d.kind in ('opened', 'grouped', 'escalated', 'reminded', 'fallback')
               order by d.channel_id, d.id"#,
            self.tenant.get(),
            told.incident.get()
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        let mut due = Vec::new();
        for row in rows {
            let mut one = Due::plain(row.channel_id, kind, row.lane);
            if row.digested == Some(true) {
                one.group = Some(self.digest_for(row.channel_id, outside).await?);
                (one.status, one.why) = ("collapsed", Some("told in a digest".to_owned()));
            }
            due.push(one);
        }
        self.settle_held_back(told.incident).await?;
        self.owe(told, &due, outside).await
    }

    /// Owes a change of what was said to every channel that was told.
    pub async fn owe_update(
        &mut self,
        told: Told,
        kind: &'static str,
        outside: Outside<'_>,
    ) -> Result<usize, StoreError> {
        let due: Vec<Due> = self
            .told_channels(told.incident)
            .await?
            .into_iter()
            .map(|(channel, lane)| Due::plain(channel, kind, lane))
            .collect();
        self.owe(told, &due, outside).await
    }

    /// Channels that know of an incident, each with its lane.
    pub(in crate::store) async fn told_channels(
        &mut self,
        incident: IncidentId,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = sqlx::query!(
            "select distinct on (channel_id) channel_id, lane from delivery
             where tenant_id = $1 and incident_id = $2 and status not in ('suppressed', 'collapsed')
               and kind in ('opened', 'grouped', 'escalated', 'reminded', 'fallback') order by channel_id, id",
            self.tenant.get(),
            incident.get()
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows.into_iter().map(|row| (row.channel_id, row.lane)).collect())
    }

    /// What was held back of an incident that is over is of no interest any more.
    async fn settle_held_back(&mut self, incident: IncidentId) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from timer where tenant_id = $1 and (kind = 'release' and ref = $2
                or kind in ('escalate', 'repeat') and ref like $2 || ':%')",
            self.tenant.get(),
            incident.to_string()
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Writes rows; how many of them go out.
    pub(in crate::store) async fn owe(
        &mut self,
        told: Told,
        due: &[Due],
        (now, dice): Outside<'_>,
    ) -> Result<usize, StoreError> {
        if due.is_empty() {
            return Ok(0);
        }
        let ids: Vec<Uuid> =
            due.iter().map(|_| PublicId::<ids::Delivery>::make(now, dice).uuid()).collect();
        let channels: Vec<i64> = due.iter().map(|one| one.channel).collect();
        let kinds: Vec<String> = due.iter().map(|one| one.kind.to_owned()).collect();
        let statuses: Vec<String> = due.iter().map(|one| one.status.to_owned()).collect();
        let lanes: Vec<i64> = due.iter().map(|one| one.lane).collect();
        let groups: Vec<Option<i64>> = due.iter().map(|one| one.group).collect();
        let keys: Vec<Option<String>> = due.iter().map(|one| one.group_key.clone()).collect();
        let whys: Vec<Option<String>> = due.iter().map(|one| one.why.clone()).collect();
        let afters: Vec<f64> = due.iter().map(|one| one.after_s).collect();
        let owed = sqlx::query_scalar!(
            r#"insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, status, lane,
                   group_id, body, last_error, next_at, finished_at)
               select $1, n.public_id, n.channel_id, $2, $3, n.kind, $4, n.status, n.lane, n.group_id,
                   case when n.key is null then '{}'::jsonb else jsonb_build_object('group', n.key) end, n.why,
                   clock_timestamp() + make_interval(secs => n.after_s),
                   case when n.status = 'ready' then null else clock_timestamp() end
               from unnest($5::uuid[], $6::int8[], $7::text[], $8::text[], $9::int8[], $10::int8[], $11::text[],
                   $12::text[], $13::float8[])
                   n (public_id, channel_id, kind, status, lane, group_id, key, why, after_s)
               on conflict (tenant_id, channel_id, incident_id, seq) do nothing returning status"#,
            self.tenant.get(),
            told.incident.get(),
            told.seq,
            told.severity.priority(),
            &ids,
            &channels,
            &kinds,
            &statuses,
            &lanes,
            &groups as &[Option<i64>],
            &keys as &[Option<String>],
            &whys as &[Option<String>],
            &afters
        );
        let owed = owed.fetch_all(&mut *self.connection).await?;
        Ok(owed.iter().filter(|status| *status == "ready").count())
    }

    /// Channels that take anything at all.
    pub(in crate::store) async fn open_channels(&mut self) -> Result<Vec<Open>, StoreError> {
        let rows = sqlx::query!(
            "select id, public_id, kind, severity_min from channel where tenant_id = $1 and enabled order by id",
            self.tenant.get()
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        let read = |kind: &str, severity: &str| {
            Some((Kind::from_name(kind)?, Severity::from_name(severity).unwrap_or(Severity::Info)))
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let (kind, severity_min) = read(&row.kind, &row.severity_min)?;
                let public_id = PublicId::<ids::Channel>::from_row(row.public_id).to_string();
                Some(Open { id: row.id, public_id, kind, severity_min })
            })
            .collect())
    }

    /// Routes in their order.
    pub async fn routes(&mut self) -> Result<Vec<Route>, StoreError> {
        let rows = sqlx::query!(
            "select id, name, go_on, matcher, steps, repeat_s, group_by from route
             where tenant_id = $1 and enabled order by position, id limit 200",
            self.tenant.get()
        );
        let rows = rows.fetch_all(&mut *self.connection).await?;
        Ok(rows
            .into_iter()
            .map(|row| Route {
                id: RouteId::from_row(row.id),
                name: row.name,
                go_on: row.go_on,
                matcher: StoredMatcher::of(&row.matcher).read().unwrap_or_default(),
                steps: read_steps(&steps_of(&row.steps)),
                repeat: row
                    .repeat_s
                    .and_then(|s| u64::try_from(s).ok())
                    .map(std::time::Duration::from_secs),
                group_by: GroupBy::from_name(&row.group_by).unwrap_or(GroupBy::None),
            })
            .collect())
    }
}

/// The channels of the first steps, each once, with the group it is told in. Without any route: every channel.
fn first_steps(
    chosen: &[&Route],
    none_at_all: bool,
    channels: &[Open],
    subject: &Subject,
) -> Vec<(Open, Option<String>)> {
    let wants = |channel: &&Open| channel.severity_min <= subject.severity;
    if none_at_all {
        return channels.iter().filter(wants).map(|channel| (channel.clone(), None)).collect();
    }
    let mut first: Vec<(Open, Option<String>)> = Vec::new();
    for route in chosen {
        let steps = route.steps.iter().filter(|step| step.after.is_zero());
        for id in steps.flat_map(|step| &step.channels) {
            let known = first.iter().any(|(channel, _)| channel.public_id == *id);
            let channel = channels.iter().filter(wants).find(|channel| channel.public_id == *id);
            if let Some(channel) = channel.filter(|_| !known) {
                first.push((channel.clone(), route.group(subject)));
            }
        }
    }
    first
}
