//! What a class means and what to do first about it.

use super::Topic;

/// The class of failures that have nothing in common but us.
pub(super) const US: &str = "us";

/// What a reply class or a kind of event means, in words that end a sentence.
pub(super) fn meaning(class: &str) -> Option<&'static str> {
    let meaning = match class {
        "gmail.ratelimit" => "Gmail limits our sending rate",
        "gmail.reputation" => "Gmail distrusts our address or domain",
        "microsoft.ratelimit" | "microsoft.legacy" => "Microsoft limits our sending rate",
        "microsoft.block" | "microsoft.ban" => "Microsoft has blocked our address",
        "yahoo.deferred" => "Yahoo puts our mail off",
        "yahoo.permanent_defer" | "yahoo.block" => "Yahoo refuses our mail for good",
        "apple.policy" => "Apple refuses our mail for its policy",
        "generic.greylist" => "greylisted, it passes with the next try",
        "generic.recipient" => "the mailboxes do not exist",
        "generic.full" => "the mailboxes are full",
        "generic.size" => "the messages are too large",
        "connect.refused" => "connection refused",
        "connect.timed_out" => "connection timed out",
        "connect.unreachable" => "network unreachable",
        "connect.lost" => "connection lost",
        "dns" => "names cannot be resolved, DNS does not answer as it should",
        "tls" => "encryption could not be agreed on",
        "loop" => "mail loops back to us",
        "local" => "a fault on our own host",
        "disk.full" => "Postfix cannot write, the disk is full",
        "milter.failed" => "A milter does not answer",
        "policy.failed" => "A policy service does not answer",
        "table.failed" => "A look-up table cannot be used",
        "sasl.failed" => "The sign-in service does not answer",
        "transport.failed" => "A delivery agent is not to be reached",
        "tls.broken" => "Encryption cannot be offered",
        "daemon.throttled" => "A daemon fails as soon as it starts",
        "daemon.crashed" => "A daemon was killed by a signal",
        "daemon.exited" => "A daemon ended with an error",
        "daemon.process_limit" => "A service has reached its process limit",
        "log.fatal" => "A daemon gave up",
        "log.panic" => "A daemon found a fault in itself",
        "queue.corrupt" => "A queue file was set aside as damaged",
        "queue.clogged" => "One destination fills the active queue",
        class if class.starts_with("blocklist.") => "our address is on a block list",
        class if class.starts_with("auth.") => "our mail fails the receiver's authentication",
        _ => return None,
    };
    Some(meaning)
}

/// Whether a class of failures lies with us when many domains show it.
pub(super) fn is_ours(class: &str) -> bool {
    matches!(
        class,
        "dns" | "local" | "connect.timed_out" | "connect.unreachable" | "connect.refused"
    ) || class.starts_with("blocklist.")
        || class.starts_with("auth.")
}

/// Whether one server elsewhere can have it all by itself.
pub(super) fn is_theirs_too(class: &str) -> bool {
    class.starts_with("connect.")
}

/// What to do first; nothing where the trigger's own runbook knows better.
pub(super) fn first(topic: Topic, class: &str) -> Option<&'static str> {
    if !matches!(topic, Topic::Failures | Topic::Trouble) {
        return None;
    }
    let family = class.split('.').next().unwrap_or(class);
    let step = match (family, class) {
        (_, US) => {
            "Look at our own network, DNS and address first: these domains have nothing else in common."
        }
        (_, "dns") => {
            "Try the resolver on the host: `dig MX gmail.com`; then /etc/resolv.conf and the one that it names."
        }
        (_, "connect.timed_out" | "connect.unreachable") => {
            "Try port 25 of two destinations by hand: if none answers, it is blocked on the way out of our network."
        }
        (_, "gmail.recipient_rate" | "generic.full") => {
            "Nothing of ours: these mailboxes take no more. Tell the senders if it lasts."
        }
        (_, "generic.greylist") => "Wait: greylisted mail goes through with its next try.",
        (_, "generic.recipient") => "Clean the list: these addresses do not exist.",
        (_, "generic.size") => {
            "Tell the senders: these messages are too large for their receivers."
        }
        ("gmail", _) => {
            "Slow down to Google: halve concurrency and rate; check Postmaster Tools. Do not flush: every retry counts."
        }
        ("microsoft", "microsoft.block" | "microsoft.ban") => {
            "Stop the source first, then ask for removal with Microsoft's delist form, naming the address in the reply."
        }
        ("microsoft", _) => "Slow down to Microsoft and look our address up in SNDS.",
        ("yahoo", _) => "Pause mail to Yahoo for four hours; retrying makes it worse.",
        ("blocklist", _) => {
            "Find the source of the mail that got us listed and stop it; then ask the list for removal."
        }
        ("auth", _) => {
            "Check SPF, DKIM and DMARC of the sending domain, and the PTR of our address."
        }
        ("disk", _) => {
            "Make room now: logs, old kernels, core files. Refused mail comes again by itself."
        }
        ("milter", _) => {
            "Restart the milter; `postconf smtpd_milters` names it. To let mail pass meanwhile: milter_default_action = accept."
        }
        ("connect" | "remote", _) => {
            "Try the domain by hand: look up its MX and connect to port 25; if it is down, only time helps."
        }
        _ => return None,
    };
    Some(step)
}
