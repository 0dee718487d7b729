//! One stream: nonce, hello, welcome, then batches in and answers out, in order, until someone ends it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, Stream, StreamExt as _, stream::FuturesOrdered};
use mailvane_proto::v1::{
    Ack, AgentMessage, Configure, Nonce, Refusal, Rewind, ServerMessage, Throttle, Welcome,
    agent_message, ingest_server, refusal, server_message,
};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Arrival, Ingest, facts,
    hello::{self, Proved},
    limits::LIMITS,
    prepare::Instances,
    quota::Bucket,
    tenants::View,
    unavailable,
    write::{Outcome, Refused, Speaker},
};

/// Answers that wait for a slow reader.
const ANSWERS_MAX: usize = 16;
/// A stream that is silent for so many intervals has lost its agent.
const IDLE_INTERVALS: u32 = 6;
const IDLE_MIN: Duration = Duration::from_mins(1);

type Answers = mpsc::Sender<Result<ServerMessage, Status>>;
type InFlight = FuturesOrdered<Heard>;

#[tonic::async_trait]
impl ingest_server::Ingest for Ingest {
    type StreamStream = Pin<Box<dyn Stream<Item = Result<ServerMessage, Status>> + Send>>;

    async fn stream(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::StreamStream>, Status> {
        if self.life.is_stopping() {
            return Err(Status::unavailable("the server stops; nothing is lost, try again"));
        }
        let inbound = request.into_inner();
        let (answers, outbound) = mpsc::channel(ANSWERS_MAX);
        let ingest = self.clone();
        self.life.spawn("ingest.stream", async move {
            metrics::gauge!("mailvane_streams").increment(1.0);
            if let Err(status) = ingest.serve(inbound, &answers).await {
                metrics::counter!("mailvane_streams_ended_total", "code" => status.code().description())
                    .increment(1);
                // The agent may be gone already.
                drop(answers.send(Err(status)).await);
            }
            metrics::gauge!("mailvane_streams").decrement(1.0);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outbound))))
    }
}

impl Ingest {
    async fn serve(
        &self,
        mut inbound: Streaming<AgentMessage>,
        answers: &Answers,
    ) -> Result<(), Status> {
        let mut nonce = [0; 32];
        self.dice.fill(&mut nonce);
        let greeting = Nonce { nonce: nonce.to_vec(), server_name: self.server_name.to_string() };
        answer(answers, server_message::Kind::Nonce(greeting)).await?;
        let first = tokio::time::timeout(LIMITS.hello_within, inbound.message());
        let first = first.await.map_err(|_| Status::deadline_exceeded("no hello within 5 s"))??;
        let Some(AgentMessage { kind: Some(agent_message::Kind::Hello(hello)) }) = first else {
            return Err(Status::invalid_argument("the first message must be a hello"));
        };
        let mut proved = self.prove(&nonce, &hello).await?;
        let view = self.tenants.view(proved.tenant).await.map_err(unavailable)?;
        if view.borrow().ended {
            return Err(hello::revoked());
        }
        let interval_ms = view.borrow().interval_ms;
        let instances = Instances::new(proved.agent.host, std::mem::take(&mut proved.instances));
        let mut session = Session {
            ingest: self,
            speaker: Arc::new(Speaker {
                tenant: proved.tenant,
                agent: proved.agent.id,
                host: proved.agent.host,
                host_ref: proved.agent.host_ref,
                tags: proved.agent.tags.clone(),
                offered: proved.offer_generation,
            }),
            new_here: proved.agent.first_batch_at.is_none(),
            expected: proved.last_seq + 1,
            awaited: None,
            interval_ms,
            quota: Bucket::of_agent(tokio::time::Instant::now()),
            proved,
            view,
            instances,
            in_flight: FuturesOrdered::new(),
            answers,
        };
        session.welcome().await?;
        session.run(inbound).await
    }
}

/// A stream whose agent is known.
struct Session<'a> {
    ingest: &'a Ingest,
    speaker: Arc<Speaker>,
    proved: Proved,
    view: View,
    instances: Instances,
    in_flight: InFlight,
    answers: &'a Answers,
    /// The next number that is not a repetition.
    expected: i64,
    /// Set between a rewind and the batch that it asked for; what comes in between was sent before it was heard.
    awaited: Option<i64>,
    interval_ms: i32,
    /// What this agent may still send.
    quota: Bucket,
    /// Nothing of this agent was ever committed.
    new_here: bool,
}

impl Session<'_> {
    async fn welcome(&self) -> Result<(), Status> {
        let welcome = Welcome {
            last_seq: self.proved.last_seq.unsigned_abs(),
            offer_generation: self.proved.offer_generation.unsigned_abs(),
            configure: Some(self.configure()),
            protocol: self.proved.protocol,
        };
        answer(self.answers, server_message::Kind::Welcome(welcome)).await
    }

    fn configure(&self) -> Configure {
        Configure { interval_ms: self.interval_ms.unsigned_abs() }
    }

    async fn run(&mut self, mut inbound: Streaming<AgentMessage>) -> Result<(), Status> {
        let soft = self.ingest.life.soft();
        loop {
            let room = self.in_flight.len() < LIMITS.in_flight_max;
            let idle = idle(self.interval_ms);
            tokio::select! {
                biased;
                Some(done) = self.in_flight.next() => self.done(done).await?,
                changed = self.view.changed() => self.look_again(changed.is_ok()).await?,
                () = soft.cancelled() => return self.finish().await,
                message = tokio::time::timeout(idle, inbound.message()), if room => {
                    let Ok(message) = message else {
                        return Err(Status::deadline_exceeded("nothing came for a long time"));
                    };
                    match message? {
                        Some(message) => self.take(message).await?,
                        None => return self.finish().await,
                    }
                }
            }
        }
    }

    /// Commits what was handed over and answers it; nothing new is taken.
    async fn finish(&mut self) -> Result<(), Status> {
        while let Some(done) = self.in_flight.next().await {
            self.done(done).await?;
        }
        if self.ingest.life.is_stopping() {
            return Err(Status::unavailable("the server stops; nothing is lost, come back"));
        }
        Ok(())
    }

    async fn take(&mut self, message: AgentMessage) -> Result<(), Status> {
        match message.kind {
            Some(agent_message::Kind::Batch(batch)) => self.batch(batch).await,
            Some(agent_message::Kind::Confirm(confirm)) => self.confirm(confirm.generation).await,
            Some(agent_message::Kind::Facts(facts)) => self.facts(&facts).await,
            Some(agent_message::Kind::Bye(bye)) => self.bye(bye.expect_back_s).await,
            Some(agent_message::Kind::Hello(_)) => {
                Err(Status::invalid_argument("a second hello on one stream"))
            }
            // A message of a newer agent.
            None => Ok(()),
        }
    }

    async fn batch(&mut self, wire: mailvane_proto::v1::Batch) -> Result<(), Status> {
        if i64::try_from(wire.epoch) != Ok(self.proved.epoch) {
            return Err(Status::invalid_argument("a batch of another epoch than the hello's"));
        }
        let seq = i64::try_from(wire.seq)
            .ok()
            .filter(|seq| *seq > 0)
            .ok_or_else(|| Status::invalid_argument("seq is out of range"))?;
        match self.awaited {
            Some(awaited) if seq > awaited => return Ok(()),
            _ => self.awaited = None,
        }
        if let Err(wait) = self.spend(&wire) {
            return self.throttle(seq, wait).await;
        }
        let view = Arc::clone(&self.view.borrow());
        let prepared = self.ingest.prepare(&self.speaker, &mut self.instances, view, wire).await;
        let (job, outcome) = prepared.map_err(unavailable)?;
        if self.ingest.writers.submit(job).await.is_err() {
            return Err(Status::unavailable("the server stops; nothing is lost, come back"));
        }
        self.in_flight.push_back(Heard { seq, outcome });
        Ok(())
    }

    fn spend(&mut self, wire: &mailvane_proto::v1::Batch) -> Result<(), Duration> {
        let (bytes, now) = (wire.encoded_len(), tokio::time::Instant::now());
        self.ingest.quotas.spend(&mut self.quota, self.speaker.tenant, bytes, now)
    }

    /// The agent keeps this batch and all behind it, waits, and begins with it again.
    async fn throttle(&mut self, seq: i64, wait: Duration) -> Result<(), Status> {
        metrics::counter!("mailvane_throttles_total").increment(1);
        let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        answer(self.answers, server_message::Kind::Throttle(Throttle { wait_ms })).await?;
        self.rewind(seq).await
    }

    /// Answers a batch, together with all that are done behind it.
    async fn done(&mut self, first: (i64, Option<Outcome>)) -> Result<(), Status> {
        let mut acked = None;
        let mut refused = Vec::new();
        let mut next = Some(first);
        while let Some((seq, outcome)) = next {
            match outcome {
                None => {
                    return Err(Status::unavailable(
                        "the batch's outcome is unknown; send it again",
                    ));
                }
                Some(Outcome::Superseded) => {
                    return Err(Status::aborted(
                        "the agent opened a newer stream: this one is over",
                    ));
                }
                Some(Outcome::OldEpoch) => {
                    return Err(Status::aborted("the agent speaks elsewhere with a new spool"));
                }
                Some(Outcome::Rewind(from)) => {
                    self.ack(acked.take(), std::mem::take(&mut refused)).await?;
                    self.rewind(from).await?;
                }
                Some(Outcome::Refused(why)) => {
                    refused.push(refusal(seq, &why));
                    acked = Some(seq);
                }
                Some(Outcome::Committed) => acked = Some(seq),
                Some(Outcome::Duplicate) => {
                    metrics::counter!("mailvane_batches_duplicate_total").increment(1);
                    acked = acked.max(Some(seq.min(self.expected - 1).max(0)));
                }
            }
            if let Some(acked) = acked {
                self.expected = self.expected.max(acked + 1);
            }
            next = self.in_flight.next().now_or_never().flatten();
        }
        self.ack(acked, refused).await
    }

    async fn ack(&mut self, acked: Option<i64>, refused: Vec<Refusal>) -> Result<(), Status> {
        let Some(seq) = acked else { return Ok(()) };
        let ack = Ack { seq: seq.unsigned_abs(), refused };
        answer(self.answers, server_message::Kind::Ack(ack)).await?;
        if std::mem::take(&mut self.new_here) {
            let mut scoped =
                self.ingest.store.ingest(self.speaker.tenant).await.map_err(unavailable)?;
            scoped.first_batch(self.speaker.agent).await.map_err(unavailable)?;
            scoped.commit().await.map_err(unavailable)?;
        }
        // Nobody listens: no page is open.
        drop(
            self.ingest
                .arrivals
                .send(Arrival { tenant: self.speaker.tenant, host: self.speaker.host_ref }),
        );
        Ok(())
    }

    /// Says once for each hole where to go on; what is in flight behind it falls out as well.
    async fn rewind(&mut self, from: i64) -> Result<(), Status> {
        if self.awaited == Some(from) {
            return Ok(());
        }
        metrics::counter!("mailvane_rewinds_total").increment(1);
        self.awaited = Some(from);
        let rewind = Rewind { next_seq: from.unsigned_abs() };
        answer(self.answers, server_message::Kind::Rewind(rewind)).await
    }

    async fn confirm(&mut self, generation: u64) -> Result<(), Status> {
        if i64::try_from(generation) != Ok(self.proved.offer_generation) {
            return Err(Status::invalid_argument(
                "a generation was confirmed that was not offered",
            ));
        }
        let mut scoped =
            self.ingest.store.ingest(self.speaker.tenant).await.map_err(unavailable)?;
        let agent = self.speaker.agent;
        scoped
            .confirm_generation(agent, self.proved.offer_generation)
            .await
            .map_err(unavailable)?;
        scoped.commit().await.map_err(unavailable)
    }

    async fn facts(&mut self, facts: &mailvane_proto::v1::Facts) -> Result<(), Status> {
        let mut scoped =
            self.ingest.store.ingest(self.speaker.tenant).await.map_err(unavailable)?;
        let json = facts::to_json(facts);
        scoped.keep_facts(self.speaker.host, &json).await.map_err(unavailable)?;
        scoped.commit().await.map_err(unavailable)
    }

    async fn bye(&mut self, expect_back_s: u32) -> Result<(), Status> {
        let seconds = i32::try_from(expect_back_s.min(86_400)).unwrap_or(0);
        let mut scoped =
            self.ingest.store.ingest(self.speaker.tenant).await.map_err(unavailable)?;
        scoped.planned_absence(self.speaker.agent, seconds).await.map_err(unavailable)?;
        scoped.commit().await.map_err(unavailable)
    }

    /// The tenant was looked at: is the agent still wanted, has the interval changed?
    async fn look_again(&mut self, watched: bool) -> Result<(), Status> {
        let agent = self.speaker.agent;
        let (gone, kicked, interval_ms) = {
            let view = self.view.borrow_and_update();
            let kicked = view.kicked.get(&agent).is_some_and(|at| *at >= self.proved.agent.at);
            (view.ended || view.gone.contains(&agent), kicked, view.interval_ms)
        };
        if !watched {
            return Err(Status::unavailable("the server stops; nothing is lost, come back"));
        }
        if gone {
            return Err(hello::revoked());
        }
        if kicked {
            return Err(Status::unavailable("the host was changed; nothing is lost, come back"));
        }
        if interval_ms != self.interval_ms {
            self.interval_ms = interval_ms;
            return answer(self.answers, server_message::Kind::Configure(self.configure())).await;
        }
        Ok(())
    }
}

/// The outcome of a batch, once its writer says it; nothing, if the writer is gone.
struct Heard {
    seq: i64,
    outcome: oneshot::Receiver<Outcome>,
}

impl Future for Heard {
    type Output = (i64, Option<Outcome>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let seq = self.seq;
        Pin::new(&mut self.outcome).poll(context).map(|outcome| (seq, outcome.ok()))
    }
}

fn refusal(seq: i64, why: &Refused) -> Refusal {
    let reason = match why {
        Refused::Malformed(_) => refusal::Reason::Malformed,
        Refused::Quarantined(_) => refusal::Reason::Quarantined,
    };
    let (_, detail) = why.parts();
    Refusal { seq: seq.unsigned_abs(), reason: reason.into(), detail: detail.to_owned() }
}

fn idle(interval_ms: i32) -> Duration {
    let interval = Duration::from_millis(u64::from(interval_ms.unsigned_abs()));
    IDLE_MIN.max(interval * IDLE_INTERVALS)
}

async fn answer(answers: &Answers, kind: server_message::Kind) -> Result<(), Status> {
    let message = ServerMessage { kind: Some(kind) };
    answers.send(Ok(message)).await.map_err(|_| Status::cancelled("the agent has gone"))
}
