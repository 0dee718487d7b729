//! Lines that the captures lack: other versions of Postfix, other set-ups, and people who wish the figures ill.

use std::collections::BTreeMap;

use mailvane_agent::parse::{Parser, Report};
use mailvane_agent::stamp::Zone;

/// A moment after every stamp in this file.
const AFTER_MS: i64 = 1_795_500_000_000;

/// What the agent makes of lines such as `smtpd[7]: connect from a[192.0.2.1]`, all of instance `postfix`.
fn report(lines: &[&str]) -> Report {
    let mut parser = Parser::new(Zone::Fixed(0), AFTER_MS);
    for line in lines {
        parser.line(format!("Nov 23 12:07:40 mx1 postfix/{line}").as_bytes());
    }
    parser.report()
}

/// Every line is understood and these counters, and no others of their groups, have moved.
#[track_caller]
fn count(lines: &[&str], want: &[(&str, u64)]) {
    let report = report(lines);
    assert_eq!(report.unrecognised_by_daemon, BTreeMap::new(), "{lines:#?}");
    assert_eq!((report.unrecognised, report.foreign), (0, 0), "{lines:#?}");
    let groups: Vec<_> = want.iter().map(|(name, _)| group(name)).collect();
    let got = report.metrics.get("postfix").into_iter().flatten();
    let got: BTreeMap<_, _> = got
        .filter(|(name, _)| groups.contains(&group(name)))
        .map(|(name, count)| (*name, *count))
        .collect();
    let want: BTreeMap<_, _> = want.iter().copied().filter(|(_, count)| *count > 0).collect();
    assert_eq!(got, want, "{lines:#?}");
}

fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[test]
fn since_3_10_broken_sessions_name_their_message() {
    count(
        &[
            "smtpd[7]: connect from mx[2001:db8::1]",
            "smtpd[7]: NOQUEUE: lost connection after CONNECT from mx[2001:db8::1]",
            "smtpd[7]: disconnect from mx[2001:db8::1] commands=0/0",
            "smtps/smtpd[8]: connect from unknown[192.0.2.1]",
            "smtps/smtpd[8]: C111FA182B1: timeout after DATA (20 bytes) from unknown[192.0.2.1]",
        ],
        &[
            ("smtpd.connections", 2),
            ("smtpd.disconnections", 1),
            ("smtpd.unknown_clients", 1),
            ("smtpd.lost", 1),
            ("smtpd.timed_out", 1),
            ("smtpd.session_time", 0),
        ],
    );
}

#[test]
fn what_a_rule_does_besides_refusing_is_no_refusal() {
    let rest = "RCPT from a[192.0.2.1]: <s@example.org>: Sender address x; from=<s@example.org> to=<r@example.net> proto=ESMTP helo=<h>";
    let words = ["warn", "info", "delay", "permit", "filter", "redirect", "bcc", "hangup"];
    let lines: Vec<_> =
        words.iter().map(|word| format!("smtpd[7]: NOQUEUE: {word}: {rest}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    count(&lines, &[("reject.total", 0), ("action.held", 0)]);
}

#[test]
fn a_proxy_filter_refuses_and_a_bare_line_feed_has_no_code() {
    count(
        &[
            "smtpd[7]: proxy-reject: END-OF-MESSAGE: 554 5.7.1 no; from=<s@example.org> to=<r@example.net> proto=ESMTP helo=<h>",
            "smtpd[7]: C111FA182B1: reject: DATA from a[192.0.2.1]: bare <LF> received; from=<s@example.org> to=<r@example.net> proto=SMTP helo=<h>",
        ],
        &[
            ("reject.total", 2),
            ("reject.permanent", 2),
            ("reject.phase.end_of_message", 1),
            ("reject.phase.data", 1),
            ("reject.reason.content", 1),
            ("reject.reason.protocol", 1),
        ],
    );
}

#[test]
fn reasons_are_told_by_postfix_words_wherever_the_phase_is() {
    for (reason, text) in [
        (
            "blocklist",
            "554 5.7.1 Service unavailable; Sender address [s@example.org] blocked using dbl.test; x",
        ),
        ("client", "554 5.7.1 <a[192.0.2.1]>: Client host rejected: Access denied"),
        (
            "greylist",
            "450 4.2.0 <r@example.net>: Recipient address rejected: Greylisted, see https://x.test/",
        ),
        ("helo", "450 4.7.1 <h>: Helo command rejected: Host not found"),
        ("local_error", "451 4.3.0 <r@example.net>: Temporary lookup failure"),
        ("policy", "554 5.7.1 <DATA>: Data command rejected: too much mail today"),
        (
            "protocol",
            "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining",
        ),
        (
            "recipient",
            "550 5.1.1 <r@example.net>: Recipient address rejected: undeliverable address: host mx[192.0.2.9] said: 550 User unknown",
        ),
        ("relay", "454 4.7.1 <\"blocked using x; from=<\"@example.net>: Relay access denied"),
        (
            "reverse_name",
            "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
        ),
        (
            "sender",
            "550 5.1.0 <s@example.org>: Sender address rejected: User unknown in virtual mailbox table",
        ),
        ("sign_in", "553 5.7.1 <s@example.org>: Sender address rejected: not owned by user bob"),
        ("size", "552 5.3.4 Message size exceeds fixed limit"),
        (
            "unknown_user",
            "550 5.1.1 <r@example.net>: Recipient address rejected: User unknown in local recipient table",
        ),
    ] {
        let line = format!(
            "submission/smtpd[7]: NOQUEUE: reject: RCPT from a[192.0.2.1]: {text}; from=<s@example.org> to=<r@example.net> proto=ESMTP helo=<h>"
        );
        let reasons = report(&[&line]).rejected_by_reason;
        assert_eq!(reasons.keys().collect::<Vec<_>>(), [reason], "{text}");
    }
}

#[test]
fn a_busy_postscreen_says_so_in_three_ways() {
    count(
        &[
            "postscreen[7]: entering STRESS mode with 90 connections",
            "postscreen[7]: CONNECT from [2001:db8::1]:4711 to [2001:db8::2]:25",
            "postscreen[7]: reject: connect from [192.0.2.1]:4711: all screening ports busy",
            "postscreen[7]: NOQUEUE: reject: CONNECT from [192.0.2.1]:4712: all server ports busy",
            "postscreen[7]: NOQUEUE: reject: CONNECT from [192.0.2.1]:4713: too many connections",
            "postscreen[7]: WHITELIST VETO [192.0.2.1]:4714",
            "postscreen[7]: leaving STRESS mode with 9 connections",
            "postscreen[7]: cache btree:/var/lib/postfix/postscreen_cache partial cleanup: retained=9 dropped=1 entries",
        ],
        &[("postscreen.connections", 1), ("postscreen.busy", 3), ("postscreen.rejected", 3)],
    );
}

#[test]
fn a_server_that_failed_before_the_next_was_tried_is_no_attempt() {
    count(
        &[
            "smtp[7]: C111FA182B1: host mxa.example.net[192.0.2.1] refused to talk to me: 421 busy",
            "smtp[7]: C111FA182B1: lost connection with mxb.example.net[192.0.2.2] while sending RCPT TO",
            "smtp[7]: C111FA182B1: SASL authentication failed; server mxc[192.0.2.3] said: 535 no",
            "smtp[7]: connect to mxd.example.net[192.0.2.4]:25: Connection timed out",
            "smtp[7]: C111FA182B1: enabling PIX workarounds: disable_esmtp for mxe[192.0.2.5]:25",
            "smtp[7]: C111FA182B1: passing <r@example.net> to transport=relay",
            "smtp[7]: C111FA182B1: replace: header Received: from x: Received: from y",
            "smtp[7]: C111FA182B1: to=<r@example.net>, relay=mxe[192.0.2.5]:25, delay=4, delays=1/0/3/0, dsn=2.0.0, status=sent (250 ok)",
        ],
        &[
            ("delivery.connect_failed", 4),
            ("delivery.attempts", 1),
            ("delivery.sent", 1),
            ("delivery.delivered", 1),
            ("delivery.first.sent", 1),
        ],
    );
}

#[test]
fn soft_bounces_and_probes_are_neither_bounced_nor_sent() {
    let to = "to=<r@example.net>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1";
    let line =
        |word: &str| format!("smtp[7]: C111FA182B1: {to}, status={word} (host said: 550 no)");
    let lines = [
        line("SOFTBOUNCE"),
        line("undeliverable"),
        line("undeliverable-but-not-cached"),
        line("deliverable"),
        line("newword"),
    ];
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    count(&lines, &[("delivery.other_status", 2), ("delivery.probed", 3)]);
}

#[test]
fn notices_of_every_version_are_counted_by_kind() {
    count(
        &[
            "bounce[7]: C111FA182B1: sender non-delivery notification: C111FA182B2",
            "bounce[7]: C111FA182B1: sender delay notification: C111FA182B3",
            "bounce[7]: C111FA182B1: sender delivery status notification: C111FA182B4",
            "bounce[7]: C111FA182B1: postmaster delay notification: C111FA182B5",
            "bounce[7]: C111FA182B1: sender notification failed to s@example.org: queue file write error",
            "bounce[7]: warning: C111FA182B6: undeliverable postmaster notification discarded",
            "smtp[8]: C111FA182B7: status=deferred (bounce failed)",
        ],
        &[
            ("notice.bounced", 1),
            ("notice.delayed", 1),
            ("notice.postmaster", 1),
            ("notice.failed", 3),
        ],
    );
}

#[test]
fn an_id_that_returns_after_its_message_is_gone_is_a_new_message() {
    let life = [
        "smtpd[7]: C111FA182B1: client=a[192.0.2.1]",
        "cleanup[8]: C111FA182B1: message-id=<x@example.org>",
        "qmgr[9]: C111FA182B1: from=<s@example.org>, size=300, nrcpt=1 (queue active)",
        "smtp[10]: C111FA182B1: to=<r@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (x)",
        "qmgr[9]: C111FA182B1: skipped, still being delivered",
        "qmgr[9]: C111FA182B1: removed",
    ];
    count(
        &[life, life].concat(),
        &[
            ("message.received", 2),
            ("message.received_smtp", 2),
            ("message.queued", 2),
            ("message.queued_bytes", 600),
            ("message.queued_recipients", 2),
            ("message.removed", 2),
            ("delivery.deferred", 2),
            ("delivery.attempts", 2),
            ("delivery.first.deferred", 2),
            ("delivery.messages_deferred", 2),
        ],
    );
}

#[test]
fn logins_fail_in_the_words_of_cyrus_and_dovecot() {
    count(
        &[
            "smtpd[7]: warning: a[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            "smtpd[7]: warning: a[192.0.2.1]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=bob",
            "smtpd[7]: warning: a[192.0.2.1]: SASL LOGIN authentication failed: Invalid authentication mechanism: 'X'",
            "smtpd[7]: warning: SASL authentication failure: Password verification failed",
            "smtpd[7]: warning: SASL: Connect to Dovecot auth socket 'private/auth' failed: No such file or directory",
        ],
        &[("sasl.failed", 3)],
    );
}

#[test]
fn trouble_of_the_host_is_counted_by_its_kind() {
    count(
        &[
            "cleanup[7]: warning: C111FA182B1: virtual_alias_maps map lookup problem for r@example.net -- message not accepted, try again later",
            "smtpd[8]: warning: lmdb:/etc/postfix/access is unavailable. open database /etc/postfix/access.lmdb: No such file or directory",
            "smtpd[8]: warning: lmdb:/etc/postfix/access: table lookup problem",
            "smtpd[8]: fatal: write queue file: No space left on device",
            "qmgr[9]: warning: transport relay failure -- see a previous warning/fatal/panic logfile record for the problem description",
            "master[1]: warning: process /usr/libexec/postfix/smtpd pid 8 killed by signal 6",
            "smtp[10]: panic: vstream_fseek: bad offset",
            "smtp[10]: fatal: watchdog timeout",
            "local[11]: table hash:/etc/aliases(0,lock|fold_fix) has changed -- restarting",
        ],
        &[
            ("health.lookup_failed", 2),
            ("health.no_space", 1),
            ("health.transport_failed", 1),
            ("health.crashed", 1),
        ],
    );
}

#[test]
fn nobody_forges_a_figure_through_a_header_a_reply_or_a_name() {
    count(
        &[
            "cleanup[7]: C111FA182B1: warning: header Subject: x, dsn=2.0.0, status=sent (250 ok) from a[192.0.2.1]; from=<s@example.org> to=<r@example.net> proto=SMTP helo=<h>: odd",
            "cleanup[7]: C111FA182B1: message-id=<x>, dsn=2.0.0, status=sent (250 ok)",
            "cleanup[7]: C111FA182B1: message-id=C111FA182B9: removed",
            "smtp[8]: C111FA182B1: to=<\"a>, relay=none, dsn=2.0.0, status=sent (x\"@example.net>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.2.0, status=deferred (host mx[192.0.2.1] said: 450 4.2.0 x, dsn=2.0.0, status=sent (250 ok) (in reply to RCPT TO command))",
        ],
        &[
            ("delivery.deferred", 1),
            ("delivery.attempts", 1),
            ("delivery.first.deferred", 1),
            ("delivery.messages_deferred", 1),
        ],
    );
}

#[test]
fn lines_that_say_nothing_to_count_are_understood_all_the_same() {
    count(
        &[
            "scache[7]: statistics: start interval Nov 23 12:07:00",
            "scache[7]: statistics: domain lookup hits=0 miss=3 success=0%",
            "anvil[7]: statistics: max newtls rate 2/60s for (submission:2001:db8::1) at Nov 23 12:07:00",
            "tlsproxy[7]: CONNECT from [192.0.2.1]:4711",
            "tlsproxy[7]: DISCONNECT [192.0.2.1]:4711",
            "smtpd[7]: discarding EHLO keywords: CHUNKING",
            "smtpd[7]: NOQUEUE: abort: TLS from a[192.0.2.1]: no certificate",
            "postfix-script[7]: refreshing the Postfix mail system",
            "postlog[7]: To disable backwards compatibility use \"postconf compatibility_level=3.6\" and \"postfix reload\"",
            "postfix-script[7]: Postfix is running with backwards-compatible default settings",
            "postfix-script[7]: See http://www.postfix.org/COMPATIBILITY_README.html for details",
            "postfix-script[7]: waiting for the Postfix mail system to terminate",
            "postsuper[7]: Requeued: 2 messages",
            "cleanup[7]: C111FA182B1: resent-message-id=<x@example.org>",
            "cleanup[7]: C111FA182B1: removed (discarded)",
            "verify[7]: cache btree:/var/lib/postfix/verify_cache full cleanup: retained=0 dropped=0 entries",
        ],
        &[("message.abandoned", 0), ("reject.total", 0), ("delivery.sent", 0), ("smtpd.lost", 0)],
    );
}

#[test]
fn what_the_journal_dropped_is_told() {
    let mut parser = Parser::new(Zone::Fixed(0), AFTER_MS);
    parser.line(b"Nov 23 12:07:40 mx1 postfix/qmgr[7]: C111FA182B1: removed");
    parser.line(
        b"Nov 23 12:07:41 mx1 systemd-journald[300]: Suppressed 42 messages from postfix@-.service",
    );
    parser.line(b"Nov 23 12:07:41 mx1 dovecot: imap-login: Login: user=<bob>");
    let report = parser.report();
    assert_eq!(report.metrics["postfix"]["log.suppressed"], 42);
    assert_eq!((report.lines, report.foreign), (3, 2));
}
