//! What follows from a step of an alert: incidents opened and closed, messages owed, timers armed. One place for samples
//! and timers alike.

use chrono::{DateTime, Utc};

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
    openings::NewIncident,
};
use crate::{
    clock::Dice,
    domain::{
        alert::{Alert, Input, News, Patience, State, step},
        incident,
        trigger::Trigger,
    },
};

impl Desk<'_> {
    /// Applies `input` to a locked alert and writes all that follows; how many deliveries are owed.
    pub async fn apply(
        &mut self,
        row: &mut AlertRow,
        (input, patience): (Input, Patience),
        trigger: &Trigger,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let before = row.alert;
        let next = step(&before, input, patience);
        row.alert = next.alert;
        let mut owed = 0;
        match next.news {
            Some(News::Opened) => owed += self.tell_opened(row, trigger, outside).await?,
            Some(News::Resolved) => {
                owed += self.tell_end(row, "resolved", "recovered", outside).await?;
            }
            Some(News::Closed) => {
                owed += self.tell_end(row, "closed", "no longer watched", outside).await?;
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
        Ok(owed)
    }

    async fn tell_opened(
        &mut self,
        row: &mut AlertRow,
        trigger: &Trigger,
        outside: (DateTime<Utc>, &dyn Dice),
    ) -> Result<usize, StoreError> {
        let cause = self.cause(row, trigger).await?;
        let new = NewIncident {
            row,
            trigger_name: &trigger.name,
            severity: trigger.severity,
            title: &incident::title(&trigger.rule),
            threshold: incident::threshold(&trigger.rule),
            cause: &cause,
        };
        let told = self.open(&new, outside).await?;
        row.incident = Some(told.incident);
        self.owe_opened(told, outside).await
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
        match self.close(incident, kind, reason).await? {
            Some(told) => self.owe_end(told, kind, outside).await,
            None => Ok(0),
        }
    }
}

/// A mere change of the figure is not worth a write to a row that many samples lock.
fn worth_saving(before: &Alert, after: &Alert) -> bool {
    before.generation != after.generation
        || before.missing != after.missing
        || (after.state != State::Ok && before.peak != after.peak)
}
