//! Queues that cannot be listed, and the socket of showq that cannot be spoken to.

use std::io::ErrorKind;

use mailvane_proto::catalogue::group;

use super::{Finding, blind};
use crate::discover::Found;

/// Looks at the queue directory as this user may.
pub(super) fn examine(found: &Found, findings: &mut Vec<Finding>) {
    let directory = found.queue_directory();
    let deferred = directory.join("deferred");
    let listed = std::fs::read_dir(&deferred);
    if let Err(error) = &listed {
        let why = format!("{}: {error}", deferred.display());
        let cure = "install the queue helper: systemctl enable --now mailvane-agent-queue.service";
        for group in [group::QUEUE_SIDE, group::QUEUE_RETRY] {
            findings.push(blind(found, group, why.clone(), cure));
        }
    }
    let socket = directory.join("public/showq");
    let Err(error) = std::fs::metadata(&socket) else { return };
    let why = format!("{}: {error}", socket.display());
    let cure = match error.kind() {
        ErrorKind::PermissionDenied => {
            "usermod -aG postdrop mailvane-agent && systemctl restart mailvane-agent"
        }
        _ => "postfix start",
    };
    findings.push(blind(found, group::QUEUE_DOMAINS, why.clone(), cure));
    if listed.is_err() {
        for group in [group::QUEUE_SCAN, group::QUEUE_BYTES, group::QUEUE_AGE] {
            findings.push(blind(found, group, why.clone(), cure));
        }
    }
}
