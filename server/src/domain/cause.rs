//! Why it happens, from what was counted: which domains, replies, networks or accounts, their shares, what was different
//! before, what changed, and what to do first.
//!
//! Pure: whoever calls reads the breakdowns and events of the alert's window and of the time before, and keeps what comes
//! out.

mod steps;
mod topic;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{redact::Redacted, words::grouped};

/// What an alert is about, and so what is behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Topic {
    /// Mail that does not leave: reply classes by recipient domain.
    #[default]
    Failures,
    /// Mail that is not let in: reasons by client network.
    Refusals,
    /// Passwords that are guessed: client networks.
    SignIns,
    /// Accounts that send: users, each a hash.
    Accounts,
    /// Certificates: the file or port.
    Certificates,
    /// Postfix and what it leans on: events.
    Trouble,
}

/// What was counted behind an alert.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What the alert is about.
    pub topic: Topic,
    /// By class and label: what failed, was refused, happened.
    pub counted: Vec<Counted>,
    /// The same by label alone, for agents that know no classes.
    pub unclassed: Vec<Counted>,
    /// Replies with names and numbers taken out: class, text, how many.
    pub templates: Vec<(String, String, u64)>,
    /// Sender domains: failed recipients of theirs, and their messages now and before.
    pub senders: Vec<Sender>,
    /// Changes on the host.
    pub changes: Vec<Change>,
    /// When the condition began.
    pub since: DateTime<Utc>,
    /// How long *now* and *before* are, in seconds.
    pub seconds: (f64, f64),
    /// The first line of the trigger's runbook.
    pub runbook: Option<&'static str>,
}

/// What was counted of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Reply class, reason or kind of event; empty where it is not known.
    pub class: String,
    /// Recipient domain, client network, user or daemon.
    pub label: String,
    /// How many in the alert's window.
    pub now: u64,
    /// How many in the time before.
    pub before: u64,
}

/// A sender domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The domain.
    pub domain: String,
    /// Recipients of its mail that failed in the alert's window.
    pub failed: u64,
    /// Its messages in the alert's window.
    pub now: u64,
    /// Its messages in the time before.
    pub before: u64,
}

/// Something that changed on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// What, in words.
    pub text: Redacted,
}

/// What lies behind an alert.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cause {
    /// In one sentence; empty if nothing was counted.
    pub headline: String,
    /// Counted in all.
    pub of: u64,
    /// What grew most first.
    pub rows: Vec<Row>,
    /// Whose mail it is, where one sender stands out.
    pub senders: Option<String>,
    /// Newest last.
    pub changed: Vec<Change>,
    /// What to do first.
    pub first_step: Option<&'static str>,
}

/// One share of what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// 0 to 1.
    pub share: f64,
    /// How many.
    pub count: u64,
    /// Recipient domain, client network, user or daemon.
    pub domain: Redacted,
    /// Reply class or reason, or empty.
    pub class: Redacted,
    /// One reply.
    pub example: Option<Redacted>,
}

/// Shares that are kept.
const ROWS_MAX: usize = 5;
/// Changes that are kept.
const CHANGES_MAX: usize = 5;
/// From this share on one label or class is *the* cause.
const DOMINANT: f64 = 0.5;
/// From so many domains on it is rather us than them.
const MANY: usize = 10;
/// A sender that sends so many times what it did has changed; of at least so many messages a minute.
const SENDER_TIMES: f64 = 5.0;
const SENDER_RATE_MIN: f64 = 20.0;

/// Finds the cause.
pub fn explain(evidence: Evidence) -> Cause {
    let Evidence { topic, counted, unclassed, templates, senders, seconds, runbook, .. } = evidence;
    let counted = ranked(if counted.is_empty() { unclassed } else { counted }, seconds);
    let of: u64 = counted.iter().map(|one| one.now).sum();
    let mut changed = evidence.changes;
    changed.extend(senders.iter().filter_map(|sender| surge(sender, seconds, evidence.since)));
    let skipped = changed.len().saturating_sub(CHANGES_MAX);
    let changed: Vec<Change> = changed.into_iter().skip(skipped).collect();
    if of == 0 {
        return Cause { changed, first_step: runbook, ..Cause::default() };
    }
    let rows: Vec<Row> = counted
        .iter()
        .take(ROWS_MAX)
        .map(|one| Row {
            share: share(one.now, of),
            count: one.now,
            domain: Redacted::new(&one.label),
            class: Redacted::new(&one.class),
            example: example(&templates, &one.class),
        })
        .collect();
    let (headline, class) = match topic {
        Topic::Failures => failures(&counted, of),
        _ => (told(topic, &counted, of), counted.first().map_or("", |one| one.class.as_str())),
    };
    let first_step = steps::first(topic, class).or(runbook);
    let senders = if matches!(topic, Topic::Failures | Topic::Accounts) {
        standing_out(&senders)
    } else {
        None
    };
    Cause { headline, of, rows, senders, changed, first_step }
}

fn share(count: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// The same class and label once; what grew most against the time before comes first.
fn ranked(counted: Vec<Counted>, (now_s, before_s): (f64, f64)) -> Vec<Counted> {
    let mut by_kind: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for one in counted {
        let sums = by_kind.entry((one.class, one.label)).or_default();
        sums.0 += one.now;
        sums.1 += one.before;
    }
    let kind = |((class, label), (now, before))| Counted { class, label, now, before };
    let mut ranked: Vec<Counted> =
        by_kind.into_iter().filter(|(_, (now, _))| *now > 0).map(kind).collect();
    let as_long = if before_s > 0.0 { now_s / before_s } else { 0.0 };
    let grown = |one: &Counted| (one.now as f64 - one.before as f64 * as_long).max(0.0);
    ranked.sort_by(|one, two| {
        grown(two)
            .total_cmp(&grown(one))
            .then(two.now.cmp(&one.now))
            .then(one.label.cmp(&two.label))
    });
    ranked
}

/// The reply of this class that came most often, without the words that Postfix puts before it.
fn example(templates: &[(String, String, u64)], class: &str) -> Option<Redacted> {
    templates
        .iter()
        .filter(|(of, _, count)| of == class && *count > 0)
        .max_by_key(|(_, _, count)| *count)
        .map(|(_, text, _)| {
            Redacted::new(text.split_once(" said: ").map_or(text, |(_, said)| said))
        })
        .filter(|text| !text.is_empty())
}

/// A sender that sends many times what it did before.
fn surge(sender: &Sender, (now_s, before_s): (f64, f64), at: DateTime<Utc>) -> Option<Change> {
    if now_s <= 0.0 || before_s <= 0.0 {
        return None;
    }
    let (now, before) = (sender.now as f64 * 60.0 / now_s, sender.before as f64 * 60.0 / before_s);
    if now < SENDER_RATE_MIN || now < before * SENDER_TIMES {
        return None;
    }
    let text = format!(
        "{} {} → {} messages/min",
        sender.domain,
        grouped(before.round()),
        grouped(now.round())
    );
    Some(Change { at, text: Redacted::new(&text) })
}

/// The sender whose mail most of it is.
fn standing_out(senders: &[Sender]) -> Option<String> {
    let of: u64 = senders.iter().map(|sender| sender.failed).sum();
    let top = senders.iter().max_by_key(|sender| sender.failed)?;
    let part = share(top.failed, of);
    (part >= DOMINANT && of > 0)
        .then(|| format!("{} of it is mail from {}", percent(part), Redacted::new(&top.domain)))
}

/// The sentence for mail that does not leave, and the class that decides what to do first.
fn failures(counted: &[Counted], of: u64) -> (String, &str) {
    let domains = sums(counted, |one| &one.label);
    let classes = sums(counted, |one| &one.class);
    let (domain, domain_count) = greatest(&domains);
    let (class, class_count) = greatest(&classes);
    let (domain_share, class_share) = (share(domain_count, of), share(class_count, of));
    let many = counted.iter().filter(|one| one.class == class).count();
    let meaning = steps::meaning(class);
    let known = !class.is_empty() && class != "other";
    let reply = if known { format!(" with {class}") } else { String::new() };
    // What we cannot do ourselves is ours, however many domains it hits; one that takes no connections is theirs.
    let alone = many == 1 || (steps::is_theirs_too(class) && domain_share >= DOMINANT);
    if steps::is_ours(class) && class_share >= DOMINANT && !alone {
        let text = format!(
            "{} of failed tries, for {many} domains: {}",
            percent(class_share),
            meaning.unwrap_or(class)
        );
        return (text, class);
    }
    if domain_share >= DOMINANT {
        let own: Vec<Counted> = counted.iter().filter(|one| one.label == domain).cloned().collect();
        let own = sums(&own, |one| &one.class);
        let (top, _) = greatest(&own);
        let top =
            counted.iter().map(|one| one.class.as_str()).find(|one| *one == top).unwrap_or("");
        let because = steps::meaning(top).map(|meaning| format!(": {meaning}"));
        let because = because.unwrap_or_else(|| {
            if top.is_empty() || top == "other" { String::new() } else { format!(": {top}") }
        });
        let text = format!(
            "{} of failed tries are for {}{because}",
            percent(domain_share),
            Redacted::new(domain)
        );
        return (text, top);
    }
    if class_share >= DOMINANT && known {
        let part = percent(class_share);
        let text = match meaning {
            Some(meaning) => format!("{part} of failed tries, for {many} domains: {meaning}"),
            None => format!("{part} of failed tries end{reply}, for {many} domains"),
        };
        return (text, class);
    }
    let many = domains.len();
    if many >= MANY {
        let text = format!("Failed tries are spread over {many} domains; look at our own side");
        return (text, steps::US);
    }
    let text =
        format!("Failed tries: {} of them for {}", percent(domain_share), Redacted::new(domain));
    (text, class)
}

/// The sentence for everything else.
fn told(topic: Topic, counted: &[Counted], of: u64) -> String {
    let labels = sums(counted, |one| &one.label);
    let (label, count) = greatest(&labels);
    let (label, part) = (Redacted::new(label), percent(share(count, of)));
    let (class, class_count) = greatest(&sums(counted, |one| &one.class));
    let total = grouped(of as f64);
    match topic {
        Topic::Refusals => {
            let why = if class.is_empty() {
                String::new()
            } else {
                format!(", {} for {}", percent(share(class_count, of)), Redacted::new(class))
            };
            format!("{total} refusals{why}; most from {label} ({part})")
        }
        Topic::SignIns => {
            let many = labels.len();
            let networks =
                if many == 1 { "one network".to_owned() } else { format!("{many} networks") };
            format!("{total} failed sign-ins from {networks}; most from {label} ({part})")
        }
        Topic::Accounts => {
            format!("{part} of {total} refused or deferred recipients are of user {label}")
        }
        Topic::Certificates => format!("{label}: {}", Redacted::new(class)),
        Topic::Trouble | Topic::Failures => {
            let what = steps::meaning(class).unwrap_or(class);
            let times = if of == 1 { "once".to_owned() } else { format!("{total} times") };
            if label.is_empty() {
                format!("{what}, {times}")
            } else {
                format!("{what}, {times}: {label}")
            }
        }
    }
}

fn sums(counted: &[Counted], key: fn(&Counted) -> &String) -> BTreeMap<&str, u64> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for one in counted {
        *sums.entry(key(one)).or_default() += one.now;
    }
    sums
}

fn greatest<'a>(sums: &BTreeMap<&'a str, u64>) -> (&'a str, u64) {
    let greatest = sums.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
    greatest.map_or(("", 0), |(name, count)| (*name, *count))
}

#[cfg(test)]
mod tests;
