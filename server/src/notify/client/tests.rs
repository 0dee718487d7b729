//! Addresses as an attacker spells them, and receivers that misbehave.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

#[test]
fn hostile_spellings_are_refused_before_any_look_up() {
    let none = Allowed::default();
    for text in [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com:25/x",
        "https://hooks.slack.com:22/",
        "https://hooks.slack.com:0/",
        "https://user@hooks.slack.com/",
        "https://a:b@hooks.slack.com/",
        "https://a@b@c/",
        "https://hooks.slack.com/#@127.0.0.1",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://printer/",
        "https://db.internal/",
        "https://router.lan/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "https://①②⑦.⓪.⓪.①/",
        "https://hooks.slack.com\\@127.0.0.1/",
        "https://hooks.slack.com/a b",
        "https://hooks.slack.com/\t",
        "https://hooks.slack.com/\n",
        "https:///x",
        "https://",
        "//hooks.slack.com/",
        "file:///etc/passwd",
        "gopher://hooks.slack.com/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "ftp://hooks.slack.com/",
        "",
    ] {
        assert!(Target::parse(text, &none).is_err(), "{text:?}");
    }
    let long = format!("https://{}.com/", "a".repeat(254));
    assert!(Target::parse(&long, &none).is_err());
    assert!(Target::parse("https://hooks.slack.com/services/T/B/x", &none).is_ok());
}

#[test]
fn the_laboratory_list_opens_one_port_and_no_other() {
    let lab = Allowed::new(["127.0.0.1:9999".to_owned()]);
    assert!(Target::parse("http://127.0.0.1:9999/x", &lab).is_ok());
    assert!(Target::parse("http://127.0.0.1:9998/x", &lab).is_err());
    assert!(Target::parse("http://localhost:9999/x", &lab).is_err());
    assert!(Target::parse("ftp://127.0.0.1:9999/x", &lab).is_err());
}

#[test]
fn a_target_prints_without_its_secret_path() {
    let target =
        Target::parse("https://hooks.slack.com/services/T/B/x", &Allowed::default()).unwrap();
    assert_eq!(format!("{target:?}"), "Target(hooks.slack.com)");
}

#[derive(Debug)]
struct Answers(Vec<Vec<SocketAddr>>, AtomicUsize);

impl Lookup for Answers {
    fn lookup(
        &self,
        _: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let turn = self.1.fetch_add(1, Ordering::Relaxed);
        let answer = self.0[turn.min(self.0.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_the_name() {
    crate::edge::tls::install_crypto();
    let mixed = vec!["1.1.1.1:0".parse().unwrap(), "10.0.0.1:0".parse().unwrap()];
    let lookup = Arc::new(Answers(vec![mixed], AtomicUsize::new(0)));
    let client = GuardedClient::with_lookup(Allowed::default(), lookup);
    let target = client.target("https://rebind.example.com/x").unwrap();
    let answer = client.post_json(&target, b"{}".to_vec()).await;
    assert_eq!(answer, Answer::NotSent(Refused::NotPublic.to_string()));
}

#[tokio::test]
async fn a_name_that_flips_after_its_first_answer_reaches_nothing() {
    crate::edge::tls::install_crypto();
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = trap.local_addr().unwrap().port();
    let lookup = Arc::new(Answers(vec![vec![trap.local_addr().unwrap()]], AtomicUsize::new(0)));
    let client = GuardedClient::with_lookup(Allowed::default(), lookup);
    let target = Target {
        url: Url::parse(&format!("https://flip.example.com:{port}/")).unwrap(),
        laboratory: false,
    };
    let answer = client.post_json(&target, b"{}".to_vec()).await;
    assert!(matches!(answer, Answer::NotSent(_)), "{answer:?}");
    let nobody = tokio::time::timeout(Duration::from_millis(50), trap.accept()).await;
    assert!(nobody.is_err(), "somebody called");
}

async fn receiver(answer: &'static [u8]) -> (GuardedClient, Target) {
    crate::edge::tls::install_crypto();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    #[expect(clippy::disallowed_methods, reason = "a test's own receiver")]
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut seen = Vec::new();
            let mut piece = [0; 1024];
            while !seen.ends_with(b"{}") {
                let read = socket.read(&mut piece).await.unwrap();
                if read == 0 {
                    break;
                }
                seen.extend_from_slice(&piece[..read]);
            }
            socket.write_all(answer).await.unwrap();
        }
    });
    let client = GuardedClient::new(Allowed::new([at.clone()]));
    let target = client.target(&format!("http://{at}/x")).unwrap();
    (client, target)
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let (client, target) = receiver(
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let answer = client.post_json(&target, b"{}".to_vec()).await;
    assert!(matches!(answer, Answer::Status { code: 302, .. }), "{answer:?}");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_ambiguous() {
    let (client, target) = receiver(b"").await;
    let answer = client.post_json(&target, b"{}".to_vec()).await;
    assert!(matches!(answer, Answer::Ambiguous(_)), "{answer:?}");
}

#[tokio::test]
async fn an_excerpt_is_short_and_printable() {
    let (client, target) = receiver(
        b"HTTP/1.1 500 no\r\nretry-after: 7\r\ncontent-length: 12\r\n\r\n\x1b[31mred\0\r\nx",
    )
    .await;
    let Answer::Status { code, retry_after, excerpt, .. } =
        client.post_json(&target, b"{}".to_vec()).await
    else {
        panic!("no answer")
    };
    assert_eq!(
        (code, retry_after, excerpt.as_str()),
        (500, Some(Duration::from_secs(7)), "[31mredx")
    );
}

#[tokio::test]
async fn nobody_listening_is_certainly_not_sent() {
    crate::edge::tls::install_crypto();
    let client = GuardedClient::new(Allowed::new(["127.0.0.1:1".to_owned()]));
    let target = client.target("http://127.0.0.1:1/x").unwrap();
    assert!(matches!(client.post_json(&target, b"{}".to_vec()).await, Answer::NotSent(_)));
}
