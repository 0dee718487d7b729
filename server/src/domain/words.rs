//! A rule's figures in words: `2,431 messages`, `7.2 %`, `4.1 times the usual`. One place for messages, pages and previews.

use chrono::TimeDelta;
use mailvane_proto::catalogue::{Kind, Unit, delivery, sasl};

use super::trigger::{Measure, Op, Rule, Sum, Watch, source::Source};

/// A figure of the rule.
pub fn figure(value: f64, rule: &Rule) -> String {
    match rule {
        Rule::Silent(_) => duration(seconds(value)),
        Rule::Watch(watch) => measured(value, watch),
    }
}

/// When the rule fires: `fires above 50 messages`.
pub fn limit(level: f64, rule: &Rule) -> String {
    match rule {
        Rule::Silent(silent) => {
            let after = duration(TimeDelta::from_std(silent.after).unwrap_or_default());
            let what = if silent.never { "after it was enrolled" } else { "without a word" };
            format!("{after} {what}")
        }
        Rule::Watch(watch) => {
            let side = match watch.op {
                Op::Above => "above",
                Op::Below => "below",
            };
            let within = watch.measure.window_s();
            let within = if within == 0 {
                String::new()
            } else {
                format!(" within {}", duration(TimeDelta::seconds(i64::from(within))))
            };
            format!("fires {side} {}{within}", measured(level, watch))
        }
    }
}

/// What the figure is of: the name of a metric, or what is compared.
pub fn subject(rule: &Rule) -> String {
    let Rule::Watch(watch) = rule else { return "silence".to_owned() };
    match &watch.measure {
        Measure::Level(sum) | Measure::Count(sum) | Measure::Rate(sum) | Measure::Growth(sum) => {
            names(sum)
        }
        Measure::Baseline { of, .. } => names(of),
        Measure::Ratio { over, .. } => names(over),
        Measure::Events { .. } => "events".to_owned(),
        Measure::Keys(keys) => keys.dimension.name.to_owned(),
    }
}

fn names(sum: &Sum) -> String {
    let mut names: Vec<String> = sum
        .of
        .iter()
        .map(|source| match source {
            Source::Metric(metric) => metric.0.name.to_owned(),
            Source::Keys(keys) => keys.dimension.name.to_owned(),
        })
        .collect();
    names.dedup();
    names.join(" + ")
}

fn measured(value: f64, watch: &Watch) -> String {
    match &watch.measure {
        Measure::Ratio { over, .. } => match over.of.first().map(Source::unit) {
            Some("milliseconds") => duration(seconds(value / 1_000.0)),
            _ => format!("{:.1} %", value * 100.0),
        },
        Measure::Baseline { .. } => format!("{value:.1} times the usual"),
        Measure::Events { .. } => counted(value, "events"),
        Measure::Keys(keys) if keys.each.is_some() => {
            let noun = match keys.dimension.id {
                delivery::RECIPIENT_DOMAIN => "domains",
                sasl::SASL_FAILURE_NETWORK => "networks",
                sasl::SASL_USER => "users",
                _ => "keys",
            };
            counted(value, noun)
        }
        Measure::Keys(_) | Measure::Count(_) => counted(value, watch.measure.unit()),
        Measure::Growth(_) | Measure::Rate(_) => {
            format!("{}/min", counted(value, watch.measure.unit()))
        }
        Measure::Level(sum) => {
            let text = counted(value, watch.measure.unit());
            let counter = sum.of.first().map(Source::kind) == Some(Kind::Counter);
            if counter { format!("{text}/min") } else { text }
        }
    }
}

fn counted(value: f64, unit: &str) -> String {
    if unit == Unit::Seconds.name() && value >= 60.0 {
        return duration(seconds(value));
    }
    let number = grouped(value);
    match unit {
        "" | "flag" => number,
        unit if number == "1" => format!("1 {}", unit.strip_suffix('s').unwrap_or(unit)),
        unit => format!("{number} {unit}"),
    }
}

/// Two units at most: `1 h 52 min`.
pub fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{big} {big_unit}"),
        _ => format!("{big} {big_unit} {small} {small_unit}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if minutes < 5 => two(minutes, "min", seconds % 60, "s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

/// `2,431`; a fraction only where it says something.
pub fn grouped(value: f64) -> String {
    let text = if value.fract().abs() < 0.05 || value.abs() >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn seconds(value: f64) -> TimeDelta {
    std::time::Duration::try_from_secs_f64(value.max(0.0))
        .ok()
        .and_then(|span| TimeDelta::from_std(span).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::defaults;

    fn words(name: &str, value: f64) -> (String, String) {
        let rule = defaults::named(name).unwrap().rule().unwrap();
        (figure(value, &rule), limit(rule.threshold(), &rule))
    }

    #[test]
    fn figures_read_as_people_say_them() {
        for (name, value, said, limit) in [
            ("queue.deferred.high", 2_431.0, "2,431 messages", "fires above 1,000 messages"),
            ("delivery.bounce.ratio", 0.0723, "7.2 %", "fires above 5.0 % within 30 min"),
            (
                "queue.deferred.growth",
                140.0,
                "140 messages/min",
                "fires above 100 messages/min within 15 min",
            ),
            ("delivery.domain.stuck", 6.0, "6 domains", "fires above 0 domains within 30 min"),
            (
                "smtpd.reject.surge",
                6.25,
                "6.2 times the usual",
                "fires above 4.0 times the usual within 10 min",
            ),
            ("cert.expiry", 518_400.0, "6 d", "fires below 21 d"),
            ("agent.silent", 200.0, "3 min 20 s", "3 min without a word"),
            ("delivery.latency.high", 312_000.0, "5 min", "fires above 5 min within 15 min"),
        ] {
            assert_eq!(words(name, value), (said.to_owned(), limit.to_owned()), "{name}");
        }
    }

    #[test]
    fn every_default_has_words_for_its_figure() {
        for template in defaults::all() {
            let rule = template.rule().unwrap();
            assert!(!subject(&rule).is_empty() && !limit(rule.threshold(), &rule).is_empty());
        }
    }
}
