//! The state of one alert, purely: what came in, what becomes of it, what people must be told.
//!
//! Whoever calls holds the alert's row: samples come through the ingest transaction, expired timers through the
//! timers loop, and both apply this one function. It knows nothing of channels, rows or the time of day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{evaluate::Verdict, severity::Severity};

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
    /// How bad it is: the worst since it is bad.
    pub severity: Option<Severity>,
    /// Incidents opened since `openings_from`.
    pub openings: i16,
    /// When openings began to be counted.
    pub openings_from: DateTime<Utc>,
    /// It opens too often: its incident stays open until it has been quiet for long.
    pub flapping: bool,
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
            severity: None,
            openings: 0,
            openings_from: now,
            flapping: false,
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
    /// It lasts this long at least, from the first bad sample on.
    pub keep_firing: Duration,
    /// Whether a greater figure is a worse one.
    pub greater_is_worse: bool,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// A sample of this time was judged, with how bad it is if it is bad.
    Sample(Verdict, Severity, DateTime<Utc>),
    /// A timer of this generation is due; `fresh`: samples came until now.
    Timer {
        /// The alert's when it was armed.
        generation: i64,
        /// Whether the last sample is recent.
        fresh: bool,
    },
    /// No figure for longer than the rule allows, which then means that it is good, or bad.
    Missing(MissingMeans),
    /// The trigger was changed, switched off or deleted, or its host was.
    Withdrawn,
}

/// What no figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingMeans {
    /// That it is over.
    Good,
    /// That it is bad, and how bad.
    Bad(Severity, DateTime<Utc>),
}

/// What people must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is bad since `since`.
    Opened,
    /// It has become worse.
    Worse,
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
pub const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// More openings than this within [`FLAP_WITHIN`] are flapping.
pub const FLAP_OPENINGS: i16 = 4;
/// See [`FLAP_OPENINGS`].
pub const FLAP_WITHIN: TimeDelta = TimeDelta::minutes(60);
/// A flapping alert must be quiet for this long.
pub const FLAP_QUIET: Duration = Duration::from_mins(30);

/// Applies `input` to `alert`.
pub fn step(alert: &Alert, input: Input, patience: Patience) -> Step {
    match input {
        Input::Sample(verdict, severity, at) => sample(alert, (verdict, severity), at, patience),
        Input::Timer { generation, .. } if generation != alert.generation => stay(*alert),
        Input::Timer { fresh: false, .. } => match alert.state {
            State::Pending | State::Recovering => {
                Step { timer: Timer::Arm(LOOK_AGAIN), ..stay(Alert { missing: true, ..*alert }) }
            }
            State::Ok | State::Firing => stay(*alert),
        },
        Input::Timer { fresh: true, .. } => match alert.state {
            State::Pending => open(alert, alert.since + grown(patience.hold)),
            State::Recovering => over(alert, News::Resolved),
            State::Ok | State::Firing => stay(*alert),
        },
        Input::Missing(MissingMeans::Good) => match alert.state {
            State::Ok => stay(Alert { missing: true, ..*alert }),
            _ => over(&Alert { missing: true, ..*alert }, News::Closed),
        },
        Input::Missing(MissingMeans::Bad(severity, at)) => match alert.state {
            State::Ok | State::Pending => {
                let begun = Alert { since: at, missing: true, ..*alert };
                open(&Alert { severity: Some(worst(&begun, severity)), ..begun }, at)
            }
            State::Firing | State::Recovering => stay(Alert { missing: true, ..*alert }),
        },
        Input::Withdrawn => match alert.state {
            State::Ok => stay(*alert),
            _ => over(&Alert { flapping: false, ..*alert }, News::Closed),
        },
    }
}

fn sample(
    alert: &Alert,
    (verdict, severity): (Verdict, Severity),
    at: DateTime<Utc>,
    patience: Patience,
) -> Step {
    let Some(value) = verdict.value() else {
        return stay(Alert { missing: true, ..*alert });
    };
    let worse = |peak: f64| if patience.greater_is_worse { value > peak } else { value < peak };
    let peak = alert.peak.filter(|peak| !worse(*peak)).unwrap_or(value);
    let seen = Alert { value: Some(value), peak: Some(peak), missing: false, ..*alert };
    let bad = Alert { severity: Some(worst(&seen, severity)), ..seen };
    match (alert.state, verdict) {
        (State::Ok, Verdict::Breach(_)) => {
            let begun = Alert { since: at, peak: Some(value), severity: Some(severity), ..seen };
            if patience.hold.is_zero() {
                open(&begun, at)
            } else {
                go(&begun, State::Pending, Timer::Arm(patience.hold), None)
            }
        }
        (State::Ok, _) => stay(Alert { peak: None, ..seen }),
        // Between the levels it is not bad enough any more: the hold begins anew with the next bad sample.
        (State::Pending, Verdict::Clear(_) | Verdict::Band(_)) => {
            let calm = Alert { since: at, peak: None, severity: None, ..seen };
            go(&calm, State::Ok, Timer::Drop, None)
        }
        // Its timer is late, or its figures are rare: the hold is over all the same.
        (State::Pending, Verdict::Breach(_)) if at - alert.since >= grown(patience.hold) => {
            open(&bad, at)
        }
        (State::Pending, _) => stay(bad),
        (State::Firing, Verdict::Clear(_)) => {
            let quiet = quiet(&seen, at, patience);
            if quiet.is_zero() {
                over(&seen, News::Resolved)
            } else {
                go(&seen, State::Recovering, Timer::Arm(quiet), None)
            }
        }
        (State::Firing | State::Recovering, Verdict::Breach(_)) => {
            let news =
                (alert.severity.is_some() && bad.severity > alert.severity).then_some(News::Worse);
            match alert.state {
                State::Recovering => go(&bad, State::Firing, Timer::Drop, news),
                _ => Step { news, ..stay(bad) },
            }
        }
        (State::Firing | State::Recovering, _) => stay(seen),
    }
}

/// How long it must be good before it is over.
fn quiet(alert: &Alert, at: DateTime<Utc>, patience: Patience) -> Duration {
    let lasted = (at - alert.since).to_std().unwrap_or_default();
    let quiet = patience.clear_hold.max(patience.keep_firing.saturating_sub(lasted));
    if alert.flapping { quiet.max(FLAP_QUIET) } else { quiet }
}

fn worst(alert: &Alert, severity: Severity) -> Severity {
    alert.severity.map_or(severity, |known| known.max(severity))
}

/// An incident opens; too many of them in a while are flapping.
fn open(alert: &Alert, at: DateTime<Utc>) -> Step {
    let anew = at - alert.openings_from >= FLAP_WITHIN || alert.openings == 0;
    let (openings, from) =
        if anew { (1, at) } else { (alert.openings.saturating_add(1), alert.openings_from) };
    let flapping = openings > FLAP_OPENINGS;
    let counted = Alert { openings, openings_from: from, flapping, ..*alert };
    go(&counted, State::Firing, Timer::Drop, Some(News::Opened))
}

/// Back to OK, whatever was.
fn over(alert: &Alert, news: News) -> Step {
    let news = alert.state.is_open().then_some(news);
    // Having been quiet for long, it may open four times again.
    let openings = if alert.flapping { 0 } else { alert.openings };
    let calm = Alert { severity: None, flapping: false, openings, ..*alert };
    go(&calm, State::Ok, Timer::Drop, news)
}

fn grown(hold: Duration) -> TimeDelta {
    TimeDelta::from_std(hold).unwrap_or_default()
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
