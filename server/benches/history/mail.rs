//! Made-up figures of mail servers: most are small, some are busy, most counters are zero most of the time; queue
//! depths wander, and busy hosts follow the hour of the day.
//!
//! The same instance and interval always give the same figures; no clock, no dice.

use std::sync::LazyLock;

use mailvane_proto::catalogue::{self, Kind, Metric, MetricId};

const GAUGES: usize = 32;
const COUNTERS: usize = 88;

/// The metrics that a host has.
pub(crate) fn metrics() -> &'static [&'static Metric] {
    static METRICS: LazyLock<Vec<&'static Metric>> = LazyLock::new(|| {
        let of =
            |kind, count| catalogue::metrics().iter().filter(move |m| m.kind == kind).take(count);
        let mut metrics: Vec<_> =
            of(Kind::Gauge, GAUGES).chain(of(Kind::Counter, COUNTERS)).collect();
        metrics.sort_by_key(|metric| metric.id);
        metrics
    });
    &METRICS
}

/// The groups of these metrics.
pub(crate) fn visibility() -> u64 {
    metrics().iter().fold(0, |bits, metric| bits | metric.group.bit())
}

/// The figures of an instance in its `n`th interval, without zeros, by ascending id.
pub(crate) fn values(instance: i32, n: i64) -> Vec<(MetricId, i64)> {
    let value =
        |(place, metric): (usize, &&Metric)| (metric.id, figure(instance, place, metric.kind, n));
    metrics().iter().enumerate().map(value).filter(|(_, value)| *value != 0).collect()
}

/// The figure of the metric at `place` of [`metrics`].
pub(crate) fn figure(instance: i32, place: usize, kind: Kind, n: i64) -> i64 {
    let seed = (u64::from(instance.unsigned_abs()) << 32) ^ place as u64;
    // Six of ten hosts are tiny, three of middling size, one is busy.
    let scale = match mix(u64::from(instance.unsigned_abs())) % 10 {
        0..6 => 1,
        6..9 => 12,
        _ => 150,
    };
    let noise = |salt: u64, below: i64| {
        let drawn = mix(seed ^ salt ^ n.unsigned_abs().wrapping_mul(0x9e37_79b9));
        i64::try_from(drawn % below.unsigned_abs().max(1)).unwrap_or(0)
    };
    match kind {
        // Two thirds of depths and ages are nought on most hosts; the others walk slowly.
        Kind::Gauge if !mix(seed).is_multiple_of(3) => 0,
        Kind::Gauge => {
            let slow = i64::try_from(mix(seed ^ (n / 90).unsigned_abs()) % 40).unwrap_or(0);
            scale * 20 + scale * slow / 4 + noise(1, 2 + scale / 8)
        }
        Kind::Counter => {
            let often: i64 = match mix(seed ^ 7) % 88 {
                0..20 => 85,
                20..45 => 30,
                _ => 2,
            };
            if noise(2, 100) >= often { 0 } else { 1 + noise(3, 1 + scale * often / 30) }
        }
    }
}

/// Scatters bits: a good hash of one number.
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
