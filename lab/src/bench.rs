//! Figures of this machine, in the words of the promises: what the agent costs, and log line to message.
//!
//! CPU figures come from the kernel's accounting, with others' programs over the same in the same run beside them.

pub mod agent;
pub mod cost;
pub mod mix;
pub mod peers;
pub mod scan;
pub mod weight;

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    journal,
    postfix::Pace,
    scene::{Scene, SceneError},
    sink::{Attempt, Status},
    smtp::{Mail, submit},
    truth::SINK_JOURNAL,
};

/// Deferred messages above which the trigger of the latency figure fires.
const THRESHOLD: usize = 50;
/// Mails of each round: a few more than it takes.
const ROUND_MAILS: usize = 60;
/// How long a message may take before the round is given up.
const ROUND_MAX: Duration = Duration::from_mins(1);

/// Milliseconds from the attempt that made one too many to the message at the receiver, one for each round.
pub async fn news(rounds: usize) -> Result<Vec<u64>, SceneError> {
    let scene = Scene::set(Pace::Steady, false).await?;
    scene.add_slack().await?;
    let trigger = json!({"name": "Bench", "enabled": true, "severity": "error", "spec": {
        "kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": THRESHOLD, "clear": THRESHOLD,
        "hold_s": 0, "clear_hold_s": 0, "scope": {}}});
    scene.api.post("/triggers", &trigger).await?;
    let mut took = Vec::new();
    for round in 0..rounds {
        took.push(one_round(&scene, round).await?);
    }
    scene.strike().await?;
    took.sort_unstable();
    Ok(took)
}

async fn one_round(scene: &Scene, round: usize) -> Result<u64, SceneError> {
    let seen = scene.slack.arrivals()?.len();
    let before: Vec<Attempt> = journal::read(&scene.path(SINK_JOURNAL))?;
    for number in 0..ROUND_MAILS {
        submit(scene.postfix.smtp(), &unlucky(round, number)).await?;
    }
    let told = wait_for(scene, seen).await?;
    let attempts: Vec<Attempt> = journal::read(&scene.path(SINK_JOURNAL))?;
    let first = attempts
        .iter()
        .skip(before.len())
        .filter(|one| one.status == Status::Deferred && one.attempt == 1);
    let too_many = first.map(|one| one.at_ms).nth(THRESHOLD).unwrap_or(told);
    let seen = scene.slack.arrivals()?.len();
    scene.postfix.delete_deferred().await?;
    wait_for(scene, seen).await?;
    Ok(told.saturating_sub(too_many))
}

/// Waits for an arrival beyond the `seen` first; its moment.
async fn wait_for(scene: &Scene, seen: usize) -> Result<u64, SceneError> {
    let deadline = Instant::now() + ROUND_MAX;
    loop {
        if let Some(arrival) = scene.slack.arrivals()?.get(seen) {
            return Ok(arrival.at_ms);
        }
        if Instant::now() > deadline {
            let seconds = ROUND_MAX.as_secs();
            return Err(SceneError::Late {
                what: "a message".to_owned(),
                seconds,
                seen: scene.last_words(),
            });
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn unlucky(round: usize, number: usize) -> Mail {
    Mail {
        client: std::net::Ipv4Addr::new(127, 0, 0, 9),
        helo: "app1.shop.test".to_owned(),
        sender: "orders@shop.test".to_owned(),
        recipients: vec![format!("never-{round}.{number}@gmail-like.test")],
        subject: "Order".to_owned(),
        body_bytes: 400,
    }
}
