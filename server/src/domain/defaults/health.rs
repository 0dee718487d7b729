//! Postfix itself: daemons that die, services that it leans on, encryption and certificates.

use super::{HOUR, MINUTE, Spec, Template, event, figure, ratio, template};
use crate::domain::severity::Severity;

const DAY: f64 = 86_400.0;

pub(super) fn templates() -> Vec<Template> {
    let mut list = daemons();
    list.extend(encryption());
    list
}

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn daemons() -> Vec<Template> {
    vec![
        template(
            "postfix.down",
            Severity::Critical,
            "Postfix does not run",
            figure("threshold", "process.master_up", 0, (1.0, 1.0)).below().lasting(2 * MINUTE, 0),
        )
        .says(
            "The master process of the instance is not there for two minutes.",
            &["`postfix status`, `postfix check`, then the last lines of the log before it ended; `postfix start`."],
        ),
        template(
            "master.crashloop",
            Severity::Critical,
            "A daemon fails as soon as it starts",
            figure("count", "health.throttled", 5 * MINUTE, (0.0, 0.0)).lasting(0, 15 * MINUTE),
        )
        .says(
            "master paused a service because its daemon fails at once: `bad command startup -- throttling`.",
            &[
                "Read the line before it in the log (`fatal:`), then `postfix check`.",
                "What changed: `postconf -n` against yesterday's, a map or a library that is missing. The pause is 60 seconds.",
            ],
        ),
        template(
            "daemon.crashing",
            Severity::Error,
            "Daemons crash",
            figure("count", "health.crashed", 5 * MINUTE, (2.0, 0.0)).lasting(0, 15 * MINUTE),
        )
        .says(
            "Three daemons within five minutes were killed by a signal or ended with an error.",
            &["The cause names the daemon. Memory, a broken library or a table that crashes its driver are the usual ones."],
        ),
        template(
            "log.fatal_panic",
            Severity::Error,
            "A daemon gave up",
            event(&["log.fatal", "log.panic"], 30 * MINUTE, true).lasting(0, 30 * MINUTE),
        )
        .says(
            "A line with `fatal:` or `panic:`. One incident for each different one; repetitions are counted.",
            &["`fatal:` is nearly always configuration or a missing file; `panic:` is a fault in Postfix: report it with the version."],
        ),
        template(
            "milter.down",
            Severity::Critical,
            "A milter does not answer",
            figure("count", "health.milter_failed", 5 * MINUTE, (4.0, 0.0)).lasting(0, 10 * MINUTE),
        )
        .says(
            "Five times in five minutes a milter could not be reached or did not answer. Mail is deferred, refused or passes unfiltered, as milter_default_action says.",
            &[
                "Is its process there, and its socket? `postconf smtpd_milters non_smtpd_milters` names it; restart it.",
                "To let mail pass meanwhile: milter_default_action = accept, and reload.",
            ],
        ),
        template(
            "lookup.failing",
            Severity::Error,
            "A look-up table fails",
            figure("count", "health.lookup_failed+health.policy_failed", 5 * MINUTE, (9.0, 0.0))
                .lasting(2 * MINUTE, 10 * MINUTE),
        )
        .says(
            "Ten look-ups within five minutes failed, in tables or at policy services.",
            &["The log names the table: is its database or LDAP server there? `postmap -q test TABLE` shows the error."],
        ),
        template(
            "transport.down",
            Severity::Critical,
            "A delivery agent is not to be reached",
            figure("count", "health.transport_failed", 5 * MINUTE, (2.0, 0.0)).lasting(0, 10 * MINUTE),
        )
        .says(
            "The queue manager could not reach a delivery agent: all mail through that transport waits.",
            &["The log names the transport: does master.cf have its line, does its program start?"],
        ),
        template(
            "log.silent",
            Severity::Error,
            "The log is silent",
            Spec {
                kind: "absence".into(),
                metric: "log.lines".into(),
                window_s: 30 * MINUTE,
                ..Spec::default()
            }
            .lasting(5 * MINUTE, 0)
            .and(super::Also {
                min: 1.0,
                ..super::also("baseline", "log.lines", 30 * MINUTE, "<", 0.01)
            }),
        )
        .says(
            "No line of Postfix for half an hour, where an hour like this usually has 60 or more, while the agent is alive. What is counted from the log waits for its verdict meanwhile.",
            &[
                "Rotation without reopening, journald's rate limit, a dead rsyslog, or Postfix does not run: `postfix status`.",
                "`mailvane-agent doctor` on the host says which log it reads and why.",
            ],
        ),
        template(
            "log.lost",
            Severity::Warning,
            "Part of the log was lost",
            event(&["log.lost", "log.suppressed"], 30 * MINUTE, false).lasting(0, 30 * MINUTE),
        )
        .says(
            "Lines were gone before they were read, or the log daemon dropped them: counts are too low and say so.",
            &["Raise journald's RateLimitBurst or rsyslog's limit for mail; keep one rotated log uncompressed."],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn encryption() -> Vec<Template> {
    let (sent, plain) = ("tls.out.sent", "tls.out.sent_plain");
    let (taken, taken_plain) = ("tls.in.messages", "tls.in.messages_plain");
    vec![
        template(
            "tls.out.degraded",
            Severity::Warning,
            "Mail leaves unencrypted",
            ratio((&[plain], &[sent, plain]), 200.0, HOUR, (0.05, 0.04))
                .lasting(30 * MINUTE, HOUR)
                .or_quiet(2 * HOUR),
        )
        .says(
            "More than 5 % of the recipients of an hour were sent over plain sessions, of at least 200.",
            &["One destination: theirs. All: our certificates, ciphers or protocols changed; MTA-STS and DANE peers defer instead."],
        ),
        template(
            "tls.in.degraded",
            Severity::Warning,
            "Mail comes in unencrypted",
            ratio((&[taken_plain], &[taken, taken_plain]), 200.0, HOUR, (0.05, 0.04))
                .lasting(30 * MINUTE, HOUR)
                .or_quiet(2 * HOUR),
        )
        .off()
        .says(
            "More than 5 % of the messages of an hour came over plain sessions, of at least 200. Off by default: many a public MX sees more than that from others' old servers.",
            &["Does smtpd offer STARTTLS? `openssl s_client -starttls smtp -connect HOST:25`."],
        ),
        template(
            "tls.failing",
            Severity::Warning,
            "Encryption fails",
            ratio(
                (
                    &["tls.in.failed", "tls.out.failed"],
                    &["tls.in.connections", "tls.in.failed", "tls.out.connections", "tls.out.failed"],
                ),
                200.0,
                15 * MINUTE,
                (0.05, 0.02),
            )
            .lasting(5 * MINUTE, 15 * MINUTE)
            .or_quiet(2 * HOUR),
        )
        .says(
            "More than 5 % of the encrypted sessions of 15 minutes failed to start, of at least 200.",
            &["One peer: theirs. Many: our certificate chain, key or protocol range; look at the text of the handshake errors."],
        ),
        template(
            "tls.broken",
            Severity::Error,
            "Encryption cannot be offered",
            event(&["tls.broken"], 30 * MINUTE, true).lasting(0, 30 * MINUTE),
        )
        .says(
            "A daemon could not load its certificate or key.",
            &["The event names the file: is it readable, does the key belong to the certificate? Then `postfix reload`."],
        ),
        template(
            "cert.expiry",
            Severity::Warning,
            "A certificate expires soon",
            figure("threshold", "certificate.expires", 0, (21.0 * DAY, 21.0 * DAY))
                .below()
                .band(Severity::Error, 7.0 * DAY)
                .band(Severity::Critical, 2.0 * DAY),
        )
        .says(
            "A certificate that the instance serves expires in less than 21 days; error below seven, critical below two.",
            &[
                "Renew it. The file is new and the old one is served: `postfix reload` is missing.",
            ],
        ),
        template(
            "cert.stale",
            Severity::Error,
            "An old certificate is served",
            figure("threshold", "certificate.mismatched", 0, (0.0, 0.0)).lasting(10 * MINUTE, 0),
        )
        .says(
            "A port serves another certificate than the configured file holds.",
            &["`postfix reload`; add it to the hook that renews the certificate."],
        ),
    ]
}
