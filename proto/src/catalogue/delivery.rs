//! What became of each recipient, by whom, how fast, and what the other side said.

use super::Keys;

metrics! {
    group DELIVERY {
        81 ATTEMPTS "delivery.attempts" Counter Recipients, "Tries to deliver to one recipient each, address probes and suspended deliveries left out.", "delivery agents: `status=` sent, deferred, bounced";
        82 SENT "delivery.sent" Counter Recipients, "Recipients handed on: every sent status, also to a filter or a forward.", "delivery agents: `status=sent`";
        83 DEFERRED "delivery.deferred" Counter Recipients, "Tries that ended with *later*, also those without a connection.", "delivery agents: `status=deferred`";
        84 BOUNCED "delivery.bounced" Counter Recipients, "Recipients refused for good.", "delivery agents: `status=bounced`";
        85 EXPIRED "delivery.expired" Counter Recipients, "Recipients given up because their message expired.", "qmgr: `status=expired` or `status=force-expired`, times the recipients last seen deferred";
        86 DELIVERED "delivery.delivered" Counter Recipients, "Recipients delivered at last: sent, less forwards, hand-overs to a local content filter and discards.", "delivery agents: `status=sent`";
        87 FORWARDED "delivery.forwarded" Counter Recipients, "Recipients replaced by a forward.", "local: `status=sent (forwarded as QID)`";
        88 FILTERED "delivery.filtered" Counter Recipients, "Recipients handed to a content filter on this host.", "smtp, lmtp, pipe: `status=sent` of a message that comes back with orig_queue_id or goes to a loopback filter port";
        89 SUSPENDED "delivery.suspended" Counter Recipients, "Deferred without a try, because the destination is known to be down.", "error: `delivery temporarily suspended`";
        90 FIRST_SENT "delivery.first.sent" Counter Recipients, "Recipients sent at the first try.", "delivery agents: `status=sent`, not deferred before";
        91 FIRST_DEFERRED "delivery.first.deferred" Counter Recipients, "Recipients deferred at the first try.", "delivery agents: `status=deferred`, not deferred before";
        92 FIRST_BOUNCED "delivery.first.bounced" Counter Recipients, "Recipients refused at the first try.", "delivery agents: `status=bounced`, not deferred before";
        93 RETRY_SENT "delivery.retry.sent" Counter Recipients, "Recipients sent after they had been deferred.", "delivery agents: `status=sent`, deferred before";
        94 RETRY_DEFERRED "delivery.retry.deferred" Counter Recipients, "Recipients deferred once more.", "delivery agents: `status=deferred`, deferred before";
        95 RETRY_BOUNCED "delivery.retry.bounced" Counter Recipients, "Recipients refused after they had been deferred.", "delivery agents: `status=bounced`, deferred before";
        96 MESSAGES_DEFERRED "delivery.messages_deferred" Counter Messages, "Messages deferred for the first time.", "delivery agents: first `status=deferred` of a queue id";
        97 MESSAGES_BOUNCED "delivery.messages_bounced" Counter Messages, "Messages with a first refused recipient.", "delivery agents: first `status=bounced` of a queue id";
        98 PROBED "delivery.probed" Counter Recipients, "Address probes answered.", "delivery agents: `status=deliverable` and `status=undeliverable`";
        99 OTHER_STATUS "delivery.other_status" Counter Recipients, "Status words that are none of these, SOFTBOUNCE among them.", "delivery agents: `status=`";
        100 CONNECT_FAILED "delivery.connect_failed" Counter Connections, "Connections to another host that failed.", "smtp, lmtp: `connect to HOST[IP]:PORT:` and failures on one host before the next is tried";
    }
    group DELAY {
        101 DELAY_COUNT "delay.count" Counter Recipients, "Deliveries whose delays are added up below.", "delivery agents: delays=";
        102 DELAY_TOTAL_MS "delay.total" Counter Milliseconds, "Time from arrival to the end of the try.", "delivery agents: delay=";
        103 DELAY_BEFORE_QUEUE_MS "delay.before_queue" Counter Milliseconds, "Time before the queue manager, earlier deferrals included.", "delivery agents: delays=a";
        104 DELAY_IN_QUEUE_MS "delay.in_queue" Counter Milliseconds, "Time waiting for a delivery agent.", "delivery agents: delays=b";
        105 DELAY_CONNECT_MS "delay.connect" Counter Milliseconds, "Time for look-ups, connection and TLS.", "delivery agents: delays=c";
        106 DELAY_TRANSMIT_MS "delay.transmit" Counter Milliseconds, "Time to hand the message over.", "delivery agents: delays=d";
    }
    group NOTICE {
        107 NOTICE_BOUNCED "notice.bounced" Counter Messages, "Notices that mail could not be delivered.", "bounce: `sender non-delivery notification`";
        108 NOTICE_DELAYED "notice.delayed" Counter Messages, "Notices that mail is late.", "bounce: `sender delay notification`";
        109 NOTICE_POSTMASTER "notice.postmaster" Counter Messages, "Notices to the postmaster.", "bounce: `postmaster non-delivery notification`, `postmaster delay notification`";
        110 NOTICE_FAILED "notice.failed" Counter Messages, "Notices that could not be sent.", "bounce: `notification failed`, `undeliverable postmaster notification discarded`";
    }
}

keys! {
    /// Delivery agents.
    agent {
        0 SMTP "smtp";
        1 LMTP "lmtp";
        2 LOCAL "local";
        3 VIRTUAL "virtual";
        4 PIPE "pipe";
        5 ERROR "error";
        6 DISCARD "discard";
        7 CLEANUP "cleanup";
        8 OTHER "other";
    }
}

measures! {
    /// Status words.
    status {
        0 SENT "sent" Counter Recipients;
        1 DEFERRED "deferred" Counter Recipients;
        2 BOUNCED "bounced" Counter Recipients;
        3 EXPIRED "expired" Counter Recipients;
        4 DELIVERABLE "deliverable" Counter Recipients;
        5 UNDELIVERABLE "undeliverable" Counter Recipients;
        6 SOFTBOUNCE "softbounce" Counter Recipients;
        7 OTHER "other" Counter Recipients;
    }
}

keys! {
    /// Why a try failed, as far as its reason tells without the words of the remote host.
    cause {
        0 REFUSED "connection_refused";
        1 TIMED_OUT "timed_out";
        2 UNREACHABLE "unreachable";
        3 LOST "connection_lost";
        4 DNS_LATER "dns_try_again";
        5 DNS_NONE "dns_not_found";
        6 NULL_MX "null_mx";
        7 LOOP "mail_loop";
        8 TLS "tls";
        9 SASL "sasl";
        10 REMOTE_LATER "remote_4xx";
        11 REMOTE_NEVER "remote_5xx";
        12 SUSPENDED "suspended";
        13 UNKNOWN_USER "unknown_user";
        14 MAILBOX "mailbox";
        15 COMMAND "command_failed";
        16 SIZE "too_large";
        17 LOCAL_TROUBLE "local_trouble";
        18 OTHER "other";
        19 CONTENT "content_refused";
    }
}

measures! {
    /// Failed tries.
    failed {
        0 DEFERRED "deferred" Counter Recipients;
        1 BOUNCED "bounced" Counter Recipients;
        2 MESSAGES "messages" Counter Messages;
    }
}

keys! {
    /// Stages of a delivery.
    stage {
        0 TOTAL "total";
        1 BEFORE_QUEUE "before_queue";
        2 IN_QUEUE "in_queue";
        3 CONNECT "connect";
        4 TRANSMIT "transmit";
    }
}

measures! {
    /// Buckets of time: place `n` holds what took less than 2^(n+4) ms and no less than half of that.
    bucket {
        0 LT_16MS "lt_16ms" Counter Events;
        1 LT_32MS "lt_32ms" Counter Events;
        2 LT_64MS "lt_64ms" Counter Events;
        3 LT_128MS "lt_128ms" Counter Events;
        4 LT_256MS "lt_256ms" Counter Events;
        5 LT_512MS "lt_512ms" Counter Events;
        6 LT_1024MS "lt_1024ms" Counter Events;
        7 LT_2048MS "lt_2048ms" Counter Events;
        8 LT_4096MS "lt_4096ms" Counter Events;
        9 LT_8192MS "lt_8192ms" Counter Events;
        10 LT_16384MS "lt_16384ms" Counter Events;
        11 LT_32768MS "lt_32768ms" Counter Events;
        12 LT_65536MS "lt_65536ms" Counter Events;
        13 LT_131072MS "lt_131072ms" Counter Events;
        14 LT_262144MS "lt_262144ms" Counter Events;
        15 LT_524288MS "lt_524288ms" Counter Events;
        16 LT_1048576MS "lt_1048576ms" Counter Events;
        17 LT_2097152MS "lt_2097152ms" Counter Events;
        18 LT_4194304MS "lt_4194304ms" Counter Events;
        19 LT_8388608MS "lt_8388608ms" Counter Events;
        20 LT_16777216MS "lt_16777216ms" Counter Events;
        21 LT_33554432MS "lt_33554432ms" Counter Events;
        22 LT_67108864MS "lt_67108864ms" Counter Events;
        23 LT_134217728MS "lt_134217728ms" Counter Events;
        24 LT_268435456MS "lt_268435456ms" Counter Events;
        25 LT_536870912MS "lt_536870912ms" Counter Events;
        26 LT_1073741824MS "lt_1073741824ms" Counter Events;
        27 OVER "over" Counter Events;
    }
}

/// The bucket ([`bucket`]) that a duration belongs to.
pub const fn bucket_of(duration_ms: u64) -> usize {
    let bits = u64::BITS - duration_ms.leading_zeros();
    let place = bits.saturating_sub(4) as usize;
    if place < bucket::OVER { place } else { bucket::OVER }
}

measures! {
    /// Counts by recipient domain.
    recipient {
        0 SENT "sent" Counter Recipients;
        1 DEFERRED "deferred" Counter Recipients;
        2 BOUNCED "bounced" Counter Recipients;
        3 EXPIRED "expired" Counter Recipients;
        4 DELAY_MS "delay" Counter Milliseconds;
    }
}

measures! {
    /// Counts by next hop.
    hop {
        0 SENT "sent" Counter Recipients;
        1 DEFERRED "deferred" Counter Recipients;
        2 BOUNCED "bounced" Counter Recipients;
        3 CONNECT_FAILED "connect_failed" Counter Connections;
        4 DELAY_MS "delay" Counter Milliseconds;
        5 ENCRYPTED "encrypted" Counter Recipients;
    }
}

measures! {
    /// Counts by mailbox provider.
    provided {
        0 SENT "sent" Counter Recipients;
        1 DEFERRED "deferred" Counter Recipients;
        2 BOUNCED "bounced" Counter Recipients;
    }
}

dimensions! {
    4 RECIPIENT_DOMAIN "recipient_domain" DELIVERY recipient::MEASURES, Keys::Open, "Deliveries by the domain of their recipient.", "delivery agents: to=, status=, delay=";
    5 RELAY "relay" DELIVERY hop::MEASURES, Keys::Open, "Deliveries by the host they were handed to.", "delivery agents: host name of relay=";
    6 REPLY_CLASS "reply_class" DELIVERY failed::MEASURES, Keys::Open, "Failed tries by the class of the remote reply, such as `gmail.ratelimit`.", "delivery agents: reason of status=; classes from the agent's data file";
    7 REPLY_CLASS_DOMAIN "reply_class_domain" DELIVERY failed::MEASURES, Keys::Open, "Failed tries by class of the remote reply and recipient domain; key: class, tab, domain.", "delivery agents: reason of status=, to=";
    8 REPLY_TEMPLATE "reply_template" DELIVERY failed::MEASURES, Keys::Open, "Failed tries by the remote reply with addresses, ids and numbers taken out; key: class, tab, redacted text.", "delivery agents: reason of status=";
    9 REPLY_CODE "reply_code" DELIVERY failed::MEASURES, Keys::Open, "Failed tries by enhanced status code, such as `4.7.1`.", "delivery agents: dsn=";
    10 DELIVERY_AGENT "delivery_agent" DELIVERY status::MEASURES, Keys::Closed(agent::KEYS), "Status words by delivery agent.", "delivery agents: status=";
    11 FAILURE_CAUSE "failure_cause" DELIVERY failed::MEASURES, Keys::Closed(cause::KEYS), "Failed tries by cause.", "delivery agents: reason of status=";
    12 DELAY_STAGE "delay_stage" DELAY bucket::MEASURES, Keys::Closed(stage::KEYS), "How long each stage of a delivery took.", "delivery agents: delay=, delays=";
    36 PROVIDER "provider" DELIVERY provided::MEASURES, Keys::Open, "Deliveries to the large mailbox providers, whatever the domain: what the share of their refusals is taken of.", "delivery agents: host name of relay=; providers from the agent's data file";
}
