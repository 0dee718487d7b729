//! From what was read to the lines of an answer: rates, ratios, sums over instances, keys, percentiles.

use std::collections::{BTreeMap, HashMap};

use mailvane_proto::catalogue::{Kind, Metric};

use super::{Question, Series};
use crate::{
    domain::{
        expression::{Expression, percentile},
        ids::InstanceId,
    },
    store::series,
};

type Values = Vec<Option<f64>>;

/// The lines of metrics, rates and ratios, for each instance or for all together.
pub(super) fn metrics(
    question: &Question,
    instances: &[InstanceId],
    read: &[series::Series],
    name: &dyn Fn(InstanceId) -> String,
) -> Vec<Series> {
    let of = |instance: InstanceId, metric: &Metric| {
        read.iter().find(|row| row.instance == instance && row.metric.id == metric.id)
    };
    let over =
        |value: &dyn Fn(&series::Series) -> Values, metric: &Metric, of_one: Option<InstanceId>| {
            let some = of_one.map_or_else(|| instances.to_vec(), |one| vec![one]);
            let rows = some.into_iter().filter_map(|instance| of(instance, metric));
            rows.map(value).reduce(add).unwrap_or_default()
        };
    let whose: Vec<Option<InstanceId>> =
        if question.sum { vec![None] } else { instances.iter().copied().map(Some).collect() };
    let mut lines = Vec::new();
    for one in whose {
        let draw = |metric: &'static Metric, expr: Option<&str>, values: Values| Series {
            instance: one.map(name),
            metric: metric.name.to_owned(),
            expr: expr.map(ToOwned::to_owned),
            key: None,
            unit: metric.unit.name(),
            kind: metric.kind.name(),
            values,
            min: None,
            max: None,
        };
        for metric in &question.metrics {
            let as_rate = question.per_minute && metric.kind == Kind::Counter;
            let value: &dyn Fn(&series::Series) -> Values =
                if as_rate { &rate } else { &|row| row.values.clone() };
            let mut line = draw(metric, None, over(value, metric, one));
            if let Some(row) =
                one.and_then(|one| of(one, metric)).filter(|_| metric.kind == Kind::Gauge)
            {
                (line.min, line.max) = (Some(row.min.clone()), Some(row.max.clone()));
            }
            lines.push(line);
        }
        for (text, expression) in &question.expressions {
            match expression {
                Expression::Rate(metric) => {
                    lines.push(draw(metric, Some(text), over(&rate, metric, one)));
                }
                Expression::Ratio(upper, lower) => {
                    let sums = |metric| over(&|row| row.values.clone(), metric, one);
                    lines.push(draw(upper, Some(text), share(&sums(upper), &sums(lower))));
                }
                Expression::Top { .. } | Expression::Percentile { .. } => {}
            }
        }
    }
    lines
}

/// The lines of an expression over a breakdown, each with the number of its key.
pub(super) fn breakdown(
    text: &str,
    expression: &Expression,
    buckets: &[BTreeMap<u32, Vec<u64>>],
    instance: Option<&str>,
) -> Vec<(Option<u32>, Series)> {
    let line = |metric: String, unit, kind, values| Series {
        instance: instance.map(ToOwned::to_owned),
        metric,
        expr: Some(text.to_owned()),
        key: None,
        unit,
        kind,
        values,
        min: None,
        max: None,
    };
    match expression {
        Expression::Percentile { dimension, stage, percent } => {
            let value = |keys: &BTreeMap<u32, Vec<u64>>| percentile(keys.get(stage)?, *percent);
            let values = buckets.iter().map(value).collect();
            vec![(
                None,
                line(dimension.name.to_owned(), "milliseconds", Kind::Gauge.name(), values),
            )]
        }
        Expression::Top { dimension, measure, keys } => {
            let Some(what) = dimension.measures.get(*measure) else { return Vec::new() };
            let count = |counts: &Vec<u64>| counts.get(*measure).copied().unwrap_or(0);
            let mut weights: HashMap<u32, u64> = HashMap::new();
            for (key, counts) in buckets.iter().flatten() {
                let weight = weights.entry(*key).or_default();
                *weight = weight.saturating_add(count(counts));
            }
            weights.retain(|_, weight| *weight > 0);
            let mut order: Vec<(u32, u64)> = weights.into_iter().collect();
            order.sort_by(|(key, one), (other_key, other)| other.cmp(one).then(key.cmp(other_key)));
            let rest = order.split_off((*keys).min(order.len()));
            let name = format!("{}.{}", dimension.name, what.name);
            let draw = |of: &[(u32, u64)]| -> Values {
                let sum = |bucket: &BTreeMap<u32, Vec<u64>>| {
                    let some = of.iter().filter_map(|(key, _)| bucket.get(key)).map(count);
                    some.fold(0_u64, u64::saturating_add) as f64
                };
                // A bucket in which nothing at all was told may not have been seen.
                buckets.iter().map(|bucket| (!bucket.is_empty()).then(|| sum(bucket))).collect()
            };
            let (unit, kind) = (what.unit.name(), what.kind.name());
            let mut lines: Vec<_> = order
                .iter()
                .map(|one| (Some(one.0), line(name.clone(), unit, kind, draw(&[*one]))))
                .collect();
            if !rest.is_empty() {
                let mut other = line(name, unit, kind, draw(&rest));
                other.key = Some(mailvane_proto::catalogue::OTHER.to_owned());
                lines.push((None, other));
            }
            lines
        }
        Expression::Rate(_) | Expression::Ratio(..) => Vec::new(),
    }
}

/// Lines with the texts of their keys.
pub(super) fn named(
    lines: Vec<(Option<u32>, Series)>,
    texts: &HashMap<u32, String>,
) -> impl Iterator<Item = Series> {
    lines.into_iter().map(|(number, mut line)| {
        if let Some(number) = number {
            line.key = Some(texts.get(&number).cloned().unwrap_or_else(|| format!("#{number}")));
        }
        line
    })
}

/// Growth a minute of a counter; a gauge has none.
fn rate(row: &series::Series) -> Values {
    let rate = |(sum, span_ms): (&Option<f64>, &Option<f64>)| {
        sum.zip(*span_ms).filter(|(_, ms)| *ms > 0.0).map(|(sum, ms)| sum * 60_000.0 / ms)
    };
    row.values.iter().zip(&row.span_ms).map(rate).collect()
}

/// What is known of both; what is known of one counts alone.
fn add(one: Values, other: Values) -> Values {
    let sum = |(one, other): (Option<f64>, Option<f64>)| match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    };
    one.into_iter().zip(other).map(sum).collect()
}

fn share(part: &Values, whole: &Values) -> Values {
    let share = |(part, whole): (&Option<f64>, &Option<f64>)| {
        part.zip(*whole).filter(|(_, whole)| *whole != 0.0).map(|(part, whole)| part / whole)
    };
    part.iter().zip(whole).map(share).collect()
}
