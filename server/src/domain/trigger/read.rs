//! Reads a rule as it is written: believes nothing, names the part that is wrong.

use std::{collections::BTreeMap, time::Duration};

use mailvane_proto::catalogue::{self, EventKindId, Kind};

use super::{
    Band, Guard, Measure, NoData, Op, PerKey, Rule, Scope, Silent, Spec, Sum, Watch,
    source::{self, Source},
    spec::Also,
};
use crate::domain::{baseline, severity::Severity};

/// What is wrong with a rule, and with which part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct SpecFault {
    /// Which part.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// Longest hold and longest silence, in seconds: a day.
pub const HOLD_S_MAX: u64 = 86_400;
/// Longest window, in seconds: an hour, which is always at hand.
pub const WINDOW_S_MAX: u64 = 3_600;
/// Shortest silence, in seconds.
pub const SILENT_AFTER_S_MIN: u64 = 3;
/// Entries of each list of a scope at most.
pub const SCOPE_ENTRIES_MAX: usize = 200;
/// Figures of one sum at most.
pub const SOURCES_MAX: usize = 12;
/// Further conditions at most.
pub const GUARDS_MAX: usize = 4;
/// Alerts of one instance at most, and when nothing is said.
pub const CAP_MAX: u32 = 100;
const CAP: u32 = 20;
/// Without a figure for this long, `no_data` holds when nothing is said, in seconds.
const NO_DATA_S: u64 = 600;

impl Rule {
    /// Reads a rule.
    pub fn new(spec: &Spec) -> Result<Self, SpecFault> {
        scope(&spec.scope)?;
        if spec.kind == "silent" {
            return silent(spec).map(Self::Silent);
        }
        let measure = measure(spec)?;
        let op = op(&spec.op, spec.kind == "absence")?;
        let (fire, clear) = levels(spec, op)?;
        if spec.and.len() > GUARDS_MAX {
            return Err(fault("and", format!("more than {GUARDS_MAX} further conditions")));
        }
        for (field, seconds) in [
            ("hold_s", spec.hold_s),
            ("clear_hold_s", spec.clear_hold_s),
            ("keep_firing_s", spec.keep_firing_s),
            ("no_data_s", spec.no_data_s),
        ] {
            if seconds > HOLD_S_MAX {
                return Err(fault(field, format!("{seconds} is more than {HOLD_S_MAX}, a day")));
            }
        }
        Ok(Self::Watch(Box::new(Watch {
            bands: bands(spec, &measure)?,
            measure,
            op,
            fire,
            clear,
            and: spec.and.iter().map(guard).collect::<Result<_, _>>()?,
            hold: Duration::from_secs(spec.hold_s),
            clear_hold: Duration::from_secs(spec.clear_hold_s),
            keep_firing: Duration::from_secs(spec.keep_firing_s),
            no_data: no_data(spec)?,
            scope: spec.scope.clone(),
        })))
    }
}

fn fault(field: &'static str, why: impl Into<String>) -> SpecFault {
    SpecFault { field, why: why.into() }
}

fn scope(scope: &Scope) -> Result<(), SpecFault> {
    let lists = [&scope.tags, &scope.hosts, &scope.instances, &scope.services];
    if lists.iter().any(|list| list.len() > SCOPE_ENTRIES_MAX) {
        return Err(fault("scope", format!("more than {SCOPE_ENTRIES_MAX} entries in a list")));
    }
    Ok(())
}

fn silent(spec: &Spec) -> Result<Silent, SpecFault> {
    if !(SILENT_AFTER_S_MIN..=HOLD_S_MAX).contains(&spec.after_s) {
        let why = format!("{} is not between {SILENT_AFTER_S_MIN} and {HOLD_S_MAX}", spec.after_s);
        return Err(fault("after_s", why));
    }
    if !spec.scope.instances.is_empty() || !spec.scope.services.is_empty() {
        return Err(fault("scope", "a host is silent as a whole: use tags and hosts"));
    }
    let after = Duration::from_secs(spec.after_s);
    Ok(Silent { after, never: spec.never, scope: spec.scope.clone() })
}

fn op(text: &str, absence: bool) -> Result<Op, SpecFault> {
    match text {
        "" if absence => Ok(Op::Below),
        "<" => Ok(Op::Below),
        ">" if absence => Err(fault("op", "absence has no other side; leave it out")),
        ">" | "" => Ok(Op::Above),
        other => Err(fault("op", format!("{other:?} is neither > nor <"))),
    }
}

fn levels(spec: &Spec, op: Op) -> Result<(f64, f64), SpecFault> {
    let fire = match (spec.fire, spec.kind.as_str()) {
        (Some(fire), _) => fire,
        (None, "absence") => 1.0,
        (None, "event") => 0.0,
        (None, _) if spec.grouped => 0.0,
        (None, _) => return Err(fault("fire", "the level is missing")),
    };
    let clear = spec.clear.unwrap_or(fire);
    for (field, level) in [("fire", fire), ("clear", clear)] {
        if !level.is_finite() || level < 0.0 {
            return Err(fault(field, format!("{level} is no level; 0 or more is expected")));
        }
    }
    if op.beyond(clear, fire) {
        return Err(fault("clear", format!("{clear} lies on the bad side of {fire}")));
    }
    Ok((fire, clear))
}

fn window(seconds: u64, least: u64) -> Result<u32, SpecFault> {
    if !(least..=WINDOW_S_MAX).contains(&seconds) {
        let why = format!("{seconds} is not between {least} and {WINDOW_S_MAX} seconds");
        return Err(fault("window_s", why));
    }
    u32::try_from(seconds).map_err(|_| fault("window_s", "too long"))
}

fn measure(spec: &Spec) -> Result<Measure, SpecFault> {
    match spec.kind.as_str() {
        "event" => events(spec),
        "per_key" => per_key(spec).map(Measure::Keys),
        _ => figures(&Also {
            kind: spec.kind.clone(),
            metric: spec.metric.clone(),
            over: spec.over.clone(),
            under: spec.under.clone(),
            min_volume: spec.min_volume,
            min: spec.min,
            window_s: spec.window_s,
            ..Also::default()
        })
        .and_then(|measure| by_service(measure, &spec.scope.services)),
    }
}

/// What is looked at, of the kinds that rules and further conditions share.
fn figures(part: &Also) -> Result<Measure, SpecFault> {
    let one = |least| {
        let window_s = window(part.window_s, least)?;
        let of: Result<Vec<Source>, String> =
            part.metric.split('+').map(|one| Source::parse(one.trim())).collect();
        let of = of.map_err(|why| fault("metric", why))?;
        if of.len() > SOURCES_MAX {
            return Err(fault("metric", format!("more than {SOURCES_MAX} figures are added up")));
        }
        if of.windows(2).any(|pair| matches!(pair, [a, b] if a.kind() != b.kind())) {
            return Err(fault("metric", "gauges and counters cannot be added up"));
        }
        Ok(Sum { of, window_s })
    };
    let kind_is = |sum: Sum, kind: Kind, why: &str| {
        if sum.of.iter().all(|one| one.kind() == kind) {
            Ok(sum)
        } else {
            Err(fault("metric", why))
        }
    };
    match part.kind.as_str() {
        "threshold" => one(0).map(Measure::Level),
        "count" | "absence" => {
            let sum = kind_is(one(1)?, Kind::Counter, "a gauge cannot be counted; use threshold")?;
            Ok(Measure::Count(sum))
        }
        "rate" => {
            let sum = kind_is(one(1)?, Kind::Counter, "a gauge has no rate; use growth")?;
            Ok(Measure::Rate(sum))
        }
        "growth" => {
            let sum = kind_is(one(60)?, Kind::Gauge, "a counter always grows; use rate")?;
            if sum.of.len() != 1 {
                return Err(fault("metric", "the growth of one gauge only"));
            }
            Ok(Measure::Growth(sum))
        }
        "ratio" => ratio(part),
        "baseline" => {
            let of = one(0)?;
            if of.of.len() != 1 || !of.of.iter().all(baseline::is_kept) {
                let why =
                    format!("no usual figure is kept of it; use one of {}", baseline::names());
                return Err(fault("metric", why));
            }
            Ok(Measure::Baseline { of, min: part.min.max(0.0) })
        }
        other => Err(fault("kind", format!("{other:?} is no kind of rule"))),
    }
}

fn ratio(part: &Also) -> Result<Measure, SpecFault> {
    let sum = |field: &'static str, names: &[String]| {
        if names.is_empty() || names.len() > SOURCES_MAX {
            return Err(fault(field, format!("1 to {SOURCES_MAX} figures are expected")));
        }
        let of: Result<Vec<Source>, String> =
            names.iter().map(|name| Source::parse(name)).collect();
        let of = of.map_err(|why| fault(field, why))?;
        let counter = of.first().map(Source::kind) == Some(Kind::Counter);
        if of.iter().any(|one| (one.kind() == Kind::Counter) != counter) {
            return Err(fault(field, "gauges and counters cannot be added up"));
        }
        // Gauges stand as they are; counters are added up over the window.
        let window_s = if counter { window(part.window_s, 1)? } else { 0 };
        Ok(Sum { of, window_s })
    };
    let (over, under) = (sum("over", &part.over)?, sum("under", &part.under)?);
    if !part.min_volume.is_finite() || part.min_volume < 0.0 {
        return Err(fault("min_volume", "0 or more is expected"));
    }
    Ok(Measure::Ratio { over, under, min_volume: part.min_volume })
}

fn events(spec: &Spec) -> Result<Measure, SpecFault> {
    let kinds: Result<Vec<EventKindId>, SpecFault> = spec
        .events
        .iter()
        .map(|name| {
            let kind = catalogue::event_by_name(name);
            kind.map(|kind| kind.id).ok_or_else(|| fault("events", format!("{name:?} is no event")))
        })
        .collect();
    let kinds = kinds?;
    if kinds.is_empty() || kinds.len() > SOURCES_MAX {
        return Err(fault("events", format!("1 to {SOURCES_MAX} kinds are expected")));
    }
    let (window_s, cap) = (window(spec.window_s, 60)?, cap(spec)?);
    Ok(Measure::Events { kinds, window_s, fingerprint: spec.fingerprint, cap })
}

fn per_key(spec: &Spec) -> Result<PerKey, SpecFault> {
    let (dimension, measure) =
        source::measure(&spec.per_key).map_err(|why| fault("per_key", why))?;
    let zero = if spec.zero.is_empty() {
        None
    } else {
        let place = dimension.measure(&spec.zero);
        Some(
            place
                .ok_or_else(|| fault("zero", format!("{} has no such measure", dimension.name)))?,
        )
    };
    let counter = |place: usize| {
        dimension.measures.get(place).is_some_and(|measure| measure.kind == Kind::Counter)
    };
    if !counter(measure) || !zero.is_none_or(counter) {
        return Err(fault("per_key", "a gauge cannot be counted key by key"));
    }
    if !spec.each.is_finite() || spec.each < 0.0 {
        return Err(fault("each", "0 or more is expected"));
    }
    let each = spec.grouped.then_some(spec.each);
    let (window_s, cap) = (window(spec.window_s, 60)?, cap(spec)?);
    Ok(PerKey { dimension, measure, zero, window_s, each, cap })
}

fn cap(spec: &Spec) -> Result<usize, SpecFault> {
    let cap = spec.cap.unwrap_or(CAP);
    if !(1..=CAP_MAX).contains(&cap) {
        return Err(fault("cap", format!("{cap} is not between 1 and {CAP_MAX}")));
    }
    usize::try_from(cap).map_err(|_| fault("cap", "too many"))
}

fn guard(also: &Also) -> Result<Guard, SpecFault> {
    let measure = figures(also).map_err(|inner| fault("and", inner.to_string()))?;
    let op =
        op(&also.op, also.kind == "absence").map_err(|inner| fault("and", inner.to_string()))?;
    if !also.level.is_finite() {
        return Err(fault("and", "the level is no number"));
    }
    let level = if also.kind == "absence" { 1.0 } else { also.level };
    Ok(Guard { measure, op, level, unknown_is_true: also.unknown_is_true })
}

fn no_data(spec: &Spec) -> Result<NoData, SpecFault> {
    let seconds = if spec.no_data_s == 0 { NO_DATA_S } else { spec.no_data_s };
    let after = Duration::from_secs(seconds);
    match spec.no_data.as_str() {
        "" | "keep" => Ok(NoData::Keep),
        "ok" => Ok(NoData::Ok(after)),
        "fire" => Ok(NoData::Fire(after)),
        other => Err(fault("no_data", format!("{other:?} is not keep, ok or fire"))),
    }
}

fn bands(spec: &Spec, measure: &Measure) -> Result<Vec<Band>, SpecFault> {
    let mut bands = Vec::new();
    let both: [(&'static str, &BTreeMap<String, f64>, bool); 2] =
        [("bands", &spec.bands, false), ("baseline_bands", &spec.baseline_bands, true)];
    for (field, levels, of_baseline) in both {
        for (name, level) in levels {
            let severity = Severity::from_name(name)
                .ok_or_else(|| fault(field, format!("{name:?} is no severity")))?;
            if !level.is_finite() || *level < 0.0 {
                return Err(fault(field, format!("{level} is no level")));
            }
            bands.push(Band { severity, level: *level, of_baseline });
        }
    }
    let usual = measure.sums().iter().all(|sum| sum.of.iter().all(baseline::is_kept));
    if !spec.baseline_bands.is_empty() && (!usual || measure.sums().is_empty()) {
        return Err(fault("baseline_bands", "no usual figure is kept of it"));
    }
    // Worst first: the first band that holds is the severity.
    bands.sort_by_key(|band| std::cmp::Reverse(band.severity));
    Ok(bands)
}

/// Counts a rule's figures by service, where its scope names services.
fn by_service(measure: Measure, services: &[String]) -> Result<Measure, SpecFault> {
    if services.is_empty() {
        return Ok(measure);
    }
    let keys = services.join(",");
    let sum = |sum: Sum| {
        let of: Result<Vec<Source>, SpecFault> = sum
            .of
            .iter()
            .map(|one| {
                let name = one.to_string();
                let (_, measure) = BY_SERVICE
                    .iter()
                    .find(|(metric, _)| *metric == name)
                    .ok_or_else(|| fault("scope", format!("{name} is not counted by service")))?;
                let source = Source::parse(&format!("service.{measure}[{keys}]"));
                source.map_err(|why| fault("scope", why))
            })
            .collect();
        Ok(Sum { of: of?, ..sum })
    };
    match measure {
        Measure::Level(of) => sum(of).map(Measure::Level),
        Measure::Count(of) => sum(of).map(Measure::Count),
        Measure::Rate(of) => sum(of).map(Measure::Rate),
        Measure::Ratio { over, under, min_volume } => {
            Ok(Measure::Ratio { over: sum(over)?, under: sum(under)?, min_volume })
        }
        _ => Err(fault("scope", "this kind of rule is not counted by service")),
    }
}

/// Metrics that are counted by service too, and under which measure.
const BY_SERVICE: [(&str, &str); 6] = [
    ("smtpd.connections", "connections"),
    ("message.received_smtp", "messages"),
    ("reject.total", "rejected"),
    ("sasl.succeeded", "sasl_succeeded"),
    ("sasl.failed", "sasl_failed"),
    ("smtpd.lost", "lost"),
];
