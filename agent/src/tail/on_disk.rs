//! What happens to logs on a real file system: links, directories that are replaced, inodes that return.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::vfs::Disk;

struct Host {
    folder: tempfile::TempDir,
    tail: Option<Tail>,
    /// Ahead of the machine's clock, as what was rotated away must have settled.
    now_ms: i64,
    lines: Vec<String>,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("log")).unwrap();
        Self { folder, tail: None, now_ms: 1_900_000_000_000, lines: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.path("log/mail.log")
    }

    fn write(&mut self, name: &str, text: &str) -> &mut Self {
        use std::io::Write as _;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self
    }

    fn read(&mut self) -> Progress {
        let log = self.log();
        let tail = self.tail.get_or_insert_with(|| Tail::new(Arc::new(Disk), &log, Start::First));
        let lines = &mut self.lines;
        let mut take = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        loop {
            match tail.read(self.now_ms, 1 << 20, &mut take) {
                Progress::More => {}
                progress => return progress,
            }
        }
    }

    fn settle(&mut self) {
        for _ in 0..3 {
            self.read();
            self.now_ms += ROTATION_GRACE_MS + 1;
        }
        self.read();
    }

    fn restart(&mut self) {
        let place = self.tail.as_ref().and_then(Tail::checkpoint).unwrap();
        self.tail = Some(Tail::resume(Arc::new(Disk), &self.log(), &place));
    }
}

fn rename(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap();
}

#[test]
fn an_empty_log_is_waited_at_and_carriage_returns_are_no_text() {
    let mut host = Host::new();
    host.write("log/mail.log", "");
    assert_eq!(host.read(), Progress::AtEnd);
    host.write("log/mail.log", "one\r\n\r\ntwo\r\n").settle();
    assert_eq!(host.lines, ["one", "two"]);
}

#[test]
fn a_file_renamed_over_the_log_is_read_from_its_first_line() {
    let mut host = Host::new();
    host.write("log/mail.log", "one\n").read();
    host.write("log/mail.log", "two\n").write("log/new", "three\n");
    rename(&host.path("log/new"), &host.log());
    host.settle();
    assert_eq!(host.lines, ["one", "two", "three"]);
}

#[test]
fn a_log_that_is_a_link_is_followed_when_the_link_is_switched() {
    let mut host = Host::new();
    host.write("a.log", "one\n");
    symlink(host.path("a.log"), host.log()).unwrap();
    host.read();
    host.write("a.log", "two\n").write("b.log", "three\n");
    symlink(host.path("b.log"), host.path("log/next")).unwrap();
    rename(&host.path("log/next"), &host.log());
    host.settle();
    host.write("b.log", "four\n").settle();
    assert_eq!(host.lines, ["one", "two", "three", "four"]);
}

#[test]
fn a_directory_that_is_replaced_takes_no_line_with_it() {
    let mut host = Host::new();
    host.write("log/mail.log", "one\n").read();
    rename(&host.path("log"), &host.path("log.old"));
    host.write("log.old/mail.log", "two\n").read();
    std::fs::create_dir(host.path("log")).unwrap();
    host.write("log/mail.log", "three\n").settle();
    assert_eq!(host.lines, ["one", "two", "three"]);
}

#[test]
fn a_log_that_cannot_be_opened_for_a_while_is_said_to_be_and_goes_on() {
    let mut host = Host::new();
    std::fs::create_dir(host.log()).unwrap();
    let Progress::Blocked(why) = host.read() else { panic!("a directory was read") };
    assert!(why.contains("not a regular file"), "{why}");
    std::fs::remove_dir(host.log()).unwrap();
    assert!(matches!(host.read(), Progress::Blocked(_)), "nothing is there");
    host.write("log/mail.log", "one\n").settle();
    assert_eq!(host.lines, ["one"]);
}

#[test]
fn a_new_file_that_got_the_old_ones_inode_is_read_from_its_first_line() {
    let mut host = Host::new();
    host.write("log/mail.log", "one and more text\n").read();
    let place = host.tail.take().and_then(|tail| tail.checkpoint()).unwrap();
    // With the agent down nothing keeps the inode; most file systems give it to the next file.
    std::fs::remove_file(host.log()).unwrap();
    host.write("log/mail.log", "two, longer than what was there before\n");
    host.tail = Some(Tail::resume(Arc::new(Disk), &host.log(), &place));
    host.settle();
    assert_eq!(host.lines, ["one and more text", "two, longer than what was there before"]);
    assert_eq!(host.tail.unwrap().take_lost().len(), 1);
}

#[test]
fn files_that_begin_with_the_same_line_are_not_one() {
    let mut host = Host::new();
    host.write("log/mail.log", "logger started\none\n").read();
    rename(&host.log(), &host.path("log/mail.log.1"));
    host.write("log/mail.log", "logger started\ntwo\n");
    host.restart();
    host.settle();
    assert_eq!(host.lines, ["logger started", "one", "logger started", "two"]);
}

#[test]
fn a_log_deleted_now_and_made_later_loses_nothing() {
    let mut host = Host::new();
    host.write("log/mail.log", "one\n").read();
    host.write("log/mail.log", "two\n");
    std::fs::remove_file(host.log()).unwrap();
    host.now_ms += 3_600_000;
    host.read();
    host.write("log/mail.log", "three\n").settle();
    assert_eq!(host.lines, ["one", "two", "three"]);
}
