//! What this host keeps from being seen, each with the line that cures it: read-only, and never a line in the mail log.

mod checks;
mod config;
mod log;
mod machine;
mod queue;

use mailvane_proto::catalogue::{self, GroupId};
use mailvane_proto::v1::{BlindSpot, InstanceKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::discover::Found;
use crate::sources::Source;

/// Findings told; what is beyond is of no help to anybody.
const FINDINGS_MAX: usize = 200;

/// One thing that cannot be seen, or not as well as it could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Instance; empty for the whole host.
    pub instance: String,
    /// The visibility group that suffers.
    pub group: String,
    /// Nothing of the group is seen; otherwise some of it is, or less well.
    pub blind: bool,
    /// Why.
    pub why: String,
    /// The one line that cures it.
    pub cure: String,
    #[serde(skip)]
    key: Option<InstanceKey>,
}

/// What is looked at.
pub struct Scene<'a> {
    /// Instances.
    pub found: &'a [Found],
    /// Logs that are read.
    pub sources: &'a [Source],
}

/// Everything that can be found out, blind spots first.
pub fn examine(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for found in scene.found {
        queue::examine(found, &mut findings);
        config::examine(found, &mut findings);
        checks::examine(found, &mut findings);
    }
    config::collisions(scene.found, &mut findings);
    log::examine(scene, &mut findings);
    machine::examine(scene.found, &mut findings);
    findings.sort_by_key(|finding| !finding.blind);
    findings.truncate(FINDINGS_MAX);
    findings
}

/// As the server is told: only what is not seen at all.
pub fn blind_spots(scene: &Scene<'_>) -> Vec<BlindSpot> {
    let group = catalogue::group_by_name;
    let spot = |finding: Finding| BlindSpot {
        instance: finding.key,
        group: group(&finding.group).map_or(0, |group| u32::from(group.id.0)),
        why: finding.why,
        cure: finding.cure,
    };
    examine(scene).into_iter().filter(|finding| finding.blind).map(spot).collect()
}

/// For people, and for programs.
pub fn told(findings: &[Finding]) -> (Vec<String>, Value) {
    let line = |finding: &Finding| {
        let whose = if finding.instance.is_empty() { "this host" } else { &finding.instance };
        let how = if finding.blind { "cannot be seen" } else { "is seen less well" };
        format!("{whose}: {} {how}: {}\n    cure: {}", finding.group, finding.why, finding.cure)
    };
    (findings.iter().map(line).collect(), json!(findings))
}

/// Nothing of a group can be seen.
fn blind(
    found: &Found,
    group: GroupId,
    why: impl Into<String>,
    cure: impl Into<String>,
) -> Finding {
    Finding { blind: true, ..dim(found, group, why, cure) }
}

/// A group is seen in part, or less well than it could be.
fn dim(found: &Found, group: GroupId, why: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding {
        instance: found.name().to_owned(),
        key: Some(found.instance().key()),
        ..host_wide(group, false, why, cure)
    }
}

fn host_wide(
    group: GroupId,
    blind: bool,
    why: impl Into<String>,
    cure: impl Into<String>,
) -> Finding {
    let name = catalogue::groups().iter().find(|known| known.id == group);
    let name = name.map_or("", |group| group.name);
    Finding {
        instance: String::new(),
        group: name.to_owned(),
        blind,
        why: why.into(),
        cure: cure.into(),
        key: None,
    }
}

/// `postconf -e NAME=VALUE && postfix reload`, for this instance.
fn set(found: &Found, setting: &str) -> String {
    let directory = found.config_directory.display();
    format!("postconf -c {directory} -e {setting} && postfix -c {directory} reload")
}

#[cfg(test)]
mod tests;
