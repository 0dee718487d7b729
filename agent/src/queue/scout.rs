//! The rare look through showq's socket: who the waiting messages are for, and how old they are.
//!
//! On a thread of its own, as showq opens every queue file and may take minutes; with a cap on bytes and time. Where
//! the queue directories cannot be listed, it is also the only way to count what waits.

use std::collections::HashMap;
use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use super::{AGE_BUCKETS, Depth, Known, Queue, showq};

/// The shortest time between two looks.
const EVERY_MS: i64 = 60_000;
/// A look may take this share of the time: the next one waits 100 times as long as the last took.
const DUTY: i64 = 100;
/// Longest look; what came until then is the sample.
const LOOK_MAX: Duration = Duration::from_mins(2);
/// Longest silence of showq.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// Most bytes of a look: half a million messages.
const BYTES_MAX: usize = 128 << 20;
/// Most domains of a look; the rest is `other`.
const DOMAINS_MAX: usize = 1_000;

/// What one look saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    /// Whether it saw everything.
    pub complete: bool,
    /// Messages seen.
    pub messages: u64,
    /// Recipients that wait for them.
    pub recipients: u64,
    /// What each queue holds.
    pub depths: HashMap<Queue, Depth>,
    /// Recipients in deferred and active by domain and age.
    pub domains: HashMap<Vec<u8>, [u64; AGE_BUCKETS]>,
}

impl Sample {
    fn add(&mut self, message: &showq::Message, now_s: u64) {
        let Some(queue) = message.queue else { return };
        self.messages += 1;
        self.recipients += message.recipients;
        let depth = self.depths.entry(queue).or_default();
        depth.messages += 1;
        depth.add(
            Known {
                arrived_s: u32::try_from(message.arrived_s).unwrap_or(u32::MAX),
                bytes: u32::try_from(message.bytes).unwrap_or(u32::MAX),
                next_try_s: 0,
            },
            now_s,
        );
        if !matches!(queue, Queue::Deferred | Queue::Active) {
            return;
        }
        let bucket = super::bucket_of(now_s.saturating_sub(message.arrived_s));
        for domain in &message.domains {
            let full = self.domains.len() >= DOMAINS_MAX && !self.domains.contains_key(domain);
            let key = if full { OTHER } else { domain };
            let ages = self.domains.entry(key.to_vec()).or_default();
            if let Some(count) = ages.get_mut(bucket) {
                *count += 1;
            }
        }
    }
}

const OTHER: &[u8] = mailvane_proto::catalogue::OTHER.as_bytes();

/// Looks now and then.
#[derive(Debug)]
pub struct Scout {
    socket: PathBuf,
    next_ms: i64,
    began_ms: i64,
    looking: Option<Receiver<Option<Sample>>>,
}

impl Scout {
    /// For the queue directory of an instance.
    pub fn new(queue_directory: &Path) -> Self {
        let socket = queue_directory.join("public/showq");
        Self { socket, next_ms: 0, began_ms: 0, looking: None }
    }

    /// What the last look saw, once; begins another when it is due. Never waits.
    pub fn poll(&mut self, now_ms: i64) -> Option<Sample> {
        if let Some(looking) = &self.looking {
            let seen = match looking.try_recv() {
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => None,
                Ok(seen) => seen,
            };
            self.looking = None;
            let took_ms = now_ms.saturating_sub(self.began_ms).max(0);
            self.next_ms = now_ms + EVERY_MS.max(took_ms.saturating_mul(DUTY));
            return seen;
        }
        if now_ms >= self.next_ms {
            self.began_ms = now_ms;
            self.begin(now_ms);
        }
        None
    }

    fn begin(&mut self, now_ms: i64) {
        let (report, looking) = channel();
        let socket = self.socket.clone();
        let seen_from_s = u64::try_from(now_ms / 1_000).unwrap_or(0);
        let thread = std::thread::Builder::new().name("showq".to_owned());
        let begun = thread.spawn(move || {
            // Nobody may want to know any more: the agent ends.
            report.send(look(&socket, seen_from_s)).ok();
        });
        match begun {
            Ok(_) => self.looking = Some(looking),
            Err(_) => self.next_ms = now_ms + EVERY_MS,
        }
    }
}

/// Reads the whole list, or as much as the caps allow; nothing where the socket cannot be reached.
pub fn look(socket: &Path, now_s: u64) -> Option<Sample> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(SILENCE_MAX)).ok()?;
    let began = Instant::now();
    let (mut reader, mut sample) = (showq::Reader::default(), Sample::default());
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    while !reader.is_complete() && bytes < BYTES_MAX && began.elapsed() < LOOK_MAX {
        let Ok(length) = stream.read(&mut buffer) else { break };
        let Some(piece) = buffer.get(..length).filter(|piece| !piece.is_empty()) else { break };
        bytes += length;
        reader.feed(piece, |message| sample.add(message, now_s));
    }
    sample.complete = reader.is_complete();
    (bytes > 0).then_some(sample)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixListener;

    use super::*;

    const CAPTURED: &[u8] = include_bytes!("../../tests/corpus/25-rfc5424-full-name/showq.bin");
    const ARRIVED_S: i64 = 1_795_437_165;

    fn spool_with_showq(answer: &'static [u8]) -> tempfile::TempDir {
        let spool = tempfile::tempdir().unwrap();
        std::fs::create_dir(spool.path().join("public")).unwrap();
        let listener = UnixListener::bind(spool.path().join("public/showq")).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                stream.unwrap().write_all(answer).unwrap();
            }
        });
        spool
    }

    fn wait(scout: &mut Scout, now_ms: i64) -> Option<Sample> {
        for _ in 0..500 {
            if let Some(sample) = scout.poll(now_ms) {
                return Some(sample);
            }
            if scout.looking.is_none() && scout.next_ms > now_ms {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    #[test]
    fn a_look_tells_who_waits_and_how_long_and_the_next_one_is_a_minute_later() {
        let spool = spool_with_showq(CAPTURED);
        let mut scout = Scout::new(spool.path());
        let now_ms = (ARRIVED_S + 700) * 1_000;
        let sample = wait(&mut scout, now_ms).unwrap();
        assert!(sample.complete);
        assert_eq!((sample.messages, sample.recipients), (2, 2));
        assert_eq!(sample.domains[b"refused.test".as_slice()], [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sample.depths[&Queue::Deferred].oldest_s, 700);
        assert_eq!(wait(&mut scout, now_ms + EVERY_MS - 1), None);
        assert!(wait(&mut scout, now_ms + EVERY_MS).is_some());
    }

    #[test]
    fn a_list_that_breaks_off_is_a_sample_and_says_so() {
        let spool = spool_with_showq(CAPTURED.split_at(CAPTURED.len() - 30).0);
        let sample = wait(&mut Scout::new(spool.path()), ARRIVED_S * 1_000).unwrap();
        assert!(!sample.complete);
        assert_eq!(sample.messages, 1);
    }

    #[test]
    fn a_mail_system_that_is_down_gives_nothing() {
        let spool = tempfile::tempdir().unwrap();
        assert_eq!(wait(&mut Scout::new(spool.path()), 0), None);
    }
}
