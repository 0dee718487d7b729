//! What an incident is called and which alert it opens: the words that every channel and page starts from.

use super::{
    ids::{HostId, InstanceId, TriggerId},
    trigger::{Op, Rule, Threshold},
};

/// What a trigger's alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One Postfix instance.
    Instance(InstanceId),
    /// A whole host.
    Host(HostId),
}

/// The key of an alert: its trigger and its target. As text it is unique in its tenant.
pub fn alert_key(trigger: TriggerId, target: Target) -> String {
    match target {
        Target::Instance(instance) => format!("{trigger}/i{instance}"),
        Target::Host(host) => format!("{trigger}/h{host}"),
    }
}

/// What happens, in words without host, severity or figures.
pub fn title(rule: &Rule) -> String {
    match rule {
        Rule::Silent(_) => "The agent is silent".to_owned(),
        Rule::Threshold(threshold) => threshold_title(threshold),
    }
}

/// Figure at which the rule fires.
pub fn threshold(rule: &Rule) -> f64 {
    match rule {
        Rule::Silent(silent) => silent.after.as_secs_f64(),
        Rule::Threshold(threshold) => threshold.fire,
    }
}

fn threshold_title(threshold: &Threshold) -> String {
    let name = threshold.metric.name;
    let queue = name.strip_prefix("queue.").and_then(|rest| rest.strip_suffix(".messages"));
    match (queue, threshold.op) {
        (Some(queue), Op::Above) => format!("Mail piles up in the {queue} queue"),
        (Some(queue), Op::Below) => format!("The {queue} queue runs empty"),
        (None, Op::Above) => format!("{name} is high"),
        (None, Op::Below) => format!("{name} is low"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trigger::defaults;

    #[test]
    fn the_default_triggers_have_words_that_a_postmaster_uses() {
        let titles: Vec<String> = defaults().iter().map(|template| title(&template.rule)).collect();
        assert_eq!(titles, ["Mail piles up in the deferred queue", "The agent is silent"]);
    }

    #[test]
    fn a_host_and_an_instance_of_the_same_number_have_keys_of_their_own() {
        let trigger = TriggerId::from_row(3);
        let instance = alert_key(trigger, Target::Instance(InstanceId::from_row(7)));
        assert_ne!(instance, alert_key(trigger, Target::Host(HostId::from_row(7))));
    }
}
