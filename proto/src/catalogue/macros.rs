//! The notation in which the catalogue's rows are written: one row, and its typed constant follows.

/// Metrics by visibility group: `id CONSTANT "name" Kind Unit, "meaning", "source";`
macro_rules! metrics {
    ($(group $group:ident {
        $($id:literal $const:ident $name:literal $kind:ident $unit:ident, $meaning:literal, $source:literal;)+
    })+) => {
        $($(
            #[doc = $meaning]
            pub const $const: $crate::catalogue::MetricId = $crate::catalogue::MetricId($id);
        )+)+
        pub(super) const METRICS: &[$crate::catalogue::Metric] = &[$($(
            $crate::catalogue::Metric {
                id: $const,
                name: $name,
                kind: $crate::catalogue::Kind::$kind,
                unit: $crate::catalogue::Unit::$unit,
                group: $crate::catalogue::group::$group,
                meaning: $meaning,
                source: $source,
            },
        )+)+];
    };
}

/// Dimensions: `id CONSTANT "name" GROUP open|closed MEASURES KEYS, "meaning", "source";`
macro_rules! dimensions {
    ($($id:literal $const:ident $name:literal $group:ident $measures:path,
        $keys:expr, $meaning:literal, $source:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $const: $crate::catalogue::DimensionId = $crate::catalogue::DimensionId($id);
        )+
        pub(super) const DIMENSIONS: &[$crate::catalogue::Dimension] = &[$(
            $crate::catalogue::Dimension {
                id: $const,
                name: $name,
                group: $crate::catalogue::group::$group,
                measures: $measures,
                keys: $keys,
                meaning: $meaning,
                source: $source,
            },
        )+];
    };
}

/// The keys of a closed dimension, as a module of constants and the list `KEYS`.
macro_rules! keys {
    ($(#[$doc:meta])* $module:ident { $($id:literal $const:ident $name:literal;)+ }) => {
        $(#[$doc])*
        pub mod $module {
            use crate::catalogue::{Key, KeyId};
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $const: KeyId = KeyId($id);
            )+
            /// All keys in the order of their ids.
            pub const KEYS: &[Key] = &[$(Key { id: $const, name: $name },)+];
        }
    };
}

/// The measures of a dimension, as a module of places and the list `MEASURES`.
macro_rules! measures {
    ($(#[$doc:meta])* $module:ident { $($place:literal $const:ident $name:literal $kind:ident $unit:ident;)+ }) => {
        $(#[$doc])*
        pub mod $module {
            use crate::catalogue::{Kind, Measure, Unit};
            $(
                #[doc = concat!("Place of `", $name, "` among the counts.")]
                pub const $const: usize = $place;
            )+
            /// All measures in the order of the wire's counts.
            pub const MEASURES: &[Measure] =
                &[$(Measure { name: $name, kind: Kind::$kind, unit: Unit::$unit },)+];
        }
    };
}
