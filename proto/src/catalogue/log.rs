//! The log that most other figures are counted from.

metrics! {
    group LOG {
        204 LINES "log.lines" Counter Lines, "Lines of this instance.", "the log";
        205 BYTES "log.bytes" Counter Bytes, "Size of those lines.", "the log";
        206 WARNINGS "log.warnings" Counter Lines, "Warnings.", "`warning:` after the program name";
        207 ERRORS "log.errors" Counter Lines, "Errors.", "`error:` after the program name";
        208 FATALS "log.fatals" Counter Lines, "Ends of daemons by a fatal error.", "`fatal:` after the program name";
        209 PANICS "log.panics" Counter Lines, "Ends of daemons by a fault in Postfix.", "`panic:` after the program name";
        210 UNRECOGNISED "log.unrecognised" Counter Lines, "Lines that the agent has no rule for.", "the log";
        211 SUPPRESSED "log.suppressed" Counter Lines, "Lines that the log daemon says it dropped.", "journald: `Suppressed N messages`; rsyslog: `messages lost due to rate-limiting`";
        212 LATE "log.late" Counter Lines, "Lines counted into a later interval than their own.", "the log";
    }
}
