//! Counts SMTP sessions of clients: begun, ended, broken, encrypted, signed in, and those at their limits.

use mailvane_proto::catalogue::{
    KeyId, message as message_cat, process as process_cat, sasl as sasl_cat, smtpd as cat,
    tls as tls_cat,
};

use super::track::{Session, flag};
use super::{Counter, hash, network};
use crate::postfix::anvil::{self, Peak};
use crate::postfix::scan::Peer;
use crate::postfix::smtpd::{self, Broken, Event, Limit};
use crate::postfix::tls;

impl Counter<'_> {
    /// A line of smtpd.
    pub(super) fn smtpd(&mut self, id: Option<&[u8]>, event: &Event<'_>) {
        match event {
            Event::Connect(peer) => self.connect(peer),
            Event::Client(client) => self.client(id, client),
            Event::Refused(refusal) => self.refused(id, refusal),
            Event::Proxy(accepted) => self.proxied(*accepted),
            Event::Broken { how, phase, peer } => self.broken(*how, phase, peer),
            Event::Disconnect { peer: _, counts } => self.disconnect(counts),
            Event::SaslFailed { peer, method, aborted, user } => {
                self.sasl_failed(peer, method, *aborted, *user);
            }
            Event::LimitExceeded(limit) => {
                self.tally.add(cat::LIMIT_EXCEEDED, 1);
                self.tally.closed(cat::CLIENT_LIMIT, limit_key(*limit), cat::pressed::EXCEEDED, 1);
            }
            Event::Pipelining | Event::NonSmtp | Event::IllegalAddress => {
                self.tally.add(cat::PROTOCOL_ERRORS, 1);
            }
            Event::ForgedName => {}
            Event::HelperFailed => self.helper_failed(),
            Event::NoSpace => self.no_space(),
        }
    }

    fn connect(&mut self, peer: &Peer<'_>) {
        self.tally.add(cat::CONNECTIONS, 1);
        if peer.name == b"unknown" {
            self.tally.add(cat::UNKNOWN_CLIENTS, 1);
        }
        self.open_service(cat::service::CONNECTIONS);
        let network = network(peer.address);
        self.open(cat::CLIENT_NETWORK, network.as_bytes(), cat::client::CONNECTIONS, 1);
        let session = Session { instance: self.place, began_ms: self.at_ms, ..Session::default() };
        self.track.begin_session(self.pid, session);
    }

    fn broken(&mut self, how: Broken, phase: &[u8], peer: &Peer<'_>) {
        let (metric, measure) = match how {
            Broken::Lost => (cat::LOST, cat::ended::LOST),
            Broken::TimedOut => (cat::TIMED_OUT, cat::ended::TIMED_OUT),
            Broken::TooManyErrors => (cat::TOO_MANY_ERRORS, cat::ended::TOO_MANY_ERRORS),
        };
        self.tally.add(metric, 1);
        self.tally.closed(cat::SESSION_END, super::refusals::phase_key(phase), measure, 1);
        if how == Broken::Lost {
            self.open_service(cat::service::LOST);
            let network = network(peer.address);
            self.open(cat::CLIENT_NETWORK, network.as_bytes(), cat::client::LOST, 1);
        }
    }

    fn disconnect(&mut self, counts: &[u8]) {
        self.tally.add(cat::DISCONNECTIONS, 1);
        let (mut data_accepted, mut chunked) = (0, false);
        for (name, accepted, given) in smtpd::commands(counts) {
            let refused = given - accepted;
            match name {
                b"commands" => {
                    self.tally.add(cat::COMMANDS, given);
                    self.tally.add(cat::COMMANDS_REFUSED, refused);
                    continue;
                }
                b"rcpt" => {
                    self.tally.add(cat::RECIPIENTS_ACCEPTED, accepted);
                    self.tally.add(cat::RECIPIENTS_REFUSED, refused);
                }
                b"auth" => {
                    self.tally.add(sasl_cat::SUCCEEDED, accepted);
                    self.tally.add(sasl_cat::REFUSED, refused);
                    self.open_service_by(cat::service::SASL_SUCCEEDED, accepted);
                }
                b"data" => data_accepted = accepted,
                b"bdat" => chunked = true,
                _ => {}
            }
            let key = command_key(name);
            self.tally.closed(cat::SMTP_COMMAND, key, cat::answered::ACCEPTED, accepted);
            self.tally.closed(cat::SMTP_COMMAND, key, cat::answered::REFUSED, refused);
        }
        if memchr::memmem::find(counts, b" notes=").is_some() {
            self.tally.add(cat::PROTOCOL_ERRORS, 1);
        }
        if let Some(session) = self.track.end_session(self.pid) {
            let lasted = self.at_ms.saturating_sub(session.began_ms);
            self.tally.add(cat::SESSION_MS, u64::try_from(lasted).unwrap_or(0));
            if !chunked {
                self.abandoned(&session, data_accepted);
            }
        }
    }

    /// Before 3.10 an aborted transaction leaves no closing line: the session began more ids than it finished.
    fn abandoned(&mut self, session: &Session, accepted: u64) {
        let open = |id: &[u8]| {
            self.track.message(id).is_some_and(|message| !message.has(flag::QUEUED | flag::SETTLED))
        };
        let unfinished: Vec<Box<[u8]>> =
            session.ids.iter().filter(|id| open(id)).cloned().collect();
        let queued = session
            .ids
            .iter()
            .filter(|id| self.track.message(id).is_none_or(|message| message.has(flag::QUEUED)));
        let waiting = accepted.saturating_sub(u64::try_from(queued.count()).unwrap_or(0));
        let lost = u64::try_from(unfinished.len()).unwrap_or(0).saturating_sub(waiting);
        self.tally.add(message_cat::ABANDONED, lost);
        if waiting == 0 {
            for id in unfinished {
                self.track.end(&id);
            }
        }
    }

    fn sasl_failed(&mut self, peer: &Peer<'_>, method: &[u8], aborted: bool, user: Option<&[u8]>) {
        let measure = if aborted { sasl_cat::failure::ABORTED } else { sasl_cat::failure::FAILED };
        self.tally.add(if aborted { sasl_cat::ABORTED } else { sasl_cat::FAILED }, 1);
        let network = network(peer.address);
        self.open(sasl_cat::SASL_FAILURE_NETWORK, network.as_bytes(), measure, 1);
        if let Some(user) = user {
            let user = self.user_hash(user);
            self.open(sasl_cat::SASL_FAILURE_USER, user.as_bytes(), measure, 1);
            self.open(sasl_cat::SASL_USER, user.as_bytes(), sasl_cat::user::FAILED, 1);
        }
        if !aborted {
            self.tally.closed(
                sasl_cat::SASL_METHOD,
                sasl_method(method),
                sasl_cat::outcome::FAILED,
                1,
            );
            self.open_service(cat::service::SASL_FAILED);
        }
    }

    /// TLS, in or out.
    pub(super) fn tls(&mut self, event: &tls::Event<'_>) {
        match event {
            tls::Event::Failed { inbound: true } => {
                *self.tls_in = true;
                self.tally.add(tls_cat::IN_FAILED, 1);
            }
            tls::Event::Failed { inbound: false } => {
                *self.tls_out = true;
                self.tally.add(tls_cat::OUT_FAILED, 1);
            }
            tls::Event::Unverified => {
                *self.tls_out = true;
                self.tally.add(tls_cat::OUT_UNVERIFIED, 1);
            }
            tls::Event::Session(session) => self.tls_session(session),
        }
    }

    /// tlsproxy makes connections on behalf of smtp, which then reports each once more as its own.
    fn tls_session(&mut self, session: &tls::Session<'_>) {
        let proxy = self.daemon == b"tlsproxy"
            || (self.daemon.is_empty() && self.track.is_tlsproxy(self.pid));
        if proxy && !session.inbound {
            return;
        }
        let direction = if session.inbound {
            *self.tls_in = true;
            if let Some(open) = self.track.session(self.pid) {
                open.encrypted = true;
            }
            tls_cat::direction::IN
        } else {
            *self.tls_out = true;
            self.track.agent_encrypted(self.pid, hash(session.peer));
            tls_cat::direction::OUT
        };
        if session.reused {
            return;
        }
        if session.inbound {
            self.tally.add(tls_cat::IN_CONNECTIONS, 1);
            self.open_service(cat::service::ENCRYPTED);
        } else {
            self.tally.add(tls_cat::OUT_CONNECTIONS, 1);
        }
        self.tally.closed(tls_cat::TLS_PROTOCOL, protocol_key(session.protocol), direction, 1);
        self.tally.closed(tls_cat::TLS_TRUST, trust_key(session.trust), direction, 1);
        let cipher = [session.protocol, b"\t", session.cipher].concat();
        self.open(tls_cat::TLS_CIPHER, &cipher, direction, 1);
        if let Some(exchange) = session.key_exchange {
            self.open(tls_cat::TLS_KEY_EXCHANGE, exchange, direction, 1);
        }
    }

    /// anvil's peaks.
    pub(super) fn peak(&mut self, peak: Peak) {
        if peak.kind == anvil::Kind::ConnectionCount {
            let known = self.tally.get(cat::LIMIT_PEAK_CONNECTIONS);
            self.tally.set(cat::LIMIT_PEAK_CONNECTIONS, known.max(peak.value));
        }
        self.tally.closed_max(
            cat::CLIENT_LIMIT,
            peak_key(peak.kind),
            cat::pressed::PEAK,
            peak.value,
        );
    }

    pub(super) fn helper_failed(&mut self) {
        let milter = memchr::memmem::find(self.text, b"Milter").is_some();
        let metric = if milter { process_cat::MILTER_FAILED } else { process_cat::POLICY_FAILED };
        self.tally.add(metric, 1);
    }
}

fn limit_key(limit: Limit) -> KeyId {
    match limit {
        Limit::Connections => cat::limit::CONNECTIONS,
        Limit::ConnectionRate => cat::limit::CONNECTION_RATE,
        Limit::Messages => cat::limit::MESSAGE_RATE,
        Limit::Recipients => cat::limit::RECIPIENT_RATE,
        Limit::Tls => cat::limit::NEW_TLS_RATE,
        Limit::Auth => cat::limit::AUTH_RATE,
    }
}

fn peak_key(kind: anvil::Kind) -> KeyId {
    match kind {
        anvil::Kind::ConnectionRate => cat::limit::CONNECTION_RATE,
        anvil::Kind::ConnectionCount => cat::limit::CONNECTIONS,
        anvil::Kind::MessageRate => cat::limit::MESSAGE_RATE,
        anvil::Kind::RecipientRate => cat::limit::RECIPIENT_RATE,
        anvil::Kind::TlsRate => cat::limit::NEW_TLS_RATE,
        anvil::Kind::AuthRate => cat::limit::AUTH_RATE,
        anvil::Kind::CacheSize => cat::limit::CACHE_SIZE,
    }
}

/// The key of a SASL mechanism, which a client spells as it likes.
pub(super) fn sasl_method(method: &[u8]) -> KeyId {
    let is = |name: &[u8]| method.eq_ignore_ascii_case(name);
    let starts =
        |name: &[u8]| method.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    match () {
        () if is(b"PLAIN") => sasl_cat::method::PLAIN,
        () if is(b"LOGIN") => sasl_cat::method::LOGIN,
        () if is(b"CRAM-MD5") => sasl_cat::method::CRAM_MD5,
        () if is(b"DIGEST-MD5") => sasl_cat::method::DIGEST_MD5,
        () if is(b"NTLM") => sasl_cat::method::NTLM,
        () if is(b"GSSAPI") || is(b"GSS-SPNEGO") => sasl_cat::method::GSSAPI,
        () if starts(b"SCRAM-") => sasl_cat::method::SCRAM,
        () if is(b"XOAUTH2") || is(b"OAUTHBEARER") => sasl_cat::method::OAUTH,
        () if is(b"EXTERNAL") => sasl_cat::method::EXTERNAL,
        () => sasl_cat::method::OTHER,
    }
}

fn command_key(name: &[u8]) -> KeyId {
    match name {
        b"helo" => cat::command::HELO,
        b"ehlo" => cat::command::EHLO,
        b"starttls" => cat::command::STARTTLS,
        b"auth" => cat::command::AUTH,
        b"mail" => cat::command::MAIL,
        b"rcpt" => cat::command::RCPT,
        b"data" => cat::command::DATA,
        b"bdat" => cat::command::BDAT,
        b"rset" => cat::command::RSET,
        b"noop" => cat::command::NOOP,
        b"quit" => cat::command::QUIT,
        b"vrfy" => cat::command::VRFY,
        b"etrn" => cat::command::ETRN,
        b"xclient" => cat::command::XCLIENT,
        b"xforward" => cat::command::XFORWARD,
        b"unknown" => cat::command::UNKNOWN,
        _ => cat::command::OTHER,
    }
}

fn protocol_key(protocol: &[u8]) -> KeyId {
    match protocol {
        b"SSLv3" => tls_cat::protocol::SSL3,
        b"TLSv1" => tls_cat::protocol::TLS1_0,
        b"TLSv1.1" => tls_cat::protocol::TLS1_1,
        b"TLSv1.2" => tls_cat::protocol::TLS1_2,
        b"TLSv1.3" => tls_cat::protocol::TLS1_3,
        _ => tls_cat::protocol::OTHER,
    }
}

fn trust_key(trust: tls::Trust) -> KeyId {
    match trust {
        tls::Trust::Anonymous => tls_cat::trust::ANONYMOUS,
        tls::Trust::Untrusted => tls_cat::trust::UNTRUSTED,
        tls::Trust::Trusted => tls_cat::trust::TRUSTED,
        tls::Trust::Verified => tls_cat::trust::VERIFIED,
    }
}
