//! Whether a host is heard: opens and ends the incidents of silence, and decides when to listen again.
//!
//! Our own outages are not the host's: before a host is called silent, this deployment must have taken batches in for
//! as long as the silence lasts.

use std::time::Duration;

use super::{Outside, host_of};
use crate::{
    domain::{
        alert::Input,
        evaluate::Verdict,
        ids::HostId,
        incident::{Target, alert_key},
        trigger::{Rule, Silent, Trigger},
    },
    store::{
        Scoped, StoreError,
        alerts::WantedAlert,
        timers::{DueTimer, Hearing},
    },
};

/// When there is nothing to listen for.
const LISTEN_AGAIN: Duration = Duration::from_mins(1);
/// While a host is silent, and while nobody knows whether it is the host.
const LISTEN_SOON: Duration = Duration::from_secs(3);
/// The deadline is not hit to the millisecond.
const GRACE_S: f64 = 0.5;

/// Listens to the host of `timer`; `None`: somebody else does.
pub(super) async fn listen(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    let hearing = match host_of(timer) {
        Some(host) => scoped.hearing(host).await?.map(|hearing| (host, hearing)),
        None => None,
    };
    let Some((host, hearing)) = hearing.filter(|(_, hearing)| hearing.state != "retired") else {
        return Ok(scoped.take_timer(timer).await?.then_some(0));
    };
    let triggers = scoped.live_triggers().await?;
    let mut owed = 0;
    let mut again = LISTEN_AGAIN;
    for trigger in &triggers {
        let Rule::Silent(silent) = &trigger.rule else { continue };
        if hearing.state != "active" || !hearing.ever {
            continue;
        }
        let (verdict, wait) = judge(scoped, silent, &hearing).await?;
        again = again.min(wait);
        owed += settle(scoped, (host, &hearing), trigger, verdict, outside).await?;
    }
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    scoped.desk().arm_timer("host_silent", &timer.reference, timer.generation + 1, again).await?;
    Ok(Some(owed))
}

/// What the silence so far means, and when to look again.
async fn judge(
    scoped: &mut Scoped,
    silent: &Silent,
    hearing: &Hearing,
) -> Result<(Verdict, Duration), StoreError> {
    let interval = Duration::from_millis(u64::from(hearing.interval_ms.unsigned_abs()));
    let deadline = silent.deadline(interval).as_secs_f64();
    let age = hearing.age_s;
    if age <= deadline {
        let left = Duration::from_secs_f64((deadline - age + GRACE_S).max(GRACE_S));
        let on_time = age <= interval.as_secs_f64() * 2.0 + GRACE_S;
        let verdict = if on_time { Verdict::Clear(age) } else { Verdict::Band(age) };
        return Ok((verdict, left));
    }
    if hearing.away {
        return Ok((Verdict::Unknown, LISTEN_SOON));
    }
    if !scoped.intake_was_well(deadline).await? {
        metrics::counter!("mailvane_silence_withheld_total").increment(1);
        return Ok((Verdict::Unknown, LISTEN_SOON));
    }
    Ok((Verdict::Breach(age), LISTEN_SOON))
}

async fn settle(
    scoped: &mut Scoped,
    (host, hearing): (HostId, &Hearing),
    trigger: &Trigger,
    verdict: Verdict,
    outside: Outside<'_>,
) -> Result<usize, StoreError> {
    let target = Target::Host(host);
    let key = alert_key(trigger.id, target);
    let mut desk = scoped.desk();
    let row = if matches!(verdict, Verdict::Breach(_)) {
        let wanted = WantedAlert { key: key.clone(), trigger: trigger.id, host, target };
        desk.lock_alerts(vec![wanted]).await?.remove(&key)
    } else {
        desk.lock_known(&key).await?
    };
    let Some(mut row) = row else { return Ok(0) };
    let input = Input::Sample(verdict, hearing.received_at);
    desk.apply(&mut row, (input, trigger.rule.patience()), trigger, outside).await
}
