//! What one log line means, in words for the person who watches the log live.
//!
//! Prints nothing and reads nothing. Shows addresses as the log has them: it is for eyes on this host only.

use serde_json::{Map, Value, json};

use crate::fold::{class_of, reason_name, replies};
use crate::postfix::delivery::{Delivery, Status};
use crate::postfix::refusal::Refusal;
use crate::postfix::scan::Peer;
use crate::postfix::trouble::Level;
use crate::postfix::{
    Event, Line, bounce, cleanup, master, postscreen, qmgr, smtpd, tls, understand,
};

/// A line as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// When it was written, milliseconds since 1970.
    pub at_ms: i64,
    /// `instance/service/daemon`, as logged.
    pub program: String,
    /// The message that it is about.
    pub id: Option<String>,
    /// What happened, such as `delivery.deferred`; `unrecognised` where nobody knows.
    pub kind: &'static str,
    /// What is worth knowing of it, in order.
    pub fields: Vec<(&'static str, String)>,
}

/// Understands a line of Postfix.
pub fn hear(line: &Line<'_>, at_ms: i64) -> Heard {
    let spoken = understand(line);
    let mut fields = Vec::new();
    let kind = match &spoken.event {
        Event::Delivery(delivery) => delivered(delivery, &mut fields),
        Event::Smtpd(event) => session(event, &mut fields),
        Event::Cleanup(event) => cleaned(event, &mut fields),
        Event::Qmgr(event) => queued(event, &mut fields),
        Event::Postscreen(event) => screened(event, &mut fields),
        Event::Master(event) => master(event, &mut fields),
        Event::Tls(event) => encrypted(event, &mut fields),
        Event::Notice(notice) => noticed(notice.kind),
        event => plain(event, &mut fields),
    };
    if matches!(kind, "unrecognised" | "trouble" | "understood") {
        fields.push(("text", text(line.text)));
    }
    if let Some(level) = spoken.level {
        fields.insert(0, ("level", level_word(level).to_owned()));
    }
    Heard { at_ms, program: program(line), id: spoken.id.map(text), kind, fields }
}

impl Heard {
    /// As one line for people.
    pub fn line(&self) -> String {
        let time = chrono::DateTime::from_timestamp_millis(self.at_ms)
            .map(|at| at.with_timezone(&chrono::Local).format("%H:%M:%S").to_string());
        let head = format!("{} {:<24} {:<20}", time.unwrap_or_default(), self.program, self.kind);
        let fields = self.fields.iter().map(|(name, value)| format!("{name}={}", shown(value)));
        let words: Vec<String> =
            std::iter::once(head).chain(self.id.clone()).chain(fields).collect();
        words.join(" ").trim_end().to_owned()
    }

    /// As one object.
    pub fn value(&self) -> Value {
        let fields: Map<String, Value> =
            self.fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "at_ms": self.at_ms, "program": self.program, "id": self.id, "event": self.kind,
            "fields": fields,
        })
    }
}

/// Quoted where a blank or a quote would hide where the value ends.
fn shown(value: &str) -> String {
    if value.is_empty() || value.contains([' ', '"']) { format!("{value:?}") } else { value.into() }
}

fn program(line: &Line<'_>) -> String {
    let parts = [line.instance, line.service, line.daemon];
    let parts: Vec<String> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| text(part)).collect();
    parts.join("/")
}

/// Bytes of a log as text that does nothing to a terminal.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn client(peer: &Peer<'_>) -> String {
    format!("{}[{}]", text(peer.name), text(peer.address))
}

type Fields = Vec<(&'static str, String)>;

fn delivered(delivery: &Delivery<'_>, fields: &mut Fields) -> &'static str {
    let (class, subject, detail) = delivery.dsn;
    fields.push(("to", text(delivery.recipient)));
    fields.push(("relay", text(delivery.relay)));
    fields.push(("delay_ms", delivery.delay_ms.to_string()));
    fields.push(("dsn", format!("{class}.{subject}.{detail}")));
    if !matches!(delivery.status, Status::Sent | Status::Deliverable) {
        fields.push(("class", replies::classify(delivery).to_owned()));
    }
    fields.push(("reason", text(delivery.reason)));
    match delivery.status {
        Status::Sent => "delivery.sent",
        Status::Deferred => "delivery.deferred",
        Status::Bounced => "delivery.bounced",
        Status::SoftBounce => "delivery.soft_bounced",
        Status::Deliverable | Status::Undeliverable => "delivery.probed",
        Status::Other => "delivery.other",
    }
}

fn refused(refusal: &Refusal<'_>, fields: &mut Fields) -> &'static str {
    fields.push(("action", refusal.action.word().to_owned()));
    fields.push(("phase", text(refusal.phase)));
    fields.push(("reason", reason_name(class_of(refusal)).to_owned()));
    fields.push(("client", client(&refusal.peer)));
    for (name, address) in [("from", refusal.sender), ("to", refusal.recipient)] {
        fields.extend(address.map(|address| (name, text(address))));
    }
    fields.push(("text", text(refusal.text)));
    if refusal.milter { "milter" } else { "refusal" }
}

fn session(event: &smtpd::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        smtpd::Event::Connect(peer) => {
            fields.push(("client", client(peer)));
            "smtpd.connected"
        }
        smtpd::Event::Client(from) => {
            fields.push(("client", client(&from.peer)));
            fields.extend(from.sasl_method.map(|method| ("method", text(method))));
            fields.extend(from.sasl_user.map(|user| ("user", text(user))));
            "message.received"
        }
        smtpd::Event::Refused(refusal) => refused(refusal, fields),
        smtpd::Event::Proxy(true) => "proxy.accepted",
        smtpd::Event::Proxy(false) => "proxy.refused",
        smtpd::Event::Broken { phase, peer, .. } => {
            fields.push(("client", client(peer)));
            fields.push(("phase", text(phase)));
            "smtpd.broken"
        }
        smtpd::Event::Disconnect { peer, counts } => {
            fields.push(("client", client(peer)));
            fields.push(("commands", text(counts)));
            "smtpd.disconnected"
        }
        smtpd::Event::SaslFailed { peer, method, user, .. } => {
            fields.push(("client", client(peer)));
            fields.push(("method", text(method)));
            fields.extend(user.map(|user| ("user", text(user))));
            "sasl.failed"
        }
        smtpd::Event::LimitExceeded(_) => "smtpd.limit",
        smtpd::Event::Pipelining | smtpd::Event::NonSmtp | smtpd::Event::IllegalAddress => {
            "smtpd.protocol"
        }
        smtpd::Event::ForgedName => "smtpd.forged_name",
        smtpd::Event::HelperFailed | smtpd::Event::NoSpace => "trouble",
    }
}

fn cleaned(event: &cleanup::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        cleanup::Event::MessageId => "message.id",
        cleanup::Event::Milter(refusal) => refused(refusal, fields),
        cleanup::Event::Check(check) => {
            fields.push(("action", check.action.word().to_owned()));
            fields.push(("of", if check.body { "body" } else { "header" }.to_owned()));
            fields.push(("text", text(check.text)));
            "content.matched"
        }
        cleanup::Event::Cancelled => "message.cancelled",
        cleanup::Event::Discarded => "message.discarded",
    }
}

fn queued(event: &qmgr::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        qmgr::Event::Active { sender, size, recipients } => {
            fields.push(("from", text(sender)));
            fields.push(("size", size.to_string()));
            fields.push(("recipients", recipients.to_string()));
            "queue.active"
        }
        qmgr::Event::Expired { .. } => "message.expired",
        qmgr::Event::Removed => "message.removed",
        qmgr::Event::NoticeFailed => "notice.failed",
        qmgr::Event::Skipped => "understood",
    }
}

fn screened(event: &postscreen::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        postscreen::Event::Connect => "postscreen.connected",
        postscreen::Event::Pass { .. } => "postscreen.passed",
        postscreen::Event::Listed(_) => "postscreen.listed",
        postscreen::Event::Veto => "postscreen.veto",
        postscreen::Event::Pregreet => "postscreen.pregreet",
        postscreen::Event::Dnsbl => "postscreen.dnsbl",
        postscreen::Event::Hangup => "postscreen.hangup",
        postscreen::Event::Violation(_) => "postscreen.violation",
        postscreen::Event::Refused(refusal) => refused(refusal, fields),
        postscreen::Event::Busy => "postscreen.busy",
        postscreen::Event::Disconnect => "postscreen.disconnected",
        postscreen::Event::Stress(_) => "postscreen.stress",
        postscreen::Event::Remembered(_) => "understood",
    }
}

fn master(event: &master::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        master::Event::Started { version, .. } => {
            fields.push(("version", text(version)));
            "postfix.started"
        }
        master::Event::Reloaded { version, .. } => {
            fields.push(("version", text(version)));
            "postfix.reloaded"
        }
        master::Event::Terminating => "postfix.stopped",
        master::Event::Died { daemon, .. } => {
            fields.push(("daemon", text(daemon)));
            "daemon.died"
        }
        master::Event::Throttling { daemon } => {
            fields.push(("daemon", text(daemon)));
            "daemon.throttled"
        }
        master::Event::ProcessLimit { service } => {
            fields.push(("service", text(service)));
            "daemon.process_limit"
        }
    }
}

fn encrypted(event: &tls::Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        tls::Event::Session(session) => {
            fields.push(("peer", text(session.peer)));
            fields.push(("protocol", text(session.protocol)));
            fields.push(("cipher", text(session.cipher)));
            if session.inbound { "tls.in" } else { "tls.out" }
        }
        tls::Event::Failed { .. } => "tls.failed",
        tls::Event::Unverified => "tls.unverified",
    }
}

fn noticed(kind: bounce::Kind) -> &'static str {
    match kind {
        bounce::Kind::NonDelivery => "notice.bounce",
        bounce::Kind::Delay => "notice.delay",
        bounce::Kind::Success => "notice.success",
        bounce::Kind::Postmaster => "notice.postmaster",
        bounce::Kind::Failed => "notice.failed",
    }
}

fn plain(event: &Event<'_>, fields: &mut Fields) -> &'static str {
    match event {
        Event::Submission(submission) => {
            fields.push(("uid", submission.uid.to_string()));
            "message.submitted"
        }
        Event::ServerFailed(server) => {
            fields.push(("server", text(server)));
            "delivery.server_failed"
        }
        Event::Operation(operation) => {
            fields.push(("what", text(operation.what)));
            fields.push(("messages", operation.messages.to_string()));
            "queue.operated"
        }
        Event::Suppressed(lines) => {
            fields.push(("lines", lines.to_string()));
            "log.suppressed"
        }
        Event::UndeliverableNotice => "notice.failed",
        Event::Withdrawn => "message.removed",
        Event::Dnsblog(_) => "dnsblog",
        Event::Script(_) => "postfix.script",
        Event::Peak(_) => "anvil.peak",
        Event::QmgrWarning(_) | Event::Trouble => "trouble",
        Event::Unrecognised => "unrecognised",
        _ => "understood",
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Error => "error",
        Level::Fatal => "fatal",
        Level::Panic => "panic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(line: &str) -> Heard {
        hear(&Line::parse(line.as_bytes()).unwrap(), 0)
    }

    #[test]
    fn a_deferral_is_told_with_its_class() {
        let heard = heard(
            "Nov 23 12:07:40 mx1 postfix/relay/smtp[9]: A0000000001: to=<a@b.test>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.2.2, status=deferred (host mx[192.0.2.1] said: 452 4.2.2 full (in reply to RCPT TO command))",
        );
        assert_eq!(
            (heard.kind, heard.program.as_str()),
            ("delivery.deferred", "postfix/relay/smtp")
        );
        assert!(heard.line().contains("A0000000001 to=a@b.test"), "{}", heard.line());
        assert_eq!(heard.value()["fields"]["class"], "generic.full");
    }

    #[test]
    fn a_line_that_nobody_knows_is_shown_and_cannot_steer_the_terminal() {
        let heard = heard("Nov 23 12:07:40 mx1 postfix/smtpd[9]: news of \u{1b}[31m 2040");
        assert_eq!(heard.kind, "unrecognised");
        assert!(!heard.line().contains('\u{1b}') && heard.line().contains("2040"));
    }
}
