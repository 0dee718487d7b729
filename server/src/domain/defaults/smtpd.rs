//! Those who come to us: refused, guessing passwords, or sending through us what they should not.

use super::{HOUR, MINUTE, Spec, Template, also, event, figure, ratio, template};
use crate::domain::severity::Severity;

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
pub(super) fn templates() -> Vec<Template> {
    vec![
        template(
            "smtpd.reject.surge",
            Severity::Warning,
            "Far more mail is refused than usual",
            figure("baseline", "reject.total", 10 * MINUTE, (4.0, 2.0))
                .lasting(10 * MINUTE, 15 * MINUTE)
                .and(also("count", "reject.total", 10 * MINUTE, ">", 199.0)),
        )
        .says(
            "More than four times the usual refusals of this hour, and at least 200 in ten minutes.",
            &[
                "Look at phase and reason in the cause. Our own clients refused: a fault of configuration. Strangers: an attack.",
                "Many unknown users: somebody tries names; postscreen or a connection limit for its networks helps.",
            ],
        ),
        template(
            "smtpd.reject.ratio",
            Severity::Warning,
            "Nearly all mail is refused",
            ratio(
                (&["reject.total"], &["reject.total", "message.received_smtp"]),
                500.0,
                15 * MINUTE,
                (0.97, 0.9),
            )
            .lasting(10 * MINUTE, 15 * MINUTE)
            .or_quiet(2 * HOUR),
        )
        .says(
            "More than 97 % of what came over SMTP in 15 minutes was refused, of at least 500.",
            &[
                "If mail that should pass is among it, look for a restriction, a map or a milter that changed.",
                "Otherwise it is an attack that the rules hold off: look at the networks in the cause.",
            ],
        ),
        template(
            "smtpd.local_tempfail",
            Severity::Critical,
            "We refuse mail for our own fault",
            figure("count", "health.local_errors", 5 * MINUTE, (9.0, 0.0))
                .lasting(2 * MINUTE, 10 * MINUTE),
        )
        .says(
            "Ten clients in five minutes were told *later* because a look-up, a milter, a policy service or the disk failed.",
            &[
                "The log names it: `lookup error`, `connect to Milter service`, `problem talking to server`, `No space left`.",
                "Bring that service back; clients try again by themselves.",
            ],
        ),
        template(
            "smtpd.process.limit",
            Severity::Critical,
            "A service has reached its process limit",
            Spec {
                fire: Some(1.0),
                clear: Some(0.0),
                ..event(&["daemon.process_limit"], 10 * MINUTE, false)
            }
            .lasting(0, 15 * MINUTE),
        )
        .says(
            "master warned twice within ten minutes that a service may start no more processes: clients wait or are turned away.",
            &[
                "An attack, or slow clients? Look at connections by network; stress mode shortens time-outs.",
                "Raise maxproc in master.cf only with the memory to match.",
            ],
        ),
        template(
            "postscreen.busy",
            Severity::Error,
            "postscreen turns clients away",
            figure("count", "postscreen.busy", 10 * MINUTE, (9.0, 0.0)).lasting(0, 15 * MINUTE),
        )
        .says(
            "postscreen had every port taken and sent clients away.",
            &["Look at the networks that connect; raise postscreen_pre_queue_limit if they are legitimate."],
        ),
        template("account.takeover", Severity::Critical, "An account sends what others refuse", user("bounced", 50.0))
            .says(
                "More than 50 recipients of one signed-in user were refused within an hour: the account is probably in other hands.",
                &[
                    "Lock the account and change its password. `mailvane-agent show` on the host names the user behind the hash.",
                    "Delete only its queued mail: `postqueue -j`, then `postsuper -d` for its messages.",
                    "Then look at bounces and at replies about reputation: the damage comes an hour later.",
                ],
            ),
        template("account.burst", Severity::Warning, "An account sends far more than people do", user("recipients", 2_000.0))
            .says(
                "One signed-in user had more than 2,000 recipients within an hour.",
                &[
                    "A newsletter, or a stolen password? Ask the user, or look at the subject with `postcat -qh`.",
                    "smtpd_client_message_rate_limit or a policy service keeps one account from doing this.",
                ],
            ),
        template("sasl.bruteforce", Severity::Info, "Passwords are being guessed", guesses())
            .says(
                "Ten sign-ins or more failed from one network within ten minutes. Warning from 50 such networks on.",
                &[
                    "Feed the networks to fail2ban or the firewall; `mailvane-agent show` prints them on the host.",
                    "Spread over many networks: see which users are guessed and give them app passwords or a second factor.",
                ],
            ),
        template(
            "postscreen.silent",
            Severity::Error,
            "postscreen sees nobody any more",
            Spec {
                kind: "absence".into(),
                metric: "postscreen.connections".into(),
                window_s: 30 * MINUTE,
                ..Spec::default()
            }
            .lasting(10 * MINUTE, 0)
            .and(also("count", "smtpd.connections", 10 * MINUTE, ">", 19.0))
            .and(super::Also {
                min: 0.05,
                ..also("baseline", "postscreen.connections", 30 * MINUTE, "<", 0.01)
            }),
        )
        .says(
            "No client passed postscreen for half an hour while smtpd served some, and at this hour it usually sees some.",
            &["master.cf has lost the postscreen line, or smtpd was put in its place: `postconf -M smtp/inet`."],
        ),
        template(
            "dnsbl.failing",
            Severity::Error,
            "Block lists do not answer",
            figure("count", "dnsbl.failed", 10 * MINUTE, (19.0, 4.0)).lasting(10 * MINUTE, 15 * MINUTE),
        )
        .says(
            "20 questions to block lists failed within ten minutes: spam passes, or clients wait.",
            &["Public resolvers are refused by most lists: use a resolver of your own."],
        ),
    ]
}

fn user(measure: &str, fire: f64) -> Spec {
    Spec {
        kind: "per_key".into(),
        per_key: format!("sasl_user.{measure}"),
        window_s: HOUR,
        cap: Some(5),
        fire: Some(fire),
        ..Spec::default()
    }
    .lasting(0, HOUR)
}

fn guesses() -> Spec {
    Spec {
        kind: "per_key".into(),
        per_key: "sasl_failure_network.failed".into(),
        each: 10.0,
        grouped: true,
        window_s: 10 * MINUTE,
        fire: Some(0.0),
        ..Spec::default()
    }
    .lasting(0, 30 * MINUTE)
    .band(Severity::Warning, 49.0)
}
