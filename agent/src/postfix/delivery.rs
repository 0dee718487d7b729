//! The line that every delivery agent writes for each recipient and attempt: smtp, lmtp, local, virtual, pipe, error, discard, cleanup.

use super::refusal;
use super::scan;

/// `QID: to=<R>, relay=…, delay=…, delays=…, dsn=…, status=WORD (REASON)`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// The recipient after rewriting.
    pub recipient: &'a [u8],
    /// Who took or refused it: `host[ip]:port`, `none`, `local`, a service name.
    pub relay: &'a [u8],
    /// Since arrival in the queue, milliseconds.
    pub delay_ms: u64,
    /// Before the queue manager, in it, connecting, transmitting; milliseconds.
    pub stages_ms: [u64; 4],
    /// 3.11: whether TLS was used.
    pub tls: Option<&'a [u8]>,
    /// Enhanced status code.
    pub dsn: (u64, u64, u64),
    /// What became of it.
    pub status: Status,
    /// The text in parentheses.
    pub reason: &'a [u8],
}

/// What became of a delivery attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Delivered.
    Sent,
    /// To be tried again.
    Deferred,
    /// Given up.
    Bounced,
    /// Given up, but softened to a retry by `soft_bounce`.
    SoftBounce,
    /// An address probe: would be delivered.
    Deliverable,
    /// An address probe: would not be delivered.
    Undeliverable,
    /// A word of a Postfix newer than this agent.
    Other,
}

/// What a `status=sent` line stands for: only [`Kind::Final`] leaves this mail system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A delivery.
    Final,
    /// `forwarded as NEWID`: goes on under another id.
    Forwarded,
    /// Handed to a content filter on this host.
    ToFilter,
    /// Thrown away by the discard transport.
    Discarded,
}

impl Delivery<'_> {
    /// The agent did not contact anybody, since earlier mail to the same place failed.
    pub fn suspended(&self) -> bool {
        self.reason.starts_with(b"delivery temporarily suspended")
    }
}

/// The server of `connect to HOST[IP]:PORT: why`, which comes before the status line and names no message.
pub fn unreached(text: &[u8]) -> Option<&[u8]> {
    scan::Peer::read(text.strip_prefix(b"connect to ")?).map(|(server, _)| server.name)
}

/// The server that failed a message before the next one was tried, from what follows `QID: `; empty where not named.
pub fn failed_at(rest: &[u8]) -> Option<&[u8]> {
    let behind = FAILURES.iter().find_map(|words| rest.strip_prefix(*words))?;
    Some(scan::Peer::read(behind).map_or(b"", |(server, _)| server.name))
}

const FAILURES: &[&[u8]] = &[
    b"host ",
    b"lost connection with ",
    b"conversation with ",
    b"SASL authentication failed; server ",
    b"SASL authentication failed; cannot authenticate to server ",
    b"TLS is required, but was not offered by host ",
    b"Cannot start TLS: ",
    b"Server certificate not ",
];

/// Reads what follows `QID: to=<`.
pub fn parse(rest: &[u8]) -> Option<Delivery<'_>> {
    let (recipient, rest) = scan::address(rest)?;
    let mut delivery = Delivery {
        recipient,
        relay: b"",
        delay_ms: 0,
        stages_ms: [0; 4],
        tls: None,
        dsn: (0, 0, 0),
        status: Status::Other,
        reason: b"",
    };
    let mut rest = rest;
    while let Some(field) = rest.strip_prefix(b", ") {
        let (key, value) = scan::split_byte(field, b'=')?;
        if key == b"status" {
            (delivery.status, delivery.reason) = status(value);
            return Some(delivery);
        }
        if key == b"orig_to" {
            (_, rest) = scan::address(value.strip_prefix(b"<")?)?;
            continue;
        }
        let value_end = scan::before(value, b", ");
        rest = value.get(value_end.len()..)?;
        match key {
            b"relay" => delivery.relay = value_end,
            b"delay" => delivery.delay_ms = scan::decimal_ms(value_end)?.0,
            b"delays" => delivery.stages_ms = stages(value_end),
            b"tls" => delivery.tls = Some(value_end),
            b"dsn" => {
                delivery.dsn =
                    refusal::enhanced_code(value_end).map_or((0, 0, 0), |(code, _)| code);
            }
            _ => {}
        }
    }
    None
}

fn status(value: &[u8]) -> (Status, &[u8]) {
    let (word, reason) = scan::split_byte(value, b' ').unwrap_or((value, b""));
    let reason = reason.strip_prefix(b"(").unwrap_or(reason);
    let reason = reason.strip_suffix(b")").unwrap_or(reason);
    let status = match word {
        b"sent" => Status::Sent,
        b"deferred" => Status::Deferred,
        b"bounced" => Status::Bounced,
        b"SOFTBOUNCE" => Status::SoftBounce,
        b"deliverable" => Status::Deliverable,
        b"undeliverable" | b"undeliverable-but-not-cached" => Status::Undeliverable,
        _ => Status::Other,
    };
    (status, reason)
}

fn stages(value: &[u8]) -> [u64; 4] {
    let mut stages = [0; 4];
    for (stage, text) in stages.iter_mut().zip(value.split(|byte| *byte == b'/')) {
        *stage = scan::decimal_ms(text).map_or(0, |(millis, _)| millis);
    }
    stages
}

/// What a sent line stands for, from the daemon that wrote it, its relay and its reason.
pub fn kind(delivery: &Delivery<'_>, daemon: &[u8]) -> Kind {
    if delivery.reason.starts_with(b"forwarded as ") {
        Kind::Forwarded
    } else if daemon == b"discard" || (daemon.is_empty() && delivery.relay == b"none") {
        // Without the daemon's name: nobody else sends mail nowhere.
        Kind::Discarded
    } else if to_local_filter(delivery) {
        Kind::ToFilter
    } else {
        Kind::Final
    }
}

/// A next hop on loopback at amavis's ports. Filters elsewhere are known by the id that they send the message back with.
fn to_local_filter(delivery: &Delivery<'_>) -> bool {
    let Some((_, address)) = scan::split_byte(delivery.relay, b'[') else { return false };
    if !address.starts_with(b"127.") && !address.starts_with(b"::1]") {
        return false;
    }
    let port = scan::split_once(address, b"]:").and_then(|(_, port)| scan::whole_number(port));
    matches!(port, Some(10_024 | 10_026))
}

/// The remote queue id behind `queued as `.
pub fn queued_as<'a>(delivery: &Delivery<'a>) -> Option<&'a [u8]> {
    let (_, id) = scan::rsplit_once(delivery.reason, b"queued as ")?;
    scan::is_queue_id(id).then_some(id)
}

/// The new id behind `forwarded as `.
pub fn forwarded_as<'a>(delivery: &Delivery<'a>) -> Option<&'a [u8]> {
    let id = delivery.reason.strip_prefix(b"forwarded as ")?;
    scan::is_queue_id(id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_text_cannot_forge_a_status() {
        let line = b"b@example.net>, relay=mx[192.0.2.1]:25, delay=1.2, delays=0.1/0/0.1/1, dsn=4.2.0, status=deferred (host mx[192.0.2.1] said: 450 4.2.0 x, dsn=2.0.0, status=sent (250 ok) (in reply to RCPT TO command))";
        let delivery = parse(line).unwrap();
        assert_eq!(delivery.status, Status::Deferred);
        assert_eq!(delivery.dsn, (4, 2, 0));
        assert_eq!(delivery.stages_ms, [100, 0, 100, 1000]);
        assert!(delivery.reason.ends_with(b"RCPT TO command)"));
    }

    #[test]
    fn a_server_that_failed_before_the_next_was_tried_is_named() {
        let host = failed_at(b"host mxa.example.net[192.0.2.1] refused to talk to me: 421 busy");
        assert_eq!(host, Some(b"mxa.example.net".as_slice()));
        let lost = failed_at(b"lost connection with mx[192.0.2.1] while sending RCPT TO");
        assert_eq!(lost, Some(b"mx".as_slice()));
        let socket = unreached(b"connect to mx1[private/dovecot-lmtp]: No such file or directory");
        assert_eq!(socket, Some(b"mx1".as_slice()));
        assert_eq!(failed_at(b"message-id=<host x[1]>"), None);
    }

    #[test]
    fn a_field_that_this_agent_does_not_know_is_skipped() {
        let line = b"b@example.net>, orig_to=<a@example.net>, relay=none, delay=0.1, delays=0/0/0/0, tls=may?, new=1, dsn=4.4.1, status=deferred (x)";
        let delivery = parse(line).unwrap();
        assert_eq!(delivery.tls, Some(b"may?".as_slice()));
        assert_eq!(delivery.status, Status::Deferred);
    }
}
