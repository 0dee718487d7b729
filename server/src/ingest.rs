//! Takes an agent's stream: proves who speaks, decodes, commits in groups, acknowledges.
//!
//! One task for each stream reads and answers; two writers commit. Nothing is acknowledged that is not durable.

mod decode;
mod enrol;
mod facts;
mod group;
mod heartbeat;
mod hello;
mod judge;
mod keys;
pub mod limits;
mod prepare;
mod quota;
mod replays;
mod stream;
pub mod tenants;
mod write;

use std::sync::Arc;

use mailvane_proto::{
    PROTOCOL,
    v1::{enrolment_server::EnrolmentServer, ingest_server::IngestServer},
};
use tokio::sync::Notify;
use tonic::Status;

use self::{
    heartbeat::Heartbeat, keys::Keys, limits::LIMITS, quota::Quotas, tenants::Tenants,
    write::Writers,
};
use crate::{
    clock::{SharedClock, SharedDice},
    lifecycle::{Lifecycle, drive},
    store::{Store, StoreError},
};

/// The door for agents; one for each process, shared by all streams.
#[derive(Debug, Clone)]
pub struct Ingest {
    store: Store,
    clock: SharedClock,
    dice: SharedDice,
    life: Lifecycle,
    server_name: Arc<str>,
    tenants: Tenants,
    keys: Arc<Keys>,
    writers: Writers,
    quotas: Quotas,
    arrivals: tokio::sync::broadcast::Sender<Arrival>,
}

/// New samples of a host were committed; for pages that update by themselves. May be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Whose.
    pub tenant: crate::domain::ids::TenantId,
    /// Which host's.
    pub host: crate::domain::ids::PublicId<crate::domain::ids::Host>,
}

/// Arrivals that a slow listener may lag behind.
const ARRIVALS_MAX: usize = 4_096;

/// What the door needs from outside.
#[derive(Debug)]
pub struct Neighbours {
    /// The database.
    pub store: Store,
    /// The time of day.
    pub clock: SharedClock,
    /// Randomness.
    pub dice: SharedDice,
    /// The life of the process.
    pub life: Lifecycle,
    /// Goes into every stream signature.
    pub server_name: Arc<str>,
    /// Woken when deliveries were written.
    pub owed: Arc<Notify>,
}

impl Ingest {
    /// Starts the writers and the look at tenants.
    pub fn start(neighbours: Neighbours) -> Self {
        let Neighbours { store, clock, dice, life, server_name, owed } = neighbours;
        let tenants = Tenants::new(store.clone());
        let outside = (Arc::clone(&clock), Arc::clone(&dice));
        drive(&life, outside.clone(), Arc::new(Notify::new()), tenants::PACE, tenants.clone());
        let accepted = Arc::default();
        let heartbeat = Heartbeat { store: store.clone(), accepted: Arc::clone(&accepted) };
        drive(&life, outside.clone(), Arc::new(Notify::new()), heartbeat::PACE, heartbeat);
        let (arrivals, _) = tokio::sync::broadcast::channel(ARRIVALS_MAX);
        let writers = Writers::start(&life, &store, outside, &owed, &accepted);
        let keys = Arc::new(Keys::new(store.clone()));
        let quotas = Quotas::default();
        Self { store, clock, dice, life, server_name, tenants, keys, writers, quotas, arrivals }
    }

    /// Both gRPC services, with their limits.
    pub fn routes(&self) -> tonic::service::Routes {
        let bytes = LIMITS.message_bytes_max;
        let enrolment = EnrolmentServer::new(self.clone()).max_decoding_message_size(bytes);
        let ingest = IngestServer::new(self.clone()).max_decoding_message_size(bytes);
        tonic::service::Routes::new(enrolment).add_service(ingest)
    }

    /// Hosts with new samples, from now on.
    pub fn arrivals(&self) -> tokio::sync::broadcast::Receiver<Arrival> {
        self.arrivals.subscribe()
    }
}

/// The database is away: the agent keeps everything and comes back.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: StoreError) -> Status {
    tracing::warn!(%error, "an agent was sent away for now");
    Status::unavailable("the server cannot reach its database; nothing is lost, try again")
}

fn no_common_protocol(min: u32, max: u32) -> Status {
    Status::failed_precondition(format!(
        "the agent speaks protocol {min} to {max}, this server {} to {}: upgrade the server first, then the agent",
        PROTOCOL.start(),
        PROTOCOL.end()
    ))
}
