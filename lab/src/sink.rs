//! Our own SMTP sink: the next hops of the lab, which record every attempt before they answer it.
//!
//! Its journal is the truth about attempts: an entry for each recipient and attempt. It stores no mail.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter},
    net::{TcpListener, TcpSocket, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::JoinSet,
};

use crate::{
    journal::Journal,
    nexthop::{Manner, Moment, NEXT_HOPS, NextHop, Reply, Verdict},
    world::now_ms,
};

/// Longest command or header line that the sink keeps, in bytes; longer ones are cut.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// Connections that may wait to be accepted, for each next hop.
const BACKLOG: u32 = 256;
/// Recipients whose attempts are counted at once; beyond it counting starts anew.
const RECIPIENTS_MAX: usize = 1_000_000;

/// One attempt at one recipient.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was answered, milliseconds since 1970.
    pub at_ms: u64,
    /// The next hop's domain.
    pub domain: String,
    /// Envelope sender; empty for a bounce.
    pub sender: String,
    /// Envelope recipient.
    pub recipient: String,
    /// Which attempt at this recipient it was, from 1.
    pub attempt: u32,
    /// `sent`, `deferred` or `bounced`, in Postfix's words.
    pub status: Status,
    /// The reply that was given.
    pub reply: String,
    /// The queue id from the topmost `Received:` header, where data was sent.
    pub queue_id: Option<String>,
}

/// What Postfix will call the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Taken.
    Sent,
    /// Temporarily refused.
    Deferred,
    /// Refused for good.
    Bounced,
}

/// The running next hops.
#[derive(Debug)]
pub struct Sink {
    tasks: JoinSet<()>,
    routes: Vec<(&'static str, SocketAddr)>,
    /// Bound and never listening: connections are refused, and nobody else can take the port.
    _dead: Vec<TcpSocket>,
}

impl Sink {
    /// Opens a port of its own for each next hop, on loopback, and begins to answer. It stops when dropped.
    /// Without a journal it answers the same and records nothing, for traffic that has no end.
    pub fn start(journal: Option<Journal>) -> io::Result<Self> {
        let book = Arc::new(Book { journal, attempts: Mutex::new(HashMap::new()) });
        let mut tasks = JoinSet::new();
        let mut routes = Vec::new();
        let mut dead = Vec::new();
        for hop in NEXT_HOPS {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            routes.push((hop.domain, socket.local_addr()?));
            if hop.manner == Manner::Dead {
                dead.push(socket);
            } else {
                tasks.spawn(accept(socket.listen(BACKLOG)?, hop, book.clone()));
            }
        }
        Ok(Self { tasks, routes, _dead: dead })
    }

    /// Each domain and the address at which it takes mail.
    #[must_use]
    pub fn routes(&self) -> &[(&'static str, SocketAddr)] {
        &self.routes
    }

    /// How many next hops are listening.
    #[must_use]
    pub fn listening(&self) -> usize {
        self.tasks.len()
    }
}

#[derive(Debug)]
struct Book {
    journal: Option<Journal>,
    attempts: Mutex<HashMap<String, u32>>,
}

impl Book {
    fn next_attempt(&self, recipient: &str) -> u32 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= RECIPIENTS_MAX {
            attempts.clear();
        }
        let count = attempts.entry(recipient.to_owned()).or_insert(0);
        *count += 1;
        *count
    }
}

async fn accept(listener: TcpListener, hop: &'static NextHop, book: Arc<Book>) {
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while sessions.try_join_next().is_some() {}
        let book = book.clone();
        sessions.spawn(async move {
            // A client that goes away in the middle is Postfix's business; nothing was promised to it.
            let _gone = Session::new(stream, hop, book).serve().await;
        });
    }
}

struct Session {
    reader: BufReader<OwnedReadHalf>,
    writer: BufWriter<OwnedWriteHalf>,
    hop: &'static NextHop,
    book: Arc<Book>,
    sender: String,
    pending: Vec<(String, u32, Verdict)>,
}

impl Session {
    fn new(stream: TcpStream, hop: &'static NextHop, book: Arc<Book>) -> Self {
        let (read, write) = stream.into_split();
        Self {
            reader: BufReader::new(read),
            writer: BufWriter::new(write),
            hop,
            book,
            sender: String::new(),
            pending: Vec::new(),
        }
    }

    async fn serve(mut self) -> io::Result<()> {
        self.say("220 sink.test ESMTP").await?;
        while let Some(line) = self.line().await? {
            let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.say(
                        "250-sink.test\n250-PIPELINING\n250-8BITMIME\n250 ENHANCEDSTATUSCODES",
                    )
                    .await?;
                }
                "HELO" => self.say("250 sink.test").await?,
                "MAIL" => {
                    self.sender = address(&line);
                    self.pending.clear();
                    self.say("250 2.1.0 Ok").await?;
                }
                "RCPT" => self.recipient(address(&line)).await?,
                "DATA" => {
                    if self.data().await? {
                        return self.writer.shutdown().await;
                    }
                }
                "RSET" | "NOOP" => {
                    self.pending.clear();
                    self.say("250 2.0.0 Ok").await?;
                }
                "QUIT" => {
                    self.say("221 2.0.0 Bye").await?;
                    return self.writer.shutdown().await;
                }
                _ => self.say("502 5.5.2 Command not recognised").await?,
            }
        }
        Ok(())
    }

    async fn recipient(&mut self, recipient: String) -> io::Result<()> {
        let attempt = self.book.next_attempt(&recipient);
        let verdict = self.hop.judge(&recipient, attempt);
        match verdict {
            Verdict::Defer(reply) if reply.moment == Moment::Rcpt => {
                self.record(&recipient, attempt, Status::Deferred, reply.text, None)?;
                self.say(reply.text).await
            }
            Verdict::Refuse(reply) if reply.moment == Moment::Rcpt => {
                self.record(&recipient, attempt, Status::Bounced, reply.text, None)?;
                self.say(reply.text).await
            }
            _ => {
                self.pending.push((recipient, attempt, verdict));
                self.say("250 2.1.5 Ok").await
            }
        }
    }

    /// Takes the data and answers for all recipients at once. True if the session must end.
    async fn data(&mut self) -> io::Result<bool> {
        if self.pending.is_empty() {
            self.say("554 5.5.1 No valid recipients").await?;
            return Ok(false);
        }
        self.say("354 End data with <CR><LF>.<CR><LF>").await?;
        let mut queue_id = None;
        loop {
            let Some(line) = self.line().await? else { return Ok(true) };
            if line == "." {
                break;
            }
            if queue_id.is_none() {
                queue_id = received_id(&line);
            }
        }
        let pending = std::mem::take(&mut self.pending);
        let (reply, pause) = answer(&pending);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let status = match reply.as_bytes().first() {
            Some(b'2') => Status::Sent,
            Some(b'4') => Status::Deferred,
            _ => Status::Bounced,
        };
        for (recipient, attempt, _) in &pending {
            self.record(recipient, *attempt, status, reply, queue_id.as_deref())?;
        }
        self.say(reply).await?;
        Ok(reply.starts_with("421"))
    }

    fn record(
        &self,
        recipient: &str,
        attempt: u32,
        status: Status,
        reply: &str,
        queue_id: Option<&str>,
    ) -> io::Result<()> {
        let Some(journal) = &self.book.journal else { return Ok(()) };
        journal.write(&Attempt {
            at_ms: now_ms(),
            domain: self.hop.domain.to_owned(),
            sender: self.sender.clone(),
            recipient: recipient.to_owned(),
            attempt,
            status,
            reply: reply.to_owned(),
            queue_id: queue_id.map(str::to_owned),
        })
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.reader.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(None);
        }
        while matches!(bytes.last(), Some(b'\r' | b'\n')) {
            bytes.pop();
        }
        bytes.truncate(LINE_BYTES_MAX);
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        for line in text.split('\n') {
            self.writer.write_all(line.as_bytes()).await?;
            self.writer.write_all(b"\r\n").await?;
        }
        // Answers to pipelined commands leave together; the last one always leaves.
        if self.reader.buffer().is_empty() { self.writer.flush().await } else { Ok(()) }
    }
}

/// One reply for all recipients of the data: the worst verdict among them, for SMTP has only one.
fn answer(pending: &[(String, u32, Verdict)]) -> (&'static str, u64) {
    let mut reply: Option<Reply> = None;
    let mut pause = 0;
    for (_, _, verdict) in pending {
        match verdict {
            Verdict::Accept { after_ms } => pause = pause.max(*after_ms),
            Verdict::Defer(defer) => reply = reply.or(Some(*defer)),
            Verdict::Refuse(refuse) => reply = Some(*refuse),
        }
    }
    (reply.map_or("250 2.0.0 Ok: taken", |reply| reply.text), pause)
}

/// The address in `MAIL FROM:<…>` or `RCPT TO:<…>`.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// The id in a header line like `by mx1.lab.test (Postfix) with ESMTP id 4A7C2182B1`.
fn received_id(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("(Postfix)")?;
    let (_, id) = rest.split_once(" id ")?;
    let id: String = id.chars().take_while(char::is_ascii_alphanumeric).collect();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_id_stands_in_the_received_header() {
        assert_eq!(
            received_id("\tby mx1.lab.test (Postfix) with ESMTP id C111FA182B1;").as_deref(),
            Some("C111FA182B1")
        );
        assert_eq!(received_id("\tby mx1.lab.test (Postfix, from userid 0)"), None);
        assert_eq!(received_id("Subject: id 5"), None);
    }

    #[test]
    fn a_bounce_has_no_sender() {
        assert_eq!(address("MAIL FROM:<> SIZE=2000"), "");
        assert_eq!(address("RCPT TO:<anna@ok.test> NOTIFY=NEVER"), "anna@ok.test");
    }
}
