//! One trigger and one sample: a verdict.

use mailvane_proto::catalogue::{Kind, MetricId};

use super::trigger::{Op, Threshold};

/// What a sample says about a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The figure was not measured: no verdict, and *not visible is never zero*.
    Unknown,
    /// Behind the level that clears.
    Clear(f64),
    /// Between the two levels.
    Band(f64),
    /// Beyond the level that fires.
    Breach(f64),
}

impl Verdict {
    /// The figure, where it was measured.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Unknown => None,
            Self::Clear(value) | Self::Band(value) | Self::Breach(value) => Some(value),
        }
    }
}

/// The figures of one instance in one interval, as the rules see them.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// Which groups were measured.
    pub visibility: u64,
    /// Length of the interval in milliseconds.
    pub span_ms: i32,
    /// Non-zero values by ascending id.
    pub values: &'a [(MetricId, i64)],
}

impl Figures<'_> {
    /// The value of a metric, or nothing if its group was not measured.
    fn value(&self, metric: MetricId) -> i64 {
        let place = self.values.binary_search_by_key(&metric, |(id, _)| *id);
        place.ok().and_then(|place| self.values.get(place)).map_or(0, |(_, value)| *value)
    }
}

/// Judges `figures` by `threshold`.
pub fn judge(threshold: &Threshold, figures: &Figures<'_>) -> Verdict {
    let metric = threshold.metric;
    if !metric.group.visible_in(figures.visibility) {
        return Verdict::Unknown;
    }
    #[expect(clippy::cast_precision_loss, reason = "a level is compared, nothing is counted")]
    let raw = figures.value(metric.id) as f64;
    let value = match metric.kind {
        Kind::Gauge => raw,
        Kind::Counter if figures.span_ms > 0 => raw * 60_000.0 / f64::from(figures.span_ms),
        Kind::Counter => return Verdict::Unknown,
    };
    let (breach, clear) = match threshold.op {
        Op::Above => (value > threshold.fire, value <= threshold.clear),
        Op::Below => (value < threshold.fire, value >= threshold.clear),
    };
    match (breach, clear) {
        (true, _) => Verdict::Breach(value),
        (false, true) => Verdict::Clear(value),
        (false, false) => Verdict::Band(value),
    }
}

#[cfg(test)]
mod tests {
    use mailvane_proto::catalogue::{delivery, group, queue};

    use super::*;
    use crate::domain::trigger::{RawThreshold, Rule};

    fn threshold(metric: &'static str, op: &'static str, fire: f64, clear: f64) -> Threshold {
        let raw = RawThreshold { metric, op, fire, clear, ..RawThreshold::default() };
        match Rule::threshold(raw).unwrap() {
            Rule::Threshold(threshold) => threshold,
            Rule::Silent(_) => unreachable!(),
        }
    }

    fn figures(values: &[(MetricId, i64)]) -> Figures<'_> {
        let visibility = group::QUEUE_SCAN.bit() | group::DELIVERY.bit();
        Figures { visibility, span_ms: 10_000, values }
    }

    #[test]
    fn between_the_two_levels_nothing_changes() {
        let high = threshold("queue.deferred.messages", ">", 1_000.0, 700.0);
        let verdict = |n| judge(&high, &figures(&[(queue::DEFERRED_MESSAGES, n)]));
        assert_eq!(verdict(1_001), Verdict::Breach(1_001.0));
        assert_eq!(verdict(1_000), Verdict::Band(1_000.0));
        assert_eq!(verdict(701), Verdict::Band(701.0));
        assert_eq!(verdict(700), Verdict::Clear(700.0));
        assert_eq!(judge(&high, &figures(&[])), Verdict::Clear(0.0));
    }

    #[test]
    fn what_was_not_measured_is_unknown_and_not_zero() {
        let low = threshold("queue.active.messages", "<", 1.0, 1.0);
        let blind = Figures { visibility: 0, span_ms: 10_000, values: &[] };
        assert_eq!(judge(&low, &blind), Verdict::Unknown);
        assert_eq!(judge(&low, &figures(&[])), Verdict::Breach(0.0));
    }

    #[test]
    fn counters_are_judged_by_their_growth_a_minute() {
        let busy = threshold("delivery.sent", ">", 100.0, 50.0);
        let verdict = judge(&busy, &figures(&[(delivery::SENT, 20)]));
        assert_eq!(verdict, Verdict::Breach(120.0));
    }
}
