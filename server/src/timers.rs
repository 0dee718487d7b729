//! Loop: all that no sample causes, swept when due: holds that end, hosts that fall silent, incidents nobody watches.
//!
//! Each timer is one transaction of its tenant: the alert is locked, the same pure step as for samples is applied, the
//! timer is taken away. When many are due at once, those that mean nothing any more are sorted out together, and of the
//! others the worst news comes first. Only the database's clock decides what is due.

pub mod audit;
mod news;
mod silence;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use tokio::sync::Notify;

use crate::{
    clock::{Dice, SharedDice},
    domain::{
        alert::{Input, MissingMeans},
        ids::{HostId, IncidentId, TenantId, TriggerId},
        trigger::{NoData, Rule, Trigger},
    },
    lifecycle::{Loop, LoopError, Pace, Report},
    store::{
        Scoped, Store, StoreError,
        alerts::{AlertRow, Desk},
        timers::{DueTimer, FRESH_S_MIN},
    },
};

/// The pace of [`Timers`].
pub const PACE: Pace =
    Pace { every: Duration::from_millis(500), jitter: 0.2, tick_max: Duration::from_secs(30) };

/// Timers looked at in one tick.
const TIMERS_MAX: i32 = 20_000;
/// Of so many each is acted on by itself; of more those that mean nothing are sorted out first.
const ONE_BY_ONE_MAX: usize = 100;
/// Timers acted on in one tick, and at once.
const ACTS_MAX: usize = 500;
const AT_ONCE: usize = 8;
/// A host that is heard is listened to again after this long at most.
const LISTEN_MAX: Duration = Duration::from_mins(1);
/// What was held back is judged anew by figures that are no older than this.
const RELEASE_FRESH_S: f64 = 120.0;
/// Where none came yet.
const RELEASE_AGAIN: Duration = Duration::from_secs(15);

/// Sweeps timers that are due.
#[derive(Debug, Clone)]
pub struct Timers {
    store: Store,
    dice: SharedDice,
    owed: Arc<Notify>,
}

/// A timer that is due, and whose.
type Due = (TenantId, i64);

/// The time and the dice of one tick.
type Outside<'a> = (DateTime<Utc>, &'a dyn Dice);

impl Timers {
    /// For this database; `owed` is woken when deliveries were written.
    pub const fn new(store: Store, dice: SharedDice, owed: Arc<Notify>) -> Self {
        Self { store, dice, owed }
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<Report, StoreError> {
        let mut system = self.store.system_loops().await?;
        let due = system.due_timers(TIMERS_MAX).await?;
        drop(system);
        let full = due.len() == usize::try_from(TIMERS_MAX).unwrap_or(0);
        let due = if due.len() > ONE_BY_ONE_MAX { self.calm(due).await? } else { (due, 0) };
        let (left, calmed) = due;
        let acts = futures_util::stream::iter(left.iter().take(ACTS_MAX).copied())
            .map(async |(tenant, id)| (tenant, self.act(tenant, id, now).await))
            .buffer_unordered(AT_ONCE);
        let mut acts = std::pin::pin!(acts);
        let more = full || left.len() > ACTS_MAX;
        let mut report = Report { done: calmed, more, ..Report::default() };
        let mut owed = 0;
        while let Some((tenant, acted)) = acts.next().await {
            match acted {
                Ok((count, late)) => {
                    owed += count;
                    report.done += 1;
                    report.lag = report.lag.max(late);
                }
                // The others are not held up; this one is due again at the next tick.
                Err(error) => {
                    metrics::counter!("mailvane_timers_failed_total").increment(1);
                    tracing::warn!(tenant.id = %tenant, %error, "a timer could not be acted on");
                }
            }
        }
        if owed > 0 {
            self.owed.notify_one();
        }
        Ok(report)
    }

    /// Of many that are due, nearly all mean nothing any more: those go at once, for each tenant in one transaction.
    async fn calm(&self, due: Vec<Due>) -> Result<(Vec<Due>, u64), StoreError> {
        let mut by_tenant: BTreeMap<TenantId, Vec<i64>> = BTreeMap::new();
        for (tenant, id) in &due {
            by_tenant.entry(*tenant).or_default().push(*id);
        }
        let mut gone: HashSet<Due> = HashSet::new();
        for (tenant, ids) in by_tenant {
            let mut scoped = self.store.loops(tenant).await?;
            let silent = soonest(&scoped.live_triggers().await?);
            let calmed = scoped.calm_timers(&ids, silent.min(LISTEN_MAX)).await?;
            scoped.commit().await?;
            gone.extend(calmed.into_iter().map(|id| (tenant, id)));
        }
        let calmed = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        Ok((due.into_iter().filter(|one| !gone.contains(one)).collect(), calmed))
    }

    async fn act(
        &self,
        tenant: TenantId,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<(usize, Duration), StoreError> {
        let mut scoped = self.store.loops(tenant).await?;
        let Some(timer) = scoped.due_timer(id).await? else { return Ok((0, Duration::ZERO)) };
        let late = Duration::from_secs_f64(timer.late_s.max(0.0));
        let outside = (now, &*self.dice);
        let owed = match timer.kind.as_str() {
            "hold" => hold(&mut scoped, &timer, outside).await?,
            "host_silent" => silence::listen(&mut scoped, &timer, outside).await?,
            "no_data" => no_data(&mut scoped, &timer, outside).await?,
            "unhold" => release(&mut scoped, &timer, outside).await?,
            "withdraw" => withdraw(&mut scoped, &timer, outside).await?,
            "resolve" => resolve(&mut scoped, &timer, outside).await?,
            "escalate" | "repeat" | "release" | "silence_end" => {
                news::due(&mut scoped, &timer, outside).await?
            }
            // Written by a newer server, which will act on it.
            _ => return Ok((0, late)),
        };
        let Some(owed) = owed else { return Ok((0, late)) };
        scoped.commit().await?;
        Ok((owed, late))
    }
}

impl Loop for Timers {
    const NAME: &'static str = "timers";

    async fn tick(&self, now: DateTime<Utc>) -> Result<Report, LoopError> {
        self.sweep(now).await.map_err(|error| LoopError(error.into()))
    }
}

/// The end of a hold: what is bad for long enough fires, what is good for long enough is over. `None`: somebody else
/// has acted on it.
async fn hold(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let row = scoped.desk().lock_known(&timer.reference).await?;
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    let Some(mut row) = row else { return Ok(Some(0)) };
    let Some(trigger) = trigger(scoped, row.trigger).await? else {
        return end(&mut scoped.desk(), &mut row, "the trigger is gone", outside).await.map(Some);
    };
    let hearing = scoped.hearing(row.host).await?;
    let interval_s = hearing.map_or(0.0, |hearing| f64::from(hearing.interval_ms) * 0.001);
    let fresh = row.judged_age_s < (interval_s * 3.0).max(FRESH_S_MIN);
    let input = Input::Timer { generation: timer.generation, fresh };
    scoped.desk().apply(&mut row, input, &trigger, outside).await.map(Some)
}

/// No figure came for as long as the rule allows.
async fn no_data(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let row = scoped.desk().lock_known(&timer.reference).await?;
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    let Some(mut row) = row.filter(|row| row.alert.missing) else { return Ok(Some(0)) };
    let Some(trigger) = trigger(scoped, row.trigger).await? else { return Ok(Some(0)) };
    let means = match &trigger.rule {
        Rule::Watch(watch) => match watch.no_data {
            NoData::Keep => return Ok(Some(0)),
            NoData::Ok(_) => MissingMeans::Good,
            NoData::Fire(_) => MissingMeans::Bad(trigger.severity, outside.0),
        },
        Rule::Silent(_) => return Ok(Some(0)),
    };
    scoped.desk().apply(&mut row, Input::Missing(means), &trigger, outside).await.map(Some)
}

/// What was held back behind another incident: still bad by the figures that came since, it is told now.
async fn release(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let incident = timer.reference.parse().ok().map(IncidentId::from_row);
    let held = match incident {
        Some(incident) => scoped.desk().held(incident).await?,
        None => None,
    };
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    let Some(held) = held.filter(|held| !held.behind_open) else { return Ok(Some(0)) };
    let mut desk = scoped.desk();
    let row = desk.lock_known(&held.key).await?;
    let judged =
        row.is_some_and(|row| row.judged_age_s < RELEASE_FRESH_S || row.instance.is_none());
    if !judged {
        let again = timer.generation + 1;
        desk.arm_timer("unhold", &timer.reference, again, RELEASE_AGAIN).await?;
        return Ok(Some(0));
    }
    desk.let_go(held.told.incident).await?;
    desk.owe_opened(held.told, outside).await.map(Some)
}

/// A trigger was changed, switched off or deleted, or a host paused or retired: what is open ends, and people hear why.
async fn withdraw(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let changed = timer.reference.parse().ok().map(TriggerId::from_row);
    let mut owed = 0;
    for orphan in scoped.orphans(changed).await? {
        let mut desk = scoped.desk();
        if let Some(mut row) = desk.lock_known(&orphan.key).await? {
            row.incident = Some(orphan.incident);
            owed += end(&mut desk, &mut row, &orphan.reason, outside).await?;
        } else {
            owed += desk.end(orphan.incident, ("closed", &orphan.reason), outside).await?;
        }
    }
    Ok(scoped.take_timer(timer).await?.then_some(owed))
}

/// A person resolved an incident: it ends, and the next bad sample opens another.
async fn resolve(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let incident = timer.reference.parse().ok().map(IncidentId::from_row);
    let key = match incident {
        Some(incident) => scoped.alert_of(incident).await?,
        None => None,
    };
    let mut owed = 0;
    if let (Some(incident), Some(key)) = (incident, key) {
        let mut desk = scoped.desk();
        if let Some(mut row) = desk.lock_known(&key).await? {
            row.incident = Some(incident);
            desk.calm(&mut row).await?;
        }
        owed = desk.end(incident, ("resolved", "resolved by a person"), outside).await?;
    }
    Ok(scoped.take_timer(timer).await?.then_some(owed))
}

async fn end(
    desk: &mut Desk<'_>,
    row: &mut AlertRow,
    reason: &str,
    outside: Outside<'_>,
) -> Result<usize, StoreError> {
    let owed = desk.tell_end(row, "closed", reason, outside).await?;
    desk.calm(row).await?;
    Ok(owed)
}

async fn trigger(scoped: &mut Scoped, id: TriggerId) -> Result<Option<Trigger>, StoreError> {
    Ok(scoped.live_triggers().await?.into_iter().find(|trigger| trigger.id == id))
}

/// The shortest silence that somebody wants to hear of; long if nobody does.
fn soonest(triggers: &[Trigger]) -> Duration {
    let silences = triggers.iter().filter_map(|trigger| match &trigger.rule {
        Rule::Silent(silent) if !silent.never => Some(silent.after),
        _ => None,
    });
    silences.min().unwrap_or(LISTEN_MAX)
}

/// The host that a timer is about.
fn host_of(timer: &DueTimer) -> Option<HostId> {
    timer.reference.parse().ok().map(HostId::from_row)
}
