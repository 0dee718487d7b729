//! The sum oracle: mail of known outcome while everything is killed at random moments, and not one count lost.
//!
//! A run is good when every total at the API equals the truth exactly. It does not excuse a difference: what the agent
//! declared lost is reported beside it, and in a good run that is no line of a log.

use std::{collections::BTreeMap, time::Duration};

use rustix::process::Signal;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    postfix::Pace,
    scene::{Scene, SceneError},
    stack::signal,
    story::{self, Outcome},
    truth::Truth,
    world::Dice,
};

/// Longest time something stays dead.
const DEAD_MAX_MS: u64 = 2_500;
/// The last mail before which a fault strikes, in percent of the story: some of it follows.
const LAST_FAULT_PERCENT: u64 = 95;
/// How long the mail may take to leave the queues.
const SETTLE_MAX: Duration = Duration::from_mins(6);
/// How long the counts may take to arrive after that.
const CATCH_UP_MAX: Duration = Duration::from_mins(2);

/// What can be done to a running system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// kill -9 of the agent, then a new start.
    KillAgent,
    /// kill -9 of the server, then a new start.
    KillServer,
    /// kill -9 of PostgreSQL's postmaster; the server must bring it back.
    KillPostgres,
    /// Postfix rotates its log.
    RotateLog,
    /// The connection between agent and server is cut.
    CutConnection,
}

/// Every fault, in no order.
pub const FAULTS: [Fault; 5] = [
    Fault::KillAgent,
    Fault::KillServer,
    Fault::KillPostgres,
    Fault::RotateLog,
    Fault::CutConnection,
];

/// A fault that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Struck {
    /// Which.
    pub fault: Fault,
    /// Before which mail of the story it was planned.
    pub before_mail: usize,
    /// When it struck, in milliseconds after the first mail.
    pub at_ms: u64,
}

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The seed that repeats it.
    pub seed: u64,
    /// Mails of the story, by what should become of them.
    pub mails: BTreeMap<Outcome, usize>,
    /// What was done to the system meanwhile.
    pub faults: Vec<Struck>,
    /// Metrics that differ: name, truth, API.
    pub differences: Vec<(&'static str, u64, Option<u64>)>,
    /// Losses that the agent declared, by kind.
    pub declared: BTreeMap<String, u64>,
    /// What happened.
    pub truth: Truth,
    /// Whole seconds that it took.
    pub seconds: u64,
}

impl Verdict {
    /// Whether every total was exact.
    #[must_use]
    pub fn exact(&self) -> bool {
        self.differences.is_empty()
    }
}

/// What all runs found, in one line.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Always `oracle`.
    pub proof: &'static str,
    /// The first run's seed.
    pub seed: u64,
    /// How many runs.
    pub runs: usize,
    /// How many of them were exact.
    pub exact: usize,
    /// Mails of all stories, by what should become of them.
    pub mails: BTreeMap<Outcome, usize>,
    /// Refusals of all stories, by step.
    pub rejected: BTreeMap<String, u64>,
    /// How often each fault struck.
    pub faults: BTreeMap<Fault, usize>,
    /// Figures compared in all, and how many of them differed.
    pub compared: usize,
    /// Figures that differed.
    pub differing: usize,
    /// Losses that agents declared, by kind.
    pub declared: BTreeMap<String, u64>,
    /// Whole seconds that it took.
    pub seconds: u64,
}

/// Adds up the verdicts of several runs.
#[must_use]
pub fn sum_up(seed: u64, verdicts: &[Verdict]) -> Summary {
    let mut summary = Summary {
        proof: "oracle",
        seed,
        runs: verdicts.len(),
        exact: verdicts.iter().filter(|verdict| verdict.exact()).count(),
        mails: BTreeMap::new(),
        rejected: BTreeMap::new(),
        faults: BTreeMap::new(),
        compared: 0,
        differing: 0,
        declared: BTreeMap::new(),
        seconds: 0,
    };
    for verdict in verdicts {
        for (outcome, count) in &verdict.mails {
            *summary.mails.entry(*outcome).or_default() += count;
        }
        for (step, count) in &verdict.truth.rejected {
            *summary.rejected.entry(step.clone()).or_default() += count;
        }
        for struck in &verdict.faults {
            *summary.faults.entry(struck.fault).or_default() += 1;
        }
        for (kind, count) in &verdict.declared {
            *summary.declared.entry(kind.clone()).or_default() += count;
        }
        summary.compared += verdict.truth.metrics().len();
        summary.differing += verdict.differences.len();
        summary.seconds += verdict.seconds;
    }
    summary
}

/// One run: a story of `mails` mails with every fault of `faults` in the middle, at moments that `seed` chooses.
pub async fn run(
    mails: usize,
    faults: &[Fault],
    seed: u64,
) -> Result<(Verdict, String), SceneError> {
    let begun = Instant::now();
    let mut dice = Dice::new(seed);
    let mut scene = Scene::set(Pace::Story, dice.chance(50)).await?;
    let plan = moments(faults, mails, &mut dice);

    let journal = scene.source_journal()?;
    let smtp = scene.postfix.smtp();
    let story = story::plan(mails, seed);
    let mut planned = BTreeMap::new();
    for mail in &story {
        *planned.entry(mail.outcome).or_default() += 1;
    }
    let (told, progress) = watch::channel(0);
    let mail = tokio::task::JoinSet::from_iter([async move {
        story::tell(smtp, story, &journal, &told).await
    }]);
    let struck = strike_all(&mut scene, &plan, progress, &mut dice).await?;
    for told in mail.join_all().await {
        told?;
    }
    story::settle(|| scene.postfix.depth(), SETTLE_MAX).await?;

    let truth = scene.truth()?;
    scene.sign_in().await?;
    let differences = scene.differences(&truth, CATCH_UP_MAX).await?;
    let declared = scene.declared().await?;
    let words = if differences.is_empty() { String::new() } else { scene.last_words() };
    scene.strike().await?;
    let seconds = begun.elapsed().as_secs();
    let verdict =
        Verdict { seed, mails: planned, faults: struck, differences, declared, truth, seconds };
    Ok((verdict, words))
}

/// Every fault once, in an order and before mails that the dice choose: a slow machine has the same story as a fast one.
fn moments(faults: &[Fault], mails: usize, dice: &mut Dice) -> Vec<(Fault, usize)> {
    let within = u64::try_from(mails).unwrap_or(u64::MAX).saturating_mul(LAST_FAULT_PERCENT) / 100;
    let mut plan: Vec<(Fault, usize)> = faults
        .iter()
        .map(|fault| (*fault, usize::try_from(dice.below(within)).unwrap_or(0)))
        .collect();
    plan.sort_by_key(|(_, before_mail)| *before_mail);
    plan
}

async fn strike_all(
    scene: &mut Scene,
    plan: &[(Fault, usize)],
    mut told: watch::Receiver<usize>,
    dice: &mut Dice,
) -> Result<Vec<Struck>, SceneError> {
    let begun = Instant::now();
    let mut struck = Vec::new();
    for (fault, before_mail) in plan {
        // A story that ended meanwhile is no reason to spare the system: its mail is still being tried. What comes back
        // holds the story still, and must go at once.
        drop(told.wait_for(|number| number >= before_mail).await);
        let at_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let dead = Duration::from_millis(dice.below(DEAD_MAX_MS));
        strike(scene, *fault, dead).await?;
        struck.push(Struck { fault: *fault, before_mail: *before_mail, at_ms });
    }
    Ok(struck)
}

async fn strike(scene: &mut Scene, fault: Fault, dead: Duration) -> Result<(), SceneError> {
    match fault {
        Fault::KillAgent => {
            if let Some(agent) = scene.agent.take() {
                agent.kill().await?;
            }
            sleep(dead).await;
            scene.agent = Some(scene.agent_plan.start()?);
        }
        Fault::KillServer => {
            if let Some(server) = scene.server.take() {
                server.kill().await?;
            }
            sleep(dead).await;
            scene.server = Some(scene.server_plan.start().await?);
        }
        Fault::KillPostgres => signal(scene.server_plan.postgres_pid()?, Signal::KILL)?,
        Fault::RotateLog => scene.postfix.rotate_log().await?,
        Fault::CutConnection => {
            scene.proxy.open(false);
            scene.proxy.cut();
            sleep(dead).await;
            scene.proxy.open(true);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_every_moment() {
        let plan = moments(&FAULTS, 2_000, &mut Dice::new(3));
        assert_eq!(plan, moments(&FAULTS, 2_000, &mut Dice::new(3)));
        assert_ne!(plan, moments(&FAULTS, 2_000, &mut Dice::new(4)));
        assert_eq!(plan.len(), FAULTS.len());
        assert!(plan.is_sorted_by_key(|(_, before_mail)| *before_mail));
        assert!(plan.iter().all(|(_, before_mail)| *before_mail < 1_900));
    }
}
