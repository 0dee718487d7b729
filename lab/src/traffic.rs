//! Steady mail in a realistic mix, for people who look at charts: it swells and ebbs, some is deferred, some refused.
//!
//! It keeps no record; exact figures come from [`crate::story`].

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    postfix::REFUSED,
    smtp::{Mail, submit},
    world::Dice,
};

/// Submissions under way at once; beyond it the source waits, as a busy program would.
const UNDER_WAY_MAX: usize = 32;
/// Length of one swell and ebb.
const SWELL: Duration = Duration::from_mins(4);

/// Recipient domains and their share of the mail, in per mille.
const RECIPIENTS: &[(&str, u64)] = &[
    ("ok.test", 520),
    ("slow.test", 110),
    ("gmail-like.test", 170),
    ("outlook-like.test", 80),
    ("grey.test", 50),
    ("gone.test", 30),
    ("full.test", 20),
    ("blocking.test", 15),
    ("dead.test", 5),
];

/// Sends about `per_second` messages a second to `server`, until dropped.
pub async fn steady(server: SocketAddr, per_second: f64, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut under_way = JoinSet::new();
    let begun = Instant::now();
    for number in 0_u64.. {
        while under_way.len() >= UNDER_WAY_MAX {
            under_way.join_next().await;
        }
        while under_way.try_join_next().is_some() {}
        let mail = next_mail(number, &mut dice);
        // A message that Postfix does not take, because it restarts, is one message fewer in a demonstration.
        under_way.spawn(async move { submit(server, &mail).await.is_ok() });
        sleep(pause(per_second, begun.elapsed(), &mut dice)).await;
    }
}

/// The pause to the next message: Poisson-like, with a swell from half to one and a half times the rate.
fn pause(per_second: f64, elapsed: Duration, dice: &mut Dice) -> Duration {
    let phase = elapsed.as_secs_f64() / SWELL.as_secs_f64() * std::f64::consts::TAU;
    let rate = per_second.max(0.01) * (1.0 + 0.5 * phase.sin());
    let chance = (dice.below(1_000) as f64 + 1.0) / 1_001.0;
    Duration::from_secs_f64((-chance.ln() / rate).min(10.0))
}

fn next_mail(number: u64, dice: &mut Dice) -> Mail {
    let sender = match dice.below(10) {
        0..=4 => "orders@shop.test",
        5..=7 => "letter@news.test",
        _ => "anna@ok.test",
    };
    let mut mail = Mail {
        client: Ipv4Addr::new(127, 0, 1, last_octet(dice)),
        helo: "app1.shop.test".to_owned(),
        sender: sender.to_owned(),
        recipients: vec![recipient(number, dice)],
        subject: format!("Order {number}"),
        body_bytes: usize::try_from(dice.below(6_000)).unwrap_or(0) + 400,
    };
    if dice.chance(15) {
        mail.recipients.push(recipient(number + 1, dice));
    }
    spoil(&mut mail, dice);
    mail
}

/// About one message in twelve is one that Postfix refuses, at any step.
fn spoil(mail: &mut Mail, dice: &mut Dice) {
    match dice.below(120) {
        0 => mail.client = REFUSED.client,
        1 => REFUSED.helo.clone_into(&mut mail.helo),
        2..=3 => REFUSED.sender.clone_into(&mut mail.sender),
        4..=6 => mail.recipients = vec![REFUSED.recipient.to_owned()],
        7..=8 => mail.recipients = vec![REFUSED.relay.to_owned()],
        9 => REFUSED.at_data.clone_into(&mut mail.sender),
        10 => REFUSED.subject.clone_into(&mut mail.subject),
        _ => {}
    }
}

fn last_octet(dice: &mut Dice) -> u8 {
    u8::try_from(dice.below(40)).unwrap_or(0) + 10
}

fn recipient(number: u64, dice: &mut Dice) -> String {
    let mut draw = dice.below(RECIPIENTS.iter().map(|(_, share)| share).sum());
    for (domain, share) in RECIPIENTS {
        if draw < *share {
            return format!("user{}.{number}@{domain}", dice.below(5_000));
        }
        draw -= share;
    }
    format!("user{number}@ok.test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nexthop;

    #[test]
    fn every_recipient_domain_has_a_next_hop() {
        assert!(RECIPIENTS.iter().all(|(domain, _)| nexthop::find(domain).is_some()));
    }

    #[test]
    fn the_mix_contains_refusals_and_every_domain() {
        let mut dice = Dice::new(3);
        let mails: Vec<Mail> = (0..5_000).map(|number| next_mail(number, &mut dice)).collect();
        for (domain, _) in RECIPIENTS {
            assert!(
                mails.iter().any(|mail| mail.recipients.iter().any(|to| to.ends_with(domain))),
                "{domain}"
            );
        }
        let refused = mails.iter().filter(|mail| mail.client == REFUSED.client).count();
        assert!((10..100).contains(&refused), "{refused}");
    }

    #[test]
    fn the_rate_holds_over_a_whole_swell() {
        let mut dice = Dice::new(4);
        let mut elapsed = Duration::ZERO;
        let mut mails = 0_u32;
        while elapsed < SWELL * 4 {
            elapsed += pause(5.0, elapsed, &mut dice);
            mails += 1;
        }
        let rate = f64::from(mails) / elapsed.as_secs_f64();
        assert!((4.0..6.0).contains(&rate), "{rate}");
    }
}
