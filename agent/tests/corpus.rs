//! The figures of every capture of a real Postfix equal the truth, in every flavour of log that wrote it.

#![expect(clippy::unwrap_used, reason = "a capture that cannot be read is a broken test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mailvane_agent::parse::Parser;
use mailvane_agent::stamp::Zone;
use serde_json::Value;

/// Captures were taken in November 2026.
const REFERENCE_MS: i64 = 1_798_761_600_000;

/// Not judged by the truth: as fine as the stamps, or told apart by instance only.
const UNJUDGED: [&str; 4] = ["smtpd.session_time", "log.lines", "log.bytes", "agent.keys_folded"];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn captures() -> Vec<PathBuf> {
    let mut captures: Vec<_> = std::fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("truth.json").exists())
        .collect();
    captures.sort();
    captures
}

fn truth(capture: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(capture.join("truth.json")).unwrap()).unwrap()
}

fn report(capture: &Path, files: &Value) -> Value {
    let mut parser = Parser::new(Zone::Fixed(0), REFERENCE_MS);
    for file in files.as_array().unwrap() {
        let file = std::fs::File::open(capture.join(file.as_str().unwrap())).unwrap();
        parser.read(file).unwrap();
    }
    serde_json::to_value(parser.report()).unwrap()
}

/// All figures of one report, flat, with the judged counters of every instance.
fn figures(report: &Value) -> BTreeMap<String, u64> {
    let mut flat = BTreeMap::new();
    for (name, value) in report.as_object().unwrap() {
        match value {
            Value::Number(number) => {
                flat.insert(name.clone(), number.as_u64().unwrap());
            }
            Value::Object(entries) if name.starts_with("rejected_by") => {
                for (key, value) in entries {
                    flat.insert(format!("{name}.{key}"), value.as_u64().unwrap());
                }
            }
            Value::Object(instances) if name == "metrics" => {
                for (instance, metrics) in instances {
                    for (metric, value) in metrics.as_object().unwrap() {
                        flat.insert(format!("{instance}: {metric}"), value.as_u64().unwrap());
                    }
                }
            }
            _ => {}
        }
    }
    flat.retain(|name, value| {
        *value > 0 && !UNJUDGED.iter().any(|unjudged| name.ends_with(unjudged))
    });
    flat
}

fn differences(told: &BTreeMap<String, u64>, truth: &BTreeMap<String, u64>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = told.keys().chain(truth.keys()).collect();
    let value = |map: &BTreeMap<String, u64>, name: &String| map.get(name).copied().unwrap_or(0);
    names
        .into_iter()
        .filter(|name| value(told, name) != value(truth, name))
        .map(|name| format!("{name}: {} instead of {}", value(told, name), value(truth, name)))
        .collect()
}

#[test]
fn every_capture_is_counted_right_in_every_flavour() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for capture in captures() {
        let truth = truth(&capture);
        for (flavour, details) in truth["flavours"].as_object().unwrap() {
            let mut expected = figures(&truth);
            for (name, value) in details["except"].as_object().unwrap() {
                expected.insert(name.clone(), value.as_u64().unwrap());
            }
            let told = figures(&report(&capture, &details["files"]));
            judged += expected.len();
            for difference in differences(&told, &expected) {
                wrong.push(format!(
                    "{} {flavour}: {difference}",
                    capture.file_name().unwrap().to_string_lossy()
                ));
            }
        }
    }
    assert!(judged > 1_000, "only {judged} figures were judged");
    assert!(wrong.is_empty(), "{} of {judged} figures differ:\n{}", wrong.len(), wrong.join("\n"));
}
