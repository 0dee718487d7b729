//! Counts what was refused, in which phase and for which reason, and what rules did instead of refusing.

use mailvane_proto::catalogue::{
    KeyId, MetricId, postscreen as postscreen_cat, process as process_cat, reject as cat,
    smtpd as smtpd_cat,
};

use super::track::flag;
use super::{Counter, network};
use crate::postfix::cleanup::Check;
use crate::postfix::reason::{self, Reason};
use crate::postfix::refusal::{self, Action, Refusal};
use crate::postfix::{dnsblog, postscreen, scan};

impl Counter<'_> {
    /// A refusal, or another action, of smtpd or a milter.
    pub(super) fn refused(&mut self, id: Option<&[u8]>, refusal: &Refusal<'_>) {
        let phase = phase_key(refusal.phase);
        let settles = refusal.milter
            || matches!(phase, cat::phase::DATA | cat::phase::BDAT | cat::phase::END_OF_MESSAGE);
        if let (Some(id), true) =
            (id, settles && refusal.action != Action::Warn && refusal.action != Action::Info)
        {
            self.track.touch(id, self.place, self.at_ms).mark(flag::SETTLED);
        }
        if refusal.action != Action::Reject && refusal.action != Action::RejectWarning {
            return self.acted(id, refusal, phase);
        }
        let class = class_of(refusal);
        let network = network(refusal.peer.address);
        let source = [reason_name(class).as_bytes(), b"\t", network.as_bytes()].concat();
        if refusal.action == Action::RejectWarning {
            self.tally.add(cat::WARNED, 1);
            return self.open(cat::REJECT_SOURCE, &source, cat::refused::WARNED, 1);
        }
        let temporary = is_temporary(refusal.text);
        if refusal.milter {
            self.milter_verdict(phase, temporary);
            if self.session_already_refused(refusal.phase) {
                return;
            }
            self.tally.add(cat::MILTER_REJECTED, 1);
        }
        self.reject(phase, class, temporary);
        self.open(cat::REJECT_SOURCE, &source, cat::refused::REJECTED, 1);
        self.open(smtpd_cat::CLIENT_NETWORK, network.as_bytes(), smtpd_cat::client::REJECTED, 1);
        // cleanup refuses on behalf of a service that it does not name.
        if self.daemon != b"cleanup" {
            self.open_service(smtpd_cat::service::REJECTED);
        }
        self.consequences(refusal, class);
    }

    /// One refusal by phase and reason.
    fn reject(&mut self, phase: KeyId, class: Reason, temporary: bool) {
        let (reason_metric, reason_measure) = reason_ids(class);
        self.tally.add(cat::TOTAL, 1);
        self.tally.add(if temporary { cat::TEMPORARY } else { cat::PERMANENT }, 1);
        self.tally.add(phase_metric(phase), 1);
        self.tally.add(reason_metric, 1);
        self.tally.closed(cat::REJECT, phase, reason_measure, 1);
    }

    /// A milter that refuses at CONNECT or HELO says so again at every later command of the session.
    fn session_already_refused(&mut self, phase: &[u8]) -> bool {
        let Some(session) = self.track.session(self.pid) else { return false };
        let already = session.milter_refused;
        if matches!(phase, b"CONNECT" | b"HELO" | b"EHLO") {
            session.milter_refused = true;
        }
        already
    }

    fn milter_verdict(&mut self, phase: KeyId, temporary: bool) {
        let measure = if temporary { cat::verdict::TEMPORARY } else { cat::verdict::REJECTED };
        self.tally.closed(cat::MILTER, phase, measure, 1);
    }

    fn consequences(&mut self, refusal: &Refusal<'_>, class: Reason) {
        if class == Reason::LocalError {
            self.tally.add(process_cat::LOCAL_ERRORS, 1);
        }
        if refusal.text.starts_with(b"452 4.3.1") {
            self.tally.add(process_cat::NO_SPACE, 1);
        }
        if let Some((_, rest)) = scan::split_once(refusal.text, b"blocked using ") {
            let end = rest
                .iter()
                .position(|byte| matches!(byte, b';' | b',' | b' '))
                .unwrap_or(rest.len());
            let zone = rest.get(..end).unwrap_or(rest).to_ascii_lowercase();
            self.open(postscreen_cat::DNSBL_ZONE, &zone, postscreen_cat::zone::REJECTED, 1);
        }
    }

    /// Anything but a refusal.
    fn acted(&mut self, id: Option<&[u8]>, refusal: &Refusal<'_>, phase: KeyId) {
        let table = if refusal.milter { cat::table::MILTER } else { cat::table::ACCESS };
        self.tally.closed(cat::ACTION, action_key(refusal.action), table, 1);
        let measure = match refusal.action {
            Action::Hold => {
                self.settled(id, flag::HELD);
                cat::verdict::HELD
            }
            Action::Discard => {
                self.settled(id, flag::DISCARDED);
                cat::verdict::DISCARDED
            }
            _ => return,
        };
        if refusal.milter {
            self.tally.closed(cat::MILTER, phase, measure, 1);
        }
    }

    /// Counts a message put on hold or thrown away, once: smtpd says so at several commands, and cleanup after it.
    fn settled(&mut self, id: Option<&[u8]>, what: u32) {
        let flags = match (id, self.track.session(self.pid)) {
            (Some(id), _) => &mut self.track.touch(id, self.place, self.at_ms).flags,
            (None, Some(session)) => &mut session.said,
            (None, None) => &mut 0,
        };
        let new = *flags & what == 0;
        *flags |= what | flag::SETTLED;
        if new {
            self.tally.add(if what == flag::HELD { cat::HELD } else { cat::DISCARDED }, 1);
        }
    }

    /// A header or body check that refuses, holds or throws away.
    pub(super) fn content_verdict(&mut self, id: &[u8], check: &Check<'_>) {
        match check.action {
            Action::Reject => {
                self.reject(cat::phase::END_OF_MESSAGE, Reason::Content, is_temporary(check.text));
                if check.milter {
                    self.tally.add(cat::MILTER_REJECTED, 1);
                }
            }
            Action::Hold => self.settled(Some(id), flag::HELD),
            Action::Discard => self.settled(Some(id), flag::DISCARDED),
            _ => return,
        }
        self.track.touch(id, self.place, self.at_ms).mark(flag::SETTLED);
    }

    /// A before-queue filter.
    pub(super) fn proxied(&mut self, accepted: bool) {
        if !accepted {
            self.reject(
                cat::phase::END_OF_MESSAGE,
                Reason::Content,
                memchr::memmem::find(self.text, b": 4").is_some(),
            );
        }
    }

    /// postscreen.
    pub(super) fn screened(&mut self, event: &postscreen::Event<'_>) {
        use postscreen_cat as screen;
        let metric = match event {
            postscreen::Event::Connect => screen::CONNECTIONS,
            postscreen::Event::Pass { new: true } => screen::PASSED_NEW,
            postscreen::Event::Pass { new: false } => screen::PASSED_OLD,
            postscreen::Event::Listed(true) => screen::ALLOWLISTED,
            postscreen::Event::Listed(false) => screen::DENYLISTED,
            postscreen::Event::Pregreet => screen::PREGREETED,
            postscreen::Event::Dnsbl => screen::BLOCKLISTED,
            postscreen::Event::Hangup => screen::HUNG_UP,
            postscreen::Event::Busy => return self.busy(),
            postscreen::Event::Refused(refusal) => return self.screened_out(refusal),
            postscreen::Event::Stress(begins) => return self.stress(*begins),
            postscreen::Event::Veto | postscreen::Event::Violation(_) => {
                return self.failed_test(event);
            }
            postscreen::Event::Remembered(clients) => {
                return self.tally.set(screen::CACHE_ENTRIES, *clients);
            }
            postscreen::Event::Disconnect => return,
        };
        self.tally.add(metric, 1);
        self.failed_test(event);
    }

    /// dnsblog.
    pub(super) fn asked(&mut self, event: &dnsblog::Event<'_>) {
        use postscreen_cat::zone;
        let (list, metric, measure) = match event {
            dnsblog::Event::Listed(list) => (list, postscreen_cat::DNSBL_LISTED, zone::LISTED),
            dnsblog::Event::Failed(list) => (list, postscreen_cat::DNSBL_FAILED, zone::FAILED),
        };
        self.tally.add(metric, 1);
        self.open(postscreen_cat::DNSBL_ZONE, &list.to_ascii_lowercase(), measure, 1);
    }

    fn failed_test(&mut self, event: &postscreen::Event<'_>) {
        use postscreen::Violation;
        use postscreen_cat::test;
        let key = match event {
            postscreen::Event::Pregreet => test::PREGREET,
            postscreen::Event::Dnsbl => test::DNSBL,
            postscreen::Event::Hangup if self.text.ends_with(b"before SMTP handshake") => {
                test::HANGUP_BEFORE
            }
            postscreen::Event::Hangup => test::HANGUP_AFTER,
            postscreen::Event::Veto => test::ALLOWLIST_VETO,
            postscreen::Event::Violation(violation) => match violation {
                Violation::TimeLimit => test::TIME_LIMIT,
                Violation::CountLimit => test::COUNT_LIMIT,
                Violation::LengthLimit => test::LENGTH_LIMIT,
                Violation::Pipelining => test::PIPELINING,
                Violation::NonSmtp => test::NON_SMTP,
                Violation::BareNewline => test::BARE_NEWLINE,
                Violation::NoRecipient => test::DATA_WITHOUT_RCPT,
            },
            _ => return,
        };
        self.tally.closed(
            postscreen_cat::POSTSCREEN_TEST,
            key,
            postscreen_cat::screened::FAILED,
            1,
        );
    }

    fn screened_out(&mut self, refusal: &Refusal<'_>) {
        if refusal.text.starts_with(b"450 4.3.2") {
            return self.tally.add(postscreen_cat::POSTPONED, 1);
        }
        if refusal.text.starts_with(b"too many connections")
            || refusal.text.ends_with(b"ports busy")
        {
            self.tally.add(postscreen_cat::BUSY, 1);
        }
        self.tally.add(postscreen_cat::REJECTED, 1);
        self.refused(None, refusal);
    }

    /// `reject: connect from [ip]:port: all screening ports busy`
    fn busy(&mut self) {
        self.tally.add(postscreen_cat::BUSY, 1);
        self.tally.add(postscreen_cat::REJECTED, 1);
        self.reject(cat::phase::CONNECT, Reason::Other, true);
    }
}

/// A milter's words are its own: whatever they resemble, it is a policy of this site.
pub(crate) fn class_of(refusal: &Refusal<'_>) -> Reason {
    match reason::classify(refusal.text) {
        Reason::Greylist => Reason::Greylist,
        _ if refusal.milter => Reason::Policy,
        class => class,
    }
}

/// Whether a refusal says *later*: by SMTP code, else by enhanced code; postscreen's busy ports have neither.
fn is_temporary(text: &[u8]) -> bool {
    match scan::number(text) {
        Some((400..=499, _)) => true,
        Some((4, rest)) => refusal::enhanced_code(text).is_some() && rest.starts_with(b"."),
        Some(_) => false,
        None => text.starts_with(b"too many connections") || text.ends_with(b"ports busy"),
    }
}

/// The key of a phase; STARTTLS, AUTH and the like are their own, anything unheard-of is `other`.
pub(super) fn phase_key(phase: &[u8]) -> KeyId {
    match phase {
        b"CONNECT" => cat::phase::CONNECT,
        b"HELO" => cat::phase::HELO,
        b"EHLO" => cat::phase::EHLO,
        b"MAIL" => cat::phase::MAIL,
        b"RCPT" => cat::phase::RCPT,
        b"DATA" => cat::phase::DATA,
        b"BDAT" => cat::phase::BDAT,
        b"END-OF-MESSAGE" => cat::phase::END_OF_MESSAGE,
        b"ETRN" => cat::phase::ETRN,
        b"VRFY" => cat::phase::VRFY,
        b"STARTTLS" => cat::phase::STARTTLS,
        b"AUTH" => cat::phase::AUTH,
        b"RSET" => cat::phase::RSET,
        b"NOOP" => cat::phase::NOOP,
        b"QUIT" => cat::phase::QUIT,
        b"XCLIENT" => cat::phase::XCLIENT,
        b"XFORWARD" => cat::phase::XFORWARD,
        b"UNKNOWN" => cat::phase::UNKNOWN,
        _ => cat::phase::OTHER,
    }
}

fn phase_metric(phase: KeyId) -> MetricId {
    match phase {
        cat::phase::CONNECT => cat::PHASE_CONNECT,
        cat::phase::HELO | cat::phase::EHLO => cat::PHASE_HELO,
        cat::phase::MAIL => cat::PHASE_MAIL,
        cat::phase::RCPT => cat::PHASE_RCPT,
        cat::phase::DATA | cat::phase::BDAT => cat::PHASE_DATA,
        cat::phase::END_OF_MESSAGE => cat::PHASE_END,
        _ => cat::PHASE_OTHER,
    }
}

/// The key of an action.
pub(super) fn action_key(action: Action) -> KeyId {
    match action {
        Action::Reject | Action::RejectWarning => cat::action::REJECT,
        Action::Hold => cat::action::HOLD,
        Action::Discard => cat::action::DISCARD,
        Action::Filter => cat::action::FILTER,
        Action::Redirect => cat::action::REDIRECT,
        Action::Bcc => cat::action::BCC,
        Action::Delay => cat::action::DELAY,
        Action::Hangup => cat::action::HANGUP,
        Action::Warn => cat::action::WARN,
        Action::Info => cat::action::INFO,
        Action::Permit => cat::action::PERMIT,
        Action::Pass => cat::action::PASS,
        Action::Prepend => cat::action::PREPEND,
        Action::Replace => cat::action::REPLACE,
        Action::Strip => cat::action::STRIP,
        Action::Other => cat::action::OTHER,
    }
}

fn reason_ids(class: Reason) -> (MetricId, usize) {
    use cat::reason as measure;
    match class {
        Reason::Client => (cat::REASON_CLIENT, measure::CLIENT),
        Reason::ReverseName => (cat::REASON_REVERSE_NAME, measure::REVERSE_NAME),
        Reason::Helo => (cat::REASON_HELO, measure::HELO),
        Reason::Sender => (cat::REASON_SENDER, measure::SENDER),
        Reason::Recipient => (cat::REASON_RECIPIENT, measure::RECIPIENT),
        Reason::UnknownUser => (cat::REASON_UNKNOWN_USER, measure::UNKNOWN_USER),
        Reason::Relay => (cat::REASON_RELAY, measure::RELAY),
        Reason::Blocklist => (cat::REASON_BLOCKLIST, measure::BLOCKLIST),
        Reason::Greylist => (cat::REASON_GREYLIST, measure::GREYLIST),
        Reason::Content => (cat::REASON_CONTENT, measure::CONTENT),
        Reason::Size => (cat::REASON_SIZE, measure::SIZE),
        Reason::Policy => (cat::REASON_POLICY, measure::POLICY),
        Reason::Protocol => (cat::REASON_PROTOCOL, measure::PROTOCOL),
        Reason::SignIn => (cat::REASON_SIGN_IN, measure::SIGN_IN),
        Reason::LocalError => (cat::REASON_LOCAL_ERROR, measure::LOCAL_ERROR),
        Reason::Other => (cat::REASON_OTHER, measure::OTHER),
    }
}

/// The reason's name, as the catalogue has it.
pub(crate) fn reason_name(class: Reason) -> &'static str {
    let (_, measure) = reason_ids(class);
    cat::reason::MEASURES.get(measure).map_or("other", |measure| measure.name)
}
