//! A story: N mails whose outcome is known before they leave, sent through the lab's Postfix to the end.
//!
//! The plan is pure and seeded; telling it writes the source's journal. It never guesses an outcome from a log.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    journal::Journal,
    postfix::{Depth, REFUSED},
    smtp::{Answer, Mail, submit},
    world::Dice,
};

/// Submissions under way at once.
const UNDER_WAY_MAX: usize = 8;
/// How often the queues are looked at while a story ends.
const LOOK: Duration = Duration::from_millis(250);
/// Queues must stay empty this long: a bounce is born a moment after its message has gone.
const QUIET: Duration = Duration::from_secs(3);

/// What shall become of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Taken at the first attempt.
    Sent,
    /// Deferred once or twice, then taken.
    DeferredThenSent,
    /// Refused by the next hop for good.
    Bounced,
    /// Deferred until Postfix gives up.
    Expired,
    /// Refused by our Postfix, at one of its steps.
    Rejected,
}

/// One mail of a story.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What shall become of it.
    pub outcome: Outcome,
    /// The mail.
    pub mail: Mail,
}

/// One submission as it was answered: an entry of the source's journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submission {
    /// Which mail of the story, from 0.
    pub number: usize,
    /// What shall become of it.
    pub outcome: Outcome,
    /// Envelope sender.
    pub sender: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// What Postfix said.
    pub answer: Answer,
}

/// A story of `mails` mails: the same seed gives the same mails and outcomes.
#[must_use]
pub fn plan(mails: usize, seed: u64) -> Vec<Planned> {
    let mut dice = Dice::new(seed);
    (0..mails).map(|number| planned(number, &mut dice)).collect()
}

/// Domains that a story writes to. All take what the local part wants, each in its own words.
const DOMAINS: &[&str] =
    &["ok.test", "gmail-like.test", "outlook-like.test", "grey.test", "full.test", "slow.test"];

fn planned(number: usize, dice: &mut Dice) -> Planned {
    let (outcome, wish) = match dice.below(100) {
        0..=54 => (Outcome::Sent, "sent"),
        55..=61 => (Outcome::DeferredThenSent, "later1"),
        62..=66 => (Outcome::DeferredThenSent, "later2"),
        67..=75 => (Outcome::Bounced, "refused"),
        76..=80 => (Outcome::Expired, "never"),
        _ => (Outcome::Rejected, "sent"),
    };
    let mut mail = Mail {
        client: Ipv4Addr::new(127, 0, 2, 10 + u8::try_from(dice.below(20)).unwrap_or(0)),
        helo: "app1.shop.test".to_owned(),
        sender: if dice.chance(50) { "orders@shop.test" } else { "letter@news.test" }.to_owned(),
        recipients: vec![recipient(wish, number, 0, dice)],
        subject: format!("Story {number}"),
        body_bytes: 300,
    };
    if outcome == Outcome::Rejected {
        reject(&mut mail, number, dice);
    } else if dice.chance(20) {
        mail.recipients.push(recipient(wish, number, 1, dice));
    }
    Planned { outcome, mail }
}

fn recipient(wish: &str, number: usize, nth: usize, dice: &mut Dice) -> String {
    let index = usize::try_from(dice.below(DOMAINS.len() as u64)).unwrap_or(0);
    let domain = DOMAINS.get(index).copied().unwrap_or("ok.test");
    format!("{wish}-{number}.{nth}@{domain}")
}

/// Makes Postfix refuse the mail at one of its steps, each as likely as the next.
fn reject(mail: &mut Mail, number: usize, dice: &mut Dice) {
    match dice.below(8) {
        0 => mail.client = REFUSED.client,
        1 => REFUSED.helo.clone_into(&mut mail.helo),
        2 => REFUSED.sender.clone_into(&mut mail.sender),
        3 => mail.recipients = vec![REFUSED.recipient.to_owned()],
        4 => mail.recipients = vec![REFUSED.relay.to_owned()],
        5 => REFUSED.at_data.clone_into(&mut mail.sender),
        6 => REFUSED.at_end.clone_into(&mut mail.sender),
        // One recipient refused, the other served: the message goes on.
        _ => {
            mail.recipients =
                vec![format!("sent-{number}.0@ok.test"), REFUSED.recipient.to_owned()];
        }
    }
}

/// Submits all mails, in order but a few at a time, and journals every answer. `told` follows how many were begun.
pub async fn tell(
    server: SocketAddr,
    story: Vec<Planned>,
    journal: &Journal,
    told: &watch::Sender<usize>,
) -> io::Result<()> {
    let mut under_way = JoinSet::new();
    for (number, planned) in story.into_iter().enumerate() {
        if under_way.len() >= UNDER_WAY_MAX {
            finished(under_way.join_next().await)?;
        }
        let journal = journal.clone();
        told.send_replace(number);
        under_way.spawn(async move {
            let answer = submit(server, &planned.mail).await?;
            journal.write(&Submission {
                number,
                outcome: planned.outcome,
                sender: planned.mail.sender,
                recipients: planned.mail.recipients,
                answer,
            })
        });
    }
    while !under_way.is_empty() {
        finished(under_way.join_next().await)?;
    }
    Ok(())
}

fn finished(task: Option<Result<io::Result<()>, tokio::task::JoinError>>) -> io::Result<()> {
    match task {
        None => Ok(()),
        Some(Ok(result)) => result,
        Some(Err(fault)) => Err(io::Error::other(fault)),
    }
}

/// Waits until Postfix has nothing left to do, at most `limit`; the last depth otherwise.
pub async fn settle(depth: impl Fn() -> io::Result<Depth>, limit: Duration) -> io::Result<()> {
    let deadline = Instant::now() + limit;
    let mut empty_since = None;
    loop {
        let now = Instant::now();
        let waiting = depth()?;
        if waiting.moving() > 0 {
            empty_since = None;
        } else if now.duration_since(*empty_since.get_or_insert(now)) >= QUIET {
            return Ok(());
        }
        if now > deadline {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("mail is still in the queues after {} s: {waiting:?}", limit.as_secs()),
            ));
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_has_every_outcome_and_the_same_seed_tells_it_again() {
        let story = plan(500, 11);
        for outcome in [
            Outcome::Sent,
            Outcome::DeferredThenSent,
            Outcome::Bounced,
            Outcome::Expired,
            Outcome::Rejected,
        ] {
            assert!(
                story.iter().filter(|planned| planned.outcome == outcome).count() >= 10,
                "{outcome:?}"
            );
        }
        let subjects =
            |story: &[Planned]| story.iter().map(|p| p.mail.recipients.clone()).collect::<Vec<_>>();
        assert_eq!(subjects(&story), subjects(&plan(500, 11)));
        assert_ne!(subjects(&story), subjects(&plan(500, 12)));
    }
}
