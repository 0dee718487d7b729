//! The orders in which a log may come: lines of one process keep theirs, those of different daemons need not.

use std::collections::{BTreeMap, BTreeSet};

/// How often the log is gone over; each time a line may pass the next one.
const PASSES: usize = 40;

/// One line, as far as its place among the others is concerned.
struct Line {
    /// Its place as it was written.
    place: usize,
    pid: String,
    /// Words behind which nothing of before may come, and before which nothing of after.
    wall: bool,
    cleanup: bool,
    /// Messages that the line is about.
    messages: BTreeSet<String>,
    /// Messages that the session had, which ends with this line.
    session: BTreeSet<String>,
}

/// Another order in which the lines of a log could have come, as places in the present one.
///
/// The log names its daemons: `program[pid]: text`.
pub(crate) fn another(log: &[u8], seed: u64) -> Vec<usize> {
    let mut lines = lines(log);
    let mut dice = seed;
    for _ in 0..PASSES {
        for place in 1..lines.len() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if dice >> 63 == 1 && may_pass(&lines[place - 1], &lines[place]) {
                lines.swap(place - 1, place);
            }
        }
    }
    lines.iter().map(|line| line.place).collect()
}

/// A log with its lines in this order.
pub(crate) fn arranged(log: &[u8], order: &[usize]) -> Vec<u8> {
    let lines: Vec<_> = log.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), order.len(), "the flavours have the same lines");
    order.iter().flat_map(|place| lines[*place]).copied().collect()
}

fn may_pass(one: &Line, other: &Line) -> bool {
    // cleanup answers smtpd before smtpd answers its client; qmgr and the delivery agents wait for nobody.
    let answered =
        |end: &Line, line: &Line| line.cleanup && !end.session.is_disjoint(&line.messages);
    one.pid != other.pid
        && !(one.wall || other.wall)
        && one.messages.is_disjoint(&other.messages)
        && !answered(one, other)
        && !answered(other, one)
}

fn lines(log: &[u8]) -> Vec<Line> {
    let mut sessions = BTreeMap::new();
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate();
    lines.map(|(place, bytes)| line(place, bytes, &mut sessions)).collect()
}

fn line(place: usize, bytes: &[u8], sessions: &mut BTreeMap<String, BTreeSet<String>>) -> Line {
    let whole = String::from_utf8_lossy(bytes);
    let (head, text) = whole.split_once("]: ").expect("a program with its process id");
    let text = text.strip_prefix("warning: ").unwrap_or(text);
    let (program, pid) = head.rsplit_once('[').expect("a process id");
    let mut messages = BTreeSet::new();
    if let Some((id, _)) = text.split_once(": ")
        && id.chars().all(|letter| letter.is_ascii_alphanumeric())
    {
        messages.insert(id.to_owned());
    }
    for key in [", orig_queue_id=", " orig_id=", "queued as ", "forwarded as "] {
        let behind = text.split(key).nth(1).unwrap_or_default();
        let id = behind.split(|letter: char| !letter.is_ascii_alphanumeric()).next();
        messages.extend(id.filter(|id| !id.is_empty()).map(str::to_owned));
    }
    messages.remove("NOQUEUE");
    let mut session = BTreeSet::new();
    if text.contains(": client=") {
        sessions.entry(pid.to_owned()).or_default().extend(messages.iter().cloned());
    } else if text.starts_with("disconnect from ") {
        session = sessions.remove(pid).unwrap_or_default();
    }
    Line {
        place,
        pid: pid.to_owned(),
        wall: program.ends_with("master") || program.ends_with("postfix-script"),
        cleanup: program.ends_with("cleanup"),
        messages,
        session,
    }
}
