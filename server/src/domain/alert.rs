//! The state of one alert, purely: what came in, what becomes of it, what people must be told.
//!
//! Whoever calls holds the alert's row: samples come through the ingest transaction, expired timers through the
//! timers loop, and both apply this one function. It knows nothing of channels, rows or the time of day.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::evaluate::Verdict;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing to tell.
    Ok,
    /// Bad, but not yet for long enough.
    Pending,
    /// Bad; an incident is open.
    Firing,
    /// Good again, but not yet for long enough; the incident is still open.
    Recovering,
}

impl State {
    const ALL: [Self; 4] = [Self::Ok, Self::Pending, Self::Firing, Self::Recovering];

    /// The word in rows and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Recovering => "recovering",
        }
    }

    /// The state of this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether an incident is open.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Firing | Self::Recovering)
    }
}

/// One alert: a trigger's state for one target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alert {
    /// Where it stands.
    pub state: State,
    /// Since when it is bad, by the samples; when it was last found good, if it is.
    pub since: DateTime<Utc>,
    /// Grows with every change of state: a timer with another one is stale.
    pub generation: i64,
    /// The last figure.
    pub value: Option<f64>,
    /// The worst figure since it is bad.
    pub peak: Option<f64>,
    /// No figure came of late.
    pub missing: bool,
}

impl Alert {
    /// An alert about which nothing was ever heard.
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self {
            state: State::Ok,
            since: now,
            generation: 0,
            value: None,
            peak: None,
            missing: false,
        }
    }
}

/// How long bad and good must last, and which figures are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Bad for this long before anybody is told.
    pub hold: Duration,
    /// Good for this long before it is over.
    pub clear_hold: Duration,
    /// Whether a greater figure is a worse one.
    pub greater_is_worse: bool,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// A sample of this time was judged.
    Sample(Verdict, DateTime<Utc>),
    /// A timer of this generation is due; `fresh`: samples came until now.
    Timer {
        /// The alert's when it was armed.
        generation: i64,
        /// Whether the last sample is recent.
        fresh: bool,
    },
    /// No samples for longer than a deadline.
    Missing,
    /// The trigger was changed, switched off or deleted, or its host was.
    Withdrawn,
}

/// What people must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is bad since `since`.
    Opened,
    /// It is good again.
    Resolved,
    /// It is no longer watched.
    Closed,
}

/// What becomes of the alert's timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Nothing.
    Keep,
    /// Due after this, in place of any other.
    Arm(Duration),
    /// No longer wanted.
    Drop,
}

/// What becomes of an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The alert from here on.
    pub alert: Alert,
    /// Its timer.
    pub timer: Timer,
    /// What people must be told.
    pub news: Option<News>,
}

/// How often a timer that found no fresh sample looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Applies `input` to `alert`.
pub fn step(alert: &Alert, input: Input, patience: Patience) -> Step {
    match input {
        Input::Sample(verdict, at) => sample(alert, verdict, at, patience),
        Input::Timer { generation, .. } if generation != alert.generation => stay(*alert),
        Input::Timer { fresh: false, .. } => match alert.state {
            State::Pending | State::Recovering => {
                Step { timer: Timer::Arm(LOOK_AGAIN), ..stay(Alert { missing: true, ..*alert }) }
            }
            State::Ok | State::Firing => stay(*alert),
        },
        Input::Timer { fresh: true, .. } => match alert.state {
            State::Pending => go(alert, State::Firing, Timer::Drop, Some(News::Opened)),
            State::Recovering => go(alert, State::Ok, Timer::Drop, Some(News::Resolved)),
            State::Ok | State::Firing => stay(*alert),
        },
        Input::Missing => stay(Alert { missing: true, ..*alert }),
        Input::Withdrawn => {
            let news = alert.state.is_open().then_some(News::Closed);
            match alert.state {
                State::Ok => stay(*alert),
                _ => go(alert, State::Ok, Timer::Drop, news),
            }
        }
    }
}

fn sample(alert: &Alert, verdict: Verdict, at: DateTime<Utc>, patience: Patience) -> Step {
    let Some(value) = verdict.value() else {
        return stay(Alert { missing: true, ..*alert });
    };
    let worse = |peak: f64| if patience.greater_is_worse { value > peak } else { value < peak };
    let peak = alert.peak.filter(|peak| !worse(*peak)).unwrap_or(value);
    let seen = Alert { value: Some(value), peak: Some(peak), missing: false, ..*alert };
    match (alert.state, verdict) {
        (State::Ok, Verdict::Breach(_)) => {
            let begun = Alert { since: at, peak: Some(value), ..seen };
            if patience.hold.is_zero() {
                go(&begun, State::Firing, Timer::Drop, Some(News::Opened))
            } else {
                go(&begun, State::Pending, Timer::Arm(patience.hold), None)
            }
        }
        (State::Ok, _) => stay(Alert { peak: None, ..seen }),
        // Between the levels it is not bad enough any more: the hold begins anew with the next bad sample.
        (State::Pending, Verdict::Clear(_) | Verdict::Band(_)) => {
            go(&Alert { since: at, peak: None, ..seen }, State::Ok, Timer::Drop, None)
        }
        (State::Firing, Verdict::Clear(_)) => {
            if patience.clear_hold.is_zero() {
                go(&seen, State::Ok, Timer::Drop, Some(News::Resolved))
            } else {
                go(&seen, State::Recovering, Timer::Arm(patience.clear_hold), None)
            }
        }
        (State::Recovering, Verdict::Breach(_)) => go(&seen, State::Firing, Timer::Drop, None),
        (State::Pending | State::Firing | State::Recovering, _) => stay(seen),
    }
}

const fn stay(alert: Alert) -> Step {
    Step { alert, timer: Timer::Keep, news: None }
}

const fn go(alert: &Alert, state: State, timer: Timer, news: Option<News>) -> Step {
    let alert = Alert { state, generation: alert.generation + 1, ..*alert };
    Step { alert, timer, news }
}

#[cfg(test)]
mod tests;
