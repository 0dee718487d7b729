//! Counts one line into the interval of its own stamp.

use mailvane_proto::catalogue::log as log_cat;

use crate::fold::Fold;
use crate::fold::interval::Intervals;
use crate::postfix::Line;
use crate::stamp::Stamps;

/// Lines that nobody understood, kept for the person who asks.
const SAMPLES_MAX: usize = 20;

/// Where a line goes.
pub(super) struct Counting<'a> {
    pub(super) fold: &'a mut Fold,
    pub(super) intervals: &'a mut Intervals,
    pub(super) stamps: &'a mut Stamps,
    pub(super) last_ms: &'a mut i64,
    pub(super) unrecognised: &'a mut Vec<String>,
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
        if !understood && self.unrecognised.len() < SAMPLES_MAX {
            self.unrecognised.push(crate::fold::redact::template(line.text).into_string());
        }
    }
}
