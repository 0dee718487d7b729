//! A mail server that catches everything: speaks just enough SMTP to be sent to, and shows what arrived.

#![expect(
    clippy::disallowed_methods,
    clippy::await_holding_lock,
    reason = "a catcher that lives as long as its test"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailvane_server::{
    config::{Smtp, SmtpTls},
    lifecycle::Loop as _,
    notify::{mailer::Mailer, post::Post},
    secrets::Vault,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{Db, noon};

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Caught {
    pub(crate) to: Vec<String>,
    /// As it came over the wire, dots removed.
    pub(crate) raw: String,
}

impl Caught {
    /// All its words, whatever their transfer encoding.
    pub(crate) fn words(&self) -> String {
        let mut text = self.raw.replace("=\r\n", "").replace("=3D", "=");
        let joined: Vec<&str> = self.raw.split("\r\n\r\n").collect();
        for part in joined {
            let packed: String = part.split_whitespace().collect();
            if let Ok(bytes) = STANDARD.decode(packed) {
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        text
    }

    /// The token behind `#` in its link.
    pub(crate) fn token(&self) -> String {
        let words = self.words();
        let at = words.find("#token=").unwrap_or_else(|| panic!("no link in {words}"));
        words[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }
}

/// The mail server.
pub(crate) struct Catcher {
    address: SocketAddr,
    caught: Arc<Mutex<Vec<Caught>>>,
    /// Answers to RCPT, first one first; `250 ok` when none is left.
    pub(crate) answers: Arc<Mutex<Vec<&'static str>>>,
}

impl Catcher {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let catcher = Self { address, caught: Arc::default(), answers: Arc::default() };
        let (caught, answers) = (Arc::clone(&catcher.caught), Arc::clone(&catcher.answers));
        tokio::task::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::task::spawn(talk(socket, Arc::clone(&caught), Arc::clone(&answers)));
            }
        });
        catcher
    }

    /// The loop that sends letters, into this catcher.
    pub(crate) fn post(&self, db: &Db) -> Post {
        let mailer = Mailer::new(&Smtp {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            tls: SmtpTls::None,
            login: None,
            from: "Mailvane <vane@mailvane.test>".to_owned(),
        });
        Post::new(db.store.clone(), Arc::new(Vault::new([7; 32])), mailer.unwrap())
    }

    /// Sends what waits; everything that has arrived so far.
    pub(crate) async fn collect(&self, db: &Db) -> Vec<Caught> {
        self.post(db).tick(noon()).await.unwrap();
        self.caught.lock().unwrap().clone()
    }

    /// Waits for the next letter to this address, and takes it out.
    pub(crate) async fn next_to(&self, db: &Db, address: &str) -> Caught {
        for _ in 0..100 {
            self.collect(db).await;
            let mut caught = self.caught.lock().unwrap();
            let at = caught.iter().position(|mail| mail.to.iter().any(|to| to == address));
            if let Some(at) = at {
                return caught.remove(at);
            }
            drop(caught);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no letter to {address} arrived");
    }
}

async fn talk(
    socket: TcpStream,
    caught: Arc<Mutex<Vec<Caught>>>,
    answers: Arc<Mutex<Vec<&'static str>>>,
) {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 catcher ESMTP\r\n").await.ok();
    let mut to = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "RCPT" => {
                let scripted = answers.lock().unwrap().pop();
                let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                to.push(address);
                scripted.unwrap_or("250 ok")
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok();
                let mut raw = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push_str("\r\n");
                }
                caught.lock().unwrap().push(Caught { to: std::mem::take(&mut to), raw });
                "250 taken"
            }
            "RSET" => {
                to.clear();
                "250 ok"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok();
                return;
            }
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok();
    }
}
