//! The sum oracle: mail of known outcome while everything is killed at random moments, and not one count lost.
//!
//! A run is good when every total at the API equals the truth exactly. It does not excuse a difference.

use std::time::Duration;

use rustix::process::Signal;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{
    postfix::Pace,
    scene::{Scene, SceneError},
    stack::signal,
    story,
    truth::Truth,
    world::Dice,
};

/// The story's mail is on its way for about this long; faults fall into it.
const FAULTS_WITHIN: Duration = Duration::from_secs(25);
/// Longest time something stays dead.
const DEAD_MAX_MS: u64 = 2_500;
/// How long the mail may take to leave the queues.
const SETTLE_MAX: Duration = Duration::from_mins(4);
/// How long the counts may take to arrive after that.
const CATCH_UP_MAX: Duration = Duration::from_mins(2);

/// What can be done to a running system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The seed that repeats it.
    pub seed: u64,
    /// Mails of the story.
    pub mails: usize,
    /// Each fault and its moment, in milliseconds after the first mail.
    pub faults: Vec<(Fault, u64)>,
    /// Metrics that differ: name, truth, API.
    pub differences: Vec<(&'static str, u64, Option<u64>)>,
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

/// One run: a story of `mails` mails with every fault of `faults` in the middle, at moments that `seed` chooses.
pub async fn run(
    mails: usize,
    faults: &[Fault],
    seed: u64,
) -> Result<(Verdict, String), SceneError> {
    let begun = Instant::now();
    let mut dice = Dice::new(seed);
    let mut scene = Scene::set(Pace::Story, dice.chance(50)).await?;
    let plan = moments(faults, &mut dice);

    let journal = scene.source_journal()?;
    let smtp = scene.postfix.smtp();
    let mail = tokio::task::JoinSet::from_iter([async move {
        story::tell(smtp, story::plan(mails, seed), &journal).await
    }]);
    strike_all(&mut scene, &plan, &mut dice).await?;
    for told in mail.join_all().await {
        told?;
    }
    story::settle(|| scene.postfix.depth(), SETTLE_MAX).await?;

    let truth = scene.truth()?;
    scene.sign_in().await?;
    let differences = scene.differences(&truth, CATCH_UP_MAX).await?;
    let words = if differences.is_empty() { String::new() } else { scene.last_words() };
    scene.strike().await?;
    let seconds = begun.elapsed().as_secs();
    Ok((Verdict { seed, mails, faults: plan, differences, truth, seconds }, words))
}

/// Every fault once, in an order and at moments that the dice choose.
fn moments(faults: &[Fault], dice: &mut Dice) -> Vec<(Fault, u64)> {
    let within = u64::try_from(FAULTS_WITHIN.as_millis()).unwrap_or(u64::MAX);
    let mut plan: Vec<(Fault, u64)> =
        faults.iter().map(|fault| (*fault, dice.below(within))).collect();
    plan.sort_by_key(|(_, moment)| *moment);
    plan
}

async fn strike_all(
    scene: &mut Scene,
    plan: &[(Fault, u64)],
    dice: &mut Dice,
) -> Result<(), SceneError> {
    let begun = Instant::now();
    for (fault, moment) in plan {
        sleep(Duration::from_millis(*moment).saturating_sub(begun.elapsed())).await;
        let dead = Duration::from_millis(dice.below(DEAD_MAX_MS));
        strike(scene, *fault, dead).await?;
    }
    Ok(())
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
        let plan = moments(&FAULTS, &mut Dice::new(3));
        assert_eq!(plan, moments(&FAULTS, &mut Dice::new(3)));
        assert_ne!(plan, moments(&FAULTS, &mut Dice::new(4)));
        assert_eq!(plan.len(), FAULTS.len());
        assert!(plan.is_sorted_by_key(|(_, moment)| *moment));
    }
}
