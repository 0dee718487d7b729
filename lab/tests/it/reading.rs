//! The agent's reading of a real log, without server and wire: what it counts equals what source and sink saw.

use std::{collections::BTreeMap, path::Path, process::Command};

use mailvane_agent::{
    fold::{Fold, Tallies},
    postfix::Line,
    stamp::{Stamps, Zone},
};
use mailvane_lab::{stack::scratch_dir, truth, world::now_ms};
use mailvane_proto::catalogue;

fn read(log: &Path) -> BTreeMap<&'static str, u64> {
    let mut fold = Fold::new([0; 32]);
    let mut tallies = Tallies::default();
    let mut stamps = Stamps::new(Zone::Local, i64::try_from(now_ms()).unwrap());
    for line in std::fs::read(log).unwrap().split_inclusive(|byte| *byte == b'\n') {
        let parsed = Line::parse(line.strip_suffix(b"\n").unwrap_or(line)).unwrap();
        let at_ms = stamps.resolve(parsed.stamp).unwrap();
        assert!(
            fold.line(&parsed, line.len(), at_ms, &mut tallies),
            "{}",
            String::from_utf8_lossy(line)
        );
    }
    let mut sums = BTreeMap::new();
    for (_, tally) in tallies.iter() {
        for (metric, value) in tally.metrics() {
            *sums.entry(catalogue::metric(metric).unwrap().name).or_default() += value;
        }
    }
    sums
}

#[test]
fn the_agent_reads_a_real_log_without_a_miss() {
    let dir = scratch_dir().unwrap();
    let told = Command::new(env!("CARGO_BIN_EXE_mailvane-lab"))
        .args(["story", "--mails", "150", "--dir"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(told.success());
    let truth = truth::read(dir.path()).unwrap().metrics();
    let read = read(&dir.path().join("log/mail.log"));
    let seen: BTreeMap<_, _> =
        truth.keys().map(|name| (*name, read.get(name).copied().unwrap_or(0))).collect();
    assert_eq!(seen, truth);
}
