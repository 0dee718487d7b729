//! When a trigger would have fired: one rule, one instance, its history in order, the same verdicts and the same state machine
//! as in earnest, with time told by the samples.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    alert::{Alert, Input, News, Patience, Timer, step},
    evaluate::{self, Part, Verdict},
    watchlist::{KeyIndex, Watchlist},
    window::{Seen, Window},
};

/// One time that it would have fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    /// When people would have been told.
    pub from: DateTime<Utc>,
    /// When it would have been over; nothing: it still would be on.
    pub to: Option<DateTime<Utc>>,
    /// The worst figure.
    pub peak: f64,
}

/// Firings kept at most.
pub const FIRINGS_MAX: usize = 1_000;

/// Plays the history of one instance by the only trigger of a plan.
#[derive(Debug)]
pub struct Player<'a> {
    plan: &'a Watchlist,
    index: KeyIndex,
    window: Window,
    patience: Patience,
    tapes: BTreeMap<Part, Tape>,
    firings: Vec<Firing>,
    /// The figure after each interval, of the only alert or the worst.
    value: Option<f64>,
}

/// One alert on its way.
#[derive(Debug)]
struct Tape {
    alert: Alert,
    due: Option<DateTime<Utc>>,
    open: Option<(DateTime<Utc>, f64)>,
}

impl<'a> Player<'a> {
    /// Nothing played yet. The plan is of one trigger.
    pub fn new(plan: &'a Watchlist, patience: Patience) -> Self {
        Self {
            plan,
            index: KeyIndex::new(&plan.layout),
            window: Window::new(&plan.layout),
            patience,
            tapes: BTreeMap::new(),
            firings: Vec::new(),
            value: None,
        }
    }

    /// Plays one interval that ends at `at`. `usual`: usual figures of that hour, by their places in the plan.
    pub fn play(&mut self, at: DateTime<Utc>, seen: &Seen<'_>, usual: &[Option<f64>]) {
        self.window.push(&self.plan.layout, &self.index, seen);
        let Some(watched) = self.plan.watched.first() else { return };
        let found = evaluate::judge(watched, &self.window, usual);
        self.value = found.iter().filter_map(|one| one.verdict.value()).reduce(f64::max);
        let parts: Vec<Part> = self.tapes.keys().copied().collect();
        for part in parts {
            if !found.iter().any(|finding| finding.part == part) {
                let quiet = Input::Sample(Verdict::Clear(0.0), watched.trigger.severity, at);
                self.apply(part, quiet, at);
            }
        }
        for finding in found {
            self.apply(finding.part, Input::Sample(finding.verdict, finding.severity, at), at);
        }
        let due: Vec<(Part, i64)> = self
            .tapes
            .iter()
            .filter(|(_, tape)| tape.due.is_some_and(|due| due <= at))
            .map(|(part, tape)| (*part, tape.alert.generation))
            .collect();
        for (part, generation) in due {
            self.apply(part, Input::Timer { generation, fresh: true }, at);
        }
    }

    fn apply(&mut self, part: Part, input: Input, at: DateTime<Utc>) {
        let tape = self.tapes.entry(part).or_insert_with(|| Tape {
            alert: Alert::new(at),
            due: None,
            open: None,
        });
        let next = step(&tape.alert, input, self.patience);
        tape.alert = next.alert;
        match next.timer {
            Timer::Keep => {}
            Timer::Drop => tape.due = None,
            Timer::Arm(after) => tape.due = Some(at + delta(after)),
        }
        let peak = tape.alert.peak.unwrap_or(0.0);
        if let Some((_, worst)) = &mut tape.open {
            *worst = if self.patience.greater_is_worse { worst.max(peak) } else { worst.min(peak) };
        }
        match next.news {
            Some(News::Opened) => tape.open = Some((at, peak)),
            Some(News::Resolved | News::Closed) => {
                if let Some((from, peak)) = tape.open.take()
                    && self.firings.len() < FIRINGS_MAX
                {
                    self.firings.push(Firing { from, to: Some(at), peak });
                }
            }
            Some(News::Worse) | None => {}
        }
    }

    /// The figure after the last interval.
    pub const fn value(&self) -> Option<f64> {
        self.value
    }

    /// All firings, those that are still on last.
    pub fn firings(mut self) -> Vec<Firing> {
        let on = self.tapes.into_values().filter_map(|tape| tape.open);
        self.firings.extend(on.map(|(from, peak)| Firing { from, to: None, peak }));
        self.firings
    }
}

fn delta(after: Duration) -> TimeDelta {
    TimeDelta::from_std(after).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue::queue;

    use super::*;
    use crate::domain::{
        defaults,
        ids::TriggerId,
        severity::Severity,
        trigger::{Rule, Trigger},
    };

    fn trigger(name: &str) -> Trigger {
        let template = defaults::named(name).unwrap();
        Trigger {
            id: TriggerId::from_row(1),
            name: name.into(),
            template: Some(name.into()),
            version: 1,
            severity: Severity::Warning,
            rule: Rule::new(&template.spec).unwrap(),
        }
    }

    #[test]
    fn a_queue_that_was_full_for_an_hour_fired_once_after_its_hold_and_ended_after_the_other() {
        let trigger = trigger("queue.deferred.high");
        let plan = Watchlist::new(std::slice::from_ref(&trigger));
        let mut player = Player::new(&plan, trigger.rule.patience());
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for minute in 1..=180 {
            let at = start + TimeDelta::minutes(minute);
            let waiting = if (61..=120).contains(&minute) { 1_500 + minute } else { 20 };
            let values = [(queue::DEFERRED_MESSAGES, waiting)];
            let seen = Seen {
                at_ms: at.timestamp_millis(),
                span_ms: 60_000,
                visibility: u64::MAX >> 1,
                values: &values,
                breakdowns: &[],
                events: &[],
            };
            player.play(at, &seen, &[None]);
        }
        let minute = |n| start + TimeDelta::minutes(n);
        assert_eq!(
            player.firings(),
            [Firing { from: minute(66), to: Some(minute(131)), peak: 1_620.0 }]
        );
    }
}
