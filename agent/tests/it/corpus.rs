//! The captures of real logs against what is true of them: every figure, in every flavour, order and cut.
//!
//! What is true was found without the agent; `tests/corpus/README.md` says how and what each figure means.

mod damage;
mod order;
mod restart;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;

use mailvane_agent::parse::{Parser, Report};
use mailvane_agent::stamp::Zone;
use serde_json::{Map, Value};

/// A moment after the last capture, from which the year of stamps without one is inferred.
const AFTER_MS: i64 = 1_795_500_000_000;

/// Counters that a log alone does not settle: as fine as its stamps, or split between instances by name only.
const NOT_JUDGED: &[&str] = &["smtpd.session_time", "log.lines", "log.bytes", "agent.keys_folded"];

/// Flavours whose lines say `program[pid]: ` with the whole name of the program.
const TAGGED: &[&str] = &["mail.log", "maillog.postlogd.log"];

/// Breakdowns that are judged, and their measures.
const BROKEN_DOWN: &[(&str, &[&str])] = &[
    ("client_network", &["connections", "lost", "messages"]),
    ("delivery_agent", &["sent", "deferred", "bounced", "deliverable", "undeliverable"]),
    ("dnsbl_zone", &["listed"]),
    ("postscreen_test", &["failed"]),
    ("recipient_domain", &["sent", "deferred", "bounced", "expired", "delay"]),
    ("reply_code", &["deferred", "bounced", "messages"]),
    ("sasl_method", &["succeeded", "failed"]),
    ("sender_domain", &["messages", "recipients", "bytes", "deferred", "bounced"]),
    (
        "service",
        &[
            "connections",
            "messages",
            "rejected",
            "sasl_succeeded",
            "sasl_failed",
            "encrypted",
            "lost",
        ],
    ),
    ("session_end", &["lost", "timed_out", "too_many_errors"]),
    ("smtp_command", &["accepted", "refused"]),
    ("tls_cipher", &["in", "out"]),
    ("tls_protocol", &["in", "out"]),
    ("tls_trust", &["in", "out"]),
];

/// Those that need the daemon's name.
const NAMED: &[&str] = &["delivery_agent", "service"];

/// One capture in one flavour.
struct Capture {
    scenario: String,
    flavour: String,
    truth: Value,
    files: Vec<Vec<u8>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn captures() -> Vec<Capture> {
    let mut captures = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(truth) = fs::read(folder.join("truth.json")) else { continue };
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        for (flavour, how) in truth["flavours"].as_object().unwrap() {
            let mut truth = truth.clone();
            let exceptions = how["except"].as_object().unwrap().clone();
            truth.as_object_mut().unwrap().extend(exceptions);
            if how["daemons"] == false {
                // Which agent delivered and which service was asked is told nowhere.
                for dimensions in truth["breakdowns"].as_object_mut().unwrap().values_mut() {
                    dimensions
                        .as_object_mut()
                        .unwrap()
                        .retain(|name, _| !NAMED.contains(&name.as_str()));
                }
            }
            let names = how["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            captures.push(Capture {
                scenario: folder.file_name().unwrap().to_string_lossy().into_owned(),
                flavour: flavour.clone(),
                truth,
                files: names.map(|name| fs::read(folder.join(name)).unwrap()).collect(),
            });
        }
    }
    captures
}

/// Reads files one after the other, each in pieces of some size.
fn read(files: &[Vec<u8>], pieces: impl Fn(&[u8]) -> Vec<&[u8]>) -> Report {
    let mut parser = Parser::new(Zone::Fixed(0), AFTER_MS);
    for file in files {
        for piece in pieces(file) {
            parser.feed(piece);
        }
        parser.end();
    }
    parser.report()
}

/// Every figure on which the report and the truth differ, in words.
fn differences(truth: &Value, report: &Report) -> Vec<String> {
    let report = serde_json::to_value(report).unwrap();
    let mut found = Vec::new();
    for (name, want) in truth.as_object().unwrap() {
        match (name.as_str(), &report[name]) {
            ("flavours", _) => {}
            ("breakdowns", got) => found.extend(breakdown_differences(want, got)),
            ("metrics", got) => found.extend(metric_differences(want, got)),
            // Where nothing of the kind is logged, nothing is visible.
            (_, Value::Null) if *want == 0 => {}
            (_, got) if got == want => {}
            (_, got) => found.push(format!("{name}: the truth is {want}, the agent says {got}")),
        }
    }
    found
}

fn metric_differences(want: &Value, got: &Value) -> Vec<String> {
    let (want, got) = (want.as_object().unwrap(), got.as_object().unwrap());
    let instances: BTreeSet<_> = want.keys().chain(got.keys()).collect();
    let mut found = Vec::new();
    for instance in instances {
        let figures = |all: &Map<String, Value>| -> BTreeMap<String, u64> {
            let figures = all.get(instance).and_then(Value::as_object).into_iter().flatten();
            let judged = figures.filter(|(name, _)| !NOT_JUDGED.contains(&name.as_str()));
            judged.map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect()
        };
        let (want, got) = (figures(want), figures(got));
        let names: BTreeSet<_> = want.keys().chain(got.keys()).collect();
        for name in names {
            let (want, got) = (want.get(name).unwrap_or(&0), got.get(name).unwrap_or(&0));
            if want != got {
                found.push(format!("{instance} {name}: the truth is {want}, the agent says {got}"));
            }
        }
    }
    found
}

fn breakdown_differences(want: &Value, got: &Value) -> Vec<String> {
    let (want, got) = (judged_breakdowns(want), judged_breakdowns(got));
    let names: BTreeSet<_> = want.keys().chain(got.keys()).collect();
    let differs = |name: &&&String| want.get(**name) != got.get(**name);
    let say = |name: &String| {
        let (want, got) = (want.get(name).unwrap_or(&0), got.get(name).unwrap_or(&0));
        format!("{name}: the truth is {want}, the agent says {got}")
    };
    names.iter().filter(differs).map(|name| say(name)).collect()
}

/// Every judged count of every breakdown, flat.
fn judged_breakdowns(instances: &Value) -> BTreeMap<String, u64> {
    let mut flat = BTreeMap::new();
    for (instance, dimensions) in instances.as_object().unwrap() {
        for (dimension, measures) in BROKEN_DOWN {
            let keys = dimensions[dimension].as_object().into_iter().flatten();
            // A log that lost the daemons' names has everything by some other one.
            let named = |key: &str| !NAMED.contains(dimension) || key != "other";
            for (key, counts) in keys.filter(|(key, _)| named(key)) {
                for measure in *measures {
                    if let Some(count) = counts[measure].as_u64() {
                        flat.insert(format!("{instance} {dimension} {key} {measure}"), count);
                    }
                }
            }
        }
    }
    flat
}

fn assert_true(capture: &Capture, report: &Report, how: &str) {
    let found = differences(&capture.truth, report);
    let Capture { scenario, flavour, .. } = capture;
    assert!(found.is_empty(), "{scenario}/{flavour}, {how}:\n  {}", found.join("\n  "));
}

#[test]
fn every_capture_tells_its_truth_in_every_flavour() {
    let mut wrong = Vec::new();
    let captures = captures();
    for capture in &captures {
        let report = read(&capture.files, |file| vec![file]);
        let found = differences(&capture.truth, &report);
        let name = format!("{}/{}", capture.scenario, capture.flavour);
        wrong.extend(found.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    let scenarios: BTreeSet<_> = captures.iter().map(|capture| &capture.scenario).collect();
    assert_eq!((scenarios.len(), captures.len()), (25, 77));
    assert!(wrong.is_empty(), "{} figures are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn lines_of_different_daemons_may_pass_one_another() {
    let captures = captures();
    let is_line_a_record = |capture: &&Capture| capture.flavour != "journal.export";
    for capture in captures.iter().filter(is_line_a_record) {
        let tagged = captures.iter().find(|tagged| {
            tagged.scenario == capture.scenario && TAGGED.contains(&tagged.flavour.as_str())
        });
        for seed in 1..=5 {
            let pairs = capture.files.iter().zip(&tagged.unwrap().files);
            let files: Vec<_> = pairs
                .map(|(file, tagged)| order::arranged(file, &order::another(tagged, seed)))
                .collect();
            assert_ne!(files, capture.files, "the order is another");
            let report = read(&files, |file| vec![file]);
            assert_true(capture, &report, &format!("shuffled with seed {seed}"));
        }
    }
}

#[test]
fn an_agent_that_restarts_after_every_line_counts_the_same() {
    for capture in captures().iter().filter(|c| c.flavour != "journal.export") {
        let log = capture.files.concat();
        let whole = restart::figures(&log, |_| false);
        let Capture { scenario, flavour, .. } = capture;
        assert_eq!(restart::figures(&log, |_| true), whole, "{scenario}/{flavour}");
        for stride in [2, 3, 7] {
            let restarted = restart::figures(&log, |place| place % stride == 0);
            assert_eq!(restarted, whole, "{scenario}/{flavour}, every {stride} lines");
        }
    }
}

#[test]
fn a_log_that_comes_byte_by_byte_is_the_same_log() {
    for capture in captures() {
        let report = read(&capture.files, |file| file.chunks(1).collect());
        assert_true(&capture, &report, "byte by byte");
    }
}

#[test]
fn a_log_cut_in_two_at_any_byte_is_the_same_log() {
    for capture in captures().iter().filter(|c| c.scenario == "08-postscreen-old-words") {
        let file = capture.files.concat();
        let whole = read(slice::from_ref(&file), |file| vec![file]);
        for cut in 0..=file.len() {
            let report = read(slice::from_ref(&file), |file| {
                let (head, tail) = file.split_at(cut);
                vec![head, tail]
            });
            assert_eq!(report, whole, "{} cut at byte {cut}", capture.flavour);
        }
    }
}

#[test]
fn no_damage_to_a_log_stops_the_agent_or_loses_its_count_of_lines() {
    for capture in captures() {
        for seed in 1..=10 {
            let damaged = damage::damaged(&capture.files.concat(), seed);
            let report = read(&[damaged], |file| file.chunks(4096).collect());
            let known: u64 = report.metrics.values().filter_map(|m| m.get("log.lines")).sum();
            // Of a journal entry without a program nothing is known but that it was there.
            assert!(
                known + report.foreign == report.lines && report.lines > 0,
                "{}/{} with seed {seed}: {known} and {} are not {}",
                capture.scenario,
                capture.flavour,
                report.foreign,
                report.lines
            );
        }
    }
}

#[test]
fn the_command_line_reads_a_rotated_log_as_one() {
    let folder = folder().join("20-postlogd-file");
    let output = Command::new(env!("CARGO_BIN_EXE_mailvane-agent"))
        .args(["parse", "--json"])
        .arg(folder.join("maillog.postlogd.rotated.log"))
        .arg(folder.join("maillog.postlogd.log"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["received"], &report["deferred"]), (&Value::from(14), &Value::from(2)));
}
