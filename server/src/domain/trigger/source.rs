//! Where a figure comes from: a metric of the catalogue, or chosen keys of a breakdown. One grammar for rules, previews and
//! pages: `delivery.sent`, `reply_class.deferred[gmail.*]`.

use std::fmt;

use mailvane_proto::catalogue::{self, Dimension, GroupId, Keys, Kind, Metric};

/// Key patterns of one source at most.
pub const PATTERNS_MAX: usize = 20;
/// Length of one key pattern at most, in bytes.
pub const PATTERN_BYTES_MAX: usize = 255;

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column of the sample.
    Metric(MetricRef),
    /// One measure of a breakdown, over the keys that fit.
    Keys(KeysOf),
}

/// A metric, equal to another by its id.
#[derive(Debug, Clone, Copy)]
pub struct MetricRef(pub &'static Metric);

impl PartialEq for MetricRef {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for MetricRef {}

/// One measure of a breakdown, over the keys that fit any pattern.
#[derive(Debug, Clone)]
pub struct KeysOf {
    /// The breakdown.
    pub dimension: &'static Dimension,
    /// Place of the measure among its counts.
    pub measure: usize,
    /// Which keys.
    pub patterns: Vec<Pattern>,
}

impl PartialEq for KeysOf {
    fn eq(&self, other: &Self) -> bool {
        self.dimension.id == other.dimension.id
            && self.measure == other.measure
            && self.patterns == other.patterns
    }
}

impl Eq for KeysOf {}

/// A key, or the beginning of keys where it ends with a star.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether `key` fits.
    pub fn fits(&self, key: &str) -> bool {
        self.0.strip_suffix('*').map_or(self.0 == key, |start| key.starts_with(start))
    }
}

impl Source {
    /// Reads `metric.name` or `dimension.measure[key,start*]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((name, keys)) = text.split_once('[') else {
            return catalogue::metric_by_name(text)
                .map(|metric| Self::Metric(MetricRef(metric)))
                .ok_or_else(|| format!("{text:?} is not in the catalogue"));
        };
        let keys = keys
            .strip_suffix(']')
            .ok_or_else(|| format!("{text:?} lacks the bracket that closes its keys"))?;
        let (dimension, measure) = measure(name)?;
        let patterns: Vec<Pattern> =
            keys.split(',').map(|key| Pattern(key.trim().to_owned())).collect();
        if patterns.len() > PATTERNS_MAX {
            return Err(format!("more than {PATTERNS_MAX} keys in {name}"));
        }
        if patterns.iter().any(|one| one.0.is_empty() || one.0.len() > PATTERN_BYTES_MAX) {
            return Err(format!(
                "a key of {name} is empty or longer than {PATTERN_BYTES_MAX} bytes"
            ));
        }
        if let Keys::Closed(known) = dimension.keys
            && let Some(stray) =
                patterns.iter().find(|one| !known.iter().any(|key| one.fits(key.name)))
        {
            return Err(format!("{} has no key {:?}", dimension.name, stray.0));
        }
        Ok(Self::Keys(KeysOf { dimension, measure, patterns }))
    }

    /// What must be visible for the figure to be known.
    pub fn group(&self) -> GroupId {
        match self {
            Self::Metric(metric) => metric.0.group,
            Self::Keys(keys) => keys.dimension.group,
        }
    }

    /// Gauge or counter.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Metric(metric) => metric.0.kind,
            Self::Keys(keys) => {
                keys.dimension.measures.get(keys.measure).map_or(Kind::Counter, |one| one.kind)
            }
        }
    }

    /// The word for its unit.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.0.unit.name(),
            Self::Keys(keys) => {
                keys.dimension.measures.get(keys.measure).map_or("", |one| one.unit.name())
            }
        }
    }
}

impl KeysOf {
    /// Whether a key of the breakdown counts.
    pub fn fits(&self, key: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.fits(key))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => f.write_str(metric.0.name),
            Self::Keys(keys) => {
                let measure = keys.dimension.measures.get(keys.measure).map_or("", |one| one.name);
                let patterns: Vec<&str> = keys.patterns.iter().map(|one| one.0.as_str()).collect();
                write!(f, "{}.{measure}[{}]", keys.dimension.name, patterns.join(","))
            }
        }
    }
}

/// Reads `dimension.measure`.
pub fn measure(name: &str) -> Result<(&'static Dimension, usize), String> {
    let (dimension, measure) =
        name.rsplit_once('.').ok_or_else(|| format!("{name:?} is no dimension with a measure"))?;
    let found = catalogue::dimension_by_name(dimension)
        .ok_or_else(|| format!("{dimension:?} is no dimension of the catalogue"))?;
    let place =
        found.measure(measure).ok_or_else(|| format!("{dimension} has no measure {measure:?}"))?;
    Ok((found, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [
            "delivery.sent",
            "reply_class.deferred[gmail.*]",
            "provider.sent[gmail,microsoft]",
            "failure_cause.deferred[dns_try_again,dns_not_found]",
        ] {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_counts_nothing_is_refused_in_words() {
        for (text, why) in [
            ("delivery.snet", "catalogue"),
            ("reply_class.deferred[gmail.*", "bracket"),
            ("reply_klass.deferred[x]", "no dimension"),
            ("reply_class.late[x]", "no measure"),
            ("reply_class.deferred[]", "empty"),
            ("failure_cause.deferred[dns]", "no key"),
        ] {
            assert!(Source::parse(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn a_star_takes_all_that_begin_alike() {
        let Source::Keys(keys) = Source::parse("reply_class.deferred[gmail.*,dns]").unwrap() else {
            unreachable!()
        };
        assert!(keys.fits("gmail.ratelimit") && keys.fits("dns"));
        assert!(!keys.fits("gmailx") && !keys.fits("dnsx"));
    }
}
