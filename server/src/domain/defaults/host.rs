//! The machine and the agent on it.

use super::{HOUR, MINUTE, Spec, Template, event, figure, ratio, template};
use crate::domain::severity::Severity;

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
pub(super) fn templates() -> Vec<Template> {
    vec![
        template(
            "agent.silent",
            Severity::Critical,
            "The agent is silent",
            Spec { kind: "silent".into(), after_s: 180, ..Spec::default() },
        )
        .of(1, 1)
        .says(
            "No batch came for three minutes, or three intervals where those are longer. What else could be told of the host waits until it is back. Many hosts at once are told as one.",
            &[
                "Host, network or agent? Try to reach the host; then `systemctl status mailvane-agent`.",
                "Nothing is lost: the agent keeps its batches and sends them when it is back.",
            ],
        ),
        template(
            "agent.never_sent",
            Severity::Warning,
            "A new host has never sent anything",
            Spec { kind: "silent".into(), after_s: 900, never: true, ..Spec::default() },
        )
        .says(
            "A host was enrolled a quarter of an hour ago, and no batch ever came from it.",
            &[
                "`systemctl status mailvane-agent` on the host: enrolled, but not enabled?",
                "`mailvane-agent status` says what it waits for; a firewall towards the server is the usual cause.",
            ],
        ),
        template(
            "disk.spool",
            Severity::Critical,
            "The disk of the queue is nearly full",
            ratio((&["spool.bytes_free"], &["spool.bytes_total"]), 1.0, 0, (0.10, 0.15))
                .below()
                .lasting(5 * MINUTE, 5 * MINUTE),
        )
        .says(
            "Less than 10 % of the file system of the queue is free. With queue_minfree = 0, Postfix takes mail until one and a half messages no longer fit.",
            &["`du` by queue; logs first. `postsuper -d` only for mail that nobody wants."],
        ),
        template(
            "disk.inodes",
            Severity::Critical,
            "The file system of the queue is short of inodes",
            ratio((&["spool.files_free"], &["spool.files_total"]), 1.0, 0, (0.10, 0.15))
                .below()
                .lasting(5 * MINUTE, 5 * MINUTE),
        )
        .says(
            "Less than 10 % of the files that the file system can hold are left: each message needs one or two.",
            &["Look for directories with very many files; old session or cache files are the usual ones."],
        ),
        template(
            "disk.full",
            Severity::Critical,
            "Postfix cannot write: the disk is full",
            figure("count", "health.no_space", 5 * MINUTE, (0.0, 0.0)).lasting(0, 10 * MINUTE),
        )
        .says(
            "A daemon complained that there is no room left; clients are told to come back.",
            &["Make room now: logs, old kernels, core files. Mail that was refused comes again by itself."],
        ),
        template(
            "agent.clock_stepped",
            Severity::Warning,
            "The host's clock jumped",
            event(&["clock.stepped"], 10 * MINUTE, false).lasting(0, 30 * MINUTE),
        )
        .says(
            "The machine's clock was set by more than it should: figures of that time lie in the wrong place.",
            &["Is chrony or systemd-timesyncd running, and alone?"],
        ),
        template(
            "agent.log_behind",
            Severity::Warning,
            "The agent lags behind the log",
            figure("threshold", "agent.log_behind", 0, (64_000_000.0, 1_000_000.0))
                .lasting(10 * MINUTE, MINUTE),
        )
        .says(
            "More than 64 MB of the log are written and not read for ten minutes: alerts come late.",
            &["Is the host out of processor time or its disk stalled? The log may also have grown by a loop in another program."],
        ),
        template(
            "config.changed",
            Severity::Info,
            "The configuration changed",
            event(&["config.changed", "postfix.version_changed"], 5 * MINUTE, true).lasting(0, HOUR),
        )
        .off()
        .says(
            "main.cf or master.cf changed, or another version of Postfix runs. Off by default: every chart and every cause shows it anyway.",
            &["Nothing to do, if it was you."],
        ),
    ]
}
