//! Notices that a group of metrics ceased to be visible, or became so again: a mark on the time line of its instance.
//!
//! Pure. Some groups are measured now and then only, so that one interval without them means nothing.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::{self, GroupId, event as happened, group};

use super::interval::Interval;
use super::tally::Happening;

/// A group that is measured in every interval has ceased after this long.
const CEASED_MS: i64 = 60_000;
/// One that is measured now and then, as walks through a large queue wait for one another.
const CEASED_SELDOM_MS: i64 = 900_000;
const SELDOM: [GroupId; 6] = [
    group::QUEUE_SCAN,
    group::QUEUE_SIDE,
    group::QUEUE_BYTES,
    group::QUEUE_AGE,
    group::QUEUE_RETRY,
    group::QUEUE_DOMAINS,
];

/// What was visible when.
#[derive(Debug, Default)]
pub struct Sight {
    seen: BTreeMap<(u32, GroupId), Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    last_ms: i64,
    ceased: bool,
}

impl Sight {
    /// Takes the next interval; gives the changes that it shows, by instance.
    pub fn look(&mut self, interval: &Interval) -> Vec<(u32, Happening)> {
        let mut changes = Vec::new();
        for (place, tally) in interval.tallies.iter() {
            for known in catalogue::groups() {
                let visible = known.id.visible_in(tally.visible());
                let word = self.change(place, known.id, visible, interval.end_ms);
                changes.extend(word.map(|word| {
                    let happening = Happening {
                        at_ms: interval.end_ms,
                        kind: happened::VISIBILITY_CHANGED,
                        subject: known.name.to_owned(),
                        text: word.to_owned(),
                        count: 1,
                    };
                    (place, happening)
                }));
            }
        }
        changes
    }

    fn change(
        &mut self,
        place: u32,
        group: GroupId,
        visible: bool,
        end_ms: i64,
    ) -> Option<&'static str> {
        if visible {
            let before = self.seen.insert((place, group), Seen { last_ms: end_ms, ceased: false });
            return before.is_some_and(|seen| seen.ceased).then_some("visible again");
        }
        let seen = self.seen.get_mut(&(place, group)).filter(|seen| !seen.ceased)?;
        let patience = if SELDOM.contains(&group) { CEASED_SELDOM_MS } else { CEASED_MS };
        seen.ceased = end_ms - seen.last_ms >= patience;
        seen.ceased.then_some("no longer visible")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(sight: &mut Sight, minute: i64, groups: &[GroupId]) -> Vec<(String, String)> {
        let mut interval = Interval { end_ms: minute * 60_000, ..Interval::default() };
        let tally = interval.tallies.at(0);
        for group in groups {
            tally.see(*group);
        }
        let changes = sight.look(&interval).into_iter();
        changes.map(|(_, change)| (change.subject, change.text)).collect()
    }

    #[test]
    fn a_log_that_may_no_longer_be_read_leaves_a_mark_and_so_does_its_return() {
        let mut sight = Sight::default();
        let both = [group::LOG, group::QUEUE_SCAN];
        assert_eq!(minute(&mut sight, 1, &both), []);
        let gone = ("log".to_owned(), "no longer visible".to_owned());
        assert_eq!(minute(&mut sight, 2, &[]), [gone], "a queue is walked now and then only");
        assert_eq!(minute(&mut sight, 3, &[]), [], "told once");
        let back = ("log".to_owned(), "visible again".to_owned());
        assert_eq!(minute(&mut sight, 4, &both), [back]);
        assert_eq!(minute(&mut sight, 20, &[group::LOG]).len(), 1, "the queue, by now");
    }
}
