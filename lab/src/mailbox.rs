//! A mail server that keeps what it is sent: for alerts by mail. Refuses what a careful one refuses: bare line feeds, long
//! lines, mail without the headers that a thread and a way out need.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{journal::Journal, receiver::lock, world::now_ms};

const LINE_BYTES_MAX: usize = 1_000;
const MAIL_BYTES_MAX: usize = 1024 * 1024;

/// A mail that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// When it came, milliseconds since 1970.
    pub at_ms: u64,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Headers and body as they came.
    pub text: String,
}

impl Kept {
    /// The value of a header, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A running mail server. It stops when dropped.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    journal: Journal,
    replies: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<io::Result<()>>,
}

impl Mailbox {
    /// Listens on `listen` and writes mails to `journal`.
    pub async fn start(listen: SocketAddr, journal: Journal) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let replies: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut tasks = JoinSet::new();
        let (keep, scripted) = (journal.clone(), Arc::clone(&replies));
        tasks.spawn(async move {
            let mut conversations = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await?;
                conversations.spawn(talk(socket, keep.clone(), Arc::clone(&scripted)));
            }
        });
        Ok(Self { address, journal, replies, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that was taken.
    pub fn kept(&self) -> io::Result<Vec<Kept>> {
        self.journal.read()
    }

    /// Replies to give to the next mails in place of taking them, the last first.
    pub fn script(&self, replies: impl IntoIterator<Item = String>) {
        lock(&self.replies).extend(replies);
    }
}

async fn talk(
    socket: TcpStream,
    journal: Journal,
    scripted: Arc<Mutex<Vec<String>>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(socket);
    stream.get_mut().write_all(b"220 lab ESMTP\r\n").await?;
    let mut to = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let reply = match verb.as_str() {
            "EHLO" | "HELO" => "250-lab\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                to.push(address.to_owned());
                "250 ok".to_owned()
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await?;
                let text = message(&mut stream).await?;
                let next = lock(&scripted).pop();
                match next.map_or_else(|| check(&text), Err) {
                    Ok(()) => {
                        let to = std::mem::take(&mut to);
                        journal.write(&Kept { at_ms: now_ms(), to, text })?;
                        "250 kept".to_owned()
                    }
                    Err(reply) => reply,
                }
            }
            "QUIT" => {
                stream.get_mut().write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok".to_owned(),
        };
        stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

async fn message(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = Vec::new();
    loop {
        let before = text.len();
        if stream.read_until(b'\n', &mut text).await? == 0 || text.len() > MAIL_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if text.get(before..) == Some(b".\r\n") {
            text.truncate(before);
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
    }
}

fn check(text: &str) -> Result<(), String> {
    if text.split("\r\n").any(|line| line.contains(['\n', '\r'])) {
        return Err("550 bare line feeds".to_owned());
    }
    if text.split("\r\n").any(|line| line.len() > LINE_BYTES_MAX - 2) {
        return Err("550 a line of more than 998 bytes".to_owned());
    }
    let mail = Kept { at_ms: 0, to: Vec::new(), text: text.to_owned() };
    let once = ["From", "To", "Subject", "Message-ID", "Date"];
    if let Some(missing) = once.iter().find(|name| mail.header(name).is_none()) {
        return Err(format!("550 no {missing}"));
    }
    Ok(())
}
