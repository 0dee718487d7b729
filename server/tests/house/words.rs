//! Words that never appear: places of one machine, and package registries in files that travel.

use super::project::{File, hold, trial};

/// Folders of a builder's machine, in two halves so that this file may say them.
const PLACES: [(&str, &str); 2] = [("/wo", "rk/"), ("../sha", "red")];

#[test]
fn no_file_names_a_place_of_one_machine() {
    hold("", places);
}

#[test]
fn lock_files_name_no_registry_but_the_public_one() {
    hold(".lock", foreign_sources);
    hold("Cargo.toml", foreign_sources);
}

#[test]
fn web_packages_name_no_registry() {
    hold(".json", resolved_addresses);
}

fn places(file: &File) -> Vec<String> {
    PLACES
        .iter()
        .map(|(a, b)| format!("{a}{b}"))
        .filter(|place| file.text.contains(place.as_str()))
        .map(|place| format!("names {place}"))
        .collect()
}

fn foreign_sources(file: &File) -> Vec<String> {
    let public = "registry+https://github.com/rust-lang/crates.io-index";
    file.text
        .lines()
        .filter(|line| line.starts_with("source = ") && !line.contains(public))
        .chain(file.text.lines().filter(|line| line.starts_with("registry")))
        .map(|line| format!("takes packages from elsewhere: {line}"))
        .collect()
}

fn resolved_addresses(file: &File) -> Vec<String> {
    let is_lock = file.path.ends_with("package-lock.json");
    if is_lock && file.text.contains("\"resolved\": \"http") {
        return vec!["names the registry it was made from; see web/.npmrc".to_owned()];
    }
    Vec::new()
}

#[test]
fn each_offender_is_caught() {
    let (a, b) = PLACES[0];
    assert_eq!(places(&trial("dev", &format!("cd {a}{b}main"))).len(), 1);
    let mirror = "source = \"registry+https://mirror.example.com/index\"\n";
    assert_eq!(foreign_sources(&trial("Cargo.lock", mirror)).len(), 1);
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    assert_eq!(foreign_sources(&trial("Cargo.lock", public)).len(), 0);
    let locked = "{ \"resolved\": \"https://mirror.example.com/a.tgz\" }";
    assert_eq!(resolved_addresses(&trial("web/package-lock.json", locked)).len(), 1);
}
