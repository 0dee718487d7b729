//! The visibility groups: what can be seen, or not be seen, only together. *Not visible is never zero.*

use super::{Group, GroupId};

macro_rules! visibility_groups {
    ($($id:literal $const:ident $name:literal, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $const: GroupId = GroupId($id);
        )+
        pub(super) const GROUPS: &[Group] =
            &[$(Group { id: $const, name: $name, meaning: $meaning },)+];
    };
}

visibility_groups! {
    0 QUEUE_SCAN "queue.scan", "How many messages wait in maildrop, incoming, active, deferred and hold: from the queue directories, or from the showq socket.";
    1 QUEUE_SIDE "queue.side", "What lies in corrupt, saved, defer, bounce, trace and flush: from the queue directories only.";
    2 QUEUE_BYTES "queue.bytes", "How many bytes the queues hold: from file sizes or showq.";
    3 QUEUE_AGE "queue.age", "How old the waiting messages are: from arrival times in long queue ids, queue files or showq.";
    4 QUEUE_RETRY "queue.retry", "When deferred messages are tried again and when they expire: from the times of queue files.";
    5 QUEUE_DOMAINS "queue.domains", "Who the waiting messages are for: from a rare, capped and sampled read of showq. Only in the intervals of that read.";
    6 CONFIG "config", "The limits that Postfix is configured with: from postconf.";
    7 MESSAGE "message", "Messages entering and leaving: from the lines of cleanup, qmgr, pickup and smtpd.";
    8 DELIVERY "delivery", "What became of each recipient: from the status lines of the delivery agents.";
    9 DELAY "delay", "Where the time of a delivery went: from delay= and delays= of the delivery agents.";
    10 NOTICE "notice", "Notices to senders and postmasters: from the lines of bounce.";
    11 SMTPD "smtpd", "SMTP sessions of clients: from the lines of smtpd.";
    12 REJECT "reject", "What was refused, when and why: from the lines of smtpd, cleanup, milters and postscreen.";
    13 LIMIT "limit", "Clients at their limits: from anvil's statistics and smtpd's warnings.";
    14 SASL "sasl", "Sign-ins of clients: from the lines of smtpd.";
    15 TLS_IN "tls.in", "Encryption of incoming sessions: from smtpd's lines, if `smtpd_tls_loglevel` is 1 or more.";
    16 TLS_OUT "tls.out", "Encryption of outgoing sessions: from smtp's lines, if `smtp_tls_loglevel` is 1 or more, or Postfix is 3.11 or newer.";
    17 POSTSCREEN "postscreen", "Clients screened before smtpd: from the lines of postscreen and dnsblog.";
    18 PROCESS "process", "Postfix processes running now: from /proc.";
    19 LOG "log", "The log itself and the levels of its lines.";
    20 HEALTH "health", "Daemons that fail, and services that Postfix depends on: from master's and the daemons' warnings.";
    21 SPOOL "spool", "Room left on the file system of the queue directory.";
    22 HOST "host", "The machine: load, processors, memory. Reported with the host's first instance only.";
    23 CERTIFICATE "certificate", "Certificates that the instance serves: from the configured files and from the served ones on loopback.";
    24 AGENT "agent", "The agent's own health. Reported with the host's first instance only.";
    25 PRESSURE "pressure", "How long processes wait for the machine, where its kernel counts that. Reported with the host's first instance only.";
}
