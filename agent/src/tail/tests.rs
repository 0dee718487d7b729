//! What logrotate, copytruncate, postlogd and operators do to a log, and that every line is counted once.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::vfs::memory::Memory;

struct Story {
    disk: Memory,
    tail: Tail,
    now_ms: i64,
    lines: Vec<String>,
}

fn log() -> PathBuf {
    PathBuf::from("/var/log/mail.log")
}

impl Story {
    fn begin() -> Self {
        let disk = Memory::default();
        disk.append(&log(), b"");
        let tail = Tail::new(Arc::new(disk.clone()), &log(), Start::First);
        Self { disk, tail, now_ms: 0, lines: Vec::new() }
    }

    fn write(&mut self, text: &str) -> &mut Self {
        self.pass(10);
        self.disk.append(&log(), text.as_bytes());
        self
    }

    fn pass(&mut self, ms: i64) -> &mut Self {
        self.now_ms += ms;
        self.disk.set_now(self.now_ms);
        self
    }

    fn read(&mut self) -> &mut Self {
        let lines = &mut self.lines;
        let mut take = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        while self.tail.read(self.now_ms, 1 << 20, &mut take) == Progress::More {}
        self
    }

    fn rename(&mut self, from: &str, to: &str) -> &mut Self {
        self.disk.rename(Path::new(from), Path::new(to)).unwrap();
        self
    }

    fn restart(&mut self) -> &mut Self {
        let disk = Arc::new(self.disk.clone());
        self.tail = match self.tail.checkpoint() {
            Some(place) => Tail::resume(disk, &log(), &place),
            None => Tail::new(disk, &log(), Start::First),
        };
        self
    }

    fn expect(&mut self, lines: &[&str]) {
        self.read().pass(ROTATION_GRACE_MS + 1).read();
        self.pass(ROTATION_GRACE_MS + 1).read();
        assert_eq!(self.lines, lines);
    }
}

#[test]
fn a_line_counts_when_it_is_complete() {
    let mut story = Story::begin();
    story.write("one\ntw").read();
    assert_eq!(story.lines, ["one"]);
    story.write("o\r\nthree\n").expect(&["one", "two", "three"]);
}

#[test]
fn a_restart_in_the_middle_of_a_line_reads_it_once() {
    let mut story = Story::begin();
    story.write("one\ntw").read().restart().write("o\n").expect(&["one", "two"]);
}

#[test]
fn a_renamed_log_is_read_to_its_end_though_its_writer_is_slow() {
    let mut story = Story::begin();
    story.write("one\n").read().rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.write("three\n").read();
    story.disk.append(Path::new("/var/log/mail.log.1"), b"two\n");
    story.expect(&["one", "two", "three"]);
}

#[test]
fn two_rotations_while_the_agent_was_down_lose_nothing() {
    let mut story = Story::begin();
    story.write("one\n").read().write("two\n").rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.write("three\n");
    story
        .rename("/var/log/mail.log.1", "/var/log/mail.log.2")
        .rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.write("four\n").restart().expect(&["one", "two", "three", "four"]);
    assert!(story.tail.take_lost().is_empty());
}

#[test]
fn two_rotations_within_the_grace_lose_nothing() {
    let mut story = Story::begin();
    story.write("one\n").read().rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.write("two\n").read();
    story
        .rename("/var/log/mail.log.1", "/var/log/mail.log.2")
        .rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.write("three\n").expect(&["one", "two", "three"]);
}

#[test]
fn a_log_compressed_while_the_agent_was_down_is_still_read() {
    let mut story = Story::begin();
    story.write("one\n").read().write("two\n");
    let content = story.disk.content(&log()).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&content).unwrap();
    story.disk.append(Path::new("/var/log/mail.log.1.gz"), &packed.finish().unwrap());
    story.disk.remove(&log()).unwrap();
    story.write("three\n").restart().expect(&["one", "two", "three"]);
}

#[test]
fn copytruncate_begins_anew() {
    let mut story = Story::begin();
    story.write("one\ntwo\n").read();
    story.disk.truncate(&log());
    story.write("three\n").expect(&["one", "two", "three"]);
    assert_eq!(story.tail.take_lost().len(), 1);
}

#[test]
fn copytruncate_that_grew_past_the_place_is_noticed() {
    let mut story = Story::begin();
    story.write("one\ntwo\n").read();
    story.disk.truncate(&log());
    story.write("three\nfour and more\n").expect(&["one", "two", "three", "four and more"]);
}

#[test]
fn copytruncate_while_the_agent_was_down_reads_the_rest_from_the_copy() {
    let mut story = Story::begin();
    story.write("one\n").read().write("two\n");
    let content = story.disk.content(&log()).unwrap();
    story.disk.append(Path::new("/var/log/mail.log.1"), &content);
    story.disk.truncate(&log());
    story.write("three\n").restart().expect(&["one", "two", "three"]);
}

#[test]
fn a_log_that_vanished_with_its_text_is_declared_lost() {
    let mut story = Story::begin();
    story.write("one\n").read();
    story.disk.remove(&log()).unwrap();
    story.write("two\n").restart().expect(&["one", "two"]);
    assert_eq!(story.tail.take_lost().len(), 1);
}

#[test]
fn a_log_that_is_missing_for_a_while_goes_on() {
    let mut story = Story::begin();
    story.write("one\n").read().rename("/var/log/mail.log", "/var/log/mail.log.1");
    story.pass(60_000).read().write("two\n").expect(&["one", "two"]);
}

#[test]
fn nuls_and_endless_lines_do_no_harm() {
    let mut story = Story::begin();
    story
        .write("\0\0\0one\n\n")
        .write(&"x".repeat(LINE_BYTES_MAX * 2))
        .read()
        .write("y\nthree\n")
        .read();
    assert_eq!(story.lines.len(), 3);
    assert_eq!((story.lines[0].as_str(), story.lines[2].as_str()), ("one", "three"));
}

#[test]
fn a_log_read_for_the_first_time_starts_at_its_end() {
    let mut story = Story::begin();
    story.write("old\n");
    story.tail = Tail::new(Arc::new(story.disk.clone()), &log(), Start::End);
    story.read().write("new\n").expect(&["new"]);
}

#[derive(Debug, Clone)]
enum Act {
    Write(u8),
    Partial,
    Read,
    Restart,
    Rotate,
    Pause,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (1..4_u8).prop_map(Act::Write),
        1 => Just(Act::Partial),
        3 => Just(Act::Read),
        1 => Just(Act::Restart),
        1 => Just(Act::Rotate),
        1 => Just(Act::Pause),
    ];
    proptest::collection::vec(act, 1..60)
}

proptest! {
    #[test]
    fn whatever_happens_every_line_is_read_once_and_in_order(acts in acts()) {
        let mut story = Story::begin();
        story.read();
        let mut written: VecDeque<String> = VecDeque::new();
        let (mut number, mut half, mut kept) = (0, String::new(), 0);
        for act in acts {
            match act {
                Act::Write(count) => for _ in 0..count {
                    number += 1;
                    let line = format!("{half}line {number}");
                    let rest = line.strip_prefix(&half).unwrap().to_owned();
                    half.clear();
                    story.write(&format!("{rest}\n"));
                    written.push_back(line);
                },
                Act::Partial if half.is_empty() => {
                    half = format!("half of {number}, ");
                    let text = half.clone();
                    story.write(&text);
                }
                Act::Read => { story.read(); }
                Act::Restart => { story.restart(); }
                Act::Pause => { story.pass(ROTATION_GRACE_MS); }
                // A writer ends its line before the log is rotated.
                Act::Rotate if half.is_empty() && story.disk.content(&log()).is_some_and(|c| !c.is_empty()) => {
                    for old in (1..=kept).rev() {
                        story.rename(&format!("/var/log/mail.log.{old}"), &format!("/var/log/mail.log.{}", old + 1));
                    }
                    kept += 1;
                    story.rename("/var/log/mail.log", "/var/log/mail.log.1");
                    story.pass(1);
                    story.disk.append(&log(), b"");
                }
                Act::Partial | Act::Rotate => {}
            }
        }
        for _ in 0..4 {
            story.read().pass(ROTATION_GRACE_MS + 1);
        }
        story.read();
        prop_assert_eq!(story.lines, Vec::from(written));
    }
}
