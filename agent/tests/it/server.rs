//! A server in the test's own process: one TLS port, the two services, and a book of what it was told.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailvane_proto::v1::agent_message::Kind as Said;
use mailvane_proto::v1::enrolment_server::{Enrolment, EnrolmentServer};
use mailvane_proto::v1::ingest_server::{Ingest, IngestServer};
use mailvane_proto::v1::server_message::Kind as Says;
use mailvane_proto::v1::{
    Ack, AgentMessage, Batch, Configure, EnrolReply, EnrolRequest, Facts, Hello, Nonce,
    ServerMessage, Welcome,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Identity, Server as TonicServer, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

pub(crate) const KEY: &str = "mv_enr_good";

/// What the server knows; the test may look and change.
#[derive(Default)]
pub(crate) struct Book {
    pub public_key: Option<[u8; 32]>,
    pub key_used: bool,
    pub enrolments: Vec<EnrolRequest>,
    pub hellos: Vec<Hello>,
    pub facts: Vec<Facts>,
    pub confirmed: u64,
    pub epoch: u64,
    pub last_seq: u64,
    /// Committed batches, in order.
    pub batches: Vec<Batch>,
    /// Batches that came though they had been committed.
    pub duplicates: u64,
    /// Ends each stream after this many batches, the last of them committed without an ack.
    pub cut_after: Option<u64>,
    pub interval_ms: u32,
}

#[derive(Clone)]
struct Handler(Arc<Mutex<Book>>);

pub(crate) struct Server {
    pub book: Arc<Mutex<Book>>,
    pub address: SocketAddr,
    pub ca_pem: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let book = Arc::new(Mutex::new(Book { interval_ms: 1_000, ..Book::default() }));
        let (ca_pem, identity) = certificates();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handler = Handler(book.clone());
        let serving = TonicServer::builder()
            .tls_config(ServerTlsConfig::new().identity(identity))
            .unwrap()
            .add_service(EnrolmentServer::new(handler.clone()))
            .add_service(IngestServer::new(handler))
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener));
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(serving);
        Self { book, address, ca_pem }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Waits until the book satisfies the test.
    pub(crate) async fn until(&self, what: &str, satisfied: impl Fn(&Book) -> bool) {
        for _ in 0..600 {
            if satisfied(&self.book.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not within 30 s: {what}");
    }

    /// A metric summed over all committed batches.
    pub(crate) fn sum(&self, metric: mailvane_proto::catalogue::MetricId) -> u64 {
        let book = self.book.lock().unwrap();
        let samples = book.batches.iter().flat_map(|batch| &batch.instances);
        samples
            .flat_map(|sample| sample.metric.iter().zip(&sample.value))
            .filter(|(id, _)| **id == u32::from(metric.0))
            .map(|(_, value)| value)
            .sum()
    }
}

pub(crate) fn certificates() -> (String, Identity) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    (ca_certificate.pem(), Identity::from_pem(certificate.pem(), key.serialize_pem()))
}

#[tonic::async_trait]
impl Enrolment for Handler {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let request = request.into_inner();
        let mut book = self.0.lock().unwrap();
        if request.enrolment_key != KEY {
            return Err(Status::unauthenticated("this enrolment key is not known; make a new one"));
        }
        if std::mem::replace(&mut book.key_used, true) {
            return Err(Status::unauthenticated(
                "this enrolment key was used already; make a new one",
            ));
        }
        book.public_key = request.public_key.clone().try_into().ok();
        book.enrolments.push(request);
        Ok(Response::new(EnrolReply {
            agent_id: "agent_1".into(),
            host_id: "host_1".into(),
            server_name: "test-server".into(),
            tenant_name: "Example".into(),
            interval_ms: book.interval_ms,
        }))
    }
}

#[tonic::async_trait]
impl Ingest for Handler {
    type StreamStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<ServerMessage, Status>> + Send>>;

    async fn stream(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::StreamStream>, Status> {
        let (out, outbox) = mpsc::channel(16);
        let handler = self.clone();
        let inbox = request.into_inner();
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            if let Err(status) = handler.serve(inbox, &out).await {
                let _closed = out.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outbox))))
    }
}

type Out = mpsc::Sender<Result<ServerMessage, Status>>;

async fn say(out: &Out, kind: Says) -> Result<(), Status> {
    out.send(Ok(ServerMessage { kind: Some(kind) })).await.map_err(|_| Status::cancelled("gone"))
}

impl Handler {
    async fn serve(&self, mut inbox: Streaming<AgentMessage>, out: &Out) -> Result<(), Status> {
        let nonce = vec![7; 32];
        say(out, Says::Nonce(Nonce { nonce: nonce.clone(), server_name: "test-server".into() }))
            .await?;
        let Some(AgentMessage { kind: Some(Said::Hello(hello)) }) = inbox.message().await? else {
            return Err(Status::invalid_argument("no hello"));
        };
        let welcome = self.welcome(&nonce, hello)?;
        say(out, Says::Welcome(welcome)).await?;
        let mut taken = 0;
        while let Some(message) = inbox.message().await? {
            match message.kind {
                Some(Said::Confirm(confirm)) => {
                    self.0.lock().unwrap().confirmed = confirm.generation;
                }
                Some(Said::Facts(facts)) => self.0.lock().unwrap().facts.push(facts),
                Some(Said::Batch(batch)) => {
                    taken += 1;
                    let seq = self.commit(batch)?;
                    if self.0.lock().unwrap().cut_after.is_some_and(|after| taken >= after) {
                        return Err(Status::unavailable("cut here"));
                    }
                    say(out, Says::Ack(Ack { seq, refused: Vec::new() })).await?;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Believes nobody whose signature is not that of the key that was enrolled.
    fn welcome(&self, nonce: &[u8], hello: Hello) -> Result<Welcome, Status> {
        let mut book = self.0.lock().unwrap();
        let key = book.public_key.ok_or_else(|| Status::unauthenticated("unknown"))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        let mut message = Vec::new();
        let fields: [&[u8]; 4] =
            [b"mailvane-stream-v1", b"test-server", nonce, hello.agent_id.as_bytes()];
        for field in fields {
            message.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
            message.extend_from_slice(field);
        }
        message.extend_from_slice(&hello.epoch.to_be_bytes());
        message.extend_from_slice(&hello.generation.to_be_bytes());
        let signature = ed25519_dalek::Signature::from_slice(&hello.signature).unwrap();
        key.verify_strict(&message, &signature)
            .map_err(|_| Status::unauthenticated("wrong signature"))?;
        if hello.epoch != book.epoch {
            (book.epoch, book.last_seq) = (hello.epoch, 0);
        }
        let offer_generation = book.confirmed + 1;
        book.hellos.push(hello);
        let configure = Some(Configure { interval_ms: book.interval_ms });
        Ok(Welcome { last_seq: book.last_seq, offer_generation, configure, protocol: 1 })
    }

    fn commit(&self, batch: Batch) -> Result<u64, Status> {
        let mut book = self.0.lock().unwrap();
        if batch.seq <= book.last_seq {
            book.duplicates += 1;
            return Ok(book.last_seq);
        }
        if batch.seq != book.last_seq + 1 {
            return Err(Status::aborted(format!("hole before {}", batch.seq)));
        }
        if let Some(before) = book.batches.iter().rfind(|before| before.epoch == batch.epoch)
            && batch.end_ms <= before.end_ms
        {
            return Err(Status::invalid_argument(format!(
                "{} does not end after {}",
                batch.end_ms, before.end_ms
            )));
        }
        book.last_seq = batch.seq;
        book.batches.push(batch);
        Ok(book.last_seq)
    }
}
