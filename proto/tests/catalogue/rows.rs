//! Rules of the rows: names, limits, and what the compiler cannot check.

use std::collections::HashSet;

use mailvane_proto::catalogue::{
    self, GROUPS_MAX, INT8_VALUE_MAX, Keys, Kind, METRIC_COUNT, METRICS_MAX, MetricId, Unit,
    delivery, queue,
};

const NAME_BYTES_MAX: usize = 50; // with `_sum` and a table prefix still below PostgreSQL's 63

#[test]
fn metrics_have_names_that_are_unique_and_good_columns() {
    let mut names = HashSet::new();
    let mut columns = HashSet::new();
    for metric in catalogue::metrics() {
        assert!(is_dotted_name(metric.name), "{}", metric.name);
        assert!(metric.name.contains('.'), "{} has no family", metric.name);
        assert!(metric.name.len() <= NAME_BYTES_MAX, "{}", metric.name);
        assert!(names.insert(metric.name), "{} twice", metric.name);
        assert!(columns.insert(metric.column()), "{} twice as a column", metric.name);
        assert!(!KEY_COLUMNS.contains(&metric.column().as_str()), "{}", metric.name);
        assert!(metric.meaning.ends_with('.'), "{}", metric.name);
        assert!(!metric.source.is_empty(), "{}", metric.name);
    }
}

#[test]
fn limits_of_the_database_are_kept() {
    const { assert!(METRIC_COUNT <= METRICS_MAX) };
    assert!(catalogue::groups().len() <= GROUPS_MAX);
    let seconds_a_day = 86_400;
    assert!(i64::try_from(u128::from(INT8_VALUE_MAX) * seconds_a_day).is_ok());
    for metric in catalogue::metrics() {
        assert!(i64::try_from(metric.value_max()).is_ok());
    }
}

#[test]
fn every_look_up_finds_every_row() {
    for (place, metric) in catalogue::metrics().iter().enumerate() {
        assert_eq!(metric.id.index(), place);
        assert_eq!(catalogue::metric(metric.id).unwrap().name, metric.name);
        assert_eq!(catalogue::metric_by_name(metric.name).unwrap().id, metric.id);
    }
    for (place, dimension) in catalogue::dimensions().iter().enumerate() {
        assert_eq!(usize::from(dimension.id.0), place);
        assert_eq!(catalogue::dimension_by_name(dimension.name).unwrap().id, dimension.id);
    }
    for (place, kind) in catalogue::event_kinds().iter().enumerate() {
        assert_eq!(usize::from(kind.id.0), place);
        assert_eq!(catalogue::event_by_name(kind.name).unwrap().id, kind.id);
        assert_eq!(catalogue::event_kind(kind.id).unwrap().name, kind.name);
        assert!(is_dotted_name(kind.name));
    }
    for (place, group) in catalogue::groups().iter().enumerate() {
        assert_eq!(usize::from(group.id.0), place);
        assert_eq!(catalogue::group_by_name(group.name).unwrap().id, group.id);
        assert!(is_dotted_name(group.name));
    }
}

#[test]
fn an_id_or_name_of_a_newer_build_is_unknown_not_an_error() {
    let newer = MetricId(u16::try_from(METRIC_COUNT).unwrap());
    assert!(catalogue::metric(newer).is_none());
    assert!(catalogue::metric(MetricId(u16::MAX)).is_none());
    assert!(catalogue::metric_by_name("queue.of_tomorrow.messages").is_none());
}

#[test]
fn dimensions_have_unique_names_measures_and_keys() {
    let mut names = HashSet::new();
    for dimension in catalogue::dimensions() {
        assert!(is_dotted_name(dimension.name), "{}", dimension.name);
        assert!(names.insert(dimension.name), "{} twice", dimension.name);
        assert!(!dimension.measures.is_empty(), "{} counts nothing", dimension.name);
        let measures: HashSet<_> = dimension.measures.iter().map(|m| m.name).collect();
        assert_eq!(measures.len(), dimension.measures.len(), "{}", dimension.name);
        for (place, measure) in dimension.measures.iter().enumerate() {
            assert_eq!(dimension.measure(measure.name), Some(place));
        }
        if let Keys::Closed(keys) = dimension.keys {
            let unique: HashSet<_> = keys.iter().map(|k| k.name).collect();
            assert_eq!(unique.len(), keys.len(), "{}", dimension.name);
            for (place, key) in keys.iter().enumerate() {
                assert_eq!(usize::from(key.id.0), place, "{} {}", dimension.name, key.name);
                assert_eq!(dimension.key(key.id).unwrap().name, key.name);
            }
        }
    }
}

#[test]
fn places_of_measures_are_what_their_constants_say() {
    let stages = catalogue::dimension(delivery::DELAY_STAGE).unwrap();
    assert_eq!(stages.measures[delivery::bucket::OVER].name, "over");
    let agents = catalogue::dimension(delivery::DELIVERY_AGENT).unwrap();
    assert_eq!(agents.measures[delivery::status::EXPIRED].name, "expired");
    assert_eq!(agents.key(delivery::agent::PIPE).unwrap().name, "pipe");
}

#[test]
fn every_group_is_measured_by_something() {
    for group in catalogue::groups() {
        assert!(catalogue::metrics().iter().any(|m| m.group == group.id), "{}", group.name);
    }
}

#[test]
fn age_buckets_follow_one_another_as_qshape_prints_them() {
    let queues = [
        ("incoming", queue::INCOMING_AGE_LT_5M),
        ("active", queue::ACTIVE_AGE_LT_5M),
        ("deferred", queue::DEFERRED_AGE_LT_5M),
        ("hold", queue::HOLD_AGE_LT_5M),
    ];
    for (name, first) in queues {
        for (bucket, minutes) in queue::AGE_BOUNDS_MINUTES.iter().enumerate() {
            let metric = catalogue::metric(queue::age_bucket(first, bucket)).unwrap();
            assert_eq!(metric.name, format!("queue.{name}.age.lt_{minutes}m"));
        }
        let last = catalogue::metric(queue::age_bucket(first, queue::AGE_BUCKETS - 1)).unwrap();
        assert_eq!(last.name, format!("queue.{name}.age.ge_1280m"));
        assert_eq!(queue::age_bucket(first, 99), last.id, "nothing is older than the last bucket");
    }
}

#[test]
fn a_duration_falls_into_the_bucket_that_its_name_promises() {
    use delivery::{bucket, bucket_of};
    assert_eq!(bucket_of(0), bucket::LT_16MS);
    assert_eq!(bucket_of(15), bucket::LT_16MS);
    assert_eq!(bucket_of(16), bucket::LT_32MS);
    assert_eq!(bucket_of(1_000), bucket::LT_1024MS);
    assert_eq!(bucket_of(1_024), bucket::LT_2048MS);
    let five_days_ms = 5 * 86_400_000;
    assert_eq!(bucket_of(five_days_ms), bucket::LT_536870912MS);
    assert_eq!(bucket_of(u64::MAX), bucket::OVER);
}

#[test]
fn figures_that_are_sizes_or_moments_are_gauges() {
    for metric in catalogue::metrics() {
        match metric.unit {
            Unit::Flag | Unit::Seconds | Unit::Hundredths | Unit::Processes => {
                assert_eq!(metric.kind, Kind::Gauge, "{}", metric.name);
            }
            _ => {}
        }
    }
}

#[test]
fn names_that_pages_and_triggers_rely_on_are_there() {
    for name in [
        "queue.maildrop.messages",
        "queue.incoming.messages",
        "queue.active.messages",
        "queue.deferred.messages",
        "queue.hold.messages",
        "queue.corrupt.messages",
        "queue.saved.messages",
        "queue.deferred.oldest",
        "delivery.sent",
        "delivery.deferred",
        "delivery.bounced",
        "delivery.expired",
        "message.received",
        "smtpd.connections",
        "reject.total",
        "tls.in.messages",
        "tls.out.sent",
    ] {
        assert!(catalogue::metric_by_name(name).is_some(), "{name}");
    }
}

const KEY_COLUMNS: [&str; 6] = ["tenant_id", "instance_id", "ts", "span_ms", "flags", "visibility"];

/// Lower-case words of letters, digits and underscores, each beginning with a letter, joined by dots.
fn is_dotted_name(name: &str) -> bool {
    name.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
}
