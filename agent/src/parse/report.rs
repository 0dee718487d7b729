//! What a log says, in figures: as JSON for programs, as a table for people.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::{
    self, Dimension, DimensionId, GroupId, Keys, Kind, MetricId, delivery, group, log, message,
    process, reject, sasl, smtpd, tls,
};
use serde::Serialize;

use crate::fold::Tallies;
use crate::fold::roster::Roster;

/// The figures.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct Report {
    /// Lines, or entries of a journal.
    pub lines: u64,
    /// Those of other programs, and those that are no line of a log.
    pub foreign: u64,
    /// Postfix's lines without a rule.
    pub unrecognised: u64,
    /// The same by daemon.
    pub unrecognised_by_daemon: BTreeMap<String, u64>,
    /// Messages taken in.
    pub received: u64,
    /// Recipients delivered at last.
    pub delivered: u64,
    /// Sent status lines.
    pub sent: u64,
    /// Deferred status lines.
    pub deferred: u64,
    /// Bounced status lines.
    pub bounced: u64,
    /// Recipients given up.
    pub expired: u64,
    /// Refusals.
    pub rejected: u64,
    /// Refusals by SMTP phase.
    pub rejected_by_phase: BTreeMap<String, u64>,
    /// Refusals by reason.
    pub rejected_by_reason: BTreeMap<String, u64>,
    /// Sessions of smtpd.
    pub smtpd_connections: u64,
    /// Failed sign-ins.
    pub sasl_failures: u64,
    /// Encrypted sessions of clients; nothing if Postfix does not log them.
    pub tls_in: Option<u64>,
    /// Encrypted sessions with servers; nothing if Postfix does not log them.
    pub tls_out: Option<u64>,
    /// Every counter that is not zero, by instance and name.
    pub metrics: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Every breakdown, by instance, dimension, key and measure.
    pub breakdowns: BTreeMap<String, BTreeMap<&'static str, Breakdown>>,
}

/// Counts of one dimension that are not zero, by key and measure.
pub type Breakdown = BTreeMap<String, BTreeMap<&'static str, u64>>;

impl Report {
    pub(super) fn new(lines: u64, foreign: u64, roster: &Roster, tallies: &Tallies) -> Self {
        let sum = |metric: MetricId| tallies.iter().map(|(_, tally)| tally.get(metric)).sum();
        let told = |group: GroupId, metric| {
            let visible = tallies.iter().any(|(_, tally)| group.visible_in(tally.visible()));
            visible.then(|| sum(metric))
        };
        Self {
            lines,
            foreign,
            unrecognised: sum(log::UNRECOGNISED),
            unrecognised_by_daemon: by_key(
                tallies,
                process::DAEMON_LOG,
                process::said::UNRECOGNISED,
            ),
            received: sum(message::RECEIVED),
            delivered: sum(delivery::DELIVERED),
            sent: sum(delivery::SENT),
            deferred: sum(delivery::DEFERRED),
            bounced: sum(delivery::BOUNCED),
            expired: sum(delivery::EXPIRED),
            rejected: sum(reject::TOTAL),
            rejected_by_phase: by_phase(tallies),
            rejected_by_reason: by_reason(tallies),
            smtpd_connections: sum(smtpd::CONNECTIONS),
            sasl_failures: sum(sasl::FAILED),
            tls_in: told(group::TLS_IN, tls::IN_CONNECTIONS),
            tls_out: told(group::TLS_OUT, tls::OUT_CONNECTIONS),
            metrics: metrics(roster, tallies),
            breakdowns: breakdowns(roster, tallies),
        }
    }

    /// The headline figures for people.
    pub fn table(&self) -> Vec<String> {
        let mut rows = vec![
            ("lines", self.lines),
            ("  of other programs", self.foreign),
            ("  not understood", self.unrecognised),
            ("messages received", self.received),
            ("recipients delivered", self.delivered),
            ("  sent", self.sent),
            ("  deferred (tries)", self.deferred),
            ("  bounced", self.bounced),
            ("  expired", self.expired),
            ("refused", self.rejected),
        ]
        .into_iter()
        .map(|(name, value)| format!("{value:>12}  {name}"))
        .collect::<Vec<_>>();
        let reasons =
            self.rejected_by_reason.iter().map(|(name, value)| format!("{value:>12}    by {name}"));
        rows.extend(reasons);
        let rest = [
            ("SMTP sessions", Some(self.smtpd_connections)),
            ("failed sign-ins", Some(self.sasl_failures)),
            ("encrypted in", self.tls_in),
            ("encrypted out", self.tls_out),
        ];
        rows.extend(rest.map(|(name, value)| {
            let value = value.map_or_else(|| "not visible".to_owned(), |value| value.to_string());
            format!("{value:>12}  {name}")
        }));
        rows
    }
}

/// Instances whose names look alike once they can be shown are one.
fn metrics(roster: &Roster, tallies: &Tallies) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
    let mut all: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    for (place, tally) in tallies.iter() {
        let Some(instance) = roster.get(place) else { continue };
        let counters = all.entry(instance.name.clone()).or_default();
        for (id, value) in tally.visible_metrics() {
            if let Some(metric) = catalogue::metric(id).filter(|m| m.kind == Kind::Counter) {
                let sum = counters.entry(metric.name).or_insert(0_u64);
                *sum = sum.saturating_add(value);
            }
        }
    }
    all
}

fn breakdowns(
    roster: &Roster,
    tallies: &Tallies,
) -> BTreeMap<String, BTreeMap<&'static str, Breakdown>> {
    let mut all: BTreeMap<String, BTreeMap<&'static str, Breakdown>> = BTreeMap::new();
    for (place, tally) in tallies.iter() {
        let Some(instance) = roster.get(place) else { continue };
        let dimensions = all.entry(instance.name.clone()).or_default();
        let mut add = |dimension: &'static Dimension, key: String, counts: &[u64]| {
            let names = dimension.measures.iter().map(|measure| measure.name);
            let sums = dimensions.entry(dimension.name).or_default().entry(key).or_default();
            for (name, count) in names.zip(counts).filter(|(_, count)| **count > 0) {
                let sum = sums.entry(name).or_insert(0_u64);
                *sum = sum.saturating_add(*count);
            }
        };
        for (dimension, key, counts) in tally.closed_entries() {
            let Some(dimension) = catalogue::dimension(dimension) else { continue };
            if let Some(key) = dimension.key(key) {
                add(dimension, key.name.to_owned(), counts);
            }
        }
        for (dimension, keys) in tally.open_entries() {
            let Some(dimension) = catalogue::dimension(dimension) else { continue };
            for (key, counts) in keys.iter() {
                add(dimension, String::from_utf8_lossy(key).into_owned(), counts);
            }
        }
    }
    all
}

/// One measure of a closed dimension by its keys.
fn by_key(tallies: &Tallies, dimension: DimensionId, measure: usize) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    each(tallies, dimension, |key, measures| {
        if let Some(count) = measures.get(measure).filter(|count| **count > 0) {
            *counts.entry(key.to_owned()).or_insert(0) += count;
        }
    });
    counts
}

fn by_phase(tallies: &Tallies) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    each(tallies, reject::REJECT, |phase, reasons| {
        *counts.entry(phase.to_owned()).or_insert(0) += reasons.iter().sum::<u64>();
    });
    counts
}

fn by_reason(tallies: &Tallies) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    each(tallies, reject::REJECT, |_, reasons| {
        for (reason, count) in reject::reason::MEASURES.iter().zip(reasons) {
            if *count > 0 {
                *counts.entry(reason.name.to_owned()).or_insert(0) += count;
            }
        }
    });
    counts
}

fn each(tallies: &Tallies, dimension: DimensionId, mut take: impl FnMut(&str, &[u64])) {
    let Some(Keys::Closed(keys)) = catalogue::dimension(dimension).map(|dimension| dimension.keys)
    else {
        return;
    };
    for (_, tally) in tallies.iter() {
        for (_, key, counts) in tally.closed_entries().filter(|(other, ..)| *other == dimension) {
            if let Some(key) = keys.get(usize::from(key.0)) {
                take(key.name, counts);
            }
        }
    }
}
