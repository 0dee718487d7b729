//! The usual figure of an hour of the day: the median of that hour over the last days. Kept of few metrics, computed from
//! rollups, read when triggers are judged.

use mailvane_proto::catalogue::{
    MetricId, delivery, log, message, postscreen, queue, reject, sasl, smtpd,
};

use super::trigger::source::Source;

/// The metrics of which usual figures are kept.
pub const KEPT: [MetricId; 10] = [
    queue::DEFERRED_MESSAGES,
    queue::ACTIVE_MESSAGES,
    delivery::SENT,
    delivery::DEFERRED,
    message::RECEIVED,
    message::QUEUED,
    reject::TOTAL,
    smtpd::CONNECTIONS,
    sasl::FAILED,
    log::LINES,
];

/// Also looked at over time, but never compared with: what must have been there yesterday.
pub const SEEN: MetricId = postscreen::CONNECTIONS;

/// Days that are looked back.
pub const DAYS: usize = 7;
/// Days of history below which nothing is usual yet.
pub const DAYS_MIN: usize = 3;

/// Whether usual figures are kept of a source.
pub fn is_kept(source: &Source) -> bool {
    matches!(source, Source::Metric(metric) if KEPT.contains(&metric.0.id) || metric.0.id == SEEN)
}

/// Their names, for people.
pub fn names() -> String {
    let names = KEPT.iter().filter_map(|id| mailvane_proto::catalogue::metric(*id));
    names.map(|metric| metric.name).collect::<Vec<_>>().join(", ")
}

/// The usual figure of one hour, from that hour's figures of the last days; nothing while there are too few.
pub fn median(figures: &mut [f64]) -> Option<f64> {
    if figures.len() < DAYS_MIN {
        return None;
    }
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let upper = *figures.get(middle)?;
    if figures.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*figures.get(middle - 1)?, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_day_does_not_become_usual() {
        assert_eq!(median(&mut [100.0, 110.0, 90.0, 9_000.0, 95.0]), Some(100.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn two_days_are_no_history() {
        assert_eq!(median(&mut [100.0, 110.0]), None);
    }

    #[test]
    fn every_kept_metric_is_in_the_catalogue_and_named() {
        assert_eq!(names().split(", ").count(), KEPT.len());
    }
}
