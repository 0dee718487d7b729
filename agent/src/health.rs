//! What the machine says of Postfix's processes, of itself and of this agent: /proc and the spool's file system.
//!
//! Never reads a log or a queue, never runs a program, needs no right that a plain user has not. What cannot be told
//! for certain is left out, and with it its group's visibility.

pub mod host;
pub mod own;
pub mod proc;
pub mod processes;
pub mod spool;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mailvane_proto::catalogue::{DimensionId, GroupId, KeyId, MetricId};

use crate::fold::tally::Tally;
use host::Host;
use own::Own;
use processes::Processes;

/// One instance as far as its processes and its spool go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where its queues are.
    pub queue_directory: PathBuf,
    /// Whether its master.cf has a pickup service; a null client may have none.
    pub has_pickup: bool,
    /// Processes that each daemon may have, all its services together; those without a limit are left out.
    pub limits: BTreeMap<KeyId, u64>,
}

/// What was measured of one instance, or of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    groups: u64,
    metrics: Vec<(MetricId, u64)>,
    entries: Vec<(DimensionId, KeyId, usize, u64)>,
}

impl Reading {
    fn see(&mut self, group: GroupId) {
        self.groups |= group.bit();
    }

    fn set(&mut self, metric: MetricId, value: u64) {
        self.metrics.push((metric, value));
    }

    /// Puts it among the other figures of the interval.
    pub fn put_into(&self, tally: &mut Tally) {
        for group in mailvane_proto::catalogue::groups() {
            if group.id.visible_in(self.groups) {
                tally.see(group.id);
            }
        }
        for (metric, value) in &self.metrics {
            tally.set(*metric, *value);
        }
        for (dimension, key, measure, count) in &self.entries {
            tally.closed(*dimension, *key, *measure, *count);
        }
    }
}

/// Measures, and remembers what it needs to tell growth.
#[derive(Debug)]
pub struct Health {
    proc: PathBuf,
    targets: Vec<Target>,
    processes: Vec<Processes>,
    host: Host,
    own: Own,
}

impl Health {
    /// Begins at what `proc` says now, so that the first interval has its growth too.
    pub fn new(proc: &Path, targets: Vec<Target>) -> Self {
        let processes = targets.iter().map(|_| Processes::default()).collect();
        let (host, own) = (Host::default(), Own::default());
        let mut health = Self { proc: proc.to_owned(), targets, processes, host, own };
        health.instances();
        health.machine();
        health
    }

    /// One reading for each instance, in the order of the targets.
    pub fn instances(&mut self) -> Vec<Reading> {
        let masters = processes::masters(&self.proc, &self.targets);
        let each = self.targets.iter().zip(&mut self.processes).zip(masters);
        each.map(|((target, processes), master)| {
            let mut reading = Reading::default();
            processes.measure(&self.proc, target, master, &mut reading);
            spool::measure(&target.queue_directory, &mut reading);
            reading
        })
        .collect()
    }

    /// The machine's figures and this agent's.
    pub fn machine(&mut self) -> Reading {
        let mut reading = Reading::default();
        self.host.measure(&self.proc, &mut reading);
        self.own.measure(&self.proc, &mut reading);
        reading
    }
}
