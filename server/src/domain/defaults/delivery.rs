//! Mail that is refused, late or no longer leaves.

use super::{HOUR, MINUTE, Spec, Template, also, figure, ratio, template};
use crate::domain::severity::Severity;

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
pub(super) fn templates() -> Vec<Template> {
    let outcomes = ["delivery.sent", "delivery.bounced", "delivery.expired"];
    let first = ["delivery.first.sent", "delivery.first.deferred", "delivery.first.bounced"];
    vec![
        template(
            "delivery.bounce.ratio",
            Severity::Warning,
            "Many recipients are refused for good",
            ratio((&["delivery.bounced"], &outcomes), 200.0, 30 * MINUTE, (0.05, 0.03))
                .lasting(10 * MINUTE, 20 * MINUTE)
                .band(Severity::Critical, 0.10)
                .or_quiet(2 * HOUR),
        )
        .says(
            "More than 5 % of the recipients of 30 minutes bounced, of at least 200. Critical above 10 %.",
            &[
                "Split by class: unknown users are a bad list or harvesting, 5.7 replies a policy or a block list, one sender a compromised account.",
                "Pause the sender that stands out in the cause before its bounces cost the address its reputation.",
            ],
        ),
        template(
            "delivery.defer.ratio",
            Severity::Warning,
            "Many first tries are deferred",
            ratio((&["delivery.first.deferred"], &first), 200.0, 15 * MINUTE, (0.25, 0.15))
                .lasting(10 * MINUTE, 15 * MINUTE)
                .band(Severity::Critical, 0.50)
                .or_quiet(2 * HOUR),
        )
        .says(
            "More than a quarter of the first tries of 15 minutes ended with *later*, of at least 200. Critical above one half.",
            &[
                "Waves of greylisting pass by themselves: their replies say so.",
                "4.7 replies are about our reputation; `timed out` and `host not found` are about network and DNS.",
            ],
        ),
        template(
            "delivery.failure.spike",
            Severity::Critical,
            "Deliveries fail",
            ratio(
                (&["delivery.bounced", "delivery.first.deferred"], &["delivery.attempts"]),
                100.0,
                10 * MINUTE,
                (0.30, 0.15),
            )
            .lasting(0, 10 * MINUTE)
            .or_quiet(2 * HOUR),
        )
        .says(
            "More than 30 % of the tries of 10 minutes bounced or were deferred at once, of at least 100.",
            &[
                "The cause says whether it is one domain, one reply or everybody.",
                "Everybody: try one destination by hand; check DNS, the route to port 25 and what changed on the host.",
            ],
        ),
        template("delivery.rate.drop", Severity::Critical, "Mail comes in and does not leave", drop())
            .says(
                "Less than 40 % of the usual mail of this hour was sent in 15 minutes, while at least 60 % of the usual mail was accepted.",
                &[
                    "Does the queue manager live? `postfix status`, then the log for `fatal:` and `throttling`.",
                    "Transport map, DNS, outbound port 25 blocked: try one destination by hand.",
                ],
            ),
        template(
            "delivery.domain.stuck",
            Severity::Warning,
            "Nothing reaches a domain",
            Spec {
                kind: "per_key".into(),
                per_key: "recipient_domain.deferred".into(),
                zero: "sent".into(),
                each: 30.0,
                grouped: true,
                window_s: 30 * MINUTE,
                fire: Some(0.0),
                ..Spec::default()
            }
            .lasting(5 * MINUTE, 15 * MINUTE)
            .band(Severity::Error, 4.0),
        )
        .says(
            "For at least one domain 30 tries were deferred and none was sent in half an hour. Error from five domains on.",
            &[
                "Try it by hand: look up its MX and connect to port 25; `openssl s_client -starttls smtp` shows its certificate.",
                "If the other end is down, park it: a slow transport keeps it from holding up the rest.",
            ],
        ),
        template(
            "delivery.expired",
            Severity::Warning,
            "Mail expires and goes back",
            figure("count", "delivery.expired", HOUR, (9.0, 3.0)).lasting(0, HOUR),
        )
        .says(
            "At least ten recipients were given up within an hour because their messages had waited too long.",
            &["Their senders got a notice. See which domain they were for: the cause names it."],
        ),
        template(
            "delivery.latency.high",
            Severity::Warning,
            "Mail is slow",
            ratio((&["delay.total"], &["delay.count"]), 100.0, 15 * MINUTE, (300_000.0, 120_000.0))
                .lasting(10 * MINUTE, 15 * MINUTE),
        )
        .off()
        .says(
            "Deliveries took more than five minutes on average over 15 minutes, of at least 100. Off by default: retries after a long outage are slow without anything being wrong now.",
            &[
                "Where does the time go: before the queue manager, in the queue, connecting or sending? The delay stages of the instance show it.",
            ],
        ),
        template(
            "forward.loop",
            Severity::Warning,
            "Mail goes round in circles",
            figure("count", "failure_cause.bounced[mail_loop]", 10 * MINUTE, (4.0, 0.0))
                .lasting(0, 30 * MINUTE),
        )
        .off()
        .says(
            "At least five messages in ten minutes were returned because they looped. Off by default: a single wrong forward of a user sets it off.",
            &["Look at mydestination, relay_domains, transport_maps and the MX of the domain: two of them disagree."],
        ),
    ]
}

fn drop() -> Spec {
    let mut drop = figure("baseline", "delivery.sent", 15 * MINUTE, (0.4, 0.7))
        .lasting(10 * MINUTE, 10 * MINUTE)
        .below()
        .and(also("baseline", "message.received", 15 * MINUTE, ">", 0.6));
    // Where little is usual, little less is nothing.
    drop.min = 20.0;
    drop
}
