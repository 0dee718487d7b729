//! A server's ingest door on a loopback port, and agents that speak to it by the book or against it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::TimeDelta;
use ed25519_dalek::{Signer as _, SigningKey};
use mailvane_proto::{
    catalogue::{self, MetricId},
    v1::{
        Ack, AgentMessage, Batch, Confirm, EnrolRequest, Hello, InstanceKey, InstanceSample,
        ServerMessage, Welcome, agent_message, enrolment_client::EnrolmentClient,
        ingest_client::IngestClient, server_message,
    },
};
use mailvane_server::{
    clock::{Clock as _, Dice as _},
    domain::ids::{PublicId, TenantId},
    ingest::{Ingest, Neighbours},
    lifecycle::Lifecycle,
    secrets::key::{KeyKind, mint},
    store::keys::NewEnrolmentKey,
    upkeep::Upkeep,
};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Status, Streaming, transport::Channel};

use super::{Db, noon};

/// What stories sign in their streams.
const SERVER_NAME: &str = "mailvane.test";
/// Longest wait for an answer of the server.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A running ingest door.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    life: Lifecycle,
}

impl Door {
    /// Opens it, with partitions around noon.
    pub(crate) async fn open(db: &Db) -> Self {
        Upkeep::new(db.store.clone()).prepare(noon()).await.unwrap();
        let life = Lifecycle::new();
        let ingest = Ingest::start(Neighbours {
            store: db.store.clone(),
            clock: db.clock.clone(),
            dice: db.dice.clone(),
            life: life.clone(),
            server_name: SERVER_NAME.into(),
            owed: Arc::new(Notify::new()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let soft = life.soft();
        life.spawn("door", async move {
            tonic::transport::Server::builder()
                .add_routes(ingest.routes())
                .serve_with_incoming_shutdown(TcpListenerStream::new(listener), soft.cancelled())
                .await
                .unwrap();
        });
        Self { address, life }
    }

    /// One that another process has opened.
    pub(crate) fn elsewhere(address: SocketAddr) -> Self {
        Self { address, life: Lifecycle::new() }
    }

    /// Closes it in order: what was handed over is committed and answered.
    pub(crate) async fn close(self) {
        self.life.stop(ANSWER_MAX).await;
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }
}

impl Db {
    /// An enrolment key of `tenant` with so many uses.
    pub(crate) async fn enrolment_key(&self, tenant: TenantId, uses: i32) -> String {
        let key = mint(KeyKind::Enrolment, &*self.dice);
        let mut scoped = self.store.web(tenant).await.unwrap();
        let new = NewEnrolmentKey {
            public_id: PublicId::make(self.clock.now(), &*self.dice),
            key_id: &key.id,
            secret_hash: key.hash,
            comment: "",
            created_by: None,
            expires_at: self.clock.now() + TimeDelta::hours(1),
            uses,
            tags: &[],
            networks: &[],
            approve: false,
        };
        scoped.add_enrolment_key(&new).await.unwrap();
        scoped.commit().await.unwrap();
        key.text.expose().to_owned()
    }
}

/// An agent that was admitted.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) key: SigningKey,
    pub(crate) id: String,
    pub(crate) host_id: String,
    pub(crate) epoch: u64,
    pub(crate) generation: u64,
    pub(crate) next_seq: u64,
}

impl Agent {
    /// Enrols a host of this name.
    pub(crate) async fn enrol(
        db: &Db,
        door: &Door,
        enrolment_key: &str,
        host_name: &str,
    ) -> Result<Self, Status> {
        let mut seed = [0; 32];
        db.dice.fill(&mut seed);
        let key = SigningKey::from_bytes(&seed);
        let request = EnrolRequest {
            enrolment_key: enrolment_key.to_owned(),
            public_key: key.verifying_key().to_bytes().to_vec(),
            host_name: host_name.to_owned(),
            agent_version: "0.1.0".to_owned(),
            protocol_min: 1,
            protocol_max: 1,
            ..EnrolRequest::default()
        };
        let reply = EnrolmentClient::new(door.channel().await).enrol(request).await?.into_inner();
        assert_eq!(reply.server_name, SERVER_NAME);
        Ok(Self {
            key,
            id: reply.agent_id,
            host_id: reply.host_id,
            epoch: 1_700_000_000_000_000,
            generation: 0,
            next_seq: 1,
        })
    }

    /// A new host of `tenant`, admitted.
    pub(crate) async fn new(db: &Db, door: &Door, tenant: TenantId, host_name: &str) -> Self {
        let key = db.enrolment_key(tenant, 1).await;
        Self::enrol(db, door, &key, host_name).await.unwrap()
    }

    /// Opens a stream and keeps the generation that is offered.
    pub(crate) async fn connect(&mut self, door: &Door) -> Result<Line, Status> {
        let mut line = self.call(door, |_| ()).await?;
        let Some(server_message::Kind::Welcome(welcome)) = line.answer().await?.kind else {
            panic!("a welcome was expected");
        };
        self.generation = welcome.offer_generation;
        line.say(agent_message::Kind::Confirm(Confirm { generation: self.generation })).await;
        line.welcome = welcome;
        Ok(line)
    }

    /// Opens a stream and says hello, after `change`d it.
    pub(crate) async fn call(
        &self,
        door: &Door,
        change: impl FnOnce(&mut Hello),
    ) -> Result<Line, Status> {
        let (messages, outbound) = mpsc::channel(256);
        let mut client = IngestClient::new(door.channel().await);
        let answers = client.stream(ReceiverStream::new(outbound)).await?.into_inner();
        let mut line = Line { messages, answers, welcome: Welcome::default() };
        let Some(server_message::Kind::Nonce(nonce)) = line.answer().await?.kind else {
            panic!("a nonce was expected");
        };
        let mut hello = Hello {
            agent_id: self.id.clone(),
            epoch: self.epoch,
            generation: self.generation,
            signature: Vec::new(),
            protocol_min: 1,
            protocol_max: 1,
            catalogue_version: catalogue::VERSION,
            first_seq: 1,
            next_seq: self.next_seq,
            ..Hello::default()
        };
        hello.signature = self.sign(&nonce.nonce, &hello);
        change(&mut hello);
        line.say(agent_message::Kind::Hello(hello)).await;
        Ok(line)
    }

    fn sign(&self, nonce: &[u8], hello: &Hello) -> Vec<u8> {
        let mut message = Vec::new();
        for field in
            [b"mailvane-stream-v1", SERVER_NAME.as_bytes(), nonce, hello.agent_id.as_bytes()]
        {
            message.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
            message.extend_from_slice(field);
        }
        message.extend_from_slice(&hello.epoch.to_be_bytes());
        message.extend_from_slice(&hello.generation.to_be_bytes());
        self.key.sign(&message).to_bytes().to_vec()
    }

    /// The batch of number `seq`: the ten seconds that end `seq` × 10 s after noon.
    pub(crate) fn batch(&self, seq: u64, figures: &[(MetricId, u64)]) -> Batch {
        let end_ms = noon().timestamp_millis() + i64::try_from(seq).unwrap() * 10_000;
        let mut figures = figures.to_vec();
        figures.sort();
        let (metric, value) = figures.iter().map(|(id, value)| (u32::from(id.0), *value)).unzip();
        Batch {
            epoch: self.epoch,
            seq,
            catalogue_version: catalogue::VERSION,
            start_ms: end_ms - 10_000,
            end_ms,
            instances: vec![InstanceSample {
                instance: Some(InstanceKey {
                    config_directory: "/etc/postfix".into(),
                    name: "postfix".into(),
                    ..InstanceKey::default()
                }),
                visibility: u64::MAX >> 1,
                metric,
                value,
                ..InstanceSample::default()
            }],
            ..Batch::default()
        }
    }
}

/// An open stream.
pub(crate) struct Line {
    messages: mpsc::Sender<AgentMessage>,
    answers: Streaming<ServerMessage>,
    pub(crate) welcome: Welcome,
}

impl Line {
    pub(crate) async fn say(&self, kind: agent_message::Kind) {
        self.messages.send(AgentMessage { kind: Some(kind) }).await.ok();
    }

    pub(crate) async fn send(&self, batch: Batch) {
        self.say(agent_message::Kind::Batch(batch)).await;
    }

    /// The next answer, whatever it is.
    pub(crate) async fn answer(&mut self) -> Result<ServerMessage, Status> {
        let answer = tokio::time::timeout(ANSWER_MAX, self.answers.message()).await;
        let answer = answer.map_err(|_| Status::deadline_exceeded("no answer"))??;
        answer.ok_or_else(|| Status::ok("the stream ended"))
    }

    /// Waits until everything up to `seq` is acknowledged; the acks that came.
    pub(crate) async fn acked(&mut self, seq: u64) -> Result<Vec<Ack>, Status> {
        let mut acks = Vec::new();
        loop {
            match self.answer().await?.kind {
                Some(server_message::Kind::Ack(ack)) => {
                    let done = ack.seq >= seq;
                    acks.push(ack);
                    if done {
                        return Ok(acks);
                    }
                }
                Some(server_message::Kind::Configure(_)) => {}
                other => panic!("an ack of {seq} was expected, not {other:?}"),
            }
        }
    }
}
