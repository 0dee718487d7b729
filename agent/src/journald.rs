//! The systemd journal as a source of lines: a `journalctl` child that follows it, from cursor to cursor.
//!
//! The export format is the cheapest that journalctl has, and needs no library that a static binary could not carry.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::feed::JOURNALD;
use crate::journal::{Entries, Entry};
use crate::tail::checkpoint::Checkpoint;
use crate::tail::{Lost, Progress, Start};

/// Where distributions keep it.
pub const PROGRAM: &str = "/usr/bin/journalctl";
/// The fields that a line is made of; every other would be read, formatted and thrown away.
const FIELDS: &str =
    "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_SOURCE_REALTIME_TIMESTAMP";
/// The mail facility: by unit one would lose what sendmail(1) of a user session says.
const MATCH: &str = "SYSLOG_FACILITY=2";
/// A child that was silent for this long has told all that was there when it was started.
const SETTLE_MS: i64 = 1_000;
/// A child that ended is started again after this.
const RESTART_MS: i64 = 1_000;
const CHUNK_BYTES: usize = 64 * 1024;

/// The journal.
pub struct Journald {
    program: PathBuf,
    child: Option<Running>,
    entries: Entries,
    /// Behind the last entry that was handed out; empty before the first.
    cursor: Vec<u8>,
    /// When that entry was written, microseconds since 1970.
    at_us: i64,
    start: Start,
    /// Entries since the child was started.
    heard: u64,
    /// When the child last spoke while it caught up; nothing once it has.
    catching_up_ms: Option<i64>,
    restart_ms: i64,
    lost: Vec<Lost>,
}

struct Running {
    child: Child,
    output: ChildStdout,
}

impl Drop for Running {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        tracing::trace!(ended = ended.is_ok(), "journald.child");
    }
}

impl Journald {
    /// Goes on at a place, or begins.
    pub fn new(program: &Path, place: Option<&Checkpoint>, start: Start) -> Self {
        Self {
            program: program.into(),
            child: None,
            entries: Entries::default(),
            cursor: place.map(|place| place.cursor.clone()).unwrap_or_default(),
            at_us: place.and_then(|place| i64::try_from(place.offset).ok()).unwrap_or(0),
            start,
            heard: 0,
            catching_up_ms: None,
            restart_ms: i64::MIN,
            lost: Vec::new(),
        }
    }

    /// The place behind the last entry; nothing before the first.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        (!self.cursor.is_empty()).then(|| Checkpoint {
            path: JOURNALD.into(),
            offset: u64::try_from(self.at_us).unwrap_or(0),
            cursor: self.cursor.clone(),
            ..Checkpoint::default()
        })
    }

    /// What was gone before it was read, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.lost)
    }

    /// Goes to the journal's end, leaving out what is between.
    pub fn skip_to_end(&mut self) {
        self.child = None;
        self.cursor.clear();
        self.start = Start::End;
    }

    /// Hands out entries, at most about `bytes_max` bytes of them.
    pub fn read(
        &mut self,
        now_ms: i64,
        bytes_max: usize,
        found: &mut dyn FnMut(&Entry),
    ) -> Progress {
        match self.try_read(now_ms, bytes_max, found) {
            Ok(progress) => progress,
            Err(error) => {
                self.child = None;
                self.restart_ms = now_ms + RESTART_MS;
                Progress::Blocked(format!("{}: {error}", self.program.display()))
            }
        }
    }

    fn try_read(
        &mut self,
        now_ms: i64,
        bytes_max: usize,
        found: &mut dyn FnMut(&Entry),
    ) -> io::Result<Progress> {
        if self.child.is_none() {
            if now_ms < self.restart_ms {
                return Ok(Progress::AtEnd);
            }
            self.spawn()?;
            self.catching_up_ms = Some(now_ms);
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut budget = bytes_max;
        loop {
            let Some(running) = &mut self.child else { return Ok(Progress::AtEnd) };
            match running.output.read(&mut chunk) {
                Ok(0) => return self.ended(now_ms),
                Ok(read) => {
                    self.catching_up_ms = self.catching_up_ms.map(|_| now_ms);
                    self.take(chunk.get(..read).unwrap_or_default(), found);
                    budget = budget.saturating_sub(read);
                    if budget == 0 {
                        return Ok(Progress::More);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(self.silent(now_ms));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn silent(&mut self, now_ms: i64) -> Progress {
        // A clock that was set back settles it too.
        if self.catching_up_ms.is_some_and(|spoke_ms| (0..SETTLE_MS).contains(&(now_ms - spoke_ms)))
        {
            return Progress::Waiting;
        }
        self.catching_up_ms = None;
        Progress::AtEnd
    }

    fn take(&mut self, bytes: &[u8], found: &mut dyn FnMut(&Entry)) {
        let Self { entries, cursor, at_us, heard, .. } = self;
        entries.feed(bytes, &mut |entry| {
            found(entry);
            cursor.clone_from(&entry.cursor);
            *at_us = entry.at_us;
            *heard += 1;
        });
    }

    fn spawn(&mut self) -> io::Result<()> {
        self.entries = Entries::default();
        self.heard = 0;
        let mut command = Command::new(&self.program);
        command
            .args(["--output=export", "--follow", "--quiet", FIELDS])
            .args(self.from())
            .arg(MATCH);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("has no output"))?;
        let flags = rustix::fs::fcntl_getfl(&output)?;
        rustix::fs::fcntl_setfl(&output, flags | rustix::fs::OFlags::NONBLOCK)?;
        self.child = Some(Running { child, output });
        Ok(())
    }

    /// Where the child is to begin.
    fn from(&self) -> Vec<String> {
        match (self.cursor.is_empty(), self.start) {
            (false, _) => vec![
                format!("--after-cursor={}", String::from_utf8_lossy(&self.cursor)),
                "--lines=all".into(),
            ],
            // The cursor's entry is gone: from the first second after it.
            (true, Start::First) if self.at_us > 0 => {
                vec![format!("--since=@{}", self.at_us / 1_000_000 + 1), "--lines=all".into()]
            }
            (true, Start::First) => vec!["--lines=all".into()],
            (true, Start::End) => vec!["--lines=0".into()],
        }
    }

    /// A child that ended without a word does not know the cursor any more.
    fn ended(&mut self, now_ms: i64) -> io::Result<Progress> {
        let status = self.child.take().map(|mut running| running.child.wait()).transpose()?;
        self.restart_ms = now_ms + RESTART_MS;
        let failed = status.is_some_and(|status| !status.success());
        if failed && self.heard == 0 && !self.cursor.is_empty() {
            self.cursor.clear();
            self.start = Start::First;
            self.lost.push(Lost { bytes: 0, why: "the journal was vacuumed beyond what was read" });
            return Ok(Progress::AtEnd);
        }
        if failed {
            return Err(io::Error::other(
                "ended with an error; is this user in group systemd-journal?",
            ));
        }
        Ok(Progress::AtEnd)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A journal of four entries that knows `--after-cursor`, and forgets what is named in `gone`.
    const FAKE: &str = r#"#!/bin/sh
from=0
for word in "$@"; do
    case $word in
        --after-cursor=c*) from=${word#--after-cursor=c} ;;
        --lines=0) from=9 ;;
    esac
done
[ "$from" = "$(cat "$0.gone" 2>/dev/null)" ] && exit 1
n=$((from + 1))
while [ $n -le 4 ]; do
    printf '__CURSOR=c%s\n__REALTIME_TIMESTAMP=179543520000000%s\nSYSLOG_IDENTIFIER=postfix/qmgr\nSYSLOG_PID=7\nMESSAGE=line %s\n\n' $n $n $n
    n=$((n + 1))
done
exec sleep 30
"#;

    fn fake() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("journalctl");
        std::fs::write(&program, FAKE).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        (directory, program)
    }

    fn lines(journal: &mut Journald, wanted: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for tick in 0..100 {
            journal.read(tick * RESTART_MS, 1 << 20, &mut |entry| {
                lines.push(String::from_utf8_lossy(&entry.text).into_owned());
            });
            if lines.len() >= wanted {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        lines
    }

    #[test]
    fn a_restart_goes_on_behind_the_cursor() {
        let (_directory, program) = fake();
        let mut journal = Journald::new(&program, None, Start::First);
        assert_eq!(lines(&mut journal, 4), ["line 1", "line 2", "line 3", "line 4"]);
        let mut place = journal.checkpoint().unwrap();
        assert_eq!(place.cursor, b"c4");
        place.cursor = b"c2".to_vec();
        drop(journal);
        let mut journal = Journald::new(&program, Some(&place), Start::End);
        assert_eq!(lines(&mut journal, 2), ["line 3", "line 4"]);
    }

    #[test]
    fn a_backlog_is_not_taken_for_the_present_before_it_was_told() {
        let (_directory, program) = fake();
        let mut journal = Journald::new(&program, None, Start::First);
        assert_eq!(journal.read(0, 1 << 20, &mut |_| {}), Progress::Waiting);
        lines(&mut journal, 4);
        assert_eq!(journal.read(1_000_000, 1 << 20, &mut |_| {}), Progress::AtEnd);
    }

    #[test]
    fn a_cursor_that_was_vacuumed_away_is_declared_lost() {
        let (directory, program) = fake();
        std::fs::write(directory.path().join("journalctl.gone"), "2").unwrap();
        let place = Checkpoint { cursor: b"c2".to_vec(), offset: 1, ..Checkpoint::default() };
        let mut journal = Journald::new(&program, Some(&place), Start::End);
        assert_eq!(lines(&mut journal, 4).len(), 4);
        assert_eq!(journal.take_lost().len(), 1);
    }

    #[test]
    fn a_host_without_journalctl_says_so() {
        let mut journal = Journald::new(Path::new("/nonexistent/journalctl"), None, Start::End);
        assert!(matches!(journal.read(0, 1, &mut |_| {}), Progress::Blocked(_)));
    }
}
