//! Why a command was refused, told from the text: with `smtpd_delay_reject` nearly every refusal says RCPT.

use super::words::Words;
use super::{refusal, scan};

/// The class of a refusal's reason, apart from the SMTP phase in which it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A rule about the client's address or name.
    Client,
    /// The client has no proper reverse name.
    ReverseName,
    /// The HELO or EHLO argument.
    Helo,
    /// The envelope sender.
    Sender,
    /// A rule about the recipient.
    Recipient,
    /// The recipient does not exist.
    UnknownUser,
    /// Relaying for strangers.
    Relay,
    /// A DNS block list.
    Blocklist,
    /// Greylisting: come back later.
    Greylist,
    /// What the message holds, told by header or body checks.
    Content,
    /// Message, header or recipient list too large.
    Size,
    /// A policy service, a milter or a rule without a finer class.
    Policy,
    /// Commands out of order, pipelining, bare newlines.
    Protocol,
    /// TLS or a sign-in is required first.
    SignIn,
    /// This server cannot: configuration, storage, look-up or policy service.
    LocalError,
    /// Nothing known.
    Other,
}

/// Classes the text of a refusal: codes, object and reason.
pub fn classify(text: &[u8]) -> Reason {
    let reason = refusal::reason(text);
    // What follows is another host's answer about the address, in its words, and says nothing of ours.
    let reason = scan::before(reason, b"unverified address: ");
    let reason = scan::before(reason, b"undeliverable address: ");
    RULES.find(reason).unwrap_or(Reason::Other)
}

/// First match wins: what names the cause stands before what names only the object.
static RULES: Words<Reason> = Words::new(&[
    (b"blocked using", Reason::Blocklist),
    (b"Relay access denied", Reason::Relay),
    (b"relay not permitted", Reason::Relay),
    (b"Server configuration", Reason::LocalError),
    (b"Server local", Reason::LocalError),
    (b"Insufficient system storage", Reason::LocalError),
    (b"queue file write error", Reason::LocalError),
    (b"Temporary lookup failure", Reason::LocalError),
    (b"lookup failure", Reason::LocalError),
    (b"reylist", Reason::Greylist),
    (b"Message size exceeds", Reason::Size),
    (b"message file too big", Reason::Size),
    (b"too many recipients", Reason::Size),
    (b"too many connections", Reason::Client),
    (b" ports busy", Reason::Other),
    (b"too many errors", Reason::Protocol),
    (b"command pipelining", Reason::Protocol),
    (b"Protocol error", Reason::Protocol),
    (b"bare <LF> received", Reason::Protocol),
    (b"Must issue a STARTTLS", Reason::SignIn),
    (b"Session encryption is required", Reason::SignIn),
    (b"not logged in", Reason::SignIn),
    (b"not owned by user", Reason::SignIn),
    (b"cannot find your", Reason::ReverseName),
    (b"Client host rejected", Reason::Client),
    (b"Helo command rejected", Reason::Helo),
    (b"Sender address rejected", Reason::Sender),
    (b"Recipient address rejected: User unknown", Reason::UnknownUser),
    (b"Recipient address rejected", Reason::Recipient),
    (b"Etrn command rejected", Reason::Other),
    (b"content rejected", Reason::Content),
    (b"command rejected", Reason::Policy),
    (b"Access denied", Reason::Policy),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_apart_though_all_say_rcpt() {
        for (text, reason) in [
            (&b"554 5.7.1 <z@elsewhere.test>: Relay access denied"[..], Reason::Relay),
            (
                b"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using x",
                Reason::Blocklist,
            ),
            (
                b"450 4.7.1 <grey@example.net>: Recipient address rejected: greylisted",
                Reason::Greylist,
            ),
            (
                b"450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
                Reason::ReverseName,
            ),
            (
                b"451 4.3.5 <b@d>: Recipient address rejected: Server configuration error",
                Reason::LocalError,
            ),
            (b"552 5.3.4 Message size exceeds fixed limit", Reason::Size),
            (b"504 5.5.2 <h>: Helo command rejected: need fully-qualified hostname", Reason::Helo),
            (b"450 4.1.8 <x@d>: Sender address rejected: Domain not found", Reason::Sender),
            (b"550 5.1.1 <x@d>: Recipient address rejected: User unknown", Reason::UnknownUser),
            (b"550 5.1.1 <x@d>: Sender address rejected: User unknown", Reason::Sender),
            (
                b"450 4.1.1 <x@d>: Recipient address rejected: unverified address: host h[192.0.2.1] said: 554 blocked using x",
                Reason::Recipient,
            ),
            (b"554 5.7.1 <example.net>: Etrn command rejected: Access denied", Reason::Other),
            (br#"554 5.7.1 <"blocked using x"@d>: Relay access denied"#, Reason::Relay),
        ] {
            assert_eq!(classify(text), reason, "{}", String::from_utf8_lossy(text));
        }
    }
}
