//! A small SMTP client that says exactly what it was answered: the source of the lab's mail.
//!
//! It can come from any loopback address, so that one machine looks like many clients. It never retries.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Longest time for one whole submission.
const SUBMISSION_MAX: Duration = Duration::from_mins(1);
/// Longest reply line that is read, in bytes.
const REPLY_BYTES_MAX: usize = 4 * 1024;

/// One message to be submitted.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The loopback address to come from.
    pub client: Ipv4Addr,
    /// The name to say in EHLO.
    pub helo: String,
    /// Envelope sender.
    pub sender: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// Subject header, one line.
    pub subject: String,
    /// Size of the body in bytes, about.
    pub body_bytes: usize,
}

/// The step of the SMTP dialogue at which a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Step {
    /// The greeting.
    Connect,
    /// EHLO.
    Helo,
    /// MAIL FROM.
    Mail,
    /// RCPT TO, of every recipient.
    Rcpt,
    /// DATA.
    Data,
    /// The final dot.
    EndOfMessage,
}

/// What the server said in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The queue id, if the message was taken.
    pub queue_id: Option<String>,
    /// Where it was refused, if it was.
    pub refused_at: Option<Step>,
    /// The last reply that decided.
    pub reply: String,
    /// Recipients refused at RCPT, each with its reply.
    pub refused_recipients: Vec<(String, String)>,
}

/// Submits one message and reports every answer that mattered.
pub async fn submit(server: SocketAddr, mail: &Mail) -> io::Result<Answer> {
    match timeout(SUBMISSION_MAX, dialogue(server, mail)).await {
        Ok(answer) => answer,
        Err(_elapsed) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the submission took more than 60 s"))
        }
    }
}

async fn dialogue(server: SocketAddr, mail: &Mail) -> io::Result<Answer> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((mail.client, 0)))?;
    let mut talk = Talk(BufReader::new(socket.connect(server).await?));
    let greeting = talk.reply().await?;
    if !positive(&greeting) {
        return talk.refused(Step::Connect, greeting).await;
    }
    let helo = talk.ask(&format!("EHLO {}", mail.helo)).await?;
    if !positive(&helo) {
        return talk.refused(Step::Helo, helo).await;
    }
    let from = talk.ask(&format!("MAIL FROM:<{}>", mail.sender)).await?;
    if !positive(&from) {
        return talk.refused(Step::Mail, from).await;
    }
    let mut refused_recipients = Vec::new();
    for recipient in &mail.recipients {
        let reply = talk.ask(&format!("RCPT TO:<{recipient}>")).await?;
        if !positive(&reply) {
            refused_recipients.push((recipient.clone(), reply));
        }
    }
    if refused_recipients.len() == mail.recipients.len() {
        let reply = refused_recipients.last().map(|(_, reply)| reply.clone()).unwrap_or_default();
        let mut answer = talk.refused(Step::Rcpt, reply).await?;
        answer.refused_recipients = refused_recipients;
        return Ok(answer);
    }
    let data = talk.ask("DATA").await?;
    if !data.starts_with('3') {
        return talk.refused(Step::Data, data).await;
    }
    let end = talk.ask(&message(mail)).await?;
    if !positive(&end) {
        return talk.refused(Step::EndOfMessage, end).await;
    }
    let queue_id = end.rsplit_once("queued as ").map(|(_, id)| id.trim().to_owned());
    talk.ask("QUIT").await?;
    Ok(Answer { queue_id, refused_at: None, reply: end, refused_recipients })
}

struct Talk(BufReader<TcpStream>);

impl Talk {
    async fn ask(&mut self, command: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// One reply, its lines joined by a blank.
    async fn reply(&mut self) -> io::Result<String> {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up"));
            }
            let line = line.trim_end();
            reply.push_str(line.get(..REPLY_BYTES_MAX.min(line.len())).unwrap_or(line));
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(reply);
            }
            reply.push(' ');
        }
    }

    async fn refused(&mut self, step: Step, reply: String) -> io::Result<Answer> {
        // A server that hung up after its refusal is no fault: the refusal stands.
        let _parting = self.ask("QUIT").await;
        Ok(Answer { queue_id: None, refused_at: Some(step), reply, refused_recipients: Vec::new() })
    }
}

fn positive(reply: &str) -> bool {
    reply.starts_with('2')
}

fn message(mail: &Mail) -> String {
    let recipient = mail.recipients.first().map_or("", String::as_str);
    let line = "The lab sends its regards to every postmaster on duty tonight.\r\n";
    let body = line.repeat(mail.body_bytes / line.len() + 1);
    format!(
        "From: <{}>\r\nTo: <{recipient}>\r\nSubject: {}\r\n\r\n{body}.",
        mail.sender, mail.subject
    )
}
