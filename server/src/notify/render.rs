//! An incident, in words: the same words for every channel, which only lays them out.
//!
//! Nothing here escapes anything, and nothing here carries more than the incident itself: no local parts, no secrets.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::{
    domain::{
        severity::Severity,
        trigger::Rule,
        words::{self, duration, grouped},
    },
    store::{incidents::IncidentRow, rule},
};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It goes on.
    Open(Severity),
    /// It is over.
    Over,
    /// It began and ended before anybody could be told.
    Passed,
    /// Somebody tries the channel.
    Test,
    /// Nothing that begins or ends: many at once, or a word to the owner.
    Word,
}

/// A message, in pieces. Pieces further down may be left out where space ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// See [`State`].
    pub state: State,
    /// `<severity>: <what happens> – <host> / <instance>`
    pub title: String,
    /// What is the matter, in a sentence or two.
    pub summary: String,
    /// Label and value: since, trigger, value, threshold.
    pub facts: Vec<(&'static str, String)>,
    /// Biggest share first.
    pub cause: Vec<String>,
    /// What changed on the host before.
    pub changed: Vec<String>,
    /// What to do first.
    pub first_step: Option<String>,
    /// One reply of the other side.
    pub example: Option<String>,
    /// Told together with this one.
    pub grouped: Vec<String>,
    /// Somebody has taken it.
    pub taken: bool,
    /// That the message comes late or may be a repeat.
    pub remark: Option<String>,
    /// Where to read on.
    pub link: Option<String>,
}

/// What the loop knows besides the incident.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Now.
    pub now: DateTime<Utc>,
    /// How long the message has been owed.
    pub age: Duration,
    /// An earlier try may have arrived.
    pub possible_repeat: bool,
    /// `https://…` of the incident's page.
    pub link: Option<String>,
    /// The message tells that it is over.
    pub over: bool,
    /// The incident was over before its beginning could be told.
    pub passed: bool,
    /// What is told together with it.
    pub grouped: Vec<String>,
    /// Why it is told again or elsewhere.
    pub because: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cause {
    pub(super) headline: String,
    pub(super) rows: Vec<Share>,
    pub(super) changed: Vec<Change>,
    pub(super) first_step: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Share {
    #[serde(rename = "share")]
    pub(super) part: f64,
    pub(super) count: f64,
    pub(super) domain: String,
    pub(super) class: String,
    pub(super) example: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    pub(super) at: DateTime<Utc>,
    pub(super) text: String,
}

/// The words for an incident.
pub fn incident(row: &IncidentRow, around: &Circumstances) -> Message {
    let severity = Severity::from_name(&row.severity).unwrap_or(Severity::Warning);
    let state = match (around.passed, around.over) {
        (true, _) => State::Passed,
        (false, true) => State::Over,
        (false, false) => State::Open(severity),
    };
    let cause: Cause = serde_json::from_value(row.cause.clone()).unwrap_or_default();
    let judged = row.trigger_spec.as_ref().and_then(|spec| rule::from_json(spec).ok());
    let judged = judged.map(|(_, rule)| rule);
    let open = matches!(state, State::Open(_));
    let example = cause.rows.iter().find_map(|share| share.example.clone());
    Message {
        state,
        title: title(row, state),
        summary: summary(row, state, &cause, judged.as_ref(), around.now),
        facts: facts(row, state, judged.as_ref(), around.now),
        cause: if open {
            cause.rows.iter().take(CAUSES_MAX).map(share).collect()
        } else {
            Vec::new()
        },
        changed: if open {
            cause.changed.iter().take(CHANGES_MAX).map(change).collect()
        } else {
            Vec::new()
        },
        first_step: cause.first_step.filter(|_| open),
        example: example.filter(|_| open),
        grouped: around.grouped.clone(),
        taken: row.acked_until.is_some_and(|until| until > around.now),
        remark: remark(row, around),
        link: around.link.clone(),
    }
}

/// The words of a test message.
pub fn test(channel: &str, now: DateTime<Utc>, link: Option<String>) -> Message {
    let summary = "Mailvane can reach this channel. News of incidents will look like this.";
    Message {
        state: State::Test,
        facts: vec![("Sent", clock(now, now))],
        ..word(&format!("Test message for {channel}"), summary, link)
    }
}

/// A word about no single incident.
pub fn word(title: &str, summary: &str, link: Option<String>) -> Message {
    Message {
        state: State::Word,
        title: cut(title, TITLE_CHARS_MAX),
        summary: summary.to_owned(),
        facts: Vec::new(),
        cause: Vec::new(),
        changed: Vec::new(),
        first_step: None,
        example: None,
        grouped: Vec::new(),
        taken: false,
        remark: None,
        link,
    }
}

fn title(row: &IncidentRow, state: State) -> String {
    let word = match state {
        State::Open(severity) => capital(severity.name()),
        State::Over => "Resolved".to_owned(),
        State::Passed => "Fired and recovered".to_owned(),
        State::Test => "Test".to_owned(),
        State::Word => "Notice".to_owned(),
    };
    cut(&format!("{word}: {} – {}", row.title, place(row)), TITLE_CHARS_MAX)
}

fn place(row: &IncidentRow) -> String {
    match &row.instance {
        Some((_, instance)) => format!("{} / {instance}", row.host_name),
        None => row.host_name.clone(),
    }
}

fn summary(
    row: &IncidentRow,
    state: State,
    cause: &Cause,
    judged: Option<&Rule>,
    now: DateTime<Utc>,
) -> String {
    if matches!(state, State::Open(_)) {
        let value = match judged {
            Some(Rule::Silent(_)) => {
                format!("No word from {} since {}.", row.host_name, clock(row.opened_at, now))
            }
            _ => {
                format!("{} {}, {}.", metric(judged), figure(row.value, judged), limit(row, judged))
            }
        };
        return [value, cause.headline.clone()].join("\n").trim_end().to_owned();
    }
    let ended = row.closed_at.unwrap_or(now);
    let lasted = duration(ended - row.opened_at);
    let span = format!("Lasted {lasted} ({} to {}).", clock(row.opened_at, now), clock(ended, now));
    let peak = match (row.peak, judged) {
        (Some(_), Some(Rule::Watch(_))) => format!(" Peak {}.", figure(row.peak, judged)),
        _ => String::new(),
    };
    let reason = row.close_reason.as_deref().filter(|reason| *reason != "recovered");
    let reason = reason.map(|reason| format!("\nEnded: {reason}.")).unwrap_or_default();
    format!("{span}{peak}{reason}")
}

fn facts(
    row: &IncidentRow,
    state: State,
    judged: Option<&Rule>,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let since = match state {
        State::Open(_) => {
            format!("{} ({})", clock(row.opened_at, now), duration(now - row.opened_at))
        }
        _ => clock(row.opened_at, now),
    };
    let mut facts =
        vec![("Host", place(row)), ("Since", since), ("Trigger", row.trigger_name.clone())];
    if let Some(Rule::Silent(_)) = judged {
        facts.push(("Threshold", limit(row, judged)));
        return facts;
    }
    let (label, value) = match state {
        State::Open(_) => ("Value", row.value),
        _ => ("Peak", row.peak.or(row.value)),
    };
    facts.push((label, format!("{} ({})", figure(value, judged), limit(row, judged))));
    facts
}

fn metric(judged: Option<&Rule>) -> String {
    judged.map_or_else(|| "The value is".to_owned(), words::subject)
}

/// `fires above 50 messages`
fn limit(row: &IncidentRow, judged: Option<&Rule>) -> String {
    match (judged, row.threshold) {
        (Some(rule), Some(level)) => words::limit(level, rule),
        (Some(rule), None) => words::limit(rule.threshold(), rule),
        (None, _) => format!("fires at {}", figure(row.threshold, judged)),
    }
}

/// `2,431 messages`
fn figure(value: Option<f64>, judged: Option<&Rule>) -> String {
    let Some(value) = value else { return "unknown".to_owned() };
    judged.map_or_else(|| grouped(value), |rule| words::figure(value, rule))
}

fn share(share: &Share) -> String {
    let percent = format!("{:.1} %", share.part * 100.0);
    let what: Vec<&str> = [share.domain.as_str(), share.class.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    format!("{percent}  {} · {}", what.join(" · "), grouped(share.count))
}

fn change(change: &Change) -> String {
    format!("{} {}", change.at.format("%H:%M"), change.text)
}

fn remark(row: &IncidentRow, around: &Circumstances) -> Option<String> {
    let late = (around.age > LATE_AFTER).then(|| {
        let at = if around.over { row.closed_at.unwrap_or(around.now) } else { row.opened_at };
        let word = if around.over { "ended" } else { "fired" };
        let age = TimeDelta::from_std(around.age).unwrap_or_default();
        format!("{word} {}, this notice is {} late", clock(at, around.now), duration(age))
    });
    let repeat = around.possible_repeat.then(|| "(possible repeat)".to_owned());
    let because = around.because.clone();
    let remarks: Vec<String> = [because, late, repeat].into_iter().flatten().collect();
    (!remarks.is_empty()).then(|| remarks.join(" "))
}

/// `09:14 UTC`, with the day when it was not within the last 20 hours.
fn clock(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let form =
        if (now - at).abs() < TimeDelta::hours(20) { "%H:%M UTC" } else { "%-d %b %H:%M UTC" };
    at.format(form).to_string()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// At most `max` characters, without breaking one.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

const TITLE_CHARS_MAX: usize = 120;
const CAUSES_MAX: usize = 5;
const CHANGES_MAX: usize = 5;
const LATE_AFTER: Duration = Duration::from_mins(1);

#[cfg(test)]
pub(in crate::notify) mod tests;
