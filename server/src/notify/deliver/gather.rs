//! Words for many at once: a digest of a storm, and what joined a message.

use super::Deliverer;
use crate::{
    domain::ids::ChannelId,
    notify::render::{self, Message},
    store::{
        Scoped, StoreError,
        gathering::{Gathered, GroupMember},
        lanes::Claim,
    },
};

impl Deliverer {
    pub(super) async fn digest(
        &self,
        scoped: &mut Scoped,
        claim: &Claim,
    ) -> Result<Message, StoreError> {
        let gathered = scoped.gathered(claim).await?;
        let (title, text) = digest_words(&gathered);
        Ok(render::word(&title, &text, self.link("incidents?state=open")))
    }

    /// What is told together with the first message of a lane.
    pub(super) async fn joined(
        &self,
        scoped: &mut Scoped,
        (channel, claim): (ChannelId, &Claim),
    ) -> Result<Vec<String>, StoreError> {
        if claim.lane == 0 || claim.attempt == 1 && claim.kind == "opened" {
            return Ok(Vec::new());
        }
        Ok(lines(&scoped.group_of((channel, claim.lane), false).await?))
    }

    /// One message for all that wait in a group of a receiver that cannot edit; none while it is only one.
    pub(super) async fn together_words(
        &self,
        scoped: &mut Scoped,
        (channel, claim): (ChannelId, &Claim),
    ) -> Result<Option<Message>, StoreError> {
        let waiting = scoped.group_of((channel, claim.lane), true).await?;
        if waiting.len() < 2 {
            return Ok(None);
        }
        let title = format!("{} more incidents within a minute", waiting.len());
        let mut list: Vec<String> = waiting
            .iter()
            .take(LINES_MAX)
            .map(|one| format!("{} – {}{}", one.title, one.host, over(one)))
            .collect();
        if waiting.len() > LINES_MAX {
            list.push(format!("and {} more", waiting.len() - LINES_MAX));
        }
        Ok(Some(render::word(&title, &list.join("\n"), self.link("incidents?state=open"))))
    }
}

/// `+1 queue.deferred.growth`; more than five become one line.
fn lines(members: &[GroupMember]) -> Vec<String> {
    match members.len() {
        0..=5 => members.iter().map(|one| format!("+1 {}{}", one.trigger, over(one))).collect(),
        many => vec![format!("+{many}, see the incident")],
    }
}

const fn over(member: &GroupMember) -> &'static str {
    if member.over { " (over)" } else { "" }
}

/// `46 incidents in one minute: 41 agent.silent, 3 tls.degraded, 2 other.`
fn digest_words(gathered: &Gathered) -> (String, String) {
    let total: i64 = gathered.opened.iter().map(|(_, _, count)| count).sum();
    let mut named: Vec<String> = gathered
        .opened
        .iter()
        .take(TRIGGERS_MAX)
        .map(|(trigger, severity, count)| {
            let bad = if severity == "critical" { " critical" } else { "" };
            format!("{count}{bad} {trigger}")
        })
        .collect();
    let other: i64 = gathered.opened.iter().skip(TRIGGERS_MAX).map(|(_, _, count)| count).sum();
    if other > 0 {
        named.push(format!("{other} other"));
    }
    let mut text = Vec::new();
    if total > 0 {
        text.push(format!("Opened: {}.", named.join(", ")));
        text.push(format!("Hosts, the worst first: {}.", gathered.hosts.join(", ")));
    }
    if gathered.ended > 0 {
        text.push(format!("Over: {}.", gathered.ended));
    }
    let title = match (total, gathered.ended) {
        (0, ended) => format!("{ended} incidents are over"),
        (total, _) => format!("{total} incidents at once"),
    };
    (title, text.join("\n"))
}

const TRIGGERS_MAX: usize = 5;
const LINES_MAX: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_told_in_two_lines_the_critical_first() {
        let gathered = Gathered {
            opened: vec![
                ("agent.silent".into(), "critical".into(), 41),
                ("tls.degraded".into(), "warning".into(), 3),
            ],
            hosts: vec!["gw1".into(), "gw2".into()],
            ended: 2,
        };
        let (title, text) = digest_words(&gathered);
        assert_eq!(title, "44 incidents at once");
        assert_eq!(
            text,
            "Opened: 41 critical agent.silent, 3 tls.degraded.\nHosts, the worst first: gw1, gw2.\nOver: 2."
        );
    }

    #[test]
    fn more_than_five_of_a_group_become_one_line() {
        let member = |n: usize| GroupMember {
            trigger: format!("t{n}"),
            title: "x".into(),
            host: "h".into(),
            over: n == 1,
        };
        assert_eq!(lines(&[member(0), member(1)]), ["+1 t0", "+1 t1 (over)"]);
        assert_eq!(lines(&(0..6).map(member).collect::<Vec<_>>()), ["+6, see the incident"]);
    }
}
