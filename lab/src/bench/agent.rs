//! One run on one log: our parser beside `wc -l`, `grep -c`, pflogsumm, mtail and prometheus-postfix-exporter, in
//! interleaved rounds; then one spool walked by us and by what Postfix and Unix bring.
//!
//! Ends with one line of JSON: figures, peers' figures, ratios. Ratios are medians over the rounds.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{
    cost::{self, Cost, median},
    mix, peers,
    peers::Peers,
    scan,
};
use crate::stack::scratch_dir;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The agent's binary.
    pub agent: PathBuf,
    /// Lines of the log.
    pub lines: u64,
    /// Rounds; ratios are medians over them.
    pub rounds: usize,
    /// Without the peers that take seconds a round.
    pub quick: bool,
    /// Where packages of peers are kept.
    pub cache: PathBuf,
    /// Files of the spools that are walked.
    pub files: Vec<u64>,
}

/// Measures all of it.
pub fn run(wish: &Wish) -> io::Result<Value> {
    let scratch = scratch_dir()?;
    let parsing = parsing(wish, scratch.path())?;
    fs::remove_file(scratch.path().join("mail.log"))?;
    let mut scans = Vec::new();
    for files in &wish.files {
        scans.push(scan::compare(&wish.agent, scratch.path(), *files, wish.rounds)?);
    }
    Ok(json!({ "parsing": parsing, "scans": scans }))
}

/// A program and what each round of it cost, in seconds of CPU.
#[derive(Debug, Default)]
struct Rounds(BTreeMap<&'static str, Vec<f64>>);

impl Rounds {
    fn add(&mut self, name: &'static str, cost: &Cost) {
        self.0.entry(name).or_default().push(cost.cpu_s);
    }

    fn of(&self, name: &str) -> &[f64] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// How often more one program took than another, round by round.
    fn ratio(&self, more: &str, less: &str) -> Option<f64> {
        let pairs: Vec<f64> =
            self.of(more).iter().zip(self.of(less)).map(|(more, less)| more / less).collect();
        (!pairs.is_empty()).then(|| median(&pairs))
    }
}

/// One run on one log, which lies in `scratch`.
fn parsing(wish: &Wish, scratch: &Path) -> io::Result<Value> {
    let log = scratch.join("mail.log");
    let made = mix::write(&log, wish.lines)?;
    let peers = if wish.quick { None } else { Some(Peers::fetch(&wish.cache)?) };
    let (mut rounds, mut said) = (Rounds::default(), BTreeMap::new());
    let mut keep = |rounds: &mut Rounds, name: &'static str, cost: Cost| {
        rounds.add(name, &cost);
        said.insert(name, cost.out);
    };
    // Once for the page cache.
    cost::of(Command::new("wc").arg("-l").arg(&log))?;
    for _ in 0..wish.rounds {
        let mut parse = Command::new(&wish.agent);
        parse.args(["parse", "--json"]).arg(&log);
        keep(&mut rounds, "wc -l", cost::of(Command::new("wc").arg("-l").arg(&log))?);
        keep(&mut rounds, "mailvane-agent parse", cost::of(&mut parse)?);
        keep(
            &mut rounds,
            "grep -c",
            cost::of(Command::new("grep").args(["-c", "status=sent"]).arg(&log))?,
        );
        if let Some(peers) = &peers {
            keep(&mut rounds, "prometheus-postfix-exporter", peers.exporter(&log, scratch)?);
            keep(&mut rounds, "pflogsumm", peers.pflogsumm(&log)?);
            keep(&mut rounds, "mtail", peers.mtail(&log)?);
        }
    }
    let per_line = |name: &str| median(rounds.of(name)) / made.lines as f64;
    let names: Vec<&'static str> = rounds.0.keys().copied().collect();
    let figures: BTreeMap<_, _> = names
        .iter()
        .map(|name| {
            let each_s = per_line(name);
            (*name, json!({"ns_a_line": round(each_s * 1e9), "lines_a_cpu_second": round(1.0 / each_s)}))
        })
        .collect();
    let ours = "mailvane-agent parse";
    let ratios: BTreeMap<_, _> = names
        .iter()
        .filter(|name| **name != ours)
        .map(|name| (*name, rounds.ratio(name, ours).map(|ratio| (ratio * 100.0).round() / 100.0)))
        .collect();
    Ok(json!({
        "log": made, "rounds": wish.rounds, "figures": figures, "times_our_cpu": ratios, "counts": counts(&said),
    }))
}

/// What each program counted, for the page that explains the differences.
fn counts(said: &BTreeMap<&'static str, String>) -> Value {
    let text = |name: &str| said.get(name).map_or("", String::as_str);
    let ours: Value = serde_json::from_str(text("mailvane-agent parse")).unwrap_or_default();
    let own = |name: &str| ours.get(name).cloned().unwrap_or_default();
    let mut counts = json!({
        "mailvane-agent parse": {
            "lines": own("lines"), "unrecognised": own("unrecognised"), "sent": own("sent"),
            "delivered": own("delivered"), "deferred": own("deferred"), "bounced": own("bounced"),
            "expired": own("expired"), "rejected": own("rejected"),
            "smtpd_connections": own("smtpd_connections"),
        },
        "grep -c": { "sent": text("grep -c").trim() },
    });
    let report = text("pflogsumm");
    let mut add = |name: &str, value: Value| {
        if let Some(counts) = counts.as_object_mut() {
            counts.insert(name.to_owned(), value);
        }
    };
    if !report.is_empty() {
        let total = |word| peers::total(report, word);
        add(
            "pflogsumm",
            json!({
                "delivered": total("delivered"), "deferred": total("deferred"), "bounced": total("bounced"),
                "rejected": total("rejected"), "received": total("received"),
            }),
        );
    }
    for name in ["mtail", "prometheus-postfix-exporter"] {
        let page = text(name);
        if !page.is_empty() {
            add(
                name,
                json!({
                    "smtp_deliveries": peers::sum(page, "postfix_smtp_delivery_delay_seconds_count", &["transmission"]),
                    "lmtp_deliveries": peers::sum(page, "postfix_lmtp_delivery_delay_seconds_count", &["transmission"]),
                    "smtpd_connects": peers::sum(page, "postfix_smtpd_connects_total", &[]),
                    "smtpd_rejects": peers::sum(page, "postfix_smtpd_messages_rejected_total", &[]),
                    "unsupported_lines": peers::sum(page, "postfix_unsupported_log_entries_total", &[]),
                }),
            );
        }
    }
    counts
}

/// Three digits are more than a shared machine can tell.
pub(super) fn round(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powf(2.0 - value.log10().floor());
    (value * scale).round() / scale
}
