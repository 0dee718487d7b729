//! The few things that can be asked of figures beside a metric as it is: growth a minute, a share, the greatest keys of
//! a breakdown, a percentile of the stages of a delivery.

use mailvane_proto::catalogue::{
    self, Dimension, Keys, Kind, Metric,
    delivery::{DELAY_STAGE, bucket},
};

/// Keys that one expression shows at most; all others are one more.
pub const KEYS_MAX: usize = 50;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Expression {
    /// `rate(M)`: growth of a counter a minute.
    Rate(&'static Metric),
    /// `ratio(A,B)`: how much of counter B is counter A.
    Ratio(&'static Metric, &'static Metric),
    /// `top(DIMENSION,MEASURE,N)`: the greatest keys, one series each, and the others together.
    Top {
        /// Which dimension.
        dimension: &'static Dimension,
        /// Place of the measure.
        measure: usize,
        /// How many keys.
        keys: usize,
    },
    /// `percentile(STAGE,P)`: what P percent of deliveries did not exceed, milliseconds.
    Percentile {
        /// The dimension of the stages.
        dimension: &'static Dimension,
        /// Key of the stage.
        stage: u32,
        /// 0 to 100.
        percent: f64,
    },
}

impl Expression {
    /// Reads one; what is wrong with it, in words, if it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let odd = || {
            format!(
                "{text:?} is not rate(METRIC), ratio(METRIC,METRIC), top(DIMENSION,MEASURE,N) or percentile(STAGE,P)."
            )
        };
        let (name, rest) = text.trim().split_once('(').ok_or_else(odd)?;
        let inside = rest.strip_suffix(')').ok_or_else(odd)?;
        let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
        match (name, parts.as_slice()) {
            ("rate", [of]) => Ok(Self::Rate(counter(of)?)),
            ("ratio", [part, whole]) => Ok(Self::Ratio(counter(part)?, counter(whole)?)),
            ("top", [dimension, measure, keys]) => {
                let known = catalogue::dimension_by_name(dimension).ok_or_else(|| {
                    format!("There is no dimension {dimension:?}: see /catalogue.")
                })?;
                let place = known.measure(measure).ok_or_else(|| {
                    format!("{dimension} has no measure {measure:?}: see /catalogue.")
                })?;
                let keys = keys.parse().ok().filter(|keys| (1..=KEYS_MAX).contains(keys));
                let keys = keys.ok_or_else(|| format!("Ask for 1 to {KEYS_MAX} keys."))?;
                Ok(Self::Top { dimension: known, measure: place, keys })
            }
            ("percentile", [stage, percent]) => {
                let dimension = catalogue::dimension(DELAY_STAGE).ok_or_else(odd)?;
                let Keys::Closed(stages) = dimension.keys else { return Err(odd()) };
                let known = stages.iter().find(|known| known.name == *stage).ok_or_else(|| {
                    let names: Vec<_> = stages.iter().map(|known| known.name).collect();
                    format!("There is no stage {stage:?}: use one of {}.", names.join(", "))
                })?;
                let percent = percent.parse().ok().filter(|p| (0.0..=100.0).contains(p));
                let percent = percent.ok_or("Use a percentile of 0 to 100.")?;
                Ok(Self::Percentile { dimension, stage: u32::from(known.id.0), percent })
            }
            _ => Err(odd()),
        }
    }

    /// The metrics that it is made of.
    pub fn metrics(&self) -> Vec<&'static Metric> {
        match self {
            Self::Rate(metric) => vec![metric],
            Self::Ratio(part, whole) => vec![part, whole],
            Self::Top { .. } | Self::Percentile { .. } => Vec::new(),
        }
    }

    /// The breakdown that it is made of.
    pub const fn dimension(&self) -> Option<&'static Dimension> {
        match self {
            Self::Top { dimension, .. } | Self::Percentile { dimension, .. } => Some(dimension),
            Self::Rate(_) | Self::Ratio(..) => None,
        }
    }
}

fn counter(name: &str) -> Result<&'static Metric, String> {
    let metric = catalogue::metric_by_name(name)
        .ok_or_else(|| format!("There is no metric {name:?}: see /catalogue."))?;
    if metric.kind == Kind::Counter {
        Ok(metric)
    } else {
        Err(format!("{name} is a gauge: it does not grow, it is."))
    }
}

/// What `percent` of the counted durations did not exceed, in milliseconds, from counts in [`bucket`]s; between the
/// bounds of a bucket they are taken to lie evenly. Nothing was counted: nothing.
pub fn percentile(counts: &[u64], percent: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let wanted = total as f64 * percent / 100.0;
    let mut below = 0.0;
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = *count as f64;
        if below + count >= wanted {
            let (from, to) = bounds_ms(place);
            return Some(from + (to - from) * ((wanted - below) / count).clamp(0.0, 1.0));
        }
        below += count;
    }
    counts.iter().rposition(|count| *count > 0).map(|last| bounds_ms(last).1)
}

fn bounds_ms(place: usize) -> (f64, f64) {
    let power = |place: usize| (1_u64 << (place.min(bucket::OVER) + 4)) as f64;
    (if place == 0 { 0.0 } else { power(place - 1) }, power(place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_postmaster_asks_for_the_five_worst_domains() {
        let top = Expression::parse("top(recipient_domain, deferred, 5)").unwrap();
        assert!(matches!(top, Expression::Top { measure: 1, keys: 5, .. }), "{top:?}");
        assert_eq!(
            Expression::parse("ratio(delivery.deferred,delivery.attempts)")
                .unwrap()
                .metrics()
                .len(),
            2
        );
        let p95 = Expression::parse("percentile(in_queue,95)").unwrap();
        assert!(matches!(p95, Expression::Percentile { stage: 2, .. }), "{p95:?}");
    }

    #[test]
    fn what_cannot_be_asked_is_answered_in_words() {
        for (text, word) in [
            ("sum(delivery.sent)", "is not rate"),
            ("rate(queue.deferred.messages)", "gauge"),
            ("rate(no.such)", "no metric"),
            ("top(recipient_domain,deferred,0)", "1 to 50"),
            ("top(recipient_domain,colour,3)", "no measure"),
            ("percentile(in_queue,101)", "0 to 100"),
            ("percentile(lunch,50)", "before_queue"),
            ("rate(delivery.sent", "is not rate"),
        ] {
            let said = Expression::parse(text).unwrap_err();
            assert!(said.contains(word), "{text}: {said}");
        }
    }

    #[test]
    fn half_of_the_mail_waited_less_than_a_second() {
        let mut counts = vec![0; bucket::OVER + 1];
        counts[bucket::LT_1024MS] = 100;
        assert_eq!(percentile(&counts, 0.0), Some(512.0));
        assert_eq!(percentile(&counts, 50.0), Some(768.0));
        assert_eq!(percentile(&counts, 100.0), Some(1024.0));
        assert_eq!(percentile(&[0; 5], 50.0), None);
    }

    proptest! {
        #[test]
        fn a_higher_percentile_is_never_less(
            counts in prop::collection::vec(0_u64..1_000, 1..28), p in 0.0_f64..100.0, q in 0.0_f64..100.0,
        ) {
            let (low, high) = (percentile(&counts, p.min(q)), percentile(&counts, p.max(q)));
            prop_assert!(low <= high, "{low:?} {high:?}");
        }
    }
}
