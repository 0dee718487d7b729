//! One stream from its nonce to its end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mailvane_proto::catalogue;
use mailvane_proto::v1::agent_message::Kind as Said;
use mailvane_proto::v1::ingest_client::IngestClient;
use mailvane_proto::v1::server_message::Kind as Heard;
use mailvane_proto::v1::{
    AgentMessage, Batch, Bye, Configure, Confirm, Hello, Nonce, ServerMessage, Welcome,
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::channel::{self, LinkError};
use super::{Link, Shared};
use crate::pipe::lock;

/// Batches on the way to the server and not acknowledged: at 100 KiB each 6 MiB.
const UNACKED_MAX: u64 = 64;
/// Messages that wait for the connection.
const OUTBOX_MAX: usize = 16;
/// The server's answer to the opening of a stream.
const OPENING_TIMEOUT: Duration = Duration::from_secs(15);
/// Batches are looked for at least this often, should a wake-up be lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A message of the server is small.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
const PROTOCOL: u32 = 1;

struct Stream<'a> {
    link: &'a Link,
    out: mpsc::Sender<AgentMessage>,
    /// The next batch to be sent.
    next: u64,
    paused_until: Option<tokio::time::Instant>,
}

impl Link {
    /// Opens a stream, proves who this host is, and serves it until it ends.
    pub(super) async fn stream(&self) -> Result<(), LinkError> {
        let channel =
            channel::connect(&self.identity.server, self.ca.as_deref(), self.proxy.as_ref())
                .await?;
        let mut client = IngestClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let (out, outbox) = mpsc::channel(OUTBOX_MAX);
        let opening = async {
            let mut inbox = client.stream(ReceiverStream::new(outbox)).await?.into_inner();
            let Some(Heard::Nonce(nonce)) = next(&mut inbox).await? else {
                return Err(LinkError::Broken(
                    "the server did not open the stream with a nonce".into(),
                ));
            };
            let hello = self.hello(&nonce)?;
            say(&out, Said::Hello(hello)).await?;
            match next(&mut inbox).await? {
                Some(Heard::Welcome(welcome)) => Ok((inbox, welcome)),
                _ => Err(LinkError::Broken("the server did not welcome this host".into())),
            }
        };
        let (inbox, welcome) =
            tokio::time::timeout(OPENING_TIMEOUT, opening).await.map_err(|_| {
                LinkError::Broken(
                    "the server did not answer the opening of the stream in time".into(),
                )
            })??;
        let mut stream = Stream { link: self, out, next: 0, paused_until: None };
        stream.welcomed(welcome).await?;
        stream.serve(inbox).await
    }

    fn hello(&self, nonce: &Nonce) -> Result<Hello, LinkError> {
        if nonce.server_name != self.identity.server_name {
            return Err(LinkError::Broken(format!(
                "the server calls itself {}, but this host was enrolled at {}; enrol it anew if it was moved",
                nonce.server_name, self.identity.server_name
            )));
        }
        let generation = self.state.generation()?;
        let spool = lock(&self.spool);
        let (epoch, next_seq) = (spool.epoch(), spool.next_seq());
        drop(spool);
        // Every number can be answered for: what is not held any more is stood in for by a batch that declares its loss.
        let first_seq = 1;
        let agent_id = self.identity.agent_id.clone();
        let signature = crate::identity::sign(
            &self.key,
            &nonce.server_name,
            &nonce.nonce,
            &agent_id,
            epoch,
            generation,
        );
        Ok(Hello {
            agent_id,
            epoch,
            generation,
            signature,
            protocol_min: PROTOCOL,
            protocol_max: PROTOCOL,
            catalogue_version: catalogue::VERSION,
            first_seq,
            next_seq,
            wall_ms: self.clock.now_ms(),
            facts: Some(self.shared.facts()),
        })
    }
}

async fn next(inbox: &mut Streaming<ServerMessage>) -> Result<Option<Heard>, LinkError> {
    Ok(inbox.message().await?.and_then(|message| message.kind))
}

async fn say(out: &mpsc::Sender<AgentMessage>, kind: Said) -> Result<(), LinkError> {
    out.send(AgentMessage { kind: Some(kind) })
        .await
        .map_err(|_| LinkError::Broken("the connection closed".into()))
}

impl Stream<'_> {
    async fn welcomed(&mut self, welcome: Welcome) -> Result<(), LinkError> {
        let shared: &Shared = &self.link.shared;
        if welcome.offer_generation > 0 {
            self.link.state.keep_generation(welcome.offer_generation)?;
            say(&self.out, Said::Confirm(Confirm { generation: welcome.offer_generation })).await?;
        }
        if let Some(configure) = welcome.configure {
            self.configure(configure);
        }
        self.settle(welcome.last_seq);
        self.next = welcome.last_seq + 1;
        shared.connected.store(true, Ordering::SeqCst);
        shared.streams.fetch_add(1, Ordering::SeqCst);
        shared.acked_ms.store(self.link.clock.now_ms(), Ordering::SeqCst);
        shared.set_trouble(None);
        tracing::info!(server = %self.link.identity.server, next = self.next, "link.open");
        Ok(())
    }

    /// Brings the spool in line with what the server has.
    fn settle(&self, last_seq: u64) {
        let mut spool = lock(&self.link.spool);
        if last_seq >= spool.next_seq() {
            self.link.shared.server_ahead.store(last_seq, Ordering::SeqCst);
        } else if last_seq < spool.acked() {
            spool.rewind(last_seq + 1);
        } else {
            spool.ack(last_seq);
        }
    }

    async fn serve(&mut self, mut inbox: Streaming<ServerMessage>) -> Result<(), LinkError> {
        let mut facts = self.link.shared.facts();
        loop {
            if self.link.shared.ending() {
                say(&self.out, Said::Bye(Bye { reason: "stop".into(), expect_back_s: 0 })).await?;
                return Ok(());
            }
            let now = self.link.shared.facts();
            if now != facts {
                facts = now;
                say(&self.out, Said::Facts(facts.clone())).await?;
            }
            let more = self.send().await?;
            tokio::select! {
                heard = inbox.message() => match heard? {
                    Some(message) => self.hear(message),
                    None => return Err(LinkError::Broken("the server ended the stream".into())),
                },
                () = self.link.shared.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = std::future::ready(()), if more => {}
            }
        }
    }

    /// Sends one batch, if there is one and the server takes it. Says whether there may be another.
    async fn send(&mut self) -> Result<bool, LinkError> {
        if self.paused_until.is_some_and(|until| tokio::time::Instant::now() < until) {
            return Ok(false);
        }
        self.paused_until = None;
        let encoded = self.due();
        let Some(encoded) = encoded else { return Ok(false) };
        // What was written by this agent and passed its checksum can be read.
        let Ok(batch) = Batch::decode(encoded.as_slice()) else { return Ok(false) };
        say(&self.out, Said::Batch(batch)).await?;
        self.next += 1;
        Ok(true)
    }

    /// The next batch, if there is one and not too many are on their way.
    fn due(&self) -> Option<Vec<u8>> {
        let spool = lock(&self.link.spool);
        let due = self.next < spool.next_seq() && self.next <= spool.acked() + UNACKED_MAX;
        due.then(|| spool.batch(self.next)).flatten()
    }

    fn hear(&mut self, message: ServerMessage) {
        match message.kind {
            Some(Heard::Ack(ack)) => {
                for refusal in &ack.refused {
                    tracing::warn!(
                        seq = refusal.seq,
                        detail = refusal.detail,
                        "link.refused: a batch was not stored"
                    );
                }
                lock(&self.link.spool).ack(ack.seq);
                self.link.shared.acked_ms.store(self.link.clock.now_ms(), Ordering::SeqCst);
            }
            Some(Heard::Rewind(rewind)) => {
                tracing::info!(next = rewind.next_seq, "link.rewind");
                lock(&self.link.spool).rewind(rewind.next_seq);
                self.next = rewind.next_seq;
            }
            Some(Heard::Configure(configure)) => self.configure(configure),
            Some(Heard::Throttle(throttle)) => {
                let wait = Duration::from_millis(u64::from(throttle.wait_ms));
                self.paused_until = Some(tokio::time::Instant::now() + wait);
            }
            // A second nonce or welcome, or something newer than this agent.
            Some(Heard::Nonce(_) | Heard::Welcome(_)) | None => {}
        }
    }

    fn configure(&self, configure: Configure) {
        let interval_ms = configure.interval_ms;
        if (1_000..=60_000).contains(&interval_ms) && 60_000 % interval_ms == 0 {
            self.link.shared.interval_ms.store(u64::from(interval_ms), Ordering::SeqCst);
        } else {
            tracing::warn!(interval_ms, "link.configure: out of range, left as it was");
        }
    }
}
