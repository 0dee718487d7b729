//! The outside of a trouble: a next hop that gives one answer to everybody, a sign-in service, and clients that say what
//! they are told.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::Path};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, UnixListener},
    task::JoinSet,
};

/// A server that answers every recipient alike. It ends when dropped.
pub(super) struct Hop {
    pub(super) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Hop {
    /// `reply` to each RCPT, its lines apart by `\n`.
    pub(super) async fn answers(reply: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(async move {
                    // A client that goes away in the middle was promised nothing.
                    let _gone = speak(BufReader::new(stream), reply).await;
                });
            }
        });
        Self { address, _tasks: tasks }
    }
}

async fn speak(mut stream: BufReader<TcpStream>, reply: &str) -> std::io::Result<()> {
    say(&mut stream, "220 mx ESMTP").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let verb: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut stream, "250-mx\n250 ENHANCEDSTATUSCODES").await?,
            "RCPT" => say(&mut stream, reply).await?,
            "DATA" => say(&mut stream, "554 5.5.1 No valid recipients").await?,
            "QUIT" => return say(&mut stream, "221 2.0.0 Bye").await,
            _ => say(&mut stream, "250 2.0.0 Ok").await?,
        }
        line.clear();
    }
    Ok(())
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{}\r\n", text.replace('\n', "\r\n")).as_bytes()).await
}

/// What Dovecot is to Postfix: says of every password whether it is right. It ends when dropped.
pub(super) struct SignIns {
    _tasks: JoinSet<()>,
}

impl SignIns {
    /// At this socket; `good`: every password is right, else none.
    pub(super) fn at(path: &Path, good: bool) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(async move {
                    let _gone = judge(BufReader::new(stream), good).await;
                });
            }
        });
        Self { _tasks: tasks }
    }
}

async fn judge(
    mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    good: bool,
) -> std::io::Result<()> {
    let hello = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n";
    stream.write_all(hello.as_bytes()).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let mut words = line.trim_end().split('\t');
        if words.next() == Some("AUTH") {
            let id = words.next().unwrap_or("0");
            let word = if good { "OK" } else { "FAIL" };
            let verdict = format!("{word}\t{id}\tuser=anna@shop.test\n");
            stream.write_all(verdict.as_bytes()).await?;
        }
        line.clear();
    }
    Ok(())
}

/// Says these lines to `server` and reads every answer; the last answers decide nothing here.
pub(super) async fn recite(server: SocketAddr, lines: &[String]) -> Vec<String> {
    let mut talk = BufReader::new(TcpStream::connect(server).await.unwrap());
    let mut answers = vec![answer(&mut talk).await];
    for line in lines {
        talk.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        answers.push(answer(&mut talk).await);
    }
    answers
}

async fn answer(talk: &mut BufReader<TcpStream>) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        if talk.read_line(&mut line).await.unwrap_or(0) == 0 {
            return all;
        }
        all.push_str(&line);
        if line.as_bytes().get(3) != Some(&b'-') {
            return all;
        }
    }
}
