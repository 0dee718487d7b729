//! One trigger and what was seen of one instance: a verdict, or one for each key or event.

use mailvane_proto::catalogue::EventKindId;

use super::{
    redact::Redacted,
    severity::Severity,
    trigger::Op,
    watchlist::{Term, Watched},
    window::{Reading, Window},
};

/// What was seen, by the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The figure is not known: no verdict, and *not visible is never zero*.
    Unknown,
    /// Behind the level that clears.
    Clear(f64),
    /// Between the two levels, or not enough seen to tell.
    Band(f64),
    /// Beyond the level that fires.
    Breach(f64),
}

impl Verdict {
    /// The figure, where it is known.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Unknown => None,
            Self::Clear(value) | Self::Band(value) | Self::Breach(value) => Some(value),
        }
    }
}

/// Which alert of an instance a verdict is about, where a rule has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The only one.
    Whole,
    /// A key of the rule's breakdown.
    Key(u32),
    /// An event, by its fingerprint.
    Event(u64),
    /// All beyond the rule's cap.
    More,
}

/// What a rule finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which alert it is about.
    pub part: Part,
    /// The verdict.
    pub verdict: Verdict,
    /// How bad it is, if it is bad.
    pub severity: Severity,
    /// What the part is, in words; empty where the dictionary knows it or nothing is to say.
    pub label: Redacted,
}

/// Judges an instance by a rule. `usual`: usual figures by their places in the plan. Of keys and events only those are found
/// that are bad: what is not found is not bad.
pub fn judge(watched: &Watched, window: &Window, usual: &[Option<f64>]) -> Vec<Finding> {
    let whole = |verdict: Verdict, usual: Option<f64>| {
        let severity = verdict
            .value()
            .map_or(watched.trigger.severity, |value| severity(watched, value, usual));
        vec![Finding { part: Part::Whole, verdict, severity, label: Redacted::default() }]
    };
    match &watched.term {
        Term::Events(kinds, window_s, fingerprint) => {
            let marks = parts(window, kinds, *window_s, *fingerprint);
            found(watched, marks, *fingerprint)
        }
        Term::Keys(place, each) => {
            let keys = window.keys(*place);
            if let Some(each) = each {
                let bad = keys.filter(|(_, count)| *count as f64 >= *each).count();
                let reading = Some(Reading { value: bad as f64, full: true });
                return whole(verdict(watched, reading, window, usual), None);
            }
            let keys = keys.map(|(key, count)| (Part::Key(key), count as f64, Redacted::default()));
            found(watched, keys.collect(), true)
        }
        term => {
            let reading = read(term, window, usual);
            whole(verdict(watched, reading, window, usual), usual_of(watched, usual))
        }
    }
}

/// Where a rule has several alerts for an instance: those that are bad, worst first.
fn found(watched: &Watched, mut parts: Vec<(Part, f64, Redacted)>, several: bool) -> Vec<Finding> {
    let watch = &watched.watch;
    if !several {
        let value = parts.iter().map(|(_, value, _)| value).sum();
        let label = parts.into_iter().next_back().map(|(.., label)| label).unwrap_or_default();
        let verdict = band(watch.op, (watch.fire, watch.clear), Reading { value, full: true });
        let severity = severity(watched, value, None);
        return vec![Finding { part: Part::Whole, verdict, severity, label }];
    }
    parts.retain(|(_, value, _)| watch.op.beyond(*value, watch.clear));
    parts.sort_by(|one, two| two.1.total_cmp(&one.1).then(one.0.cmp(&two.0)));
    let finding = |(part, value, label)| Finding {
        part,
        verdict: band(watch.op, (watch.fire, watch.clear), Reading { value, full: true }),
        severity: severity(watched, value, None),
        label,
    };
    parts.into_iter().map(finding).collect()
}

/// Leaves at most `cap` alerts: those that `known` says exist, then the worst; all others as one.
pub fn capped(findings: Vec<Finding>, cap: usize, known: impl Fn(Part) -> bool) -> Vec<Finding> {
    let (mut kept, mut new): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| known(finding.part));
    let room = cap.saturating_sub(kept.len()).min(new.len());
    let rest = new.split_off(room);
    kept.append(&mut new);
    let bad = rest.iter().filter(|one| matches!(one.verdict, Verdict::Breach(_))).count();
    if let Some(worst) = rest.iter().map(|one| one.severity).max()
        && bad > 0
    {
        let label = Redacted::new(&format!("{bad} more"));
        let verdict = Verdict::Breach(bad as f64);
        kept.push(Finding { part: Part::More, verdict, severity: worst, label });
    }
    kept
}

fn parts(
    window: &Window,
    kinds: &[EventKindId],
    window_s: u32,
    fingerprint: bool,
) -> Vec<(Part, f64, Redacted)> {
    let mut parts: Vec<(Part, f64, Redacted)> = Vec::new();
    let ours = window.events(window_s).filter(|mark| kinds.contains(&EventKindId(mark.kind)));
    for mark in ours {
        let part = if fingerprint { Part::Event(mark.fingerprint) } else { Part::Whole };
        let count = mark.count as f64;
        match parts.iter_mut().find(|(known, ..)| *known == part) {
            Some((_, sum, label)) => {
                *sum += count;
                *label = mark.label.clone();
            }
            None => parts.push((part, count, mark.label.clone())),
        }
    }
    parts
}

fn verdict(
    watched: &Watched,
    reading: Option<Reading>,
    window: &Window,
    usual: &[Option<f64>],
) -> Verdict {
    let Some(reading) = reading else { return Verdict::Unknown };
    let watch = &watched.watch;
    // More than enough stays more than enough, however little was seen; too little is only known when all was.
    let certain = reading.full || (watch.op == Op::Above && adds_up(&watched.term));
    let verdict = band(watch.op, (watch.fire, watch.clear), reading);
    match verdict {
        Verdict::Breach(value) if !certain || !guarded(watched, window, usual) => {
            Verdict::Band(value)
        }
        verdict => verdict,
    }
}

fn band(op: Op, (fire, clear): (f64, f64), reading: Reading) -> Verdict {
    if op.beyond(reading.value, fire) {
        Verdict::Breach(reading.value)
    } else if op.beyond(reading.value, clear) || !reading.full {
        Verdict::Band(reading.value)
    } else {
        Verdict::Clear(reading.value)
    }
}

/// Whether seeing more of the window could only make the figure greater, or its volume speaks for it.
const fn adds_up(term: &Term) -> bool {
    matches!(term, Term::Count(_) | Term::Ratio(..))
}

fn guarded(watched: &Watched, window: &Window, usual: &[Option<f64>]) -> bool {
    watched.watch.and.iter().zip(&watched.guards).all(|(guard, term)| {
        read(term, window, usual)
            .filter(|reading| reading.full || (guard.op == Op::Above && adds_up(term)))
            .map_or(guard.unknown_is_true, |reading| guard.op.beyond(reading.value, guard.level))
    })
}

/// The figure of a term; nothing if it is not known.
fn read(term: &Term, window: &Window, usual: &[Option<f64>]) -> Option<Reading> {
    match term {
        Term::Level(cols) if cols.window_s == 0 => window.level(cols),
        Term::Level(cols) => match cols.kind {
            mailvane_proto::catalogue::Kind::Gauge => window.level(cols),
            mailvane_proto::catalogue::Kind::Counter => window.rate(cols),
        },
        Term::Count(cols) => window.count(cols),
        Term::Rate(cols) => window.rate(cols),
        Term::Growth(cols) => window.slope(cols),
        Term::Ratio(over, under, min_volume) => {
            let (over, under) = (window.count(over)?, window.count(under)?);
            if under.value <= 0.0 || under.value < *min_volume {
                return None;
            }
            Some(Reading { value: over.value / under.value, full: over.full && under.full })
        }
        Term::Usual(cols, place, min) => {
            let usual = usual.get(*place).copied().flatten()?;
            if usual <= 0.0 || usual < *min {
                return None;
            }
            let now = if cols.window_s == 0 { window.level(cols) } else { window.rate(cols) }?;
            Some(Reading { value: now.value / usual, full: now.full })
        }
        Term::Events(..) | Term::Keys(..) => None,
    }
}

/// The usual figure of the rule's own metric.
fn usual_of(watched: &Watched, usual: &[Option<f64>]) -> Option<f64> {
    watched.usual.and_then(|place| usual.get(place).copied().flatten())
}

/// How bad a figure is.
fn severity(watched: &Watched, value: f64, usual: Option<f64>) -> Severity {
    let holds = |band: &&super::trigger::Band| {
        let level =
            if band.of_baseline { usual.map(|usual| usual * band.level) } else { Some(band.level) };
        level.is_some_and(|level| watched.watch.op.beyond(value, level))
    };
    let band = watched.watch.bands.iter().find(holds).map(|band| band.severity);
    band.map_or(watched.trigger.severity, |band| band.max(watched.trigger.severity))
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod tests;
