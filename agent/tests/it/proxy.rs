//! A host that reaches the server through a proxy only: a fake one that answers CONNECT, or refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mailvane_agent::link::Proxy;
use mailvane_agent::{Enrolment, KeySource, Stop, enrol, run};
use mailvane_proto::catalogue::delivery;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{KEY, Server};
use crate::world::World;

const PASSWORD: &str = "Proxy-Authorization: Basic bWU6c2VjcmV0";

/// Takes connections to the server by whatever name they ask for; gives its address and how many it let through.
async fn proxy(server: &Server) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (passed, target) = (Arc::new(AtomicU64::new(0)), server.address);
    let through = passed.clone();
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let through = through.clone();
            #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
            tokio::spawn(async move { pass(client, target, &through).await });
        }
    });
    (address, passed)
}

async fn pass(client: TcpStream, server: std::net::SocketAddr, passed: &AtomicU64) {
    let mut client = BufReader::new(client);
    let (mut asked, mut known) = (String::new(), false);
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await.unwrap();
        known |= line.trim() == PASSWORD;
        if asked.is_empty() {
            asked.clone_from(&line);
        }
        if line == "\r\n" {
            break;
        }
    }
    if !known {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
        return;
    }
    assert_eq!(asked, format!("CONNECT localhost:{} HTTP/1.1\r\n", server.port()));
    passed.fetch_add(1, Ordering::SeqCst);
    let mut server = TcpStream::connect(server).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    // Either side may go first, as it likes.
    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
}

fn enrolment(world: &World, server: &Server, proxy: &str) -> Enrolment {
    let ca = world.path("ca.pem");
    std::fs::write(&ca, &server.ca_pem).unwrap();
    Enrolment {
        server: server.url(),
        ca: Some(ca),
        proxy: Some(Proxy::parse(proxy).unwrap()),
        key: KeySource::Text(KEY.into()),
        state_directory: world.path("state"),
    }
}

#[tokio::test]
async fn a_host_behind_a_proxy_is_admitted_and_reports() {
    let (world, server) = (World::new(), Server::start().await);
    let (address, passed) = proxy(&server).await;
    let proxy = format!("http://me:secret@{address}");
    enrol(&enrolment(&world, &server, &proxy)).await.unwrap();
    assert_eq!(passed.load(Ordering::SeqCst), 1);

    let mut settings = world.settings();
    settings.config.proxy = Some(proxy);
    let stop = Stop::default();
    let running = run(settings, stop.clone());
    let story = async {
        world.delivered(1);
        server
            .until("the mail", |book| {
                let values = book.batches.iter().flat_map(|batch| &batch.instances);
                values
                    .flat_map(|sample| &sample.metric)
                    .any(|id| *id == u32::from(delivery::DELIVERED.0))
            })
            .await;
        stop.stop();
    };
    let (ended, ()) = tokio::join!(running, story);
    ended.unwrap();
    assert!(passed.load(Ordering::SeqCst) >= 2, "the stream went another way");
}

#[tokio::test]
async fn a_proxy_that_refuses_says_what_to_change() {
    let (world, server) = (World::new(), Server::start().await);
    let (address, passed) = proxy(&server).await;
    let error = enrol(&enrolment(&world, &server, &format!("http://{address}"))).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    assert!(error.to_string().contains("asks for a password"), "{error}");
    assert_eq!(passed.load(Ordering::SeqCst), 0);
    let gone = enrolment(&world, &server, "http://127.0.0.1:1");
    let error = enrol(&gone).await.unwrap_err().to_string();
    assert!(error.contains("proxy http://127.0.0.1:1") && error.contains("HTTPS_PROXY"), "{error}");
}
