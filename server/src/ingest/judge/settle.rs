//! Applies loud verdicts to their locked alerts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Job, memory::Line};
use crate::{
    clock::Dice,
    domain::{
        alert::{Input, State},
        evaluate::Finding,
        ids::{AgentId, InstanceId},
        incident::{Target, alert_key},
        trigger::Trigger,
    },
    store::{
        StoreError,
        alerts::{Desk, WantedAlert},
    },
};

/// A verdict that may change an alert.
pub(super) struct Loud<'a> {
    pub(super) trigger: Trigger,
    pub(super) instance: InstanceId,
    pub(super) job: &'a Job,
    pub(super) finding: Finding,
    pub(super) at: DateTime<Utc>,
}

impl Loud<'_> {
    fn key(&self) -> String {
        alert_key(self.trigger.id, Target::Instance(self.instance), self.finding.part)
    }
}

/// Applies the verdicts of one tenant, in order; how many deliveries are owed.
pub(super) async fn settle(
    desk: &mut Desk<'_>,
    loud: Vec<Loud<'_>>,
    lines: &mut HashMap<AgentId, Line>,
    outside: (DateTime<Utc>, &dyn Dice),
) -> Result<usize, StoreError> {
    let wanted = loud.iter().map(|one| WantedAlert {
        key: one.key(),
        trigger: one.trigger.id,
        host: one.job.speaker.host,
        target: Target::Instance(one.instance),
    });
    let mut rows = desk.lock_alerts(wanted.collect()).await?;
    let mut owed = 0;
    for one in &loud {
        // A trigger that was switched off meanwhile has no alert any more.
        let Some(row) = rows.get_mut(&one.key()) else { continue };
        row.label.clone_from(&one.finding.label);
        let input = Input::Sample(one.finding.verdict, one.finding.severity, one.at);
        owed += desk.apply(row, input, &one.trigger, outside).await?;
    }
    for one in &loud {
        let state = rows.get(&one.key()).map_or(State::Ok, |row| row.alert.state);
        let line = lines.get_mut(&one.job.speaker.agent);
        if let Some(known) = line.and_then(|line| line.instances.get_mut(&one.instance)) {
            let slot = (one.trigger.id, one.finding.part);
            match state {
                State::Ok => known.states.remove(&slot),
                state => known.states.insert(slot, state),
            };
        }
    }
    Ok(owed)
}
