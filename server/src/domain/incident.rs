//! What an incident is called and which alert it opens: the words that every channel and page starts from.

use super::{
    defaults,
    evaluate::Part,
    ids::{HostId, InstanceId, TriggerId},
    trigger::{Measure, Op, Rule, Trigger, Watch},
};

/// What a trigger's alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One Postfix instance.
    Instance(InstanceId),
    /// A whole host.
    Host(HostId),
}

/// The key of an alert: its trigger, its target, and which of the target's alerts it is. As text it is unique in its tenant.
pub fn alert_key(trigger: TriggerId, target: Target, part: Part) -> String {
    let target = match target {
        Target::Instance(instance) => format!("{trigger}/i{instance}"),
        Target::Host(host) => format!("{trigger}/h{host}"),
    };
    match part {
        Part::Whole => target,
        Part::Key(key) => format!("{target}#k{key}"),
        Part::Event(fingerprint) => format!("{target}#e{fingerprint:x}"),
        Part::More => format!("{target}#+"),
    }
}

/// Which of its target's alerts a key names.
pub fn part_of(key: &str) -> Part {
    let Some((_, part)) = key.split_once('#') else { return Part::Whole };
    let number = |text: &str| text.parse().ok().map(Part::Key);
    let hash = |text: &str| u64::from_str_radix(text, 16).ok().map(Part::Event);
    part.strip_prefix('k')
        .and_then(number)
        .or_else(|| part.strip_prefix('e').and_then(hash))
        .unwrap_or(Part::More)
}

/// What happens, in words without host, severity or figures.
pub fn title(trigger: &Trigger) -> String {
    if let Some(template) = trigger.template.as_deref().and_then(defaults::named) {
        return template.title.to_owned();
    }
    match &trigger.rule {
        Rule::Silent(silent) if silent.never => "A new host has never sent anything".to_owned(),
        Rule::Silent(_) => "The agent is silent".to_owned(),
        Rule::Watch(watch) => watch_title(watch, &trigger.name),
    }
}

fn watch_title(watch: &Watch, name: &str) -> String {
    let Measure::Level(sum) = &watch.measure else { return name.to_owned() };
    let Some(figure) = sum.of.first().map(ToString::to_string) else { return name.to_owned() };
    let queue = figure.strip_prefix("queue.").and_then(|rest| rest.strip_suffix(".messages"));
    match (queue, watch.op) {
        (Some(queue), Op::Above) => format!("Mail piles up in the {queue} queue"),
        (Some(queue), Op::Below) => format!("The {queue} queue runs empty"),
        (None, Op::Above) => format!("{figure} is high"),
        (None, Op::Below) => format!("{figure} is low"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{severity::Severity, trigger::Spec};

    fn trigger(name: &str, template: Option<&str>, metric: &str) -> Trigger {
        let spec = Spec {
            kind: "threshold".into(),
            metric: metric.into(),
            fire: Some(5.0),
            ..Spec::default()
        };
        Trigger {
            id: TriggerId::from_row(1),
            name: name.into(),
            template: template.map(Into::into),
            version: 1,
            severity: Severity::Warning,
            rule: Rule::new(&spec).unwrap(),
        }
    }

    #[test]
    fn a_trigger_has_words_that_a_postmaster_uses() {
        let own = trigger("my queue", None, "queue.hold.messages");
        assert_eq!(title(&own), "Mail piles up in the hold queue");
        assert_eq!(title(&trigger("rejects", None, "reject.total")), "reject.total is high");
        let default = trigger("anything", Some("queue.deferred.growth"), "queue.hold.messages");
        assert_eq!(title(&default), "The deferred queue grows fast");
    }

    #[test]
    fn a_host_an_instance_and_their_parts_have_keys_of_their_own() {
        let trigger = TriggerId::from_row(3);
        let instance = Target::Instance(InstanceId::from_row(7));
        let whole = alert_key(trigger, instance, Part::Whole);
        assert_ne!(whole, alert_key(trigger, Target::Host(HostId::from_row(7)), Part::Whole));
        for part in [Part::Whole, Part::Key(12), Part::Event(u64::MAX), Part::More] {
            assert_eq!(part_of(&alert_key(trigger, instance, part)), part);
        }
    }
}
