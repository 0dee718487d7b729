//! What is harmed: each target has real input to begin with, and promises that any input must keep.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailvane_agent::certificates::expires_s;
use mailvane_agent::docker;
use mailvane_agent::fold::redact::template;
use mailvane_agent::fold::{Fold, Tallies, seal};
use mailvane_agent::journal::Entries;
use mailvane_agent::live;
use mailvane_agent::postfix::{self, Line};
use mailvane_agent::queue::showq::Reader;
use mailvane_agent::queue::{Walker, answer};
use mailvane_agent::spool::record::Record;
use mailvane_agent::spool::{SPOOL_BYTES_MAX, Spool};
use mailvane_agent::stamp::{Stamps, Zone};
use mailvane_agent::vfs::Vfs as _;
use mailvane_agent::vfs::memory::Memory;
use mailvane_proto::v1::Batch;

/// One reader.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    pub(crate) words: &'static [&'static [u8]],
    /// Reads an input and gives a hash of how it went; panics if a promise is broken.
    pub(crate) read: fn(&[u8]) -> u64,
}

pub(crate) const TARGETS: &[Target] = &[
    Target { name: "parser", seeds: lines, words: WORDS, read: parser },
    Target { name: "journal", seeds: exports, words: FIELDS, read: journal },
    Target { name: "docker", seeds: objects, words: WORDS, read: docker_log },
    Target { name: "spool", seeds: segments, words: &[], read: spool },
    Target { name: "showq", seeds: listings, words: ATTRIBUTES, read: showq },
    Target { name: "helper", seeds: answers, words: ANSWERS, read: helper },
    Target { name: "certificate", seeds: certificates, words: &[], read: certificate },
];

const WORDS: &[&[u8]] = &[
    b"status=sent (",
    b"status=deferred (",
    b"to=<",
    b", relay=",
    b", delays=1/2/3/4",
    b", dsn=4.7.28",
    b"NOQUEUE: reject: RCPT from ",
    b"[127.77.86.1]",
    b": ",
    b"; from=<",
    b"> proto=",
    b"warning: ",
    b"fatal: ",
    b" said: 421-4.7.28 ",
    b"@",
    b"Suppressed 99999999999999999999 messages",
    b"18446744073709551616",
    b"\xc3\xa9",
    b"client=",
    b"sasl_username=",
    b"disconnect from ",
    b" auth=0/1",
    b" commands=3/5",
    b"postfix/relay/smtp[1]: ",
    b"<22>1 ",
    b"Feb 30 25:61:61 ",
];
const FIELDS: &[&[u8]] = &[
    b"MESSAGE=",
    b"MESSAGE\n\x10\0\0\0\0\0\0\0",
    b"\n\n",
    b"__CURSOR=",
    b"SYSLOG_IDENTIFIER=postfix/",
    b"_SOURCE_REALTIME_TIMESTAMP=99999999999999999999",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
];
const ATTRIBUTES: &[&[u8]] = &[
    b"queue_name\0deferred\0",
    b"queue_id\0",
    b"time\0",
    b"size\0",
    b"recipient\0a@b.test\0",
    b"\0\0",
];

const ANSWERS: &[&[u8]] =
    &[b"deferred ", b"closed ", b"1,2,3", b"18446744073709551615", b"end\n", b"queues 1\n", b" 1 "];

pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn captures(file: &str) -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let folders = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
    folders.filter_map(|folder| std::fs::read(folder.join(file)).ok()).collect()
}

fn lines() -> Vec<Vec<u8>> {
    let logs = ["mail.log", "mail.iso.log", "mail.rfc5424.log"].into_iter().flat_map(captures);
    logs.flat_map(|log| {
        let lines: Vec<Vec<u8>> = log.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.chunks(6).step_by(5).map(|few| few.join(&b'\n')).collect::<Vec<_>>()
    })
    .collect()
}

/// Some lines of a log: understood, told, counted, sealed. Nothing of it may hold an address.
fn parser(input: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut fold = Fold::new([7; 32]);
    let mut stamps = Stamps::new(Zone::Fixed(0), 1_798_761_600_000);
    let mut tallies = Tallies::default();
    for text in input.split(|byte| *byte == b'\n') {
        let Some(line) = Line::parse(text) else { continue };
        let at_ms = stamps.resolve(line.stamp).unwrap_or(0);
        let event = live::hear(&line, at_ms);
        event.kind.hash(&mut hasher);
        for (name, _) in &event.fields {
            name.hash(&mut hasher);
        }
        postfix::is_own_probe(&line).hash(&mut hasher);
        fold.line(&line, text.len(), at_ms, &mut tallies).hash(&mut hasher);
        let shown = template(line.text);
        assert!(!shown.as_str().contains('@'), "an address in {:?}", shown.as_str());
    }
    for (_, tally) in tallies.iter() {
        for (id, _) in tally.metrics() {
            id.0.hash(&mut hasher);
        }
    }
    let mut batch = Batch::default();
    seal::fill(&mut batch, &tallies, &fold.roster);
    for sample in &batch.instances {
        for event in &sample.events {
            assert!(event.subject.len() <= 255, "{} bytes of subject", event.subject.len());
        }
        for entry in &sample.breakdowns {
            assert!(entry.key.len() <= 255, "{} bytes of key", entry.key.len());
        }
    }
    hasher.finish()
}

fn exports() -> Vec<Vec<u8>> {
    let pieces = captures("journal.export").into_iter().map(|mut export| {
        export.truncate(4_000);
        export
    });
    pieces.collect()
}

/// An export reads alike in one piece and in many.
fn journal(input: &[u8]) -> u64 {
    let read = |size: usize| {
        let (mut entries, mut hasher, mut count) =
            (Entries::default(), DefaultHasher::new(), 0_u64);
        let mut found = |entry: &mailvane_agent::journal::Entry| {
            (&entry.program, entry.pid, &entry.text, &entry.cursor, entry.at_us).hash(&mut hasher);
            live::hear(&entry.line(), 0).kind.hash(&mut hasher);
            count += 1;
        };
        for piece in input.chunks(size) {
            entries.feed(piece, &mut found);
        }
        entries.end(&mut found);
        (hasher.finish(), count)
    };
    let (whole, count) = read(usize::MAX);
    assert_eq!((whole, count), read(7), "cut into pieces it reads otherwise");
    // Contents differ with every byte; how many entries come out, and how long the input is, tell ways apart.
    count << 8 | u64::from(input.len().ilog2_or_zero())
}

trait Ilog2 {
    fn ilog2_or_zero(self) -> u32;
}

impl Ilog2 for usize {
    fn ilog2_or_zero(self) -> u32 {
        self.checked_ilog2().unwrap_or(0)
    }
}

fn objects() -> Vec<Vec<u8>> {
    let object = |line: &[u8]| {
        let text = format!("{}\n", String::from_utf8_lossy(line));
        serde_json::json!({ "log": text, "stream": "stdout", "time": "2026-11-23T12:23:28.5Z" })
    };
    let logs = captures("mail.log");
    let lines = logs.iter().flat_map(|log| log.split(|byte| *byte == b'\n').take(20));
    lines.map(|line| object(line).to_string().into_bytes()).collect()
}

fn docker_log(input: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for object in input.split(|byte| *byte == b'\n') {
        let entry = docker::entry(object);
        entry.is_some().hash(&mut hasher);
        if let Some(line) = entry.as_ref().and_then(docker::Entry::line) {
            live::hear(&line, 0).kind.hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn directory() -> PathBuf {
    PathBuf::from("/spool")
}

fn open(disk: &Memory) -> (Spool, u64) {
    let opened = Spool::open(Arc::new(disk.clone()), &directory(), SPOOL_BYTES_MAX, 1_000);
    let (spool, recovered) = opened.expect("a damaged spool is opened all the same");
    let damaged = recovered.quarantined_bytes > 0;
    let behaviour = u64::try_from(recovered.replay.len()).unwrap() << 8 | u64::from(damaged);
    (spool, behaviour)
}

fn write(spool: &mut Spool, end_ms: i64) {
    let batch = Batch { start_ms: end_ms - 10, end_ms, ..Batch::default() };
    let whole = spool.wants_snapshot();
    let memory = Some(mailvane_agent::fold::state::Delta { whole, ..Default::default() });
    spool.append(batch, Record { memory, ..Record::default() }).unwrap();
}

fn segments() -> Vec<Vec<u8>> {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    for n in 1..=12 {
        write(&mut spool, n * 10);
    }
    drop(spool);
    let names = disk.list(&directory()).unwrap();
    names.iter().filter_map(|name| disk.content(name)).filter(|bytes| !bytes.is_empty()).collect()
}

/// A segment with any content is opened, and the spool is good to write and to read afterwards.
fn spool(input: &[u8]) -> u64 {
    let disk = Memory::default();
    let (mut spool, _) = open(&disk);
    write(&mut spool, 10);
    drop(spool);
    let name = disk.list(&directory()).unwrap().into_iter().next().unwrap();
    disk.truncate(&name);
    disk.append(&name, input);
    let (mut spool, behaviour) = open(&disk);
    let end_ms = i64::from(u32::MAX) * 1_000_000;
    write(&mut spool, end_ms);
    let seq = spool.next_seq() - 1;
    assert!(spool.batch(seq).is_some(), "what was written can be read");
    drop(spool);
    let (spool, _) = open(&disk);
    assert!(spool.batch(seq).is_some(), "and is there after a restart");
    behaviour << 4 | spool.waiting().min(15)
}

fn listings() -> Vec<Vec<u8>> {
    let mut listings = vec![
        b"queue_name\0deferred\0queue_id\0AF128B62034\0time\x001795478400\0size\x00300\0forced_expire\x000\0sender\0a@b.test\0recipient\0c@d.test\0reason\0later\0\0\0".to_vec(),
    ];
    listings.extend(captures("showq.bin"));
    listings
}

fn showq(input: &[u8]) -> u64 {
    let read = |size: usize| {
        let (mut reader, mut hasher) = (Reader::default(), DefaultHasher::new());
        for piece in input.chunks(size) {
            reader.feed(piece, |message| {
                assert!(message.domains.len() <= 1_000 && message.id.len() <= 1_024);
                (message.recipients.min(9), message.queue.is_some()).hash(&mut hasher);
            });
        }
        reader.is_complete().hash(&mut hasher);
        hasher.finish()
    };
    let whole = read(usize::MAX);
    assert_eq!(whole, read(5), "cut into pieces it reads otherwise");
    whole
}

fn answers() -> Vec<Vec<u8>> {
    let spool = tempfile::tempdir().unwrap();
    std::fs::create_dir(spool.path().join("deferred")).unwrap();
    std::fs::write(spool.path().join("deferred/AF128B62034"), "x").unwrap();
    let seen = Walker::new(spool.path(), Some(432_000)).walk(1_795_478_400_000);
    vec![answer::write(&seen).into_bytes(), b"queues 1\nend\n".to_vec()]
}

/// What the helper says is taken as it was meant, or not at all; requests to it likewise.
fn helper(input: &[u8]) -> u64 {
    if let Ok(line) = std::str::from_utf8(input) {
        let _ = answer::read_request(line);
    }
    let Some(seen) = answer::read(input) else { return 0 };
    let again = answer::write(&seen);
    let read = answer::read(again.as_bytes()).expect("what was read can be said again");
    assert_eq!(answer::write(&read), again);
    seen.iter().fold(1, |sum, (queue, depth)| {
        sum.rotate_left(5) ^ hash(queue.name().as_bytes()) ^ u64::from(depth.is_ok())
    })
}

fn certificates() -> Vec<Vec<u8>> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["mx1.example.com".into()]).unwrap();
    vec![params.self_signed(&key).unwrap().der().to_vec()]
}

fn certificate(input: &[u8]) -> u64 {
    match expires_s(input) {
        Some(at_s) => u64::from(at_s.unsigned_abs().checked_ilog2().unwrap_or(0)) + 2,
        None => u64::from(input.len() < 100),
    }
}
