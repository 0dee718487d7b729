//! Ids only grow: `tests/catalogue/frozen.txt` lists every row once published, and a row never leaves it or changes.

use std::{fmt::Write as _, fs, path::Path};

use mailvane_proto::catalogue::{self, Keys};

#[test]
fn no_published_row_has_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue/frozen.txt");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let now = rows();
    let kept: std::collections::HashSet<&str> = now.lines().collect();
    let broken: Vec<_> = published.lines().filter(|row| !kept.contains(row)).collect();
    assert!(broken.is_empty(), "published rows may not change or go: {broken:#?}");
    if option_env!("UPDATE_GENERATED").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(published.lines().count(), now.lines().count(), "new rows wait to be published");
}

/// What may never change of each row: id, name, kind, unit and group; meanings may be put better.
fn rows() -> String {
    let mut out = String::new();
    for g in catalogue::groups() {
        writeln!(out, "group {} {}", g.id.0, g.name).unwrap();
    }
    for m in catalogue::metrics() {
        let (kind, unit) = (m.kind.name(), m.unit.name());
        writeln!(out, "metric {} {} {kind} {unit} group {}", m.id.0, m.name, m.group.0).unwrap();
    }
    for d in catalogue::dimensions() {
        let open = matches!(d.keys, Keys::Open);
        let keys = if open { "open" } else { "closed" };
        writeln!(out, "dimension {} {} {keys} group {}", d.id.0, d.name, d.group.0).unwrap();
        for (place, m) in d.measures.iter().enumerate() {
            let (kind, unit) = (m.kind.name(), m.unit.name());
            writeln!(out, "measure {}.{place} {} {kind} {unit}", d.id.0, m.name).unwrap();
        }
        if let Keys::Closed(keys) = d.keys {
            for key in keys {
                writeln!(out, "key {}.{} {}", d.id.0, key.id.0, key.name).unwrap();
            }
        }
    }
    for e in catalogue::event_kinds() {
        writeln!(out, "event {} {}", e.id.0, e.name).unwrap();
    }
    out
}
