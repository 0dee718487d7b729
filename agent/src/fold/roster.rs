//! Which Postfix instance a program name belongs to; places stay the same for as long as the spool lives.

use std::collections::BTreeSet;

use mailvane_proto::v1::InstanceKey;

use super::state;

/// Instances of one host; a batch has room for as many.
pub const INSTANCES_MAX: usize = 32;

/// An instance: who it is, and the name that it logs under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    /// Configuration directory; empty while only the log knows the instance.
    pub config_directory: String,
    /// Container, or empty.
    pub container: String,
    /// `multi_instance_name`, else the first part of `syslog_name`.
    pub name: String,
    /// What its programs log in front of the first `/`.
    pub syslog_name: Vec<u8>,
    /// TLS lines of smtpd can be expected, as its configuration says or as one was seen.
    pub tls_in: bool,
    /// The same of smtp.
    pub tls_out: bool,
}

impl Instance {
    /// The key on the wire.
    pub fn key(&self) -> InstanceKey {
        InstanceKey {
            config_directory: self.config_directory.clone(),
            container: self.container.clone(),
            name: self.name.clone(),
        }
    }
}

/// The instances, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    instances: Vec<Instance>,
    /// Places of the instances that were found on the host, rather than only named in its log.
    found: BTreeSet<u32>,
}

impl Roster {
    /// Adds an instance that was discovered, or brings the known one up to date; gives its place.
    pub fn discovered(&mut self, found: Instance) -> u32 {
        let same = |known: &Instance| {
            (known.config_directory == found.config_directory && known.container == found.container)
                || (known.config_directory.is_empty() && known.syslog_name == found.syslog_name)
        };
        if let Some(place) = self.instances.iter().position(same) {
            self.found.insert(to_place(place));
            if let Some(known) = self.instances.get_mut(place) {
                let (tls_in, tls_out) =
                    (known.tls_in || found.tls_in, known.tls_out || found.tls_out);
                *known = Instance { tls_in, tls_out, ..found };
            }
            return to_place(place);
        }
        if self.instances.len() >= INSTANCES_MAX {
            return 0;
        }
        self.instances.push(found);
        let place = to_place(self.instances.len() - 1);
        self.found.insert(place);
        place
    }

    /// The place of the instance that logs under a name.
    ///
    /// Where only one instance was found on the host, `postfix` is its own: Debian's relay transport logs as `postfix/relay`
    /// under whatever name the instance has.
    pub fn place(&mut self, syslog_name: &[u8]) -> u32 {
        if let Some(place) =
            self.instances.iter().position(|known| known.syslog_name == syslog_name)
        {
            return to_place(place);
        }
        let only = self.found.len() == 1 && syslog_name == b"postfix";
        if only || self.instances.len() >= INSTANCES_MAX {
            return self.found.first().copied().unwrap_or(0);
        }
        self.instances.push(Instance {
            name: String::from_utf8_lossy(syslog_name).chars().take(NAME_CHARS_MAX).collect(),
            syslog_name: syslog_name.into(),
            ..Instance::default()
        });
        to_place(self.instances.len() - 1)
    }

    /// The instance at a place.
    pub fn get(&self, place: u32) -> Option<&Instance> {
        self.instances.get(usize::try_from(place).ok()?)
    }

    /// The instance at a place, to be changed.
    pub fn get_mut(&mut self, place: u32) -> Option<&mut Instance> {
        self.instances.get_mut(usize::try_from(place).ok()?)
    }

    /// All instances in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.instances.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// The roster as it goes to disk.
    pub fn record(&self) -> Vec<state::InstanceRecord> {
        let record = |instance: &Instance| state::InstanceRecord {
            config_directory: instance.config_directory.clone(),
            container: instance.container.clone(),
            name: instance.name.clone(),
            syslog_name: instance.syslog_name.clone(),
            tls_in: instance.tls_in,
            tls_out: instance.tls_out,
        };
        self.instances.iter().map(record).collect()
    }

    /// The roster of a record.
    pub fn restore(records: Vec<state::InstanceRecord>) -> Self {
        let instance = |record: state::InstanceRecord| Instance {
            config_directory: record.config_directory,
            container: record.container,
            name: record.name,
            syslog_name: record.syslog_name,
            tls_in: record.tls_in,
            tls_out: record.tls_out,
        };
        Self {
            instances: records.into_iter().take(INSTANCES_MAX).map(instance).collect(),
            found: BTreeSet::new(),
        }
    }
}

/// A program name of a hostile writer is cut.
const NAME_CHARS_MAX: usize = 64;

fn to_place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, directory: &str) -> Instance {
        Instance {
            config_directory: directory.into(),
            name: name.into(),
            syslog_name: name.as_bytes().into(),
            ..Instance::default()
        }
    }

    #[test]
    fn the_only_instance_of_a_host_owns_what_its_relay_transport_logs() {
        let mut roster = Roster::default();
        let out = roster.discovered(found("postfix-out", "/etc/postfix-out"));
        assert_eq!(roster.place(b"postfix"), out);
    }

    #[test]
    fn an_instance_known_by_its_log_alone_owns_no_other_name() {
        let mut roster = Roster::default();
        let remote = roster.place(b"postfix-remote");
        roster.get_mut(remote).unwrap().config_directory = "/etc/postfix-remote".into();
        assert_ne!(roster.place(b"postfix"), remote);
    }
}
