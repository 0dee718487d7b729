//! `web/src/lib/catalogue.ts`, the catalogue for the pages.

use std::fmt::Write as _;

use mailvane_proto::catalogue::{self, Keys};

#[test]
fn the_pages_catalogue_is_fresh() {
    super::copy::compare("web/src/lib/catalogue.ts", &module());
}

fn module() -> String {
    let mut out = String::from(
        "// The catalogue of metrics, dimensions, groups and events. Derived from proto/src/catalogue/ by a test;\n\
         // `UPDATE_GENERATED=1 cargo test -p mailvane-proto` rewrites it.\n/* eslint-disable */\n\n",
    );
    writeln!(out, "export const CATALOGUE_VERSION = {};\n", catalogue::VERSION).unwrap();
    out.push_str("export type Kind = 'gauge' | 'counter';\n\n");

    out.push_str("export const GROUPS = {\n");
    for g in catalogue::groups() {
        let (name, meaning) = (quote(g.name), quote(g.meaning));
        writeln!(out, "  {name}: {{ id: {}, meaning: {meaning} }},", g.id.0).unwrap();
    }
    out.push_str("} as const;\nexport type GroupName = keyof typeof GROUPS;\n\n");

    out.push_str("export const METRICS = {\n");
    for m in catalogue::metrics() {
        let group = catalogue::groups().get(usize::from(m.group.0)).unwrap();
        writeln!(
            out,
            "  {}: {{ id: {}, kind: {}, unit: {}, group: {} }},",
            quote(m.name),
            m.id.0,
            quote(m.kind.name()),
            quote(m.unit.name()),
            quote(group.name)
        )
        .unwrap();
    }
    out.push_str("} as const;\nexport type MetricName = keyof typeof METRICS;\n");
    out.push_str("export type Unit = (typeof METRICS)[MetricName]['unit'];\n\n");

    // Apart, so that a page which explains nothing does not carry the explanations.
    out.push_str("export const METRIC_MEANINGS: Record<MetricName, string> = {\n");
    for m in catalogue::metrics() {
        writeln!(out, "  {}: {},", quote(m.name), quote(m.meaning)).unwrap();
    }
    out.push_str("};\n\n");

    out.push_str("export const DIMENSIONS = {\n");
    for d in catalogue::dimensions() {
        let measures: Vec<_> = d.measures.iter().map(|m| quote(m.name)).collect();
        let keys = match d.keys {
            Keys::Open => "null".to_owned(),
            Keys::Closed(keys) => {
                let keys: Vec<_> = keys.iter().map(|k| quote(k.name)).collect();
                format!("[{}]", keys.join(", "))
            }
        };
        writeln!(
            out,
            "  {}: {{ id: {}, measures: [{}], keys: {keys}, meaning: {} }},",
            quote(d.name),
            d.id.0,
            measures.join(", "),
            quote(d.meaning)
        )
        .unwrap();
    }
    out.push_str("} as const;\nexport type DimensionName = keyof typeof DIMENSIONS;\n\n");

    out.push_str("export const EVENTS = {\n");
    for e in catalogue::event_kinds() {
        let (name, meaning) = (quote(e.name), quote(e.meaning));
        writeln!(out, "  {name}: {{ id: {}, meaning: {meaning} }},", e.id.0).unwrap();
    }
    out.push_str("} as const;\nexport type EventName = keyof typeof EVENTS;\n");
    out
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
