//! What the machine hides: other users' processes, and how long processes wait.

use std::path::Path;

use mailvane_proto::catalogue::group;

use super::{Finding, host_wide};
use crate::discover::Found;

/// Looks at /proc.
pub(super) fn examine(found: &[Found], findings: &mut Vec<Finding>) {
    if !Path::new("/proc/1/stat").exists() && !found.is_empty() {
        findings.push(host_wide(
            group::PROCESS,
            true,
            "/proc is mounted with hidepid: processes of other users cannot be seen",
            "mount -o remount,hidepid=2,gid=$(id -g mailvane-agent) /proc",
        ));
    }
    if std::fs::read_to_string("/proc/pressure/io").is_err() {
        findings.push(host_wide(
            group::PRESSURE,
            true,
            "this kernel does not count how long processes wait",
            "add psi=1 to the kernel's command line, and restart the machine",
        ));
    }
}
