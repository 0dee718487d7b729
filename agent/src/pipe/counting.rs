//! Counts one line into the interval of its own stamp.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::log as log_cat;

use serde::{Deserialize, Serialize};

use crate::fold::Fold;
use crate::fold::interval::Intervals;
use crate::postfix::Line;
use crate::stamp::Stamps;

/// Templates of one daemon's strange lines, kept for the person who asks.
const SAMPLES_MAX: usize = 8;
/// Daemons told apart; Postfix has fewer.
const DAEMONS_MAX: usize = 64;

/// Lines that nobody understood, by daemon.
pub type Unrecognised = BTreeMap<String, Strange>;

/// One daemon's lines that nobody understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strange {
    /// How many since the agent was started.
    pub lines: u64,
    /// A few of them, as templates without anybody's address, name or number.
    pub samples: Vec<String>,
}

/// Where a line goes.
pub(super) struct Counting<'a> {
    pub(super) fold: &'a mut Fold,
    pub(super) intervals: &'a mut Intervals,
    pub(super) stamps: &'a mut Stamps,
    pub(super) last_ms: &'a mut i64,
    pub(super) unrecognised: &'a mut Unrecognised,
    pub(super) now_ms: i64,
}

impl Counting<'_> {
    pub(super) fn line(&mut self, line: &Line<'_>, bytes: usize) {
        let at_ms = self.stamps.resolve(line.stamp).unwrap_or(*self.last_ms);
        *self.last_ms = at_ms;
        let (interval, late) = self.intervals.of(at_ms, self.now_ms);
        if late {
            interval.tallies.at(0).add(log_cat::LATE, 1);
        }
        let understood = self.fold.line(line, bytes, at_ms, &mut interval.tallies);
        if !understood {
            self.strange(line);
        }
    }

    fn strange(&mut self, line: &Line<'_>) {
        let daemon = String::from_utf8_lossy(line.daemon).into_owned();
        if self.unrecognised.len() >= DAEMONS_MAX && !self.unrecognised.contains_key(&daemon) {
            return;
        }
        let strange = self.unrecognised.entry(daemon).or_default();
        strange.lines = strange.lines.saturating_add(1);
        if strange.samples.len() < SAMPLES_MAX {
            let sample = crate::fold::redact::template(line.text).into_string();
            if !strange.samples.contains(&sample) {
                strange.samples.push(sample);
            }
        }
    }
}
