//! What a failed delivery's reason means: its cause, and the class of the remote reply by a data file.

use std::sync::{LazyLock, OnceLock};

use mailvane_proto::catalogue::{KeyId, delivery::cause as key};
use memchr::memmem;

use crate::postfix::delivery::{Delivery, Status};
use crate::postfix::scan;

/// Why a try failed, as far as Postfix's own words tell.
pub fn cause(line: &Delivery<'_>) -> KeyId {
    let reason = line.reason;
    if let Some((_, cause)) = STARTS.iter().find(|(words, _)| reason.starts_with(words)) {
        return *cause;
    }
    let words = if reason.starts_with(b"connect to ") { CONNECT } else { WORDS };
    if let Some((_, cause)) = words.iter().find(|(words, _)| memmem::find(reason, words).is_some())
    {
        return *cause;
    }
    if memmem::find(reason, b" said: ").is_some()
        || memmem::find(reason, b" refused to talk to me: ").is_some()
    {
        return if line.status == Status::Bounced { key::REMOTE_NEVER } else { key::REMOTE_LATER };
    }
    key::OTHER
}

const STARTS: &[(&[u8], KeyId)] = &[
    (b"delivery temporarily suspended", key::SUSPENDED),
    (b"lost connection with ", key::LOST),
    (b"conversation with ", key::TIMED_OUT),
    (b"TLS is required", key::TLS),
    (b"Server certificate not ", key::TLS),
    (b"Cannot start TLS", key::TLS),
    (b"SASL authentication failed", key::SASL),
    (b"unknown user", key::UNKNOWN_USER),
    (b"user unknown", key::UNKNOWN_USER),
    (b"mail transport unavailable", key::LOCAL_TROUBLE),
    (b"unknown mail transport error", key::LOCAL_TROUBLE),
    (b"alias database unavailable", key::LOCAL_TROUBLE),
    (b"mail system configuration error", key::LOCAL_TROUBLE),
    (b"message size ", key::SIZE),
    (b"cannot update mailbox", key::MAILBOX),
    (b"maildir delivery failed", key::MAILBOX),
    (b"Command died", key::COMMAND),
    (b"temporary failure", key::COMMAND),
    (b"alias database loop", key::LOOP),
    (b"mail forwarding loop", key::LOOP),
];

const CONNECT: &[(&[u8], KeyId)] = &[
    (b": Connection refused", key::REFUSED),
    (b": Connection timed out", key::TIMED_OUT),
    (b": Operation timed out", key::TIMED_OUT),
    (b": Connection reset", key::LOST),
    (b"", key::UNREACHABLE),
];

const WORDS: &[(&[u8], KeyId)] = &[
    (b"does not accept mail (nullMX)", key::NULL_MX),
    (b"loops back to myself", key::LOOP),
    (b"Host not found, try again", key::DNS_LATER),
    (b"Name service error", key::DNS_NONE),
    (b"Host or domain name not found", key::DNS_NONE),
];

/// The class of a failed try: of the remote reply where there is one, else of Postfix's own reason.
pub fn classify(line: &Delivery<'_>) -> &'static str {
    let reason = if line.suspended() {
        scan::split_once(line.reason, b": ").map_or(line.reason, |(_, earlier)| earlier)
    } else {
        line.reason
    };
    let said = scan::split_once(reason, b" said: ")
        .or_else(|| scan::split_once(reason, b" refused to talk to me: "));
    let Some((host, reply)) = said else {
        return own_class(line);
    };
    let host = host.strip_prefix(b"host ").unwrap_or(host).to_ascii_lowercase();
    let host = scan::before(&host, b"[");
    let reply = reply.to_ascii_lowercase();
    let (class, subject, detail) = line.dsn;
    let code = format!("{class}.{subject}.{detail}");
    RULES.iter().find(|rule| rule.fits(host, code.as_bytes(), &reply)).map_or(
        if line.status == Status::Bounced { "remote.refused" } else { "remote.later" },
        |rule| rule.class,
    )
}

/// The mailbox provider that a host belongs to, of those in the data file. `host` is in lower case.
pub fn provider(host: &[u8]) -> Option<&'static str> {
    let (name, _) = PROVIDERS
        .iter()
        .find(|(_, suffixes)| suffixes.iter().any(|suffix| host.ends_with(suffix.as_bytes())))?;
    Some(name)
}

static PROVIDERS: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/providers.tsv").lines();
    let fields =
        lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    fields.map(|(name, suffixes)| (name, suffixes.split('|').collect())).collect()
});

/// Without a remote reply the cause is the class.
fn own_class(line: &Delivery<'_>) -> &'static str {
    let bare = Delivery {
        reason: scan::split_once(line.reason, b"suspended: ")
            .map_or(line.reason, |(_, earlier)| earlier),
        ..*line
    };
    match cause(&bare) {
        key::REFUSED => "connect.refused",
        key::TIMED_OUT => "connect.timed_out",
        key::UNREACHABLE => "connect.unreachable",
        key::LOST => "connect.lost",
        key::DNS_LATER | key::DNS_NONE => "dns",
        key::TLS => "tls",
        key::UNKNOWN_USER => "generic.recipient",
        key::SUSPENDED => "suspended",
        key::LOOP => "loop",
        _ => "local",
    }
}

struct Rule {
    class: &'static str,
    hosts: Vec<&'static str>,
    codes: Vec<&'static str>,
    words: Vec<&'static str>,
}

impl Rule {
    fn fits(&self, host: &[u8], code: &[u8], reply: &[u8]) -> bool {
        let any = |list: &[&str], test: &dyn Fn(&[u8]) -> bool| {
            list.is_empty() || list.iter().any(|item| test(item.as_bytes()))
        };
        any(&self.hosts, &|suffix| host.ends_with(suffix))
            && any(&self.codes, &|known| {
                code == known
                    || (known.len() == MICROSOFT_BAN_BYTES
                        && code.starts_with(known)
                        && code.len() == known.len() + 1)
            })
            && any(&self.words, &|word| memmem::find(reply, word).is_some())
    }
}

/// `5.7.60` in the file stands for 5.7.600 to 5.7.609.
const MICROSOFT_BAN_BYTES: usize = 6;

static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read_rules(OWN.get().map_or(SHIPPED, String::as_str)));

const SHIPPED: &str = include_str!("../../data/replies.tsv");
static OWN: OnceLock<String> = OnceLock::new();
/// Columns of the data file.
const COLUMNS: usize = 4;

/// Takes another data file than the one that was compiled in, as providers change their words between releases. Only
/// before the first reply was classified; a file with a fault is refused as a whole, with the fault's line.
pub fn replace(text: &str) -> Result<(), String> {
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let columns: Vec<&str> = line.split('\t').collect();
        if columns.len() != COLUMNS || columns.iter().any(|column| column.is_empty()) {
            return Err(format!("{number}: must have {COLUMNS} columns between tabs"));
        }
        if !columns.first().is_some_and(|class| class.contains('.')) {
            return Err(format!("{number}: the class must be FAMILY.WORD"));
        }
    }
    OWN.set(text.to_owned()).map_err(|_| "another file was taken already".to_owned())
}

fn read_rules(text: &'static str) -> Vec<Rule> {
    let list = |field: &'static str| match field {
        "*" => Vec::new(),
        list => list.split('|').collect(),
    };
    let rule = |line: &'static str| {
        let mut fields = line.split('\t');
        Some(Rule {
            class: fields.next()?,
            hosts: list(fields.next()?),
            codes: list(fields.next()?),
            words: list(fields.next()?),
        })
    };
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .filter_map(rule)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::delivery;

    fn line(dsn: &str, status: &str, reason: &str) -> String {
        format!(
            "u@example.org>, relay=x[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn={dsn}, status={status} ({reason})"
        )
    }

    #[test]
    fn providers_are_known_by_their_servers_and_not_by_their_neighbours() {
        assert_eq!(provider(b"gmail-smtp-in.l.google.com"), Some("gmail"));
        assert_eq!(provider(b"example-org.mail.protection.outlook.com"), Some("microsoft"));
        assert_eq!(provider(b"mx.notgoogle.com"), None);
        assert_eq!(provider(b"none"), None);
        for rule in RULES.iter().filter(|rule| !rule.hosts.is_empty()) {
            let family = rule.class.split('.').next();
            let named = |suffix: &&str| provider(format!("mx{suffix}").as_bytes()) == family;
            assert!(rule.hosts.iter().all(named), "{}: no provider has its hosts", rule.class);
        }
    }

    #[test]
    fn providers_replies_have_their_classes() {
        for (dsn, reason, class) in [
            (
                "4.7.28",
                "host gmail-smtp-in.l.google.com[192.0.2.1] said: 421-4.7.28 unusual rate (in reply to end of DATA command)",
                "gmail.ratelimit",
            ),
            (
                "4.7.650",
                "host x.mail.protection.outlook.com[192.0.2.1] said: 451 4.7.650 The mail server has been temporarily rate limited (in reply to MAIL FROM command)",
                "microsoft.ratelimit",
            ),
            (
                "5.7.606",
                "host x.mail.protection.outlook.com[192.0.2.1] said: 550 5.7.606 Access denied (in reply to RCPT TO command)",
                "microsoft.ban",
            ),
            (
                "5.1.1",
                "host mx[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)",
                "generic.recipient",
            ),
            ("4.4.1", "connect to mx[192.0.2.1]:25: Connection refused", "connect.refused"),
            (
                "4.4.1",
                "delivery temporarily suspended: connect to mx[192.0.2.1]:25: Connection timed out",
                "connect.timed_out",
            ),
            (
                "4.0.0",
                "host mx[192.0.2.1] said: 450 busy (in reply to RCPT TO command)",
                "remote.later",
            ),
        ] {
            let text = line(dsn, "deferred", reason);
            assert_eq!(classify(&delivery::parse(text.as_bytes()).unwrap()), class, "{reason}");
        }
    }

    #[test]
    fn a_data_file_with_a_fault_is_refused_with_its_line() {
        let fault = replace("# mine\nmine.full\t*\t4.2.2\n").unwrap_err();
        assert!(fault.starts_with("2: must have 4 columns"), "{fault}");
        assert!(replace("full\t*\t*\tfull\n").unwrap_err().starts_with("1: the class"));
    }

    #[test]
    fn every_rule_of_the_data_file_is_read() {
        let lines =
            include_str!("../../data/replies.tsv").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(RULES.len(), lines);
        assert!(RULES.iter().all(|rule| rule.class.contains('.')));
    }
}
