//! Admits a host: an enrolment key is checked by form, then by the database, and spent on exactly one host.

use std::net::IpAddr;

use mailvane_proto::{
    PROTOCOL,
    v1::{EnrolReply, EnrolRequest, enrolment_server::Enrolment},
};
use subtle::ConstantTimeEq as _;
use tonic::{Request, Response, Status};

use super::{Ingest, unavailable};
use crate::{
    domain::{
        ids::{PublicId, TenantId},
        network::Network,
    },
    edge::Peer,
    secrets::key::{self, KeyKind, PresentedKey},
    store::{
        StoreError,
        admission::{LockedKey, NewHost, Welcome},
    },
};

const NAME_BYTES_MAX: usize = 253;
const VERSION_BYTES_MAX: usize = 64;
const KEY_BYTES_MAX: usize = 200;

/// Why a host is not admitted; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unknown,
    Revoked,
    Expired,
    Used,
    Elsewhere,
}

impl Refusal {
    fn status(self) -> Status {
        match self {
            Self::Unknown => Status::unauthenticated(
                "this server does not know the enrolment key; make a new one under Add a host, and check \
                 that this is the right server",
            ),
            Self::Revoked => Status::permission_denied(
                "the enrolment key was revoked; make a new one under Add a host",
            ),
            Self::Expired => Status::failed_precondition(
                "the enrolment key has expired; make a new one under Add a host",
            ),
            Self::Elsewhere => Status::permission_denied(
                "the enrolment key does not admit from this network; make one that does, under Add a host",
            ),
            Self::Used => Status::failed_precondition(
                "the enrolment key has been used already; make a new one under Add a host",
            ),
        }
    }
}

#[tonic::async_trait]
impl Enrolment for Ingest {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let peer = peer(&request);
        let outcome = self.enrol_host(request.into_inner(), peer).await;
        let label = if outcome.is_ok() { "admitted" } else { "refused" };
        metrics::counter!("mailvane_enrolments_total", "outcome" => label).increment(1);
        outcome.map(Response::new)
    }
}

impl Ingest {
    async fn enrol_host(
        &self,
        request: EnrolRequest,
        peer: Option<IpAddr>,
    ) -> Result<EnrolReply, Status> {
        let (public_key, version) = checked(&request)?;
        let form = request.enrolment_key.trim();
        let presented = key::parse(KeyKind::Enrolment, form)
            .map_err(|fault| Status::invalid_argument(fault.to_string()))?;
        let mut system = self.store.system_web().await.map_err(unavailable)?;
        let found = system.find_enrolment_key(&presented.id).await.map_err(unavailable)?;
        drop(system);
        let Some((tenant, key)) = found else { return Err(Refusal::Unknown.status()) };
        let now = self.clock.now();
        let ip = peer.map(|peer| peer.to_string()).unwrap_or_default();
        let new = NewHost {
            host: PublicId::make(now, &*self.dice),
            agent: PublicId::make(now, &*self.dice),
            name: &request.host_name,
            machine_hash: Some(request.machine_hash.as_slice()).filter(|hash| !hash.is_empty()),
            public_key: &public_key,
            version,
            ip: &ip,
        };
        let admitted = self.spend(tenant, key, (&presented, peer), &new).await;
        let Welcome { tenant_name, interval_ms, pending } = admitted.map_err(unavailable)??;
        tracing::info!(tenant.id = %tenant, host = %new.host, pending, "a host was admitted");
        Ok(EnrolReply {
            agent_id: new.agent.to_string(),
            host_id: new.host.to_string(),
            server_name: self.server_name.to_string(),
            tenant_name,
            interval_ms: u32::try_from(interval_ms).unwrap_or(10_000),
        })
    }

    async fn spend(
        &self,
        tenant: TenantId,
        key: i64,
        (presented, peer): (&PresentedKey, Option<IpAddr>),
        new: &NewHost<'_>,
    ) -> Result<Result<Welcome, Status>, StoreError> {
        let now = self.clock.now();
        let mut scoped = self.store.web(tenant).await?;
        let Some(locked) = scoped.lock_enrolment_key(key).await? else {
            return Ok(Err(Refusal::Unknown.status()));
        };
        if let Some(refusal) = refusal(&locked, presented, (peer, now)) {
            return Ok(Err(refusal.status()));
        }
        let row = scoped.plan().await?;
        if let Err(full) = row.plan.room_for_host(row.usage.hosts, row.trial_ends_at, now) {
            return Ok(Err(Status::resource_exhausted(full.to_string())));
        }
        let welcome = scoped.admit(&locked, new, now).await?;
        scoped.commit().await?;
        Ok(Ok(welcome))
    }
}

/// The other end of the connection, as the edge saw it.
fn peer(request: &Request<EnrolRequest>) -> Option<IpAddr> {
    let edge = request.extensions().get::<Peer>().map(|Peer(ip)| *ip);
    edge.or_else(|| request.remote_addr().map(|address| address.ip()))
}

/// Only who holds the secret learns what is wrong with the key.
fn refusal(
    locked: &LockedKey,
    presented: &PresentedKey,
    (peer, now): (Option<IpAddr>, chrono::DateTime<chrono::Utc>),
) -> Option<Refusal> {
    if !bool::from(locked.secret_hash.as_slice().ct_eq(&presented.hash)) {
        return Some(Refusal::Unknown);
    }
    if locked.revoked {
        return Some(Refusal::Revoked);
    }
    if locked.uses_left < 1 {
        return Some(Refusal::Used);
    }
    if locked.expires_at <= now {
        return Some(Refusal::Expired);
    }
    let near = |network: &String| {
        peer.zip(network.parse::<Network>().ok()).is_some_and(|(peer, network)| network.holds(peer))
    };
    let welcome = locked.networks.is_empty() || locked.networks.iter().any(near);
    (!welcome).then_some(Refusal::Elsewhere)
}

fn checked(request: &EnrolRequest) -> Result<([u8; 32], &str), Status> {
    let refuse = |what: &str| Err(Status::invalid_argument(what));
    if !(request.protocol_min..=request.protocol_max).contains(PROTOCOL.start())
        && !PROTOCOL.contains(&request.protocol_min)
    {
        return Err(super::no_common_protocol(request.protocol_min, request.protocol_max));
    }
    if request.enrolment_key.len() > KEY_BYTES_MAX {
        return refuse("the enrolment key is too long to be one");
    }
    if request.host_name.is_empty() || request.host_name.len() > NAME_BYTES_MAX {
        return refuse("host_name: 1 to 253 bytes are expected");
    }
    if request.host_name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("host_name: no spaces or control characters are allowed");
    }
    if !matches!(request.machine_hash.len(), 0 | 32) {
        return refuse("machine_hash: 32 bytes or none are expected");
    }
    if request.agent_version.len() > VERSION_BYTES_MAX {
        return refuse("agent_version: at most 64 bytes are expected");
    }
    let Ok(public_key) = <[u8; 32]>::try_from(request.public_key.as_slice()) else {
        return refuse("public_key: 32 bytes are expected");
    };
    match ed25519_dalek::VerifyingKey::from_bytes(&public_key) {
        Ok(key) if !key.is_weak() => Ok((public_key, &request.agent_version)),
        _ => refuse("public_key: not a usable Ed25519 key"),
    }
}
