//! How a file looks: why it exists in its first line, no longer than can be read in one go, named beside its folder.
//!
//! The length of functions is clippy's to hold; `bans.rs` shows that it does.

use super::project::{File, hold, production, trial};

/// Most lines of a file that ship, blank ones left out.
const PRODUCTION_LINES_MAX: usize = 400;
/// Files that are to be split next, each with the length it must not exceed meanwhile.
const TO_BE_SPLIT: [(&str, usize); 3] = [
    ("server/src/domain/window.rs", 520),
    ("server/src/store/agents.rs", 410),
    ("agent/src/pipe.rs", 420),
];

#[test]
fn every_file_opens_with_why_it_exists() {
    hold(".rs", first_line);
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    hold(".rs", length);
}

#[test]
fn no_file_is_called_mod() {
    hold(".rs", name);
}

#[test]
fn nothing_is_left_for_later() {
    hold(".rs", unfinished);
}

fn first_line(file: &File) -> Vec<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let good = is_generated(file) || first.len() > 8 && first.starts_with("//! ");
    if good { Vec::new() } else { vec!["does not open with `//! why it exists`".to_owned()] }
}

fn length(file: &File) -> Vec<String> {
    if is_generated(file) {
        return Vec::new();
    }
    let lines = production(&file.text).filter(|line| !line.trim().is_empty()).count();
    let max = TO_BE_SPLIT
        .iter()
        .find(|(path, _)| *path == file.path)
        .map_or(PRODUCTION_LINES_MAX, |known| known.1);
    if lines <= max {
        return Vec::new();
    }
    vec![format!("has {lines} lines, at most {PRODUCTION_LINES_MAX} may ship in one file")]
}

fn name(file: &File) -> Vec<String> {
    if file.path.ends_with("/mod.rs") {
        vec!["name it after its folder".to_owned()]
    } else {
        Vec::new()
    }
}

fn unfinished(file: &File) -> Vec<String> {
    ["TO", "FIX", "X"]
        .iter()
        .zip(["DO", "ME", "XX"])
        .map(|(a, b)| format!("{a}{b}"))
        .filter(|mark| file.text.contains(mark.as_str()))
        .map(|mark| format!("says {mark}: finish it, or file it where work is planned"))
        .collect()
}

fn is_generated(file: &File) -> bool {
    file.path.contains("/generated/")
}

#[test]
fn each_offender_is_caught() {
    assert_eq!(first_line(&trial("a.rs", "use std::fs;")).len(), 1);
    assert_eq!(first_line(&trial("a.rs", "//! ")).len(), 1);
    assert_eq!(first_line(&trial("a.rs", "//! Why this exists.")).len(), 0);

    let long = "let a = 1;\n".repeat(PRODUCTION_LINES_MAX + 1);
    assert_eq!(length(&trial("a.rs", &long)).len(), 1);
    let airy = "let a = 1;\n\n".repeat(PRODUCTION_LINES_MAX);
    assert_eq!(length(&trial("a.rs", &airy)).len(), 0);
    let tested = format!("{airy}#[cfg(test)]\nmod tests {{\n{airy}}}\n");
    assert_eq!(length(&trial("a.rs", &tested)).len(), 0);

    assert_eq!(name(&trial("server/src/store/mod.rs", "")).len(), 1);
    assert_eq!(name(&trial("server/src/store.rs", "")).len(), 0);
    assert_eq!(unfinished(&trial("a.rs", concat!("// TO", "DO later"))).len(), 1);
}
