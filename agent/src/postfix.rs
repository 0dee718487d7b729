//! What Postfix says in its log: bytes in, one [`Event`] out; one file for each Postfix daemon.
//!
//! Pure and total: never panics, never allocates, never opens a file, never asks a clock. Every reader goes from the
//! left, so that text which a remote server or a sender chose cannot forge a field in front of it.

pub mod anvil;
pub mod bounce;
pub mod cleanup;
pub mod delivery;
pub mod dnsblog;
pub mod line;
pub mod master;
pub mod pickup;
pub mod postscreen;
pub mod postsuper;
pub mod qmgr;
pub mod reason;
pub mod refusal;
pub mod scan;
pub mod script;
pub mod smtpd;
pub mod tls;
pub mod trouble;

pub use line::{Line, Stamp};

/// What one line of a Postfix program means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A delivery attempt to one recipient, by any daemon.
    Delivery(delivery::Delivery<'a>),
    /// smtpd.
    Smtpd(smtpd::Event<'a>),
    /// cleanup.
    Cleanup(cleanup::Event<'a>),
    /// qmgr about one message.
    Qmgr(qmgr::Event<'a>),
    /// qmgr's warnings.
    QmgrWarning(qmgr::Warning<'a>),
    /// bounce.
    Notice(bounce::Notice<'a>),
    /// bounce: a notice that nobody will get.
    UndeliverableNotice,
    /// pickup.
    Submission(pickup::Submission<'a>),
    /// postscreen.
    Postscreen(postscreen::Event<'a>),
    /// dnsblog.
    Dnsblog(dnsblog::Event<'a>),
    /// postsuper's summaries.
    Operation(postsuper::Operation<'a>),
    /// postsuper about one message that is gone from the queue under this id.
    Withdrawn,
    /// master.
    Master(master::Event<'a>),
    /// postfix-script.
    Script(script::Event),
    /// TLS, by any daemon.
    Tls(tls::Event<'a>),
    /// tlsproxy connects on behalf of smtp.
    ProxyConnect,
    /// anvil.
    Peak(anvil::Peak),
    /// One server failed: it was not reached, or it failed a message before the next one was tried. Its name.
    ServerFailed(&'a [u8]),
    /// The log daemon dropped this many lines.
    Suppressed(u64),
    /// A warning or worse without a meaning of its own.
    Trouble,
    /// Understood, and of no consequence.
    Known,
    /// Not understood.
    Unrecognised,
}

/// An event with what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoken<'a> {
    /// The message that it is about.
    pub id: Option<&'a [u8]>,
    /// The level, where it is above information.
    pub level: Option<trouble::Level>,
    /// The meaning.
    pub event: Event<'a>,
}

/// Where the agent's own look at the ports comes from. All of 127/8 is this host, and nobody else uses this one.
pub const PROBE_ADDRESS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(127, 77, 86, 1);
const PROBE_CLIENT: &[u8] = b"127.77.86.1]";

/// Whether a line is about the agent's own look at a port. The client is what stands in the first bracket: what a
/// client says of itself comes later.
pub fn is_own_probe(line: &Line<'_>) -> bool {
    match line.daemon {
        b"smtpd" | b"postscreen" | b"tlsproxy" | b"" => scan::split_byte(line.text, b'[')
            .is_some_and(|(_, behind)| behind.starts_with(PROBE_CLIENT)),
        b"dnsblog" => line.text.starts_with(b"addr 127.77.86.1 "),
        _ => false,
    }
}

/// Whether a Postfix program wrote this line; other programs share the same log.
pub fn is_postfix(line: &Line<'_>) -> bool {
    match line.daemon {
        b"" => line.instance.starts_with(b"postfix"),
        b"master" | b"postfix" => true,
        // A program without a path, such as `smtpd[7]:`, is some other mail system's.
        daemon => line.instance != daemon && PROGRAMS.contains(&daemon),
    }
}

const PROGRAMS: &[&[u8]] = &[
    b"smtpd",
    b"qmgr",
    b"smtp",
    b"cleanup",
    b"local",
    b"lmtp",
    b"virtual",
    b"pipe",
    b"error",
    b"retry",
    b"discard",
    b"pickup",
    b"bounce",
    b"defer",
    b"trace",
    b"postscreen",
    b"dnsblog",
    b"tlsproxy",
    b"tlsmgr",
    b"anvil",
    b"scache",
    b"verify",
    b"trivial-rewrite",
    b"proxymap",
    b"proxywrite",
    b"postfix-script",
    b"postsuper",
    b"postqueue",
    b"postdrop",
    b"sendmail",
    b"postmap",
    b"postalias",
    b"postlog",
    b"postlogd",
    b"flush",
    b"showq",
    b"oqmgr",
    b"nqmgr",
    b"qmqpd",
    b"spawn",
    b"postmulti",
    b"postkick",
    b"postlock",
    b"postcat",
    b"postconf",
    b"relay",
    b"postmulti-script",
    b"postfix-tls-script",
    b"postfix-wrapper",
    b"post-install",
    b"newaliases",
    b"mailq",
];

/// Understands one line.
pub fn understand<'a>(line: &Line<'a>) -> Spoken<'a> {
    let text = line.text;
    let level = trouble::parse(text).map(|(level, _)| level);
    let (id, event) = match line.daemon {
        b"smtpd" => smtpd_line(text),
        b"qmgr" | b"oqmgr" | b"nqmgr" => qmgr_line(text),
        b"cleanup" => cleanup_line(text),
        b"pickup" => pickup_line(text),
        b"bounce" | b"defer" | b"trace" => bounce_line(text),
        b"postscreen" => postscreen::parse(text).map(|event| (None, Event::Postscreen(event))),
        b"dnsblog" => dnsblog::parse(text).map(|event| (None, Event::Dnsblog(event))),
        b"postsuper" => postsuper_line(text),
        b"master" => master::parse(text).map(|event| (None, Event::Master(event))),
        b"postfix-script" => script::parse(text).map(|event| (None, Event::Script(event))),
        b"anvil" => anvil::parse(text).map(|peak| (None, Event::Peak(peak))),
        b"" => nameless_line(text),
        _ => None,
    }
    .or_else(|| common_line(text))
    .unwrap_or((None, if level.is_some() { Event::Trouble } else { Event::Unrecognised }));
    Spoken { id, level, event }
}

type Read<'a> = Option<(Option<&'a [u8]>, Event<'a>)>;

fn smtpd_line(text: &[u8]) -> Read<'_> {
    smtpd::parse(text).map(|(id, event)| (id, Event::Smtpd(event)))
}

fn qmgr_line(text: &[u8]) -> Read<'_> {
    if let Some((id, rest)) = scan::queue_id(text) {
        return Some((Some(id), Event::Qmgr(qmgr::parse(rest)?)));
    }
    let warning = qmgr::warning(text.strip_prefix(b"warning: ")?)?;
    Some((None, Event::QmgrWarning(warning)))
}

fn cleanup_line(text: &[u8]) -> Read<'_> {
    let (id, rest) = scan::queue_id(text)?;
    Some((Some(id), Event::Cleanup(cleanup::parse(rest)?)))
}

fn pickup_line(text: &[u8]) -> Read<'_> {
    let (id, rest) = scan::queue_id(text)?;
    Some((Some(id), Event::Submission(pickup::parse(rest)?)))
}

fn bounce_line(text: &[u8]) -> Read<'_> {
    if let Some((id, rest)) = scan::queue_id(text) {
        return Some((Some(id), Event::Notice(bounce::parse(rest)?)));
    }
    bounce::undeliverable(text.strip_prefix(b"warning: ")?)
        .then_some((None, Event::UndeliverableNotice))
}

fn postsuper_line(text: &[u8]) -> Read<'_> {
    if let Some(id) = postsuper::removed(text) {
        return Some((Some(id), Event::Withdrawn));
    }
    if let Some((id, rest)) = scan::queue_id(text) {
        let known = matches!(rest, b"placed on hold" | b"released from hold" | b"expired");
        return known.then_some((Some(id), Event::Known));
    }
    postsuper::parse(text).map(|operation| (None, Event::Operation(operation)))
}

/// A log writer cut the daemon's name off, so the text alone must tell.
///
/// `QID: removed` of postsuper is qmgr's here, and both mean the same: the message is gone.
fn nameless_line(text: &[u8]) -> Read<'_> {
    common_delivery(text)
        .or_else(|| nameless_postscreen(text))
        .or_else(|| smtpd_line(text))
        .or_else(|| qmgr_line(text))
        .or_else(|| pickup_line(text))
        .or_else(|| bounce_line(text))
        .or_else(|| cleanup_line(text))
        .or_else(|| postsuper_line(text))
        .or_else(|| dnsblog::parse(text).map(|event| (None, Event::Dnsblog(event))))
        .or_else(|| master::parse(text).map(|event| (None, Event::Master(event))))
        .or_else(|| script::parse(text).map(|event| (None, Event::Script(event))))
        .or_else(|| anvil::parse(text).map(|peak| (None, Event::Peak(peak))))
}

/// `DISCONNECT` is also tlsproxy's; its `CONNECT from` does not say where to.
fn nameless_postscreen(text: &[u8]) -> Read<'_> {
    match postscreen::parse(text)? {
        postscreen::Event::Disconnect | postscreen::Event::Remembered(_) => {
            Some((None, Event::Known))
        }
        postscreen::Event::Connect if memchr::memmem::find(text, b" to [").is_none() => None,
        event => Some((None, Event::Postscreen(event))),
    }
}

fn common_delivery(text: &[u8]) -> Read<'_> {
    let (id, rest) = scan::queue_id(text)?;
    let delivery = delivery::parse(rest.strip_prefix(b"to=<")?)?;
    Some((Some(id), Event::Delivery(delivery)))
}

/// What several daemons say, and what is understood without being of consequence.
fn common_line(text: &[u8]) -> Read<'_> {
    if let Some((id, rest)) = scan::queue_id(text) {
        if let Some(read) = common_delivery(text) {
            return Some(read);
        }
        if rest == b"status=deferred (bounce failed)" || rest == b"status=deferred (trace failed)" {
            return Some((Some(id), Event::Qmgr(qmgr::Event::NoticeFailed)));
        }
        if let Some(server) = delivery::failed_at(rest) {
            return Some((Some(id), Event::ServerFailed(server)));
        }
        let known = KNOWN_OF_MESSAGE.iter().any(|words| rest.starts_with(words));
        return known.then_some((Some(id), Event::Known));
    }
    if let Some(event) = tls::parse(text) {
        return Some((None, Event::Tls(event)));
    }
    if text.starts_with(b"CONNECT to [") {
        return Some((None, Event::ProxyConnect));
    }
    if let Some(server) = delivery::unreached(text) {
        return Some((None, Event::ServerFailed(server)));
    }
    if let Some(read) = suppressed(text) {
        return Some(read);
    }
    let known = KNOWN.iter().any(|words| text.starts_with(words))
        || text.ends_with(b" has changed -- restarting")
        || (text.starts_with(b"cache ")
            && memchr::memmem::find(text, b" cleanup: retained=").is_some());
    known.then_some((None, Event::Known))
}

/// `Suppressed N messages …` of journald, `imuxsock lost N messages …` of rsyslog.
fn suppressed(text: &[u8]) -> Read<'_> {
    let rest = text
        .strip_prefix(b"Suppressed ")
        .or_else(|| scan::split_once(text, b"imuxsock lost ").map(|(_, rest)| rest))?;
    Some((None, Event::Suppressed(scan::number(rest)?.0)))
}

/// Hand-overs and what is done to a message on its way: none of them is an attempt of its own.
const KNOWN_OF_MESSAGE: &[&[u8]] = &[
    b"enabling PIX workarounds",
    b"passing <",
    b"removed",
    b"requeued",
    b"hold",
    b"skipped",
    // smtp_header_checks and smtp_body_checks, which smtp applies to what it sends.
    b"replace: ",
    b"prepend: ",
    b"strip: ",
    b"warning: header ",
    b"warning: body ",
    b"info: header ",
    b"info: body ",
];

const KNOWN: &[&[u8]] = &[
    b"statistics: ",
    b"CONNECT from [",
    b"DISCONNECT [",
    b"using backwards-compatible default setting ",
    b"to disable backwards compatibility ",
    b"To disable backwards compatibility ",
    b"Postfix is running with backwards-compatible default setting",
    b"Postfix is using backwards-compatible default setting",
    b"See http",
    b"setting up TLS connection ",
    b"initializing the ",
    b"Host offered STARTTLS: ",
    b"discarding EHLO keywords: ",
    // The disconnect line counts it once more, in notes=.
    b"bare <LF> received after ",
    b"NOQUEUE: abort: TLS from ",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hear(line: &[u8]) -> Event<'_> {
        understand(&Line::parse(line).unwrap()).event
    }

    #[test]
    fn any_daemon_may_report_a_delivery() {
        let line = b"Nov 23 12:07:40 mx1 postfix/cleanup[1]: C111FA182B1: to=<a@example.net>, relay=none, delay=0.1, delays=0/0/0/0, dsn=5.7.1, status=bounced (spam)";
        assert!(matches!(hear(line), Event::Delivery(_)));
    }

    #[test]
    fn a_header_that_looks_like_a_warning_is_not_one() {
        let line = b"Nov 23 12:07:40 mx1 postfix/cleanup[1]: C111FA182B1: warning: header Subject: fatal: x from c[192.0.2.1]; from=<a> to=<b> proto=SMTP helo=<h>: odd";
        let line = Line::parse(line).unwrap();
        assert_eq!(understand(&line).level, None);
    }

    #[test]
    fn other_programs_in_the_same_log_are_told_apart() {
        let foreign = Line::parse(b"Nov 23 12:07:40 mx1 dovecot: imap-login: Login").unwrap();
        assert!(!is_postfix(&foreign));
        let own = Line::parse(b"Nov 23 12:07:40 mx1 postfix-out/relay/smtp[9]: x").unwrap();
        assert!(is_postfix(&own));
    }

    #[test]
    fn the_agents_own_look_is_known_by_its_address_and_nobody_else_can_pass_for_it() {
        let own = |text: &str| {
            let line = format!("Nov 23 12:07:40 mx1 postfix/smtpd[9]: {text}");
            is_own_probe(&Line::parse(line.as_bytes()).unwrap())
        };
        assert!(own("connect from localhost[127.77.86.1]"));
        assert!(own(
            "Anonymous TLS connection established from unknown[127.77.86.1]: TLSv1.3 with cipher"
        ));
        assert!(!own(
            "NOQUEUE: reject: RCPT from a[192.0.2.1]: 554 5.7.1 no; helo=<[127.77.86.1]>"
        ));
        assert!(!own("connect from a[127.77.86.10]"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(line) = Line::parse(&bytes) {
                let _ = understand(&line);
            }
        }

        #[test]
        fn no_text_of_any_daemon_makes_it_panic(
            daemon in proptest::sample::select(PROGRAMS.to_vec()),
            start in proptest::sample::select(vec![
                "C111FA182B1: to=<", "C111FA182B1: from=<", "C111FA182B1: client=", "NOQUEUE: reject: RCPT from x[1]: ",
                "warning: ", "disconnect from a[b]", "C111FA182B1: warning: header ", "statistics: max ", "",
                "Anonymous TLS connection established from a[b]: ", "C111FA182B1: uid=",
            ]),
            tail in "[ -~]{0,120}",
        ) {
            let text = format!("{start}{tail}");
            let line = Line { stamp: Stamp::Instant(0), instance: b"postfix", service: b"", daemon, pid: 1, text: text.as_bytes() };
            let _ = understand(&line);
        }
    }
}
