//! What smtpd says: sessions, clients, refusals, SASL failures, limits.

use super::refusal::Refusal;
use super::scan::{self, Peer};

/// A line of smtpd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A session begins.
    Connect(Peer<'a>),
    /// A message gets its queue id, or, before a proxy filter, none.
    Client(Client<'a>),
    /// A command was refused or acted upon.
    Refused(Refusal<'a>),
    /// A before-queue filter accepted (`true`) or refused a message.
    Proxy(bool),
    /// A session broke.
    Broken {
        /// How.
        how: Broken,
        /// During or after which command, in Postfix's words.
        phase: &'a [u8],
        /// The client.
        peer: Peer<'a>,
    },
    /// A session ends, with its command counts.
    Disconnect {
        /// The client.
        peer: Peer<'a>,
        /// `ehlo=1 auth=0/1 … commands=3/5`, for [`commands`].
        counts: &'a [u8],
    },
    /// A login failed or was given up.
    SaslFailed {
        /// The client.
        peer: Peer<'a>,
        /// The mechanism, as the client spelled it.
        method: &'a [u8],
        /// Given up rather than refused.
        aborted: bool,
        /// The user name, where logged.
        user: Option<&'a [u8]>,
    },
    /// A client exceeded a limit kept by anvil.
    LimitExceeded(Limit),
    /// A client spoke before its turn.
    Pipelining,
    /// A client spoke something other than SMTP.
    NonSmtp,
    /// A client gave an address that is none.
    IllegalAddress,
    /// The client's name and address do not match.
    ForgedName,
    /// A look-up table, policy service or milter could not be asked.
    HelperFailed,
    /// The queue file system is too full to take mail.
    NoSpace,
}

/// `QID: client=name[ip], …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Client<'a> {
    /// Who sends.
    pub peer: Peer<'a>,
    /// The mechanism of the login that was used.
    pub sasl_method: Option<&'a [u8]>,
    /// The name that was logged in with.
    pub sasl_user: Option<&'a [u8]>,
    /// The id that the message had before a content filter.
    pub orig_queue_id: Option<&'a [u8]>,
    /// The client that the filter speaks for.
    pub orig_client: bool,
}

/// How a session broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The client hung up.
    Lost,
    /// The client was silent for too long.
    TimedOut,
    /// The client made too many errors.
    TooManyErrors,
}

/// A limit kept by anvil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Simultaneous connections.
    Connections,
    /// Connections in the time unit.
    ConnectionRate,
    /// Messages in the time unit.
    Messages,
    /// Recipients in the time unit.
    Recipients,
    /// New TLS sessions in the time unit.
    Tls,
    /// Login attempts in the time unit.
    Auth,
}

/// Reads the text of a line behind its program name.
pub fn parse(text: &[u8]) -> Option<(Option<&[u8]>, Event<'_>)> {
    if let Some(rest) = text.strip_prefix(b"connect from ") {
        return Some((None, Event::Connect(Peer::read(rest)?.0)));
    }
    if let Some(rest) = text.strip_prefix(b"disconnect from ") {
        return disconnect(rest).map(|event| (None, event));
    }
    if let Some(rest) = text.strip_prefix(b"warning: ") {
        return warning(rest).map(|event| (None, event));
    }
    let (id, rest) = match text.strip_prefix(b"NOQUEUE: ") {
        Some(rest) => (None, rest),
        None => match scan::queue_id(text) {
            Some((id, rest)) => (Some(id), rest),
            None => (None, text),
        },
    };
    if let Some(rest) = rest.strip_prefix(b"client=") {
        return Some((id, Event::Client(client(rest)?)));
    }
    if let Some(event) = broken(rest) {
        return Some((id, event));
    }
    if rest.starts_with(b"proxy-accept: ") || rest.starts_with(b"proxy-reject: ") {
        return Some((id, Event::Proxy(rest.starts_with(b"proxy-a"))));
    }
    if rest.starts_with(b"improper command pipelining after ") {
        return Some((id, Event::Pipelining));
    }
    Some((id, Event::Refused(Refusal::read(rest)?)))
}

fn client(rest: &[u8]) -> Option<Client<'_>> {
    let (peer, mut rest) = Peer::read(rest)?;
    let mut client = Client { peer, ..Client::default() };
    while let Some(field) = rest.strip_prefix(b", ") {
        let (key, value) = scan::split_byte(field, b'=')?;
        let value_end = scan::before(value, b", ");
        match key {
            b"sasl_method" => client.sasl_method = Some(value_end),
            b"sasl_username" => client.sasl_user = Some(value_end),
            b"orig_queue_id" => client.orig_queue_id = Some(value_end),
            b"orig_client" => client.orig_client = true,
            _ => {}
        }
        rest = value.get(value_end.len()..)?;
    }
    Some(client)
}

fn broken(rest: &[u8]) -> Option<Event<'_>> {
    let (how, rest) = [
        (b"lost connection after ".as_slice(), Broken::Lost),
        (b"timeout after ", Broken::TimedOut),
        (b"too many errors after ", Broken::TooManyErrors),
    ]
    .iter()
    .find_map(|(words, how)| Some((*how, rest.strip_prefix(*words)?)))?;
    let (phase, rest) = scan::split_once(rest, b" from ")?;
    Some(Event::Broken { how, phase: scan::before(phase, b" ("), peer: Peer::read(rest)?.0 })
}

fn disconnect(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, counts) = Peer::read(rest)?;
    Some(Event::Disconnect { peer, counts })
}

/// The commands of a disconnect line: name, how many were accepted, how many were given.
pub fn commands(counts: &[u8]) -> impl Iterator<Item = (&[u8], u64, u64)> {
    counts.split(|byte| *byte == b' ').filter_map(|field| {
        let (name, counts) = scan::split_byte(field, b'=')?;
        let (accepted, rest) = scan::number(counts)?;
        let given = rest.strip_prefix(b"/").and_then(scan::whole_number).unwrap_or(accepted);
        Some((name, accepted, given.max(accepted)))
    })
}

fn warning(rest: &[u8]) -> Option<Event<'_>> {
    if rest.starts_with(b"non-SMTP command from ") {
        return Some(Event::NonSmtp);
    }
    if rest.starts_with(b"Illegal address syntax from ") {
        return Some(Event::IllegalAddress);
    }
    if rest.starts_with(b"hostname ")
        && memchr::memmem::find(rest, b" does not resolve to address ").is_some()
    {
        return Some(Event::ForgedName);
    }
    if let Some((_, limit)) = LIMITS.iter().find(|(words, _)| rest.starts_with(words)) {
        return Some(Event::LimitExceeded(*limit));
    }
    if rest.starts_with(b"not enough free space in mail queue") {
        return Some(Event::NoSpace);
    }
    if rest.starts_with(b"problem talking to server ")
        || rest.starts_with(b"connect to Milter service ")
    {
        return Some(Event::HelperFailed);
    }
    sasl_failed(rest)
}

const LIMITS: &[(&[u8], Limit)] = &[
    (b"Connection concurrency limit exceeded: ", Limit::Connections),
    (b"Connection rate limit exceeded: ", Limit::ConnectionRate),
    (b"Message delivery request rate limit exceeded: ", Limit::Messages),
    (b"Recipient address rate limit exceeded: ", Limit::Recipients),
    (b"New TLS session rate limit exceeded: ", Limit::Tls),
    (b"AUTH command rate limit exceeded: ", Limit::Auth),
];

/// `name[ip]: SASL PLAIN authentication failed: REASON[, sasl_username=U]`, or `aborted`.
///
/// The address-less line that Cyrus adds for the same failure is not one of these.
fn sasl_failed(rest: &[u8]) -> Option<Event<'_>> {
    let (peer, rest) = Peer::read(rest)?;
    let (method, rest) = scan::split_once(rest.strip_prefix(b": SASL ")?, b" authentication ")?;
    let aborted = rest.starts_with(b"aborted");
    if !rest.starts_with(b"failed") && !aborted {
        return None;
    }
    let user = scan::rsplit_once(rest, b", sasl_username=").map(|(_, user)| user);
    let user = user.filter(|user| *user != b"(unavailable)");
    Some(Event::SaslFailed { peer, method, aborted, user })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_line_tells_failed_logins() {
        let (_, event) =
            parse(b"disconnect from unknown[203.0.113.9] ehlo=1 auth=0/3 quit=1 commands=2/5")
                .unwrap();
        let Event::Disconnect { counts, .. } = event else { panic!("{event:?}") };
        let auth = commands(counts).find(|(name, ..)| *name == b"auth");
        assert_eq!(auth, Some((b"auth".as_slice(), 0, 3)));
    }

    #[test]
    fn a_reinjected_message_names_the_id_it_had_before() {
        let (id, event) = parse(b"CA1D5B9A49A: client=localhost[127.0.0.1], orig_queue_id=B1326B9A496, orig_client=c[203.0.113.1]").unwrap();
        assert_eq!(id, Some(b"CA1D5B9A49A".as_slice()));
        let Event::Client(client) = event else { panic!("{event:?}") };
        assert_eq!(client.orig_queue_id, Some(b"B1326B9A496".as_slice()));
        assert!(client.orig_client);
    }

    #[test]
    fn a_failed_login_is_counted_once_though_cyrus_says_it_twice() {
        assert!(
            parse(b"warning: SASL authentication failure: Password verification failed").is_none()
        );
        let (_, event) = parse(b"warning: unknown[203.0.113.9]: SASL PLAIN authentication failed: authentication failure, sasl_username=alice").unwrap();
        assert!(matches!(event, Event::SaslFailed { user: Some(b"alice"), .. }));
    }
}
