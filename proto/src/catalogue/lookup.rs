//! Look-ups over all rows, by id in one step and by name; that ids are unique and without holes is checked here
//! when the crate is compiled.

#![expect(
    clippy::indexing_slicing,
    reason = "only while compiling, where a place out of bounds is an error"
)]

use std::{collections::HashMap, sync::LazyLock};

use super::{
    Dimension, DimensionId, EventKind, EventKindId, Group, Metric, MetricId, agent, delivery,
    event, group, host, log, message, postscreen, process, queue, reject, sasl, smtpd, tls,
};

/// Every metric in the order of ids.
pub fn metrics() -> &'static [Metric] {
    &METRICS
}

/// Every dimension in the order of ids.
pub fn dimensions() -> &'static [Dimension] {
    &DIMENSIONS
}

/// Every event kind in the order of ids.
pub fn event_kinds() -> &'static [EventKind] {
    event::KINDS
}

/// Every visibility group in the order of bits.
pub fn groups() -> &'static [Group] {
    group::GROUPS
}

/// The metric with this id; none if it is newer than this build.
pub fn metric(id: MetricId) -> Option<&'static Metric> {
    METRICS.get(id.index())
}

/// The dimension with this id; none if it is newer than this build.
pub fn dimension(id: DimensionId) -> Option<&'static Dimension> {
    DIMENSIONS.get(usize::from(id.0))
}

/// The event kind with this id; none if it is newer than this build.
pub fn event_kind(id: EventKindId) -> Option<&'static EventKind> {
    event::KINDS.get(usize::from(id.0))
}

/// The metric of this name.
pub fn metric_by_name(name: &str) -> Option<&'static Metric> {
    METRICS_BY_NAME.get(name).copied()
}

/// The dimension of this name.
pub fn dimension_by_name(name: &str) -> Option<&'static Dimension> {
    DIMENSIONS.iter().find(|d| d.name == name)
}

/// The event kind of this name.
pub fn event_by_name(name: &str) -> Option<&'static EventKind> {
    event::KINDS.iter().find(|e| e.name == name)
}

/// The visibility group of this name.
pub fn group_by_name(name: &str) -> Option<&'static Group> {
    group::GROUPS.iter().find(|g| g.name == name)
}

/// Number of metrics.
pub(super) const METRIC_COUNT: usize = count(METRIC_FILES);

static METRICS: [Metric; METRIC_COUNT] = place(METRIC_FILES);
static DIMENSIONS: [Dimension; DIMENSION_COUNT] = place_dimensions(DIMENSION_FILES);

static METRICS_BY_NAME: LazyLock<HashMap<&'static str, &'static Metric>> =
    LazyLock::new(|| METRICS.iter().map(|m| (m.name, m)).collect());

const METRIC_FILES: &[&[Metric]] = &[
    queue::METRICS,
    message::METRICS,
    delivery::METRICS,
    smtpd::METRICS,
    reject::METRICS,
    sasl::METRICS,
    tls::METRICS,
    postscreen::METRICS,
    process::METRICS,
    log::METRICS,
    host::METRICS,
    agent::METRICS,
];

const DIMENSION_FILES: &[&[Dimension]] = &[
    queue::DIMENSIONS,
    message::DIMENSIONS,
    delivery::DIMENSIONS,
    smtpd::DIMENSIONS,
    reject::DIMENSIONS,
    sasl::DIMENSIONS,
    tls::DIMENSIONS,
    postscreen::DIMENSIONS,
    process::DIMENSIONS,
    host::DIMENSIONS,
];

const DIMENSION_COUNT: usize = {
    let mut total = 0;
    let mut file = 0;
    while file < DIMENSION_FILES.len() {
        total += DIMENSION_FILES[file].len();
        file += 1;
    }
    total
};

const fn count(files: &[&[Metric]]) -> usize {
    let mut total = 0;
    let mut file = 0;
    while file < files.len() {
        total += files[file].len();
        file += 1;
    }
    total
}

/// Puts each row at the place that its id names. As many rows as places and no place taken twice: no holes.
const fn place(files: &[&[Metric]]) -> [Metric; METRIC_COUNT] {
    let mut table = [files[0][0]; METRIC_COUNT];
    let mut taken = [false; METRIC_COUNT];
    let mut file = 0;
    while file < files.len() {
        let mut row = 0;
        while row < files[file].len() {
            let metric = files[file][row];
            assert!(metric.id.index() < METRIC_COUNT, "a metric id leaves a hole");
            assert!(!taken[metric.id.index()], "a metric id is used twice");
            taken[metric.id.index()] = true;
            table[metric.id.index()] = metric;
            row += 1;
        }
        file += 1;
    }
    table
}

const fn place_dimensions(files: &[&[Dimension]]) -> [Dimension; DIMENSION_COUNT] {
    let mut table = [files[0][0]; DIMENSION_COUNT];
    let mut taken = [false; DIMENSION_COUNT];
    let mut file = 0;
    while file < files.len() {
        let mut row = 0;
        while row < files[file].len() {
            let dimension = files[file][row];
            let place = dimension.id.0 as usize;
            assert!(place < DIMENSION_COUNT, "a dimension id leaves a hole");
            assert!(!taken[place], "a dimension id is used twice");
            taken[place] = true;
            table[place] = dimension;
            row += 1;
        }
        file += 1;
    }
    table
}
