//! `docs/metrics.md`, the catalogue for people.

use std::fmt::Write as _;

use mailvane_proto::catalogue::{self, Keys};

#[test]
fn the_page_of_metrics_is_fresh() {
    super::copy::compare("docs/metrics.md", &page());
}

fn page() -> String {
    let mut out = String::from(
        "# Metrics, breakdowns and events\n\nThis page is derived from the catalogue in `proto/src/catalogue/` \
         and never edited by hand;\n`UPDATE_GENERATED=1 cargo test -p mailvane-proto` rewrites it.\n\n\
         - A **gauge** is what was there at the end of an interval; a **counter** is what was added in it, never a running total.\n\
         - A **group** is what can be seen, or not be seen, only together. A figure that was not visible is shown as such, never as zero.\n\
         - A **breakdown** splits figures by the keys of a dimension: *closed* keys are listed here; *open* ones come from \
         the outside world, are bounded, and what exceeds the bounds is counted under `other`.\n\
         - The column of a metric in the database is its name with dots turned to underscores.\n",
    );
    let (metrics, groups) = (catalogue::metrics().len(), catalogue::groups().len());
    let (dimensions, events) = (catalogue::dimensions().len(), catalogue::event_kinds().len());
    writeln!(
        out,
        "\nCatalogue version {}: {metrics} metrics in {groups} groups, {dimensions} dimensions, {events} kinds of event.",
        catalogue::VERSION
    )
    .unwrap();
    for group in catalogue::groups() {
        writeln!(out, "\n## {}\n\n{}\n", group.name, group.meaning).unwrap();
        out.push_str("| metric | kind | unit | meaning | from |\n|---|---|---|---|---|\n");
        for m in catalogue::metrics().iter().filter(|m| m.group == group.id) {
            let (kind, unit) = (m.kind.name(), m.unit.name());
            let (meaning, source) = (cell(m.meaning), cell(m.source));
            writeln!(out, "| `{}` | {kind} | {unit} | {meaning} | {source} |", m.name).unwrap();
        }
    }
    out.push_str("\n## Dimensions of breakdowns\n");
    for d in catalogue::dimensions() {
        let group = catalogue::groups().get(usize::from(d.group.0)).unwrap();
        writeln!(out, "\n### {}\n\n{}\n", d.name, d.meaning).unwrap();
        writeln!(out, "- Group: {}. From: {}.", group.name, d.source).unwrap();
        let measures: Vec<_> = d
            .measures
            .iter()
            .map(|m| format!("`{}` ({}, {})", m.name, m.kind.name(), m.unit.name()))
            .collect();
        writeln!(out, "- Measures: {}.", measures.join(", ")).unwrap();
        match d.keys {
            Keys::Open => out.push_str("- Keys: open.\n"),
            Keys::Closed(keys) => {
                let keys: Vec<_> = keys.iter().map(|k| format!("`{}`", k.name)).collect();
                writeln!(out, "- Keys: {}.", keys.join(", ")).unwrap();
            }
        }
    }
    out.push_str("\n## Events\n\n| event | meaning | from |\n|---|---|---|\n");
    for e in catalogue::event_kinds() {
        writeln!(out, "| `{}` | {} | {} |", e.name, cell(e.meaning), cell(e.source)).unwrap();
    }
    out
}

/// A bar would end the table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
