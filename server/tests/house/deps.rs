//! What is depended on: licences that go with ours, nothing that is banned, nothing below a floor under which a fault
//! lies that no advisory names. `deny.toml` says the same to `cargo deny`, where that is installed.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

/// Licences that a program under Apache-2.0 may carry.
const LICENCES: [&str; 16] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "MPL-2.0",
    "0BSD",
    "Unlicense",
    "BSL-1.0",
    "OpenSSL",
];

/// TLS is rustls everywhere.
const BANNED: [&str; 3] = ["openssl", "openssl-sys", "native-tls"];

/// Below these: only the compressed size of a message is bounded; claims of a wrong type are not checked.
const FLOORS: [(&str, (u64, u64, u64)); 2] = [("tonic", (0, 14, 3)), ("jsonwebtoken", (10, 3, 0))];

#[test]
fn every_licence_goes_with_ours() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut offences = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let (name, licence) = (package["name"].as_str().unwrap(), package["license"].as_str());
        *seen.entry(licence.unwrap_or("none").to_owned()).or_default() += 1;
        if !licence.is_some_and(goes) && package["license_file"].is_null() {
            offences.push(format!("{name}: {}", licence.unwrap_or("no licence")));
        }
    }
    println!("{} packages, licences: {seen:?}", seen.values().sum::<usize>());
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn nothing_is_banned_or_below_its_floor() {
    let lock = fs::read_to_string(top().join("Cargo.lock")).unwrap();
    assert_eq!(faults(&lock), Vec::<String>::new());
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Whether a licence expression can be satisfied: any side of an OR, every side of an AND.
fn goes(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ");
    let plain = plain.trim();
    if let Some((left, right)) = split(plain, " OR ") {
        return goes(left) || goes(right);
    }
    if let Some((left, right)) = split(plain, " AND ") {
        return goes(left) && goes(right);
    }
    if let Some(inner) = plain.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return goes(inner);
    }
    LICENCES.contains(&plain)
}

/// Cuts at the first such word that stands in no parentheses.
fn split<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    text.match_indices(word).map(|(at, _)| at).find_map(|at| {
        let before = &text[..at];
        let balanced = before.matches('(').count() == before.matches(')').count();
        balanced.then(|| (before, &text[at + word.len()..]))
    })
}

fn faults(lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let line =
                package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            line.map(|text| text.trim_matches('"').to_owned())
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        if BANNED.contains(&name.as_str()) {
            faults.push(format!("{name} is banned"));
        }
        let mut parts = version.split(['.', '-', '+']).map(|part| part.parse::<u64>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        let version = (next(), next(), next());
        if FLOORS.iter().any(|(known, floor)| *known == name && version < *floor) {
            faults.push(format!("{name} {version:?} is below its floor"));
        }
    }
    faults
}

#[test]
fn each_offender_is_caught() {
    for good in [
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "GPL-3.0 OR MIT",
    ] {
        assert!(goes(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR AGPL-3.0) AND MIT", "SSPL-1.0", ""] {
        assert!(!goes(bad), "{bad}");
    }
    let package = |name: &str, version: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
    };
    assert_eq!(faults(&package("openssl", "0.10.1")).len(), 1);
    assert_eq!(faults(&package("tonic", "0.14.2")).len(), 1);
    assert_eq!(faults(&package("tonic", "0.14.3")).len(), 0);
    assert_eq!(faults(&package("jsonwebtoken", "9.3.1")).len(), 1);
}
