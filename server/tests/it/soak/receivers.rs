//! Receivers that answer by a script: well, slowly, with 429 and 500, not at all, or not in TLS; each keeps what it took.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How a receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Takes everything once by its key.
    Keyed,
    /// Takes everything, knows no key.
    Keyless,
    /// Takes its time.
    Slow,
    /// Says 429 with Retry-After to each third call.
    Limited,
    /// Says 500 to each third call.
    Failing,
    /// Takes each fourth call and hangs up without an answer; takes a key.
    Resetting,
    /// The same, and takes no key.
    ResettingKeyless,
    /// Takes each eighth call and never answers.
    Hanging,
    /// Speaks no TLS though it should.
    NoTls,
}

impl Manner {
    pub(super) const ALL: [Self; 9] = [
        Self::Keyed,
        Self::Keyless,
        Self::Slow,
        Self::Limited,
        Self::Failing,
        Self::Resetting,
        Self::ResettingKeyless,
        Self::Hanging,
        Self::NoTls,
    ];

    pub(super) const fn takes_key(self) -> bool {
        !matches!(self, Self::Keyless | Self::ResettingKeyless)
    }
}

/// News that a receiver took, answered or not.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    /// Its place among all that were taken.
    pub(super) number: usize,
    pub(super) incident: usize,
    pub(super) over: bool,
    /// It tells of beginning and end in one.
    pub(super) both: bool,
    pub(super) key: String,
    /// It says that it may be a repeat.
    pub(super) marked: bool,
}

#[derive(Debug, Default)]
struct Book {
    taken: Mutex<Vec<Taken>>,
    calls: AtomicUsize,
    lost_answers: AtomicUsize,
    behaves: AtomicBool,
}

/// A running receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) manner: Manner,
    address: String,
    book: Arc<Book>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let book: Arc<Book> = Arc::default();
        let mut tasks = JoinSet::new();
        let kept = Arc::clone(&book);
        tasks.spawn(async move {
            let mut calls = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                calls.spawn(serve(socket, manner, Arc::clone(&kept)));
            }
        });
        Self { manner, address, book, _tasks: tasks }
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    pub(super) fn url(&self) -> String {
        let scheme = if self.manner == Manner::NoTls { "https" } else { "http" };
        format!("{scheme}://{}/hook", self.address)
    }

    /// From now on it answers as it should.
    pub(super) fn behave(&self) {
        self.book.behaves.store(true, Ordering::SeqCst);
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.book.taken.lock().unwrap().clone()
    }

    pub(super) fn lost_answers(&self) -> usize {
        self.book.lost_answers.load(Ordering::SeqCst)
    }
}

/// What comes of a call.
enum Fate {
    Answer(&'static str),
    HangUp,
    Never,
}

async fn serve(mut socket: TcpStream, manner: Manner, book: Arc<Book>) {
    if manner == Manner::NoTls {
        socket.write_all(b"220 this is no TLS\r\n").await.ok();
        return;
    }
    while let Some((head, body)) = request(&mut socket).await {
        let call = book.calls.fetch_add(1, Ordering::SeqCst);
        let honest = book.behaves.load(Ordering::SeqCst);
        let fate = if honest { Fate::Answer("200 OK\r\n") } else { fate(manner, call).await };
        if matches!(fate, Fate::HangUp | Fate::Never) {
            book.lost_answers.fetch_add(1, Ordering::SeqCst);
        }
        if !matches!(fate, Fate::Answer(status) if !status.starts_with("200")) {
            keep(&book, &head, &body);
        }
        match fate {
            Fate::Answer(status) => {
                let answer = format!("HTTP/1.1 {status}content-length: 2\r\n\r\nok");
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Fate::HangUp => return,
            Fate::Never => tokio::time::sleep(Duration::from_secs(30)).await,
        }
    }
}

async fn fate(manner: Manner, call: usize) -> Fate {
    match manner {
        Manner::Slow => {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            Fate::Answer("200 OK\r\n")
        }
        Manner::Limited if call.is_multiple_of(3) => {
            Fate::Answer("429 Too Many Requests\r\nretry-after: 1\r\n")
        }
        Manner::Failing if call.is_multiple_of(3) => Fate::Answer("500 Internal Server Error\r\n"),
        Manner::Resetting | Manner::ResettingKeyless if call.is_multiple_of(4) => Fate::HangUp,
        Manner::Hanging if call.is_multiple_of(8) => Fate::Never,
        _ => Fate::Answer("200 OK\r\n"),
    }
}

async fn request(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length?.trim().parse().ok()?;
            if seen.len() >= end + 4 + length {
                return Some((head, seen[end + 4..end + 4 + length].to_vec()));
            }
        }
        match socket.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => seen.extend_from_slice(&piece[..read]),
        }
    }
}

fn keep(book: &Book, head: &str, body: &[u8]) {
    let message: Value = serde_json::from_slice(body).unwrap();
    let text = message.to_string();
    let title = text.split("Incident ").nth(1).unwrap_or_default();
    let digits: String = title.chars().take_while(char::is_ascii_digit).collect();
    let Ok(incident) = digits.parse() else { return };
    let key = head.lines().find_map(|line| line.strip_prefix("webhook-id: "));
    let mut taken = book.taken.lock().unwrap();
    let number = taken.len();
    taken.push(Taken {
        number,
        incident,
        over: text.contains("\"incident.resolved\"") || text.contains("Resolved: "),
        both: text.contains("Fired and recovered: "),
        key: key.unwrap_or_default().to_owned(),
        marked: text.contains("(possible repeat)") || text.contains("\"possible_repeat\":true"),
    });
}
