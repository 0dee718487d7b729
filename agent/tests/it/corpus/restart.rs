//! A restart between any two lines: what is remembered goes through its form on disk, and no figure changes.

use mailvane_agent::fold::roster::Roster;
use mailvane_agent::fold::track::Track;
use mailvane_agent::fold::{Fold, Tallies};
use mailvane_agent::postfix::Line;
use mailvane_agent::stamp::{Stamps, Zone};

use super::AFTER_MS;

/// What is on disk: changes follow a first whole copy.
#[derive(Default)]
struct Disk {
    track: Track,
    roster: Roster,
}

impl Disk {
    fn keep(&mut self, fold: &mut Fold) {
        self.track.apply(fold.track.take_delta());
        self.roster = Roster::restore(fold.roster.record());
    }

    /// An agent that starts anew, and the disk as it finds it.
    fn start(mut self) -> (Fold, Self) {
        let mut copy = Track::default();
        copy.apply(self.track.snapshot());
        let mut fold = Fold::new([0; 32]);
        fold.track = self.track;
        fold.roster = Roster::restore(self.roster.record());
        (fold, Self { track: copy, roster: self.roster })
    }
}

/// Every counter of every instance, in the order of their places.
pub(crate) fn figures(log: &[u8], restarts: impl Fn(usize) -> bool) -> Vec<Vec<(u16, u64)>> {
    let mut fold = Fold::new([0; 32]);
    let mut disk = Disk::default();
    let mut tallies = Tallies::default();
    let mut stamps = Stamps::new(Zone::Fixed(0), AFTER_MS);
    for (place, raw) in log.split(|byte| *byte == b'\n').enumerate() {
        let Some(line) = Line::parse(raw) else { continue };
        let at_ms = stamps.resolve(line.stamp).unwrap();
        fold.line(&line, raw.len(), at_ms, &mut tallies);
        disk.keep(&mut fold);
        if restarts(place) {
            (fold, disk) = disk.start();
        }
    }
    let counters = |(_, tally): (u32, &mailvane_agent::fold::tally::Tally)| {
        tally.metrics().map(|(id, count)| (id.0, count)).collect()
    };
    tallies.iter().map(counters).collect()
}
