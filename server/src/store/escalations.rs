//! Steps of a route that come later, and repeats: only while an incident goes on and nobody has taken it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Scoped, StoreError, alerts::Desk, openings::Told, routing::Due};
use crate::{
    clock::Dice,
    domain::{
        ids::IncidentId,
        route::{Route, Subject},
        severity::Severity,
    },
};

/// What a timer of a step or a repeat is about: `incident:route`, and for a step its number.
struct Reference {
    incident: IncidentId,
    route: i64,
    step: usize,
}

impl Reference {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let incident = IncidentId::from_row(parts.next()?.parse().ok()?);
        let route = parts.next()?.parse().ok()?;
        let step = parts.next().map_or(Some(0), |part| part.parse().ok())?;
        Some(Self { incident, route, step })
    }
}

/// An incident that goes on.
struct Going {
    subject: Subject,
    since: DateTime<Utc>,
    acked_until: Option<DateTime<Utc>>,
}

impl Desk<'_> {
    /// Arms the later steps and the repeats of the routes that an incident took.
    pub(in crate::store) async fn arm_steps(
        &mut self,
        incident: IncidentId,
        routes: &[&Route],
    ) -> Result<(), StoreError> {
        for route in routes {
            if let Some((place, step)) =
                route.steps.iter().enumerate().find(|(_, step)| !step.after.is_zero())
            {
                let reference = format!("{incident}:{}:{place}", route.id);
                self.arm_timer("escalate", &reference, 0, step.after).await?;
            }
            if let Some(every) = route.repeat {
                self.arm_timer("repeat", &format!("{incident}:{}", route.id), 0, every).await?;
            }
        }
        Ok(())
    }

    /// A later step is due: its channels are told, unless somebody has taken the incident. How many are owed.
    pub async fn escalate(
        &mut self,
        reference: &str,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let Some(of) = Reference::read(reference) else { return Ok(0) };
        let Some(going) = self.going(of.incident).await? else { return Ok(0) };
        let routes = self.routes().await?;
        let route = routes.iter().find(|route| route.id.get() == of.route);
        let Some((route, step)) = route.and_then(|route| Some((route, route.steps.get(of.step)?)))
        else {
            return Ok(0);
        };
        if let Some(until) = self.waits(of.incident, &going).await? {
            self.arm_until("escalate", reference, until).await?;
            return Ok(0);
        }
        let body = json!({"route": route.name, "step": of.step});
        let told = self.mark(of.incident, "escalated", &body, going.subject.severity).await?;
        let channels = self.open_channels().await?;
        let due: Vec<Due> = channels
            .iter()
            .filter(|channel| step.channels.contains(&channel.public_id))
            .map(|channel| Due::plain(channel.id, "escalated", of.incident.get()))
            .collect();
        let owed = self.owe(told, &due, outside).await?;
        let next = of.step + 1;
        if let Some(later) = route.steps.get(next) {
            let now = self.moment().await?;
            let due = going.since + TimeDelta::from_std(later.after).unwrap_or_default();
            let least = now + TimeDelta::seconds(1);
            let reference = format!("{}:{}:{next}", of.incident, of.route);
            self.arm_until("escalate", &reference, due.max(least)).await?;
        }
        Ok(owed)
    }

    /// A repeat is due: those who were told hear that it goes on, unless somebody has taken it. How many are owed.
    pub async fn repeat(
        &mut self,
        reference: &str,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let Some(of) = Reference::read(reference) else { return Ok(0) };
        let Some(going) = self.going(of.incident).await? else { return Ok(0) };
        let routes = self.routes().await?;
        let every = routes.iter().find(|route| route.id.get() == of.route).and_then(|r| r.repeat);
        let Some(every) = every else { return Ok(0) };
        if let Some(until) = self.waits(of.incident, &going).await? {
            self.arm_until("repeat", reference, until).await?;
            return Ok(0);
        }
        let owed = self.remind(of.incident, outside).await?;
        self.arm_timer("repeat", reference, 0, every).await?;
        Ok(owed)
    }

    /// Tells everybody who knows of an incident that it goes on.
    pub(in crate::store) async fn remind(
        &mut self,
        incident: IncidentId,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let Some(going) = self.going(incident).await? else { return Ok(0) };
        let told = self.mark(incident, "reminded", &json!({}), going.subject.severity).await?;
        self.owe_update(told, "reminded", outside).await
    }

    async fn going(&mut self, incident: IncidentId) -> Result<Option<Going>, StoreError> {
        let row = sqlx::query!(
            "select fired_at, acked_until from incident
             where tenant_id = $1 and id = $2 and closed_at is null for update",
            self.tenant.get(),
            incident.get()
        );
        let Some(row) = row.fetch_optional(&mut *self.connection).await? else { return Ok(None) };
        let subject = self.subject(incident).await?;
        Ok(subject.map(|subject| Going {
            subject,
            since: row.fired_at,
            acked_until: row.acked_until,
        }))
    }

    /// Until when nobody is to be told: somebody has taken it, or it is muted.
    async fn waits(
        &mut self,
        incident: IncidentId,
        going: &Going,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let now = self.moment().await?;
        let taken = going.acked_until.filter(|until| *until > now);
        let muted = self.mute_of(&going.subject, Some(incident)).await?.map(|(_, until)| until);
        Ok(taken.max(muted))
    }

    async fn arm_until(
        &mut self,
        kind: &str,
        reference: &str,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into timer (tenant_id, due_at, kind, ref) values ($1, $2, $3, $4)
             on conflict (tenant_id, kind, ref) do update set due_at = excluded.due_at",
            self.tenant.get(),
            until,
            kind,
            reference
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// Writes a mark on the timeline of a locked incident.
    pub(in crate::store) async fn mark(
        &mut self,
        incident: IncidentId,
        kind: &str,
        body: &Value,
        severity: Severity,
    ) -> Result<Told, StoreError> {
        let seq = sqlx::query_scalar!(
            "with turn as (update incident set next_seq = next_seq + 1 where tenant_id = $1 and id = $2
                           returning next_seq - 1 as seq)
             insert into incident_event (tenant_id, incident_id, seq, at, kind, body)
             select $1, $2, seq, clock_timestamp(), $3, $4 from turn returning seq",
            self.tenant.get(),
            incident.get(),
            kind,
            body
        );
        let seq = seq.fetch_one(&mut *self.connection).await?;
        Ok(Told { incident, seq, severity })
    }
}

impl Scoped {
    /// Tells everybody who knows of a locked incident that it was taken: the newest mark on its timeline says so.
    pub async fn tell_acknowledged(
        &mut self,
        incident: IncidentId,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let row = sqlx::query!(
            "select next_seq, severity from incident where tenant_id = $1 and id = $2",
            self.tenant().get(),
            incident.get()
        );
        let row = row.fetch_one(self.connection()).await?;
        let severity = Severity::from_name(&row.severity).unwrap_or(Severity::Critical);
        let told = Told { incident, seq: row.next_seq - 1, severity };
        self.desk().owe_update(told, "acknowledged", outside).await
    }
}
