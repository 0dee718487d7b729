//! What waits, and what waits too long.

use super::{HOUR, MINUTE, Template, also, event, figure, ratio, template, unlike_usual};
use crate::domain::severity::Severity;

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
pub(super) fn templates() -> Vec<Template> {
    let deferred = "queue.deferred.messages";
    let mut high = figure("threshold", deferred, 0, (1_000.0, 700.0))
        .lasting(5 * MINUTE, 10 * MINUTE)
        .and(unlike_usual(deferred, 0, ">", 3.0))
        .band(Severity::Critical, 5_000.0);
    high.baseline_bands.insert("critical".into(), 5.0);
    vec![
        template("queue.deferred.high", Severity::Warning, "Mail piles up in the deferred queue", high)
            .of(1, 2)
            .says(
                "More than 1,000 messages wait for another try, and three times as many as usual at this hour. Critical above 5,000 or five times the usual.",
                &[
                    "Look at the cause: one domain is trouble at the other end, many domains are ours (DNS, network, the reputation of our address).",
                    "`qshape deferred` shows domains by age; `postqueue -j` the reason of each message.",
                    "Do not flush: `postqueue -f` only tries everything again at once.",
                ],
            ),
        template(
            "queue.deferred.growth",
            Severity::Critical,
            "The deferred queue grows fast",
            figure("growth", deferred, 15 * MINUTE, (100.0, 20.0)).lasting(5 * MINUTE, 10 * MINUTE),
        )
        .says(
            "The slope of the deferred queue over 15 minutes is more than 100 messages a minute.",
            &[
                "Compare the reasons of deferral before and after the growth began; look at what changed on the host then.",
                "Hold the source if it is one sender: `postsuper -h` for its messages, then talk to it.",
                "Do not loop `postqueue -f`.",
            ],
        ),
        template(
            "queue.active.saturated",
            Severity::Critical,
            "The active queue is nearly full",
            ratio((&["queue.active.messages"], &["config.active_limit"]), 1.0, 0, (0.8, 0.5))
                .lasting(5 * MINUTE, 5 * MINUTE),
        )
        .says(
            "The active queue holds more than 80 % of what qmgr_message_active_limit allows: new mail waits in incoming.",
            &[
                "Find the destination that holds the slots: qmgr logs `is using up`, and the cause names it.",
                "Give it a transport of its own with low concurrency, so that the rest can pass.",
            ],
        ),
        template(
            "queue.incoming.backlog",
            Severity::Warning,
            "New mail waits before the queue manager",
            figure("threshold", "queue.incoming.messages", 0, (500.0, 100.0))
                .lasting(10 * MINUTE, 10 * MINUTE)
                .and(also("growth", "queue.incoming.messages", 10 * MINUTE, ">", 0.0)),
        )
        .says(
            "More than 500 messages lie in incoming, and they become more.",
            &[
                "Is the active queue full? Then that is the cause. Otherwise cleanup, a milter or the disk is slower than what arrives.",
                "Look at the host's disk wait and at milter time-outs in the log.",
            ],
        ),
        template(
            "queue.maildrop.backlog",
            Severity::Warning,
            "Local mail is not picked up",
            figure("threshold", "queue.maildrop.messages", 0, (50.0, 10.0))
                .lasting(10 * MINUTE, 10 * MINUTE),
        )
        .says(
            "More than 50 messages of local senders lie in maildrop for ten minutes.",
            &[
                "Does pickup run? `postfix status`, then `ps` for pickup; master.cf may have lost its line.",
                "A program on the host may send faster than pickup reads: look who fills maildrop.",
            ],
        ),
        template(
            "queue.age.stuck",
            Severity::Warning,
            "Old mail does not leave",
            figure("threshold", "queue.deferred.over_24h", 0, (100.0, 50.0))
                .lasting(15 * MINUTE, 30 * MINUTE)
                .and(super::also_ratio((&["queue.deferred.over_24h"], &[deferred]), 1.0, 0, 0.2)),
        )
        .says(
            "More than 100 messages, and a fifth of the deferred queue, are older than a day. They are returned after maximal_queue_lifetime, five days by default.",
            &[
                "Oldest first: `postqueue -j`, grouped by reason. Decide before they are returned to their senders.",
                "Mail that can never leave: `postsuper -d`, and tell the sender.",
            ],
        ),
        template(
            "queue.hold.high",
            Severity::Warning,
            "Mail piles up on hold",
            figure("threshold", "queue.hold.messages", 0, (200.0, 150.0)).lasting(0, HOUR),
        )
        .says(
            "More than 200 messages are on hold. Held mail is never tried and never expires.",
            &[
                "Somebody, or a HOLD rule of header_checks or an access table, parked it: `postqueue -p` marks it with `!`.",
                "Release with `postsuper -H QUEUE_ID`, or all with `postsuper -H ALL`.",
            ],
        ),
        template(
            "queue.hold.growth",
            Severity::Warning,
            "Mail is being put on hold",
            figure("growth", "queue.hold.messages", HOUR, (0.8, 0.1)).lasting(0, HOUR),
        )
        .says(
            "The hold queue grows by about 50 messages an hour.",
            &["Find the rule: the log says `hold:` with the rule's text. Is it meant to catch so much?"],
        ),
        template(
            "queue.corrupt.any",
            Severity::Error,
            "Damaged queue files were set aside",
            figure("threshold", "queue.corrupt.messages", 0, (0.0, 0.0)).lasting(0, 24 * HOUR),
        )
        .says(
            "Postfix moved queue files that it could not read to corrupt; nothing ever removes them.",
            &[
                "Look at each with `postcat`. Check the file system and what crashed lately.",
                "Do not delete before a copy exists.",
            ],
        ),
        template(
            "queue.clogged",
            Severity::Warning,
            "One destination clogs the active queue",
            event(&["queue.clogged"], 15 * MINUTE, true).lasting(0, 15 * MINUTE),
        )
        .says(
            "qmgr warns that mail for one destination is using up the active queue.",
            &[
                "Give the destination a transport of its own in transport_maps, with a low concurrency limit.",
            ],
        ),
    ]
}
