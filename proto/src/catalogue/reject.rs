//! What was refused, in which phase and for which reason; and what rules did instead of refusing.
//!
//! Phase and reason are two things: by default Postfix reports client, HELO and sender rules at RCPT.

use super::Keys;

metrics! {
    group REJECT {
        126 TOTAL "reject.total" Counter Events, "Refusals, for good or for now: by smtpd, milters, header and body checks and postscreen (its `try again later` left out). A milter that refuses a whole session counts once.", "smtpd, cleanup, postscreen: `reject:`, `milter-reject:`, `proxy-reject:`";
        127 TEMPORARY "reject.temporary" Counter Events, "Those that said *later*.", "4xx code of the refusal";
        128 PERMANENT "reject.permanent" Counter Events, "Those that said *never*.", "5xx code of the refusal, or none";
        129 WARNED "reject.warned" Counter Events, "What would have been refused, had the rule not been on trial.", "smtpd: `reject_warning:`";
        130 PHASE_CONNECT "reject.phase.connect" Counter Events, "Refusals during CONNECT.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        131 PHASE_HELO "reject.phase.helo" Counter Events, "Refusals during HELO.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        132 PHASE_MAIL "reject.phase.mail" Counter Events, "Refusals during MAIL.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        133 PHASE_RCPT "reject.phase.rcpt" Counter Events, "Refusals during RCPT.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        134 PHASE_DATA "reject.phase.data" Counter Events, "Refusals during DATA.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        135 PHASE_END "reject.phase.end_of_message" Counter Events, "Refusals during END-OF-MESSAGE.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        136 PHASE_OTHER "reject.phase.other" Counter Events, "Refusals during any other command.", "smtpd, cleanup, postscreen: PHASE of the refusal";
        137 REASON_CLIENT "reject.reason.client" Counter Events, "Refusals for a rule about the client's address or name.", "text of the refusal";
        138 REASON_REVERSE_NAME "reject.reason.reverse_name" Counter Events, "Refusals for a client without a proper reverse name.", "text of the refusal";
        139 REASON_HELO "reject.reason.helo" Counter Events, "Refusals for the name in HELO or EHLO.", "text of the refusal";
        140 REASON_SENDER "reject.reason.sender" Counter Events, "Refusals for the sender's address or domain.", "text of the refusal";
        141 REASON_RECIPIENT "reject.reason.recipient" Counter Events, "Refusals for a rule about the recipient's address.", "text of the refusal";
        142 REASON_UNKNOWN_USER "reject.reason.unknown_user" Counter Events, "Refusals for a recipient that does not exist here.", "text of the refusal";
        143 REASON_RELAY "reject.reason.relay" Counter Events, "Refusals for a client that may not relay.", "text of the refusal";
        144 REASON_BLOCKLIST "reject.reason.blocklist" Counter Events, "Refusals for a DNS block list.", "text of the refusal";
        145 REASON_GREYLIST "reject.reason.greylist" Counter Events, "Refusals for greylisting.", "text of the refusal";
        146 REASON_CONTENT "reject.reason.content" Counter Events, "Refusals for a header, body or content rule.", "text of the refusal";
        147 REASON_SIZE "reject.reason.size" Counter Events, "Refusals for the size of the message.", "text of the refusal";
        148 REASON_POLICY "reject.reason.policy" Counter Events, "Refusals for a policy service or a milter.", "text of the refusal";
        149 REASON_PROTOCOL "reject.reason.protocol" Counter Events, "Refusals for a breach of the protocol.", "text of the refusal";
        150 REASON_SIGN_IN "reject.reason.sign_in" Counter Events, "Refusals for a missing sign-in, a missing encryption or a sender that is not the signed-in user's.", "text of the refusal";
        151 REASON_LOCAL_ERROR "reject.reason.local_error" Counter Events, "Refusals for our own fault: look-up, milter, policy service or disk.", "text of the refusal";
        152 REASON_OTHER "reject.reason.other" Counter Events, "Refusals for something else.", "text of the refusal";
        153 MILTER_REJECTED "reject.milter" Counter Events, "Refusals by milters.", "smtpd, cleanup: `milter-reject:`";
        154 HELD "action.held" Counter Messages, "Messages put on hold by a rule or a milter.", "smtpd, cleanup: `hold:`, `milter-hold:`";
        155 DISCARDED "action.discarded" Counter Messages, "Messages taken and thrown away by a rule or a milter.", "smtpd, cleanup: `discard:`, `milter-discard:`";
    }
}

keys! {
    /// Phases of a session, as Postfix names them.
    phase {
        0 CONNECT "connect";
        1 HELO "helo";
        2 EHLO "ehlo";
        3 MAIL "mail";
        4 RCPT "rcpt";
        5 DATA "data";
        6 BDAT "bdat";
        7 END_OF_MESSAGE "end_of_message";
        8 ETRN "etrn";
        9 VRFY "vrfy";
        10 STARTTLS "starttls";
        11 AUTH "auth";
        12 RSET "rset";
        13 NOOP "noop";
        14 QUIT "quit";
        15 XCLIENT "xclient";
        16 XFORWARD "xforward";
        17 UNKNOWN "unknown";
        18 OTHER "other";
    }
}

measures! {
    /// Reasons of refusals.
    reason {
        0 CLIENT "client" Counter Events;
        1 REVERSE_NAME "reverse_name" Counter Events;
        2 HELO "helo" Counter Events;
        3 SENDER "sender" Counter Events;
        4 RECIPIENT "recipient" Counter Events;
        5 UNKNOWN_USER "unknown_user" Counter Events;
        6 RELAY "relay" Counter Events;
        7 BLOCKLIST "blocklist" Counter Events;
        8 GREYLIST "greylist" Counter Events;
        9 CONTENT "content" Counter Events;
        10 SIZE "size" Counter Events;
        11 POLICY "policy" Counter Events;
        12 PROTOCOL "protocol" Counter Events;
        13 SIGN_IN "sign_in" Counter Events;
        14 LOCAL_ERROR "local_error" Counter Events;
        15 OTHER "other" Counter Events;
    }
}

measures! {
    /// Refusals of a source.
    refused {
        0 REJECTED "rejected" Counter Events;
        1 WARNED "warned" Counter Events;
    }
}

keys! {
    /// What a rule did, other than refuse.
    action {
        0 WARN "warn";
        1 INFO "info";
        2 HOLD "hold";
        3 DELAY "delay";
        4 DISCARD "discard";
        5 FILTER "filter";
        6 REDIRECT "redirect";
        7 BCC "bcc";
        8 HANGUP "hangup";
        9 PERMIT "permit";
        10 PREPEND "prepend";
        11 REPLACE "replace";
        12 STRIP "strip";
        13 PASS "pass";
        14 REJECT "reject";
        15 OTHER "other";
    }
}

measures! {
    /// Where the rule stands.
    table {
        0 ACCESS "access" Counter Events;
        1 HEADER "header" Counter Events;
        2 BODY "body" Counter Events;
        3 MILTER "milter" Counter Events;
    }
}

measures! {
    /// Verdicts of milters.
    verdict {
        0 REJECTED "rejected" Counter Events;
        1 TEMPORARY "temporary" Counter Events;
        2 DISCARDED "discarded" Counter Events;
        3 HELD "held" Counter Events;
    }
}

measures! {
    /// Hits of a rule.
    hit {
        0 HITS "hits" Counter Events;
    }
}

dimensions! {
    18 REJECT "reject" REJECT reason::MEASURES, Keys::Closed(phase::KEYS), "Refusals by phase and reason.", "smtpd, cleanup, postscreen: refusals";
    19 REJECT_SOURCE "reject_source" REJECT refused::MEASURES, Keys::Open, "Refusals by reason and client network (/24, /48); key: reason, tab, network.", "smtpd, cleanup, postscreen: refusals";
    20 ACTION "action" REJECT table::MEASURES, Keys::Closed(action::KEYS), "What rules did, by the kind of their table.", "smtpd, cleanup: `ACTION:`";
    21 HEADER_CHECK "header_check" REJECT hit::MEASURES, Keys::Open, "Hits of header and body checks; key: header or body, tab, action, tab, the rule's text.", "cleanup: `ACTION: header|body`";
    22 MILTER "milter" REJECT verdict::MEASURES, Keys::Closed(phase::KEYS), "Verdicts of milters by phase.", "smtpd, cleanup: `milter-reject|milter-discard|milter-hold`";
}
