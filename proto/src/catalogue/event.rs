//! Things worth a mark on the time line.

use super::{EventKind, EventKindId};

macro_rules! event_kinds {
    ($($id:literal $const:ident $name:literal, $meaning:literal, $source:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $const: EventKindId = EventKindId($id);
        )+
        pub(super) const KINDS: &[EventKind] =
            &[$(EventKind { id: $const, name: $name, meaning: $meaning, source: $source },)+];
    };
}

event_kinds! {
    0 STARTED "postfix.started", "Postfix was started; text: version.", "master: `daemon started`";
    1 STOPPED "postfix.stopped", "Postfix was stopped.", "master: `terminating on signal`";
    2 RELOADED "postfix.reloaded", "The configuration was read anew.", "master: `reload`";
    3 START_FAILED "postfix.start_failed", "Postfix could not be started; text: why.", "postfix-script, master: `fatal:`";
    4 VERSION_CHANGED "postfix.version_changed", "Another version of Postfix runs; text: from, to.", "master: `version`";
    5 CONFIG_CHANGED "config.changed", "main.cf or master.cf changed; subject: the file.", "hash of the files";
    6 DAEMON_CRASHED "daemon.crashed", "A daemon was killed by a signal; subject: daemon.", "master: `killed by signal`";
    7 DAEMON_EXITED "daemon.exited", "A daemon ended with an error; subject: daemon.", "master: `exit status`";
    8 DAEMON_THROTTLED "daemon.throttled", "A daemon fails at once and is paused; subject: daemon.", "master: `throttling`";
    9 PROCESS_LIMIT "daemon.process_limit", "A service has reached its process limit; subject: service.", "master: `has reached its process limit`";
    10 FATAL "log.fatal", "A daemon gave up; subject: daemon, text: why.", "`fatal:`";
    11 PANIC "log.panic", "A daemon found a fault in itself; subject: daemon, text: what.", "`panic:`";
    12 ERROR "log.error", "A daemon reports an error; subject: daemon, text: what.", "`error:`";
    13 LOG_LOST "log.lost", "Part of the log was gone before it was read.", "the agent";
    14 LOG_SUPPRESSED "log.suppressed", "The log daemon dropped lines.", "journald: `Suppressed`; rsyslog: rate limit";
    15 LOG_ROTATED "log.rotated", "The log was rotated; subject: the file.", "the agent";
    16 QUEUE_CLOGGED "queue.clogged", "One destination fills the active queue; subject: destination.", "qmgr: `is using up`";
    17 QUEUE_CORRUPT "queue.corrupt", "A queue file was set aside as damaged.", "qmgr: `saving corrupt file`";
    18 QUEUE_OPERATED "queue.operated", "An operator deleted, held, released, requeued or expired messages; subject: which.", "postsuper";
    19 QUEUE_RENAMED "queue.renamed", "Queue ids were changed to match their files.", "postsuper: `QUEUE FILE NAMES WERE CHANGED`";
    20 DISK_FULL "disk.full", "Postfix could not write; text: what.", "`No space left on device`, `not enough free space in mail queue`";
    21 TABLE_FAILED "table.failed", "A look-up table cannot be used; subject: table.", "`open database`, `lookup error`, `unsupported dictionary type`";
    22 MILTER_FAILED "milter.failed", "A milter is not to be reached; subject: milter.", "`connect to Milter service`";
    23 POLICY_FAILED "policy.failed", "A policy service is not to be reached; subject: service.", "`problem talking to server`";
    24 SASL_FAILED "sasl.failed", "The sign-in service is not to be reached or not set up; text: what.", "`Connect to Dovecot auth socket`, `no SASL authentication mechanisms`";
    25 TRANSPORT_FAILED "transport.failed", "A delivery agent is not to be reached; subject: transport.", "qmgr: `connect to transport`, `transport … failure`";
    26 TLS_BROKEN "tls.broken", "Encryption is not to be had here; text: why.", "`cannot get … certificate`, `No server certs available`, `TLS context initialization failed`";
    27 CERTIFICATE_CHANGED "certificate.changed", "Another certificate is served; subject: port.", "served on loopback";
    28 STRESS_BEGAN "postscreen.stress_began", "postscreen is under stress; text: connections.", "postscreen: `entering STRESS mode`";
    29 STRESS_ENDED "postscreen.stress_ended", "postscreen is no longer under stress.", "postscreen: `leaving STRESS mode`";
    30 PERMISSION_WRONG "permission.wrong", "A file of Postfix has wrong rights or owner; subject: the file.", "postfix-script: `not owned by`, `group or other writable`; `Permission denied`";
    31 INSTANCE_FOUND "instance.found", "An instance was found.", "the agent";
    32 INSTANCE_LOST "instance.lost", "An instance is no longer there.", "the agent";
    33 INSTANCE_RENAMED "instance.renamed", "An instance has another name; text: from, to.", "the agent";
    34 AGENT_STARTED "agent.started", "The agent was started; text: version.", "the agent";
    35 AGENT_LOST_STATE "agent.lost_state", "The agent's spool was damaged; text: what was kept.", "the agent";
    36 CLOCK_STEPPED "clock.stepped", "The machine's clock jumped; text: by how much.", "the agent";
    37 VISIBILITY_CHANGED "visibility.changed", "A group of metrics became visible or ceased to be; subject: group.", "the agent";
}
