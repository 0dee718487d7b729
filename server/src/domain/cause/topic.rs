//! Which evidence belongs to which rule.

use mailvane_proto::catalogue::{GroupId, group, sasl};

use super::Topic;
use crate::domain::trigger::{Measure, Rule, Watch, source::Source};

impl Topic {
    /// What a rule's alerts are about; nothing where nothing is counted behind them.
    pub fn of(rule: &Rule) -> Option<Self> {
        match rule {
            Rule::Watch(watch) => Some(watched(watch)),
            Rule::Silent(_) => None,
        }
    }
}

fn watched(watch: &Watch) -> Topic {
    let source = watch.measure.sums().first().and_then(|sum| sum.of.first().cloned());
    match (&watch.measure, source) {
        (Measure::Events { .. }, _) => Topic::Trouble,
        (Measure::Keys(keys), _) if keys.dimension.id == sasl::SASL_USER => Topic::Accounts,
        (Measure::Keys(keys), _) => grouped(keys.dimension.group),
        (_, Some(source)) => by_source(&source),
        (_, None) => Topic::Failures,
    }
}

fn by_source(source: &Source) -> Topic {
    match source {
        Source::Keys(keys) if keys.dimension.id == sasl::SASL_USER => Topic::Accounts,
        source => grouped(source.group()),
    }
}

fn grouped(group: GroupId) -> Topic {
    match group {
        group::REJECT | group::SMTPD | group::LIMIT | group::POSTSCREEN => Topic::Refusals,
        group::SASL => Topic::SignIns,
        group::CERTIFICATE => Topic::Certificates,
        group::HEALTH
        | group::PROCESS
        | group::LOG
        | group::SPOOL
        | group::HOST
        | group::AGENT
        | group::PRESSURE
        | group::TLS_IN => Topic::Trouble,
        _ => Topic::Failures,
    }
}
