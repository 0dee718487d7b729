//! What changed on the host between two looks: instances that came, went or were renamed, configuration, version.
//!
//! Pure. Each change is a mark on the time line: what a postmaster did just before mail got stuck is often the cause.

use std::path::PathBuf;

use mailvane_proto::catalogue::{EventKindId, event as happened};

use super::Found;

/// A mark on the time line of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose: its configuration directory.
    pub config_directory: PathBuf,
    /// And its container.
    pub container: String,
    /// What happened.
    pub kind: EventKindId,
    /// From what to what.
    pub text: String,
}

/// Changes from `before` to `after`, in the order of instances.
pub fn changes(before: &[Found], after: &[Found]) -> Vec<Change> {
    let mut changes = Vec::new();
    for old in before.iter().filter(|old| find(after, old).is_none()) {
        changes.push(change(old, happened::INSTANCE_LOST, String::new()));
    }
    for new in after {
        let Some(old) = find(before, new) else {
            changes.push(change(new, happened::INSTANCE_FOUND, new.version().to_owned()));
            continue;
        };
        if old.name() != new.name() {
            changes.push(change(new, happened::INSTANCE_RENAMED, from_to(old.name(), new.name())));
        }
        // A program that is being replaced may not answer for a moment.
        let (was, is) = (old.version(), new.version());
        if was != is && !was.is_empty() && !is.is_empty() {
            changes.push(change(new, happened::VERSION_CHANGED, from_to(was, is)));
        }
        if old.config_hash != new.config_hash {
            changes.push(change(new, happened::CONFIG_CHANGED, String::new()));
        }
    }
    changes
}

fn change(found: &Found, kind: EventKindId, text: String) -> Change {
    let (config_directory, container) = (found.config_directory.clone(), found.container.clone());
    Change { config_directory, container, kind, text }
}

fn from_to(from: &str, to: &str) -> String {
    format!("from {from} to {to}")
}

fn find<'a>(found: &'a [Found], wanted: &Found) -> Option<&'a Found> {
    found.iter().find(|found| {
        (&found.config_directory, &found.container) == (&wanted.config_directory, &wanted.container)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(directory: &str, name: &str, version: &str, hash: u8) -> Found {
        let settings = [("multi_instance_name", name), ("mail_version", version)];
        Found {
            config_directory: directory.into(),
            settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            config_hash: vec![hash; 32],
            ..Found::default()
        }
    }

    #[test]
    fn an_edit_an_upgrade_and_a_new_instance_each_leave_their_mark() {
        let before =
            [found("/etc/postfix", "", "3.7.11", 1), found("/etc/postfix-old", "old", "3.7.11", 1)];
        let after = [
            found("/etc/postfix", "", "3.9.0", 2),
            found("/etc/postfix-out", "postfix-out", "3.9.0", 1),
        ];
        let seen: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| (change.config_directory, change.kind, change.text))
            .collect();
        let directory = |name: &str| PathBuf::from("/etc").join(name);
        assert_eq!(
            seen,
            [
                (directory("postfix-old"), happened::INSTANCE_LOST, String::new()),
                (
                    directory("postfix"),
                    happened::VERSION_CHANGED,
                    "from 3.7.11 to 3.9.0".to_owned()
                ),
                (directory("postfix"), happened::CONFIG_CHANGED, String::new()),
                (directory("postfix-out"), happened::INSTANCE_FOUND, "3.9.0".to_owned()),
            ]
        );
    }

    #[test]
    fn a_new_name_is_a_change_of_its_own_and_no_change_is_none() {
        let before = [found("/etc/postfix", "in", "3.7.11", 1)];
        let after = [found("/etc/postfix", "inbound", "3.7.11", 1)];
        let [only] = changes(&before, &after).try_into().unwrap();
        assert_eq!(
            (only.kind, only.text.as_str()),
            (happened::INSTANCE_RENAMED, "from in to inbound")
        );
        assert_eq!(changes(&before, &before), []);
    }

    #[test]
    fn a_postconf_that_does_not_answer_is_no_other_version() {
        let before = [found("/etc/postfix", "", "3.7.11", 1)];
        assert_eq!(changes(&before, &[found("/etc/postfix", "", "", 1)]), []);
    }
}
