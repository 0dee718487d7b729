//! Whether a host is heard: opens and ends the incidents of silence, and decides when to listen again.
//!
//! Our own outages are not the host's: before a host is called silent, this deployment must have taken batches in for
//! as long as the silence lasts.

use std::time::Duration;

use super::{Outside, host_of};
use crate::{
    domain::{
        alert::{Input, State},
        evaluate::{Part, Verdict},
        ids::{HostId, IncidentId},
        incident::{Target, alert_key},
        trigger::{Rule, Silent, Trigger},
    },
    store::{
        Scoped, StoreError,
        alerts::{AlertRow, Desk, WantedAlert},
        timers::{DueTimer, Hearing},
    },
};

/// When there is nothing to listen for.
const LISTEN_AGAIN: Duration = Duration::from_mins(1);
/// While a host is silent, and while nobody knows whether it is the host.
const LISTEN_SOON: Duration = Duration::from_secs(3);
/// The deadline is not hit to the millisecond.
const GRACE_S: f64 = 0.5;

/// So many hosts silent at once are told as one: this share of the tenant's, and no fewer than this.
const SITE_SHARE: f64 = 0.3;
const SITE_HOSTS_MIN: i64 = 3;

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
        if hearing.state != "active" || !silent.scope.covers_host(&hearing.tags, &hearing.host_ref)
        {
            continue;
        }
        let (verdict, wait) = match (silent.never, hearing.ever) {
            (true, ever) => newcomer(silent, &hearing, ever),
            (false, true) => judge(scoped, silent, &hearing).await?,
            (false, false) => continue,
        };
        again = again.min(wait);
        owed += settle(scoped, (host, &hearing), trigger, verdict, outside).await?;
    }
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    scoped.desk().arm_timer("host_silent", &timer.reference, timer.generation + 1, again).await?;
    Ok(Some(owed))
}

/// A host that was enrolled and never sent anything.
fn newcomer(silent: &Silent, hearing: &Hearing, ever: bool) -> (Verdict, Duration) {
    let (age, after) = (hearing.enrolled_age_s, silent.after.as_secs_f64());
    if ever {
        return (Verdict::Clear(0.0), LISTEN_AGAIN);
    }
    let verdict = if age > after { Verdict::Breach(age) } else { Verdict::Band(age) };
    (verdict, Duration::from_secs_f64((after - age + GRACE_S).clamp(GRACE_S, 3_600.0)))
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
    let key = alert_key(trigger.id, target, Part::Whole);
    let breach = matches!(verdict, Verdict::Breach(_));
    // Those that fall silent together are looked at one after the other, so that one tells of all.
    if breach {
        scoped.lock_silences().await?;
    }
    let mut desk = scoped.desk();
    let row = if breach {
        let wanted = WantedAlert { key: key.clone(), trigger: trigger.id, host, target };
        desk.lock_alerts(vec![wanted]).await?.remove(&key)
    } else {
        desk.lock_known(&key).await?
    };
    let Some(mut row) = row else { return Ok(0) };
    let before = row.incident;
    let input = Input::Sample(verdict, trigger.severity, hearing.received_at);
    let Some(site) = site(&mut desk, &row, (trigger, hearing), breach).await? else {
        return desk.apply(&mut row, input, trigger, outside).await;
    };
    match site {
        Site::Told(by) => {
            desk.muted().apply(&mut row, input, trigger, outside).await?;
            if let (None, Some(incident)) = (before, row.incident) {
                desk.hold_behind(incident, by).await?;
            }
            Ok(0)
        }
        Site::Tells(hosts, of) => {
            desk.muted().apply(&mut row, input, trigger, outside).await?;
            let Some(incident) = row.incident.filter(|_| before.is_none()) else { return Ok(0) };
            let title = format!("{hosts} of {of} hosts are silent");
            let told = desk.make_site(incident, &title, hosts).await?;
            desk.owe_opened(told, outside).await
        }
    }
}

/// Whose incident tells of a silence that many hosts share.
enum Site {
    /// Another host's.
    Told(IncidentId),
    /// This one's: so many hosts of so many.
    Tells(i32, i32),
}

async fn site(
    desk: &mut Desk<'_>,
    row: &AlertRow,
    (trigger, hearing): (&Trigger, &Hearing),
    breach: bool,
) -> Result<Option<Site>, StoreError> {
    if !breach || row.alert.state != State::Ok || hearing_never(trigger) {
        return Ok(None);
    }
    if let Some(by) = desk.site_incident(trigger.id).await? {
        return Ok(Some(Site::Told(by)));
    }
    let interval_s = f64::from(hearing.interval_ms) / 1_000.0;
    let (silent, all) = desk.silent_hosts(interval_s * 2.0 + GRACE_S).await?;
    if silent < SITE_HOSTS_MIN || (silent as f64) < SITE_SHARE * all as f64 {
        return Ok(None);
    }
    let count = |hosts: i64| i32::try_from(hosts).unwrap_or(i32::MAX);
    Ok(Some(Site::Tells(count(silent), count(all))))
}

fn hearing_never(trigger: &Trigger) -> bool {
    matches!(&trigger.rule, Rule::Silent(silent) if silent.never)
}
