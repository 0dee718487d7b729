//! Commands that read logs: a report of what they say, and what happens in them now.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::Config;
use mailvane_agent::discover::discover;
use mailvane_agent::feed::Feed;
use mailvane_agent::live;
use mailvane_agent::parse::{self, Parser};
use mailvane_agent::postfix;
use mailvane_agent::sources::{Kind, Source, sources};
use mailvane_agent::stamp::{Stamps, Zone};
use mailvane_agent::tail::{Progress, Start};
use mailvane_agent::vfs::Disk;
use serde_json::json;

use crate::cli::{ParseArgs, TailArgs};
use crate::output::{self, Output};

/// Logs are looked at this often.
const TICK: Duration = Duration::from_millis(200);
/// Read in one step.
const READ_BYTES_MAX: usize = 1 << 20;

pub(super) fn follow_log(args: &TailArgs, out: Output) -> ExitCode {
    let config = match Config::load(args.common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return out.fail(3, &error),
    };
    let log = args.log.as_deref().or(config.log.as_deref());
    let found = discover(config.config_directories.as_deref(), &[]);
    let sources: Vec<Source> =
        sources(log, &found).into_iter().filter(|source| source.kind != Kind::Socket).collect();
    if sources.is_empty() {
        return out.fail(3, &"the log is a socket, which the running agent listens to");
    }
    let start = if args.from_start { Start::First } else { Start::End };
    let mut feeds = Vec::new();
    for source in &sources {
        if source.is_file()
            && let Err(error) = std::fs::File::open(&source.path)
        {
            return out.fail(6, &format!("{}: {error}", source.path.display()));
        }
        let mut feed = Feed::open(Arc::new(Disk), source, None, start, &args.common.state_dir);
        feed.begin();
        feeds.push((feed, Stamps::new(Zone::Local, SystemClock.now_ms())));
    }
    let mut blocked = BTreeMap::new();
    loop {
        let mut more = false;
        for (feed, stamps) in &mut feeds {
            match pass_on(feed, stamps, &args.only, out) {
                None => return ExitCode::SUCCESS,
                Some(Progress::More) => more = true,
                Some(Progress::Blocked(why)) => {
                    if blocked.insert(feed.name().to_owned(), why.clone()).as_ref() != Some(&why) {
                        output::note(&format!("mailvane-agent: {why}"));
                    }
                }
                Some(Progress::AtEnd | Progress::Waiting) => {}
            }
        }
        if !more {
            std::thread::sleep(TICK);
        }
    }
}

/// Prints what a log says now; nothing once nobody reads any more.
fn pass_on(feed: &mut Feed, stamps: &mut Stamps, only: &[String], out: Output) -> Option<Progress> {
    let now_ms = SystemClock.now_ms();
    stamps.set_reference(now_ms);
    let mut heard = true;
    let progress = feed.read(now_ms, READ_BYTES_MAX, &mut |line, _| {
        if !heard || !postfix::is_postfix(line) {
            return;
        }
        let event = live::hear(line, stamps.resolve(line.stamp).unwrap_or(now_ms));
        if only.is_empty() || only.iter().any(|name| event.kind.starts_with(name.as_str())) {
            heard = output::line(&if out.json { event.value().to_string() } else { event.line() });
        }
    });
    heard.then_some(progress)
}

pub(super) fn parse_files(args: &ParseArgs, out: Output) -> ExitCode {
    let mut parser = Parser::new(Zone::Local, SystemClock.now_ms());
    let mut faults = Vec::new();
    let bytes = parse::bytes(&args.files);
    let mut bar = Bar { files: args.files.len(), ..Bar::default() };
    for (number, path) in (1..).zip(&args.files) {
        bar.number = number;
        let read = parser.file_watched(path, &mut |read| bar.advance(read, bytes));
        if let Err(error) = read {
            faults.push(format!("{}: {error}", path.display()));
        }
    }
    output::progress("");
    let report = parser.report();
    if faults.len() == args.files.len() && report.lines == 0 {
        return out.fail(6, &faults.join("; "));
    }
    let mut value = json!(report);
    if let Some(object) = value.as_object_mut().filter(|_| !faults.is_empty()) {
        object.insert("faults".to_owned(), json!(faults));
    }
    if out.json {
        output::line(&serde_json::to_string_pretty(&value).unwrap_or_default());
    } else {
        out.answer(report.table(), &value);
    }
    for fault in &faults {
        output::note(&format!("mailvane-agent: {fault}; the figures are of what could be read"));
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(6) }
}

/// How far reading is.
#[derive(Default)]
struct Bar {
    files: usize,
    number: usize,
    read: u64,
    shown: u64,
}

impl Bar {
    /// Drawn again after as many bytes: some 20 times a second.
    const STEP_BYTES: u64 = 64 << 20;
    const WIDTH: u64 = 30;

    fn advance(&mut self, read: u64, of: u64) {
        self.read += read;
        if self.read < self.shown + Self::STEP_BYTES {
            return;
        }
        self.shown = self.read;
        let done = self.read.min(of).saturating_mul(Self::WIDTH).checked_div(of).unwrap_or(0);
        let done = usize::try_from(done).unwrap_or(0);
        let rest = usize::try_from(Self::WIDTH).unwrap_or(0).saturating_sub(done);
        output::progress(&format!(
            "[{}{}] {} MiB of {} MiB, file {} of {}",
            "#".repeat(done),
            " ".repeat(rest),
            self.read >> 20,
            of >> 20,
            self.number,
            self.files
        ));
    }
}
