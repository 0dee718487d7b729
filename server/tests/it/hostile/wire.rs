//! Requests that no HTTP library would send, to a real listener: raw bytes in, whatever comes back.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use mailvane_server::{
    edge::{
        Steer,
        accept::{Edge, Limits},
        headers::{Way, secure},
    },
    http,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::Fort;

async fn listener(fort: &Fort) -> SocketAddr {
    let router = secure(http::router(Arc::clone(&fort.site.api), true), Way::Plain);
    let limits = Limits {
        first_byte_time: Duration::from_millis(500),
        header_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let edge = Edge::new(Steer::web(router), None, limits);
    let stop = fort.site.life.soft();
    fort.site.life.spawn("edge", edge.serve(listener, stop));
    address
}

/// What comes back until the server closes, or two seconds have passed.
async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let mut piece = [0; 4_096];
    while let Ok(Ok(read)) =
        tokio::time::timeout(Duration::from_secs(2), socket.read(&mut piece)).await
    {
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<u16> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.filter_map(|line| line.get(..3)?.parse().ok()).collect()
}

/// R15, R16, R18: request lines, hosts and lengths that lie.
#[tokio::test]
async fn requests_that_lie_get_one_answer_or_none() {
    let fort = Fort::build().await;
    let address = listener(&fort).await;
    let post = "POST /api/v1/password/forgot HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for (name, request, allowed) in [
        ("HTTP/0.9", "GET /healthz\r\n\r\n".to_owned(), vec![400]),
        (
            "absolute form",
            "GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
            vec![200, 400, 404],
        ),
        ("no host", "GET /healthz HTTP/1.1\r\n\r\n".to_owned(), vec![200, 400]),
        (
            "two hosts",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            vec![200, 400],
        ),
        (
            "CONNECT",
            "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
            vec![400, 404, 405],
        ),
        ("TRACE", "TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), vec![405]),
        ("junk", "\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), vec![400]),
        (
            "both lengths",
            format!(
                "{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"
            ),
            vec![400],
        ),
        (
            "two lengths",
            format!("{post}Content-Length: 4\r\nContent-Length: 5\r\n\r\n{{}}  "),
            vec![400],
        ),
        ("negative length", format!("{post}Content-Length: -1\r\n\r\n"), vec![400]),
        (
            "huge length",
            format!("{post}Content-Length: 99999999999999999999\r\n\r\n"),
            vec![400, 413],
        ),
        (
            "bad chunk",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{{}}\r\n0\r\n\r\n"),
            vec![400, 413],
        ),
        (
            "a header of 40 KiB",
            format!(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
                "x".repeat(40_000)
            ),
            vec![400, 431],
        ),
        (
            "1,000 headers",
            format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(1_000)),
            vec![400, 431],
        ),
    ] {
        let answer = say(address, request.as_bytes()).await;
        let found = statuses(&answer);
        assert!(found.len() <= 1, "{name} was answered twice: {answer}");
        assert!(found.iter().all(|status| allowed.contains(status)), "{name}: {answer}");
    }
    // The server still serves.
    let well =
        say(address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await;
    assert_eq!(statuses(&well), [200], "{well}");
}

/// R16: whatever a request calls our host, links in mail lead to the configured one. R42: nothing redirects elsewhere.
#[tokio::test]
async fn a_forged_host_is_in_no_link_and_nothing_redirects() {
    let fort = Fort::build().await;
    let address = listener(&fort).await;
    for path in [
        "//evil.example",
        "/\\evil.example",
        "/signin?next=//evil.example",
        "/signin?back=https:evil.example",
        "/https:%2f%2fevil.example",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        let answer = say(address, request.as_bytes()).await;
        assert!(!answer.to_lowercase().contains("\r\nlocation:"), "{path}: {answer}");
        assert!(
            statuses(&answer).iter().all(|status| !(300..400).contains(status)),
            "{path}: {answer}"
        );
    }
    assert_eq!(fort.site.api.page_link("reset", "x"), "https://mailvane.test/reset#token=x");
}

/// Half a request, and then nothing: the place is given back within the deadline of its phase.
#[tokio::test]
async fn whoever_says_half_a_word_is_not_waited_for() {
    let fort = Fort::build().await;
    let address = listener(&fort).await;
    for half in ["", "G", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: loc"] {
        let begun = std::time::Instant::now();
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_secs(3), socket.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "{half:?} holds its place after {:?}", begun.elapsed());
    }
}
