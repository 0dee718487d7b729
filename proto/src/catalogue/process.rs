//! The daemons of an instance: how many run, what they use, and how they end.

use super::Keys;

metrics! {
    group PROCESS {
        185 MASTER_UP "process.master_up" Gauge Flag, "1 while the master process lives.", "pid/master.pid and /proc";
        186 QMGR_UP "process.qmgr_up" Gauge Flag, "1 while a queue manager lives.", "/proc";
        187 PICKUP_UP "process.pickup_up" Gauge Flag, "1 while pickup lives, or where the instance has none.", "/proc, master.cf";
        188 PROCESSES "process.count" Gauge Processes, "Processes of the instance.", "/proc";
        189 SMTPD_PROCESSES "process.smtpd_count" Gauge Processes, "Processes that serve SMTP clients.", "/proc";
        190 CPU_MS "process.cpu_time" Counter Milliseconds, "Processor time used by the instance.", "/proc/PID/stat";
        191 RSS_BYTES "process.memory" Gauge Bytes, "Memory in use by the instance, shared pages counted once for each process.", "/proc/PID/statm";
        192 UPTIME_S "process.uptime" Gauge Seconds, "Time since master was started.", "/proc/PID/stat";
    }
    group HEALTH {
        193 CRASHED "health.crashed" Counter Events, "Daemons killed by a signal or ended with an error.", "master: `killed by signal`, `exit status`";
        194 THROTTLED "health.throttled" Counter Events, "Services paused because their daemon fails at once.", "master: `bad command startup -- throttling`";
        195 PROCESS_LIMIT_REACHED "health.process_limit_reached" Counter Events, "Services that reached their process limit.", "master: `has reached its process limit`";
        196 RELOADED "health.reloaded" Counter Events, "Reloads of the configuration.", "master: `reload`";
        197 LOCAL_ERRORS "health.local_errors" Counter Events, "Clients refused for now by our own fault.", "smtpd: `451 4.3.x`, `421 4.3.0`, `452 4.3.1`";
        198 LOOKUP_FAILED "health.lookup_failed" Counter Events, "Look-ups in tables that failed.", "warnings: `lookup error`, `map lookup problem`; errors: `open database`";
        199 MILTER_FAILED "health.milter_failed" Counter Events, "Milters that could not be reached or did not answer.", "warnings: `connect to Milter service`, `milter …: can't read`";
        200 POLICY_FAILED "health.policy_failed" Counter Events, "Policy services that could not be reached or did not answer.", "smtpd: `problem talking to server`";
        201 TRANSPORT_FAILED "health.transport_failed" Counter Events, "Delivery agents that the queue manager could not reach.", "qmgr: `connect to transport`, `transport … failure`";
        202 CORRUPTED "health.corrupted" Counter Messages, "Queue files set aside as damaged.", "qmgr: `saving corrupt file`";
        203 NO_SPACE "health.no_space" Counter Events, "Complaints that the disk is full.", "`No space left on device`, `not enough free space in mail queue`, `452 4.3.1`";
    }
}

keys! {
    /// Programs of Postfix.
    daemon {
        0 MASTER "master";
        1 QMGR "qmgr";
        2 PICKUP "pickup";
        3 SMTPD "smtpd";
        4 SMTP "smtp";
        5 LMTP "lmtp";
        6 LOCAL "local";
        7 VIRTUAL "virtual";
        8 PIPE "pipe";
        9 CLEANUP "cleanup";
        10 BOUNCE "bounce";
        11 ERROR "error";
        12 DISCARD "discard";
        13 REWRITE "rewrite";
        14 ANVIL "anvil";
        15 SCACHE "scache";
        16 TLSMGR "tlsmgr";
        17 TLSPROXY "tlsproxy";
        18 POSTSCREEN "postscreen";
        19 DNSBLOG "dnsblog";
        20 VERIFY "verify";
        21 PROXYMAP "proxymap";
        22 SHOWQ "showq";
        23 FLUSH "flush";
        24 SPAWN "spawn";
        25 POSTLOGD "postlogd";
        26 QMQPD "qmqpd";
        27 POSTSUPER "postsuper";
        28 POSTDROP "postdrop";
        29 SENDMAIL "sendmail";
        30 POSTFIX_SCRIPT "postfix_script";
        31 OTHER "other";
    }
}

measures! {
    /// Processes of a daemon, now and in the interval.
    running {
        0 PROCESSES "processes" Gauge Processes;
        1 LIMIT "limit" Gauge Processes;
        2 CPU_MS "cpu_time" Counter Milliseconds;
        3 RSS_BYTES "memory" Gauge Bytes;
        4 STARTED "started" Counter Processes;
        5 CRASHED "crashed" Counter Events;
        6 THROTTLED "throttled" Counter Events;
    }
}

measures! {
    /// Lines of a daemon.
    said {
        0 LINES "lines" Counter Lines;
        1 WARNINGS "warnings" Counter Lines;
        2 ERRORS "errors" Counter Lines;
        3 FATALS "fatals" Counter Lines;
        4 PANICS "panics" Counter Lines;
        5 UNRECOGNISED "unrecognised" Counter Lines;
    }
}

dimensions! {
    33 DAEMON_PROCESS "daemon_process" PROCESS running::MEASURES, Keys::Closed(daemon::KEYS), "Processes by daemon.", "/proc, master.cf; master: `exit status`, `killed by signal`, `throttling`";
    34 DAEMON_LOG "daemon_log" LOG said::MEASURES, Keys::Closed(daemon::KEYS), "Log lines by daemon and level.", "the log";
}
