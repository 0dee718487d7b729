//! Loop: once a minute, whether the invariants of alerting hold for every tenant. It repairs nothing; it tells.
//!
//! `mailvane_audit_offences{rule}` is 0 for every rule in a sound deployment: alarm on anything else.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    lifecycle::{Loop, LoopError, Pace, Report},
    store::{Store, StoreError, auditor},
};

/// The pace of [`Audit`].
pub const PACE: Pace =
    Pace { every: Duration::from_mins(1), jitter: 0.2, tick_max: Duration::from_mins(5) };

/// Tenants asked for at once.
const TENANTS_AT_ONCE: i32 = 500;

/// Asks every tenant's rows.
#[derive(Debug, Clone)]
pub struct Audit {
    store: Store,
}

impl Audit {
    /// For this database.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// What must not be, by rule, over all tenants.
    pub async fn offences(&self) -> Result<(u64, BTreeMap<String, i64>), StoreError> {
        let mut found: BTreeMap<String, i64> =
            auditor::RULES.iter().map(|rule| ((*rule).to_owned(), 0)).collect();
        let (mut after, mut asked) = (i32::MIN, 0);
        loop {
            let mut system = self.store.system_loops().await?;
            let tenants = system.tenants_after(after, TENANTS_AT_ONCE).await?;
            drop(system);
            let Some(last) = tenants.last() else { return Ok((asked, found)) };
            after = last.get();
            for tenant in tenants {
                let mut scoped = self.store.loops(tenant).await?;
                for offence in scoped.audit_alerts().await? {
                    tracing::error!(tenant.id = %tenant, rule = offence.rule, count = offence.count,
                        "an invariant of alerting is broken");
                    *found.entry(offence.rule).or_default() += offence.count;
                }
                asked += 1;
            }
        }
    }
}

impl Loop for Audit {
    const NAME: &'static str = "timers.audit";

    async fn tick(&self, _now: DateTime<Utc>) -> Result<Report, LoopError> {
        let (asked, found) = self.offences().await.map_err(|error| LoopError(error.into()))?;
        for (rule, count) in found {
            metrics::gauge!("mailvane_audit_offences", "rule" => rule).set(count as f64);
        }
        Ok(Report { done: asked, ..Report::default() })
    }
}
