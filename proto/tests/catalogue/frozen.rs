//! Ids only grow: `frozen.txt` lists every row once published, and a row never leaves it or changes.
//!
//! Nor does a published group get metrics or a published dimension measures: an older agent sets the group's bit and
//! sends nothing for the new one, which would read as zero.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use mailvane_proto::catalogue::{self, Keys};

#[test]
fn no_published_row_has_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue/frozen.txt");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let now = rows();
    let kept: HashSet<&str> = now.lines().collect();
    let broken: Vec<_> = published.lines().filter(|row| !kept.contains(row)).collect();
    assert!(broken.is_empty(), "published rows may not change or go: {broken:#?}");
    let late = added_to_published(&published, &now);
    assert!(
        late.is_empty(),
        "published groups and dimensions do not grow, make new ones: {late:#?}"
    );
    if option_env!("UPDATE_GENERATED").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(published.lines().count(), now.lines().count(), "new rows wait to be published");
}

/// Rows of today that extend a group or the measures of a dimension of `published`.
fn added_to_published<'a>(published: &str, now: &'a str) -> Vec<&'a str> {
    let old: HashSet<&str> = published.lines().collect();
    let starts = |start: String| published.lines().any(|row| row.starts_with(&start));
    let extends = |row: &&str| {
        let mut words = row.split([' ', '.']);
        match (words.next(), words.next()) {
            (Some("metric"), _) => {
                row.rsplit(' ').next().is_some_and(|group| starts(format!("group {group} ")))
            }
            (Some("measure"), Some(dimension)) => starts(format!("dimension {dimension} ")),
            _ => false,
        }
    };
    now.lines().filter(|row| !old.contains(row) && extends(row)).collect()
}

#[test]
fn a_metric_added_to_a_published_group_is_caught() {
    let published =
        "group 3 queue.age\nmetric 7 queue.a gauge files group 3\ndimension 2 relay open group 3";
    let grown = format!(
        "{published}\nmetric 8 queue.b gauge files group 3\nmeasure 2.1 lost counter events\n\
         group 4 queue.new\nmetric 9 queue.c gauge files group 4\ndimension 5 hop open group 4\n\
         measure 5.0 lost counter events\nkey 2.9 new"
    );
    let caught = added_to_published(published, &grown);
    assert_eq!(caught, ["metric 8 queue.b gauge files group 3", "measure 2.1 lost counter events"]);
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
