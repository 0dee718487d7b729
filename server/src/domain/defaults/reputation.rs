//! What the large providers and the block lists think of us, by their replies.
//!
//! Messages are counted once each, for one stuck message is tried again and again; it is over when no such reply came for long.

use super::{HOUR, MINUTE, Spec, Template, also, also_ratio, figure, template};
use crate::domain::severity::Severity;

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
pub(super) fn templates() -> Vec<Template> {
    vec![
        template(
            "reputation.gmail.limited",
            Severity::Critical,
            "Gmail limits our sending rate",
            limited("gmail.ratelimit,gmail.reputation", "gmail", 15 * MINUTE).lasting(0, HOUR),
        )
        .says(
            "At least five messages of 15 minutes, and 2 % of the tries to Google, were put off for rate or reputation.",
            &[
                "Slow down to Google: halve concurrency and rate of its transport. Do not flush: every retry counts.",
                "Postmaster Tools: keep the spam rate below 0.1 %, never at 0.3 %. Check SPF, DKIM and the PTR of the address.",
                "Find the sender that stands out in the cause and pause it.",
            ],
        ),
        template(
            "reputation.microsoft.limited",
            Severity::Critical,
            "Microsoft limits our sending rate",
            limited("microsoft.ratelimit,microsoft.legacy", "microsoft", 15 * MINUTE)
                .lasting(0, HOUR),
        )
        .says(
            "At least five messages of 15 minutes, and 2 % of the tries to Microsoft, were put off for rate or reputation.",
            &[
                "Slow down to Microsoft; note the S code of the reply.",
                "Look the address up in SNDS and the junk mail reports.",
            ],
        ),
        template(
            "reputation.microsoft.banned",
            Severity::Critical,
            "Microsoft has blocked our address",
            banned("microsoft.ban,microsoft.block").lasting(0, HOUR),
        )
        .says(
            "Microsoft refuses mail for the address itself, not for its rate.",
            &[
                "Stop the source of what got the address blocked first.",
                "Then ask for removal with their delist form, naming the address in the reply.",
            ],
        ),
        template(
            "reputation.yahoo.limited",
            Severity::Critical,
            "Yahoo puts our mail off",
            limited("yahoo.deferred", "yahoo", 15 * MINUTE).lasting(0, 4 * HOUR),
        )
        .says(
            "At least five messages of 15 minutes, and 2 % of the tries to Yahoo, were put off for volume or complaints.",
            &[
                "Pause mail to Yahoo for four hours; retrying makes it worse.",
                "Look at the complaint feedback loop.",
            ],
        ),
        template(
            "reputation.yahoo.blocked",
            Severity::Critical,
            "Yahoo refuses our mail for good",
            banned("yahoo.permanent_defer,yahoo.block").lasting(0, 4 * HOUR),
        )
        .says(
            "Yahoo defers every retry, or refuses: [TS03], [BL…].",
            &["Stop mail to Yahoo and write to their postmaster; no retry will pass before."],
        ),
        template(
            "reputation.apple.limited",
            Severity::Error,
            "Apple refuses our mail for its policy",
            banned("apple.policy").lasting(0, 2 * HOUR),
        )
        .says(
            "iCloud refuses mail for local policy: reputation of content or sender.",
            &["Look at what was sent; write to their postmaster with the code in brackets."],
        ),
        template(
            "reputation.blocklisted",
            Severity::Critical,
            "Our address is on a block list",
            figure("count", "reply_class.messages[blocklist.*]", HOUR, (4.0, 0.0))
                .lasting(0, 6 * HOUR),
        )
        .says(
            "At least five messages of an hour were refused with a reply that names a block list.",
            &[
                "Find the source of the mail that got us listed and stop it; then ask the list for removal.",
                "The reply names the list and the address.",
            ],
        ),
        template(
            "auth.alignment.rejected",
            Severity::Critical,
            "Our mail fails the receivers' authentication",
            figure("count", "reply_class.messages[auth.*]", 30 * MINUTE, (2.0, 0.0))
                .lasting(0, 2 * HOUR),
        )
        .says(
            "At least three messages of half an hour were refused for SPF, DKIM, DMARC, reverse name or missing encryption.",
            &[
                "Check SPF, DKIM and DMARC of the sender domain in the cause, and the PTR of our address.",
                "The usual two: a DKIM selector that expired, and a new sending address that SPF does not name.",
            ],
        ),
    ]
}

/// So many tries put off that it is a share of all to the provider.
fn limited(classes: &str, provider: &str, window_s: u64) -> Spec {
    let (deferred, bounced) =
        (format!("reply_class.deferred[{classes}]"), format!("reply_class.bounced[{classes}]"));
    let tries = format!("{deferred}+{bounced}");
    let all = ["sent", "deferred", "bounced"].map(|one| format!("provider.{one}[{provider}]"));
    let share =
        (&[deferred.as_str(), bounced.as_str()][..], &all.each_ref().map(String::as_str)[..]);
    figure("count", &tries, window_s, (4.0, 0.0))
        .and(also("count", &format!("reply_class.messages[{classes}]"), window_s, ">", 4.0))
        .and(also_ratio(share, 0.0, window_s, 0.02))
}

/// Refused for what we are: one is enough, it is over when none came.
fn banned(classes: &str) -> Spec {
    let tries = format!("reply_class.deferred[{classes}]+reply_class.bounced[{classes}]");
    figure("count", &tries, 15 * MINUTE, (0.0, 0.0))
}
