//! Proves who speaks: nonce, signature, generation. No clock is needed, nothing can be replayed.

use chrono::TimeDelta;
use ed25519_dalek::{Signature, VerifyingKey};
use mailvane_proto::{PROTOCOL, v1::Hello};
use tonic::Status;

use super::{Ingest, facts, unavailable};
use crate::{
    domain::ids::{self, PublicId, TenantId},
    store::{
        Scoped, StoreError,
        agents::{AgentRow, Cursor, InstanceRow},
    },
};

/// A stale generation while another stream lived this recently is a clone, else a restored backup.
const CLONE_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// A stream that has proved whose it is.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) tenant: TenantId,
    pub(super) agent: AgentRow,
    pub(super) epoch: i64,
    pub(super) last_seq: i64,
    pub(super) offer_generation: i64,
    pub(super) protocol: u32,
    pub(super) instances: Vec<InstanceRow>,
}

impl Ingest {
    /// Checks a hello against the nonce that was sent.
    pub(super) async fn prove(&self, nonce: &[u8; 32], hello: &Hello) -> Result<Proved, Status> {
        let protocol = common_protocol(hello)?;
        let agent_ref: PublicId<ids::Agent> = hello.agent_id.parse().map_err(|_| stranger())?;
        let signature = Signature::from_slice(&hello.signature)
            .map_err(|_| Status::unauthenticated("the signature has a wrong length"))?;
        let mut system = self.store.system_ingest().await.map_err(unavailable)?;
        let found = system.find_agent(agent_ref.uuid()).await.map_err(unavailable)?;
        let message = signed_message(&self.server_name, nonce, hello);
        let Some((tenant, id)) = found else {
            // As much work as for an agent that exists: how long an answer takes shall not tell the two apart.
            drop(system);
            let mut again = self.store.system_ingest().await.map_err(unavailable)?;
            again.find_agent(agent_ref.uuid()).await.map_err(unavailable)?;
            std::hint::black_box(signs([0; 32], &message, &signature));
            return Err(stranger());
        };
        drop(system);
        let mut scoped = self.store.ingest(tenant).await.map_err(unavailable)?;
        let agent = scoped.agent_row(id).await.map_err(unavailable)?;
        let agent = agent.ok_or_else(stranger)?;
        let key = <[u8; 32]>::try_from(agent.public_key.as_slice()).unwrap_or([0; 32]);
        if !signs(key, &message, &signature) {
            return Err(stranger());
        }
        if agent.gone {
            return Err(revoked());
        }
        if agent.pending {
            return Err(Status::failed_precondition(
                "this host waits for approval: an administrator approves it on its page; the agent keeps trying",
            ));
        }
        let epoch = i64::try_from(hello.epoch)
            .map_err(|_| Status::invalid_argument("epoch is out of range"))?;
        let cursor = scoped.lock_cursor(agent.id, epoch).await.map_err(unavailable)?;
        let said = i64::try_from(hello.generation)
            .map_err(|_| Status::invalid_argument("generation is out of range"))?;
        if said < cursor.generation {
            self.stale(scoped, (&agent, agent_ref), &cursor).await?;
            scoped = self.store.ingest(tenant).await.map_err(unavailable)?;
        } else if said > cursor.offered {
            return Err(Status::unauthenticated("the generation is one that was never offered"));
        }
        let last_seq = begin(&mut scoped, &agent, &cursor, hello).await?;
        // Each hello is offered a later one than any before: from here on only this stream moves the cursor.
        let offer_generation = cursor.offered.max(said) + 1;
        scoped.offer_generation(agent.id, offer_generation).await.map_err(unavailable)?;
        let instances = self.remember(&mut scoped, &agent, hello).await.map_err(unavailable)?;
        scoped.commit().await.map_err(unavailable)?;
        Ok(Proved { tenant, agent, epoch, last_seq, offer_generation, protocol, instances })
    }

    /// A generation that was replaced: somebody copied the state directory, or restored an old one.
    async fn stale(
        &self,
        mut scoped: Scoped,
        (row, agent): (&AgentRow, PublicId<ids::Agent>),
        cursor: &Cursor,
    ) -> Result<(), Status> {
        let recent = self.clock.now() - cursor.received_at < CLONE_WITHIN;
        let (action, actor) =
            (if recent { "agent.cloned" } else { "agent.restored" }, agent.to_string());
        // A copy knocks again and again: it is written down once in ten minutes.
        if !recent || scoped.note_clone(row.id).await.map_err(unavailable)? {
            scoped.audit_machine(&actor, action, &actor).await.map_err(unavailable)?;
        }
        scoped.commit().await.map_err(unavailable)?;
        metrics::counter!("mailvane_hello_stale_total", "action" => action).increment(1);
        if !recent {
            tracing::warn!(agent = %actor, "an agent came back with an older state");
            return Ok(());
        }
        tracing::warn!(agent = %actor, "a copy of an agent was refused");
        Err(Status::failed_precondition(
            "another agent runs with a copy of this state directory; stop one of them, remove its state \
             directory and enrol it with a key of its own",
        ))
    }

    async fn remember(
        &self,
        scoped: &mut Scoped,
        agent: &AgentRow,
        hello: &Hello,
    ) -> Result<Vec<InstanceRow>, StoreError> {
        let facts = hello.facts.clone().unwrap_or_default();
        let version: String =
            facts.agent_version.chars().filter(|c| !c.is_control()).take(64).collect();
        scoped.agent_spoke(agent, &version).await?;
        if hello.facts.is_some() {
            scoped.keep_facts(agent.host, &facts::to_json(&facts)).await?;
        }
        scoped.instance_rows(agent.host).await
    }
}

/// Where the agent goes on: behind its last committed batch, or at the start of a new spool.
async fn begin(
    scoped: &mut Scoped,
    agent: &AgentRow,
    cursor: &Cursor,
    hello: &Hello,
) -> Result<i64, Status> {
    let out_of_range = |_| Status::invalid_argument("epoch or first_seq is out of range");
    let epoch = i64::try_from(hello.epoch).map_err(out_of_range)?;
    let first_seq = i64::try_from(hello.first_seq).map_err(out_of_range)?;
    if epoch < cursor.epoch {
        return Err(Status::failed_precondition(
            "old epoch: a later spool of this agent has sent already; begin a new epoch",
        ));
    }
    let last_seq = if epoch == cursor.epoch { cursor.last_seq } else { 0 };
    // What the spool no longer holds will not come; the agent declares it by a gap record in its next batch.
    let from_seq = last_seq.max(first_seq - 1);
    if from_seq > last_seq {
        metrics::counter!("mailvane_batches_given_up_total")
            .increment((from_seq - last_seq).unsigned_abs());
    }
    if (epoch, from_seq) != (cursor.epoch, cursor.last_seq) {
        scoped.place_cursor(agent.id, epoch, from_seq).await.map_err(unavailable)?;
    }
    Ok(from_seq)
}

fn common_protocol(hello: &Hello) -> Result<u32, Status> {
    let highest = hello.protocol_max.min(*PROTOCOL.end());
    if highest < hello.protocol_min.max(*PROTOCOL.start()) {
        return Err(super::no_common_protocol(hello.protocol_min, hello.protocol_max));
    }
    Ok(highest)
}

/// What the agent signs: each text or bytes field behind its length, numbers big-endian.
fn signed_message(server_name: &str, nonce: &[u8; 32], hello: &Hello) -> Vec<u8> {
    let mut message = Vec::with_capacity(256);
    let fields: [&[u8]; 4] =
        [b"mailvane-stream-v1", server_name.as_bytes(), nonce, hello.agent_id.as_bytes()];
    for field in fields {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(field);
    }
    message.extend_from_slice(&hello.epoch.to_be_bytes());
    message.extend_from_slice(&hello.generation.to_be_bytes());
    message
}

/// Whether this key made this signature.
fn signs(key: [u8; 32], message: &[u8], signature: &Signature) -> bool {
    VerifyingKey::from_bytes(&key).and_then(|key| key.verify_strict(message, signature)).is_ok()
}

/// One answer for an agent that does not exist and for another's: who has no key learns nothing of either.
fn stranger() -> Status {
    metrics::counter!("mailvane_hello_refused_total", "why" => "stranger").increment(1);
    Status::unauthenticated(
        "this server does not know the agent by this key; check that `server` is the server it enrolled \
         with, or enrol the host again with a new key",
    )
}

pub(super) fn revoked() -> Status {
    Status::unauthenticated("the agent was revoked; enrol the host again with a new key")
}
