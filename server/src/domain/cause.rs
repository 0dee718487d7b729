//! Why mail is stuck, from what was counted: which domains, which replies, their shares, what changed just before.
//!
//! Pure: whoever calls reads the breakdowns and events of the alert's window and keeps what comes out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::redact::Redacted;

/// Failed tries by domain and reply, as counted.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Failed tries by reply class and recipient domain.
    pub classes: Vec<Failed>,
    /// Failed tries by recipient domain alone, for agents that know no classes.
    pub domains: Vec<Failed>,
    /// Replies with names and numbers taken out: class, text, failed tries.
    pub templates: Vec<(String, String, u64)>,
    /// Changes on the host.
    pub changes: Vec<Change>,
}

/// Failed tries of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Reply class; empty where it is not known.
    pub class: String,
    /// Recipient domain.
    pub domain: String,
    /// How many.
    pub count: u64,
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
    /// Failed tries in all.
    pub of: u64,
    /// Greatest first.
    pub rows: Vec<Row>,
    /// Newest last.
    pub changed: Vec<Change>,
    /// What to do first.
    pub first_step: Option<&'static str>,
}

/// One share of the failed tries.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// 0 to 1.
    pub share: f64,
    /// Failed tries.
    pub count: u64,
    /// Recipient domain.
    pub domain: Redacted,
    /// Reply class, or empty.
    pub class: Redacted,
    /// One reply.
    pub example: Option<Redacted>,
}

/// Shares that are kept.
const ROWS_MAX: usize = 5;
/// Changes that are kept.
const CHANGES_MAX: usize = 5;
/// From this share on one domain or class is *the* cause.
const DOMINANT: f64 = 0.5;
/// From so many domains on it is rather us than them.
const MANY_DOMAINS: usize = 10;

/// Finds the cause.
pub fn explain(evidence: Evidence) -> Cause {
    let Evidence { classes, domains, templates, changes } = evidence;
    let failed = merged(if classes.is_empty() { domains } else { classes });
    let of: u64 = failed.iter().map(|one| one.count).sum();
    let changed = changes.len().saturating_sub(CHANGES_MAX);
    let changed: Vec<Change> = changes.into_iter().skip(changed).collect();
    if of == 0 {
        return Cause { changed, ..Cause::default() };
    }
    let share = |count: u64| count as f64 / of as f64;
    let rows: Vec<Row> = failed
        .iter()
        .take(ROWS_MAX)
        .map(|one| Row {
            share: share(one.count),
            count: one.count,
            domain: Redacted::new(&one.domain),
            class: Redacted::new(&one.class),
            example: example(&templates, &one.class),
        })
        .collect();
    let (headline, class) = headline(&failed, of);
    Cause { headline, of, rows, changed, first_step: Some(first_step(class)) }
}

/// Greatest first; the same class and domain once.
fn merged(failed: Vec<Failed>) -> Vec<Failed> {
    let mut by_kind: BTreeMap<(String, String), u64> = BTreeMap::new();
    for one in failed {
        *by_kind.entry((one.class, one.domain)).or_default() += one.count;
    }
    let mut merged: Vec<Failed> = by_kind
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|((class, domain), count)| Failed { class, domain, count })
        .collect();
    merged.sort_by_key(|one| std::cmp::Reverse(one.count));
    merged
}

/// The reply of this class that came most often.
fn example(templates: &[(String, String, u64)], class: &str) -> Option<Redacted> {
    templates
        .iter()
        .filter(|(of, _, count)| of == class && *count > 0)
        .max_by_key(|(_, _, count)| *count)
        .map(|(_, text, _)| Redacted::new(text))
        .filter(|text| !text.is_empty())
}

/// The sentence, and the class that decides what to do first.
fn headline(failed: &[Failed], of: u64) -> (String, &str) {
    let share = |count: u64| count as f64 / of as f64;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let sums = |key: fn(&Failed) -> &str| {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for one in failed {
            *sums.entry(key(one)).or_default() += one.count;
        }
        sums
    };
    let domains = sums(|one| &one.domain);
    let classes = sums(|one| &one.class);
    let top = |sums: &BTreeMap<&str, u64>| {
        sums.iter().max_by_key(|(_, count)| **count).map(|(_, count)| share(*count))
    };
    let (domain_share, class_share) = (top(&domains).unwrap_or(0.0), top(&classes).unwrap_or(0.0));
    let name = |sums: &BTreeMap<&str, u64>| {
        let greatest = sums.iter().max_by_key(|(_, count)| **count);
        greatest.map_or_else(String::new, |(name, _)| Redacted::new(name).to_string())
    };
    let class = failed.first().map_or("", |one| one.class.as_str());
    let known = !class.is_empty() && class != "other";
    if domain_share >= DOMINANT {
        let domain = name(&domains);
        let because = if known { format!(": {class}") } else { String::new() };
        return (
            format!("{} of failed tries are for {domain}{because}", percent(domain_share)),
            class,
        );
    }
    if class_share >= DOMINANT && known {
        let (class_name, many) = (name(&classes), domains.len());
        let text = format!(
            "{} of failed tries end with {class_name}, for {many} domains",
            percent(class_share)
        );
        return (text, class);
    }
    if domains.len() >= MANY_DOMAINS {
        let text =
            format!("Failed tries are spread over {} domains; look at our own side", domains.len());
        return (text, "us");
    }
    let text = format!("Failed tries: {} of them for {}", percent(domain_share), name(&domains));
    (text, class)
}

/// What to do first, by the class of the reply.
fn first_step(class: &str) -> &'static str {
    let family = class.split('.').next().unwrap_or(class);
    match (family, class) {
        (_, "us") => {
            "Look at our own network, DNS and address first: these domains have nothing else in common."
        }
        (_, "gmail.recipient_rate" | "generic.full") => {
            "Nothing of ours: these mailboxes take no more. Tell the senders if it lasts."
        }
        (_, "generic.greylist") => "Wait: greylisted mail goes through with its next try.",
        (_, "generic.recipient") => "Clean the list: these addresses do not exist.",
        (_, "generic.size") => {
            "Tell the senders: these messages are too large for their receivers."
        }
        ("gmail", _) => {
            "Slow down to Google: halve concurrency and rate; check Postmaster Tools. Do not flush: every retry counts."
        }
        ("microsoft", _) => {
            "Slow down to Microsoft and look our address up in SNDS; a block needs their delist form."
        }
        ("yahoo", _) => "Pause mail to Yahoo for four hours; retrying makes it worse.",
        ("blocklist", _) => {
            "Find the source of the mail that got us listed and stop it; then ask the list for removal."
        }
        ("auth", _) => {
            "Check SPF, DKIM and DMARC of the sending domain, and the PTR of our address."
        }
        _ => {
            "Try the domain by hand: look up its MX and connect to port 25; if it is down, only time helps."
        }
    }
}

#[cfg(test)]
mod tests;
