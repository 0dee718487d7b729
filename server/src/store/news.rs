//! What follows from a step of an alert: incidents opened and closed, messages owed, timers armed. One place for samples
//! and timers alike.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
    openings::NewIncident,
};
use crate::{
    clock::Dice,
    domain::{
        alert::{Alert, Input, News, State, step},
        evaluate::Part,
        incident,
        redact::Redacted,
        trigger::{NoData, Rule, Trigger},
    },
};

impl Desk<'_> {
    /// Applies `input` to a locked alert and writes all that follows; how many deliveries are owed.
    pub async fn apply(
        &mut self,
        row: &mut AlertRow,
        input: Input,
        trigger: &Trigger,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let before = row.alert;
        let next = step(&before, input, trigger.rule.patience());
        row.alert = next.alert;
        let mut owed = 0;
        match next.news {
            Some(News::Opened) => owed += self.tell_opened(row, trigger, outside).await?,
            Some(News::Worse) => owed += self.tell_worse(row, outside).await?,
            Some(News::Resolved) => {
                owed += self.tell_end(row, "resolved", "recovered", outside).await?;
            }
            Some(News::Closed) => {
                let reason = match input {
                    Input::Missing(_) => "no figure came any more",
                    _ => "no longer watched",
                };
                owed += self.tell_end(row, "closed", reason, outside).await?;
            }
            None if row.incident.is_some() && before.peak != row.alert.peak => {
                self.keep_peak(row).await?;
            }
            None => {}
        }
        if worth_saving(&before, &row.alert) {
            self.save(row).await?;
        }
        self.time(row, next.timer).await?;
        self.time_missing(row, before.missing, trigger).await?;
        Ok(owed)
    }

    /// Where no figure means something, it does so after a while.
    async fn time_missing(
        &mut self,
        row: &AlertRow,
        before: bool,
        trigger: &Trigger,
    ) -> Result<(), StoreError> {
        let Rule::Watch(watch) = &trigger.rule else { return Ok(()) };
        let (NoData::Ok(after) | NoData::Fire(after)) = watch.no_data else { return Ok(()) };
        match (before, row.alert.missing) {
            (false, true) => self.arm_timer("no_data", &row.key, row.alert.generation, after).await,
            (true, false) => self.drop_timer("no_data", &row.key).await,
            _ => Ok(()),
        }
    }

    async fn tell_opened(
        &mut self,
        row: &mut AlertRow,
        trigger: &Trigger,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let part = self.part_words(row).await?;
        let cause = self.cause(row, trigger).await?;
        let title = incident::title(trigger);
        let title = if part.is_empty() { title } else { format!("{title}: {part}") };
        let new = NewIncident {
            row,
            trigger_name: &trigger.name,
            severity: row.alert.severity.unwrap_or(trigger.severity),
            title: &title,
            part: part.as_str(),
            threshold: trigger.rule.threshold(),
            cause: &cause,
        };
        let told = self.open(&new, outside).await?;
        row.incident = Some(told.incident);
        if self.muted || self.hold_back(row, trigger, told.incident).await? {
            return Ok(0);
        }
        self.owe_opened(told, outside).await
    }

    /// What the alert's key or event is, for people.
    async fn part_words(&mut self, row: &AlertRow) -> Result<Redacted, StoreError> {
        let part = incident::part_of(&row.key);
        let Part::Key(key) = part else {
            let several = part != Part::Whole;
            return Ok(if several { row.label.clone() } else { Redacted::default() });
        };
        let text = self.key_text(key).await?;
        Ok(Redacted::new(&text.replace(mailvane_proto::catalogue::KEY_SEPARATOR, " ")))
    }

    async fn tell_worse(
        &mut self,
        row: &AlertRow,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let (Some(incident), Some(severity)) = (row.incident, row.alert.severity) else {
            return Ok(0);
        };
        self.keep_peak(row).await?;
        match self.worsen(incident, severity, row.alert.value).await? {
            Some(told) => self.owe_update(told, "updated", outside).await,
            None => Ok(0),
        }
    }

    /// Closes the incident of a locked alert, with a reason for people. `kind`: resolved or closed.
    pub async fn tell_end(
        &mut self,
        row: &mut AlertRow,
        kind: &str,
        reason: &str,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let Some(incident) = row.incident.take() else { return Ok(0) };
        self.end(incident, (kind, reason), outside).await
    }

    /// Closes an incident, and lets those that were held behind it be told.
    pub async fn end(
        &mut self,
        incident: crate::domain::ids::IncidentId,
        (kind, reason): (&str, &str),
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let Some(told) = self.close(incident, kind, reason).await? else { return Ok(0) };
        for held in self.held_behind(incident).await? {
            self.arm_timer("unhold", &held.to_string(), 0, RELEASE_AFTER).await?;
        }
        self.owe_end(told, kind, outside).await
    }
}

/// What was held back is told when its figures have come twice since.
const RELEASE_AFTER: Duration = Duration::from_secs(20);

/// A mere change of the figure is not worth a write to a row that many samples lock; but while a hold runs, its end must
/// know that figures still come.
fn worth_saving(before: &Alert, after: &Alert) -> bool {
    before.generation != after.generation
        || before.missing != after.missing
        || before.severity != after.severity
        || matches!(after.state, State::Pending | State::Recovering)
        || (after.state != State::Ok && before.peak != after.peak)
}
