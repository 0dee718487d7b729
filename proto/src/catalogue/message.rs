//! Messages as Postfix takes them in and lets them go.

use super::Keys;

metrics! {
    group MESSAGE {
        68 RECEIVED "message.received" Counter Messages, "Messages taken in from clients and local senders; own notices and messages that come back from a content filter are not among them.", "smtpd: first `client=` of a queue id without orig_queue_id; pickup: `uid=`";
        69 RECEIVED_SMTP "message.received_smtp" Counter Messages, "Those taken in over SMTP.", "smtpd: `client=`";
        70 RECEIVED_LOCAL "message.received_local" Counter Messages, "Those taken in from local senders.", "pickup: `uid=` without orig_id";
        71 RECEIVED_SIGNED_IN "message.received_signed_in" Counter Messages, "Those taken in over SMTP from clients that signed in.", "smtpd: `client=` with sasl_method";
        72 REINJECTED "message.reinjected" Counter Messages, "Messages that came back from a content filter.", "smtpd: `client=` with orig_queue_id";
        73 GENERATED "message.generated" Counter Messages, "Messages made here: notices to senders and postmasters, and address probes.", "qmgr: first `from=<>` of a queue id that has neither client= nor uid=";
        74 QUEUED "message.queued" Counter Messages, "Messages that reached the active queue for the first time.", "qmgr: first `(queue active)` of a queue id";
        75 QUEUED_BYTES "message.queued_bytes" Counter Bytes, "Size of those messages.", "qmgr: size=";
        76 QUEUED_RECIPIENTS "message.queued_recipients" Counter Recipients, "Recipients of those messages, after expansion of aliases.", "qmgr: nrcpt=";
        77 RETRIED "message.retried" Counter Messages, "Messages that reached the active queue again.", "qmgr: later `(queue active)` of a queue id";
        78 REMOVED "message.removed" Counter Messages, "Messages done with.", "qmgr: `removed`";
        79 EXPIRED "message.expired" Counter Messages, "Messages given up and returned to their senders.", "qmgr: `status=expired` and `status=force-expired`";
        80 ABANDONED "message.abandoned" Counter Messages, "Messages begun by a client and never finished.", "cleanup: `removed (canceled)`; before 3.10 a queue id without end when smtpd disconnects";
    }
}

measures! {
    /// Counts by sender domain.
    sender {
        0 MESSAGES "messages" Counter Messages;
        1 RECIPIENTS "recipients" Counter Recipients;
        2 BYTES "bytes" Counter Bytes;
        3 BOUNCED "bounced" Counter Recipients;
        4 DEFERRED "deferred" Counter Recipients;
    }
}

dimensions! {
    3 SENDER_DOMAIN "sender_domain" MESSAGE sender::MEASURES, Keys::Open, "Messages by the domain of their envelope sender; `<>` is the null sender.", "qmgr: first `from=` of a queue id; delivery agents: status";
}
