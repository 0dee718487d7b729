//! How much one agent and one tenant may send: buckets that fill with time. Whoever has used up theirs is asked to wait
//! and keeps everything in its spool; nobody else notices.
//!
//! A quota is far above what any sound agent sends: it is there for what went mad.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::limits::LIMITS;
use crate::domain::ids::TenantId;

/// Something that is used up by sending and comes back with time.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    most: f64,
    left: f64,
    since: Instant,
}

impl Bucket {
    fn full(per_second: u32, most: u32, now: Instant) -> Self {
        let most = f64::from(most);
        Self { per_second: f64::from(per_second), most, left: most, since: now }
    }

    /// The batches of one agent.
    pub(super) fn of_agent(now: Instant) -> Self {
        Self::full(LIMITS.agent_batches_per_s, LIMITS.agent_batches_burst, now)
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        self.left = (self.left + passed * self.per_second).min(self.most);
        self.since = now;
    }

    /// How long to wait until `amount` may be taken; nothing: it may be taken now.
    fn wait_for(&mut self, amount: f64, now: Instant) -> Option<Duration> {
        self.fill(now);
        // More than ever fits is let through by a full bucket: a message has a limit of its own.
        let missing = amount.min(self.most) - self.left;
        (missing > 0.0).then(|| Duration::from_secs_f64(missing / self.per_second))
    }

    fn take(&mut self, amount: f64) {
        self.left -= amount;
    }
}

/// The buckets of tenants that send; shared by all streams of the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Quotas {
    tenants: Arc<Mutex<HashMap<TenantId, Bucket>>>,
}

impl Quotas {
    /// Takes one batch of `bytes` off an agent's and its tenant's buckets, or says how long it has to wait.
    pub(super) fn spend(
        &self,
        agent: &mut Bucket,
        tenant: TenantId,
        bytes: usize,
        now: Instant,
    ) -> Result<(), Duration> {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = tenants.entry(tenant).or_insert_with(|| {
            Bucket::full(LIMITS.tenant_bytes_per_s, LIMITS.tenant_bytes_burst, now)
        });
        let wait = agent.wait_for(1.0, now).max(of_tenant.wait_for(bytes, now));
        if let Some(wait) = wait {
            return Err(wait.clamp(WAIT_MIN, WAIT_MAX));
        }
        agent.take(1.0);
        of_tenant.take(bytes);
        Ok(())
    }
}

/// Nobody is asked to come back sooner, or to stay away longer.
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_agent_gone_mad_waits_and_its_neighbour_does_not() {
        let quotas = Quotas::default();
        let (kestrel, heron) = (TenantId::from_row(1), TenantId::from_row(2));
        let mut mad = Bucket::of_agent(Instant::now());
        let mut sound = Bucket::of_agent(Instant::now());
        for _ in 0..LIMITS.agent_batches_burst {
            quotas.spend(&mut mad, kestrel, 1_000, Instant::now()).unwrap();
        }
        let wait = quotas.spend(&mut mad, kestrel, 1_000, Instant::now()).unwrap_err();
        assert_eq!(wait, WAIT_MIN);
        quotas.spend(&mut sound, kestrel, 1_000, Instant::now()).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..LIMITS.agent_batches_per_s {
            quotas.spend(&mut mad, kestrel, 1_000, Instant::now()).unwrap();
        }
        assert!(quotas.spend(&mut mad, kestrel, 1_000, Instant::now()).is_err());
        quotas.spend(&mut sound, heron, 1_000, Instant::now()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_that_sends_too_much_waits_as_a_whole() {
        let quotas = Quotas::default();
        let tenant = TenantId::from_row(1);
        let mut agent = Bucket::of_agent(Instant::now());
        let burst = usize::try_from(LIMITS.tenant_bytes_burst).unwrap();
        quotas.spend(&mut agent, tenant, burst, Instant::now()).unwrap();
        let wait = quotas.spend(&mut agent, tenant, 1 << 20, Instant::now()).unwrap_err();
        tokio::time::advance(wait).await;
        quotas.spend(&mut agent, tenant, 1 << 20, Instant::now()).unwrap();
    }
}
