//! Encryption on the way in and on the way out.

use super::Keys;

metrics! {
    group TLS_IN {
        161 IN_CONNECTIONS "tls.in.connections" Counter Connections, "Incoming sessions that became encrypted.", "smtpd, tlsproxy: `TLS connection established from`";
        162 IN_FAILED "tls.in.failed" Counter Connections, "Incoming sessions whose encryption failed.", "smtpd: `SSL_accept error from`, with the warning and the lost connection that follow it";
        163 IN_MESSAGES "tls.in.messages" Counter Messages, "Messages taken in over encrypted sessions.", "smtpd: `client=` of an encrypted session";
        164 IN_MESSAGES_PLAIN "tls.in.messages_plain" Counter Messages, "Messages taken in over plain sessions.", "smtpd: `client=` of a session that was not encrypted";
    }
    group TLS_OUT {
        165 OUT_CONNECTIONS "tls.out.connections" Counter Connections, "Outgoing sessions that became encrypted.", "smtp, lmtp, tlsproxy: `TLS connection established to`";
        166 OUT_FAILED "tls.out.failed" Counter Connections, "Outgoing sessions whose encryption failed.", "smtp: `SSL_connect error to`, `Cannot start TLS`";
        167 OUT_UNVERIFIED "tls.out.unverified" Counter Connections, "Certificates of other hosts that could not be verified.", "smtp: `certificate verification failed for`";
        168 OUT_REQUIRED "tls.out.required" Counter Recipients, "Deliveries deferred because the demanded encryption was not to be had.", "smtp: `TLS is required, but`, `Server certificate not verified`, tls=!";
        169 OUT_SENT "tls.out.sent" Counter Recipients, "Recipients sent over encrypted sessions.", "smtp: status=sent after a TLS line of the same process, or tls=";
        170 OUT_SENT_PLAIN "tls.out.sent_plain" Counter Recipients, "Recipients sent over plain sessions to other hosts.", "smtp: status=sent without a TLS line, or tls=…:none";
    }
}

keys! {
    /// Protocol versions.
    protocol {
        0 SSL3 "sslv3";
        1 TLS1_0 "tlsv1";
        2 TLS1_1 "tlsv1.1";
        3 TLS1_2 "tlsv1.2";
        4 TLS1_3 "tlsv1.3";
        5 OTHER "other";
    }
}

keys! {
    /// How far the other side's certificate was trusted.
    trust {
        0 ANONYMOUS "anonymous";
        1 UNTRUSTED "untrusted";
        2 TRUSTED "trusted";
        3 VERIFIED "verified";
    }
}

measures! {
    /// Sessions by direction.
    direction {
        0 IN "in" Counter Connections;
        1 OUT "out" Counter Connections;
    }
}

dimensions! {
    27 TLS_PROTOCOL "tls_protocol" TLS_IN direction::MEASURES, Keys::Closed(protocol::KEYS), "Encrypted sessions by protocol version.", "smtpd, smtp, tlsproxy: `TLS connection established`";
    28 TLS_TRUST "tls_trust" TLS_IN direction::MEASURES, Keys::Closed(trust::KEYS), "Encrypted sessions by trust in the other side's certificate.", "smtpd, smtp, tlsproxy: `Anonymous|Untrusted|Trusted|Verified TLS connection`";
    29 TLS_CIPHER "tls_cipher" TLS_IN direction::MEASURES, Keys::Open, "Encrypted sessions by cipher; key: protocol, tab, cipher.", "smtpd, smtp, tlsproxy: `with cipher`";
    30 TLS_KEY_EXCHANGE "tls_key_exchange" TLS_IN direction::MEASURES, Keys::Open, "Encrypted sessions by key exchange, such as `X25519MLKEM768`.", "smtpd, smtp, tlsproxy: `key-exchange`";
}
