//! Clients that speak SMTP to us: their sessions, commands and limits.

use super::Keys;

metrics! {
    group SMTPD {
        111 CONNECTIONS "smtpd.connections" Counter Connections, "Sessions begun.", "smtpd: `connect from`";
        112 DISCONNECTIONS "smtpd.disconnections" Counter Connections, "Sessions ended.", "smtpd: `disconnect from`";
        113 CONNECTIONS_ACTIVE "smtpd.connections_active" Gauge Connections, "Sessions open at the end of the interval.", "smtpd: sessions begun and not ended whose process lives";
        114 SESSION_MS "smtpd.session_time" Counter Milliseconds, "How long the sessions that ended had lasted, all together.", "smtpd: `connect from` to `disconnect from`";
        115 LOST "smtpd.lost" Counter Connections, "Sessions that broke.", "smtpd: `lost connection after`";
        116 TIMED_OUT "smtpd.timed_out" Counter Connections, "Sessions ended because the client was silent.", "smtpd: `timeout after`";
        117 TOO_MANY_ERRORS "smtpd.too_many_errors" Counter Connections, "Sessions ended because the client made too many errors.", "smtpd: `too many errors after`";
        118 COMMANDS "smtpd.commands" Counter Commands, "Commands of sessions that ended.", "smtpd: `disconnect from … commands=`";
        119 COMMANDS_REFUSED "smtpd.commands_refused" Counter Commands, "Those that were not accepted.", "smtpd: `disconnect from … commands=`";
        120 RECIPIENTS_ACCEPTED "smtpd.recipients_accepted" Counter Recipients, "RCPT commands accepted.", "smtpd: `disconnect from … rcpt=`";
        121 RECIPIENTS_REFUSED "smtpd.recipients_refused" Counter Recipients, "RCPT commands refused.", "smtpd: `disconnect from … rcpt=`";
        122 UNKNOWN_CLIENTS "smtpd.unknown_clients" Counter Connections, "Sessions of clients without a matching reverse name.", "smtpd: `connect from unknown[`";
        123 PROTOCOL_ERRORS "smtpd.protocol_errors" Counter Events, "Commands that no mail client sends: pipelining out of turn, HTTP, bad addresses, bare line feeds.", "smtpd: `improper command pipelining`, `non-SMTP command`, `Illegal address syntax`, notes=";
    }
    group LIMIT {
        124 LIMIT_EXCEEDED "limit.exceeded" Counter Events, "Times that a client hit one of its limits.", "smtpd: `limit exceeded`";
        125 LIMIT_PEAK_CONNECTIONS "limit.peak_connections" Gauge Connections, "Most sessions that one client had open at once, in the reports of the interval; 0 without one.", "anvil: `statistics: max connection count`";
    }
}

keys! {
    /// SMTP commands as smtpd counts them when a session ends.
    command {
        0 HELO "helo";
        1 EHLO "ehlo";
        2 STARTTLS "starttls";
        3 AUTH "auth";
        4 MAIL "mail";
        5 RCPT "rcpt";
        6 DATA "data";
        7 BDAT "bdat";
        8 RSET "rset";
        9 NOOP "noop";
        10 QUIT "quit";
        11 VRFY "vrfy";
        12 ETRN "etrn";
        13 XCLIENT "xclient";
        14 XFORWARD "xforward";
        15 UNKNOWN "unknown";
        16 OTHER "other";
    }
}

measures! {
    /// Counts by [`command`].
    answered {
        0 ACCEPTED "accepted" Counter Commands;
        1 REFUSED "refused" Counter Commands;
    }
}

measures! {
    /// How sessions ended before their time.
    ended {
        0 LOST "lost" Counter Connections;
        1 TIMED_OUT "timed_out" Counter Connections;
        2 TOO_MANY_ERRORS "too_many_errors" Counter Connections;
    }
}

keys! {
    /// Limits of clients.
    limit {
        0 CONNECTIONS "connections";
        1 CONNECTION_RATE "connection_rate";
        2 MESSAGE_RATE "message_rate";
        3 RECIPIENT_RATE "recipient_rate";
        4 NEW_TLS_RATE "new_tls_rate";
        5 AUTH_RATE "auth_rate";
        6 CACHE_SIZE "cache_size";
    }
}

measures! {
    /// Counts by [`limit`].
    pressed {
        0 EXCEEDED "exceeded" Counter Events;
        1 PEAK "peak" Gauge Entries;
    }
}

measures! {
    /// Counts by service of master.cf.
    service {
        0 CONNECTIONS "connections" Counter Connections;
        1 MESSAGES "messages" Counter Messages;
        2 REJECTED "rejected" Counter Events;
        3 SASL_SUCCEEDED "sasl_succeeded" Counter Events;
        4 SASL_FAILED "sasl_failed" Counter Events;
        5 ENCRYPTED "encrypted" Counter Connections;
        6 LOST "lost" Counter Connections;
    }
}

measures! {
    /// Counts by client network.
    client {
        0 CONNECTIONS "connections" Counter Connections;
        1 MESSAGES "messages" Counter Messages;
        2 REJECTED "rejected" Counter Events;
        3 LOST "lost" Counter Connections;
    }
}

dimensions! {
    13 SERVICE "service" SMTPD service::MEASURES, Keys::Open, "Sessions by service, such as `smtpd`, `submission`, `smtps`.", "smtpd: the parts of the program name";
    14 CLIENT_NETWORK "client_network" SMTPD client::MEASURES, Keys::Open, "Sessions by client network, cut to /24 and /48.", "smtpd: address in `name[ip]`";
    15 SMTP_COMMAND "smtp_command" SMTPD answered::MEASURES, Keys::Closed(command::KEYS), "Commands and how many were accepted.", "smtpd: `disconnect from`";
    16 SESSION_END "session_end" SMTPD ended::MEASURES, Keys::Closed(super::reject::phase::KEYS), "Where sessions broke.", "smtpd: `lost connection|timeout|too many errors after PHASE`";
    17 CLIENT_LIMIT "client_limit" LIMIT pressed::MEASURES, Keys::Closed(limit::KEYS), "Which limits clients hit, and the peaks that anvil reports.", "smtpd: `limit exceeded`; anvil: `statistics:`";
}
