//! What waits in Postfix's queues: how much, how old, for whom, and when it is tried again.

use super::{Keys, MetricId};

metrics! {
    group QUEUE_SCAN {
        0 MAILDROP_MESSAGES "queue.maildrop.messages" Gauge Messages, "Messages of local senders that pickup has not taken yet.", "queue directory: maildrop";
        1 INCOMING_MESSAGES "queue.incoming.messages" Gauge Messages, "Messages accepted that wait for room in active.", "queue directory: incoming";
        2 ACTIVE_MESSAGES "queue.active.messages" Gauge Messages, "Messages that the queue manager is delivering now.", "queue directory: active";
        3 DEFERRED_MESSAGES "queue.deferred.messages" Gauge Messages, "Messages that wait for another try.", "queue directory: deferred";
        4 HOLD_MESSAGES "queue.hold.messages" Gauge Messages, "Messages parked by an operator or a rule; never tried, never expired.", "queue directory: hold";
    }
    group QUEUE_SIDE {
        5 CORRUPT_MESSAGES "queue.corrupt.messages" Gauge Messages, "Damaged queue files that Postfix set aside; nothing ever removes them.", "queue directory: corrupt";
        6 SAVED_MESSAGES "queue.saved.messages" Gauge Messages, "Messages that could neither be delivered nor returned.", "queue directory: saved";
        7 DEFER_MESSAGES "queue.defer.messages" Gauge Files, "Messages with a log of why recipients were deferred.", "queue directory: defer";
        8 BOUNCE_MESSAGES "queue.bounce.messages" Gauge Files, "Messages with a log of recipients that will be returned.", "queue directory: bounce";
        9 TRACE_MESSAGES "queue.trace.messages" Gauge Files, "Messages with a log for a delivery report.", "queue directory: trace";
        10 FLUSH_MESSAGES "queue.flush.messages" Gauge Files, "Domains that have a list of messages for ETRN.", "queue directory: flush";
    }
    group QUEUE_BYTES {
        11 MAILDROP_BYTES "queue.maildrop.bytes" Gauge Bytes, "Size of the queue files in maildrop.", "queue directory: maildrop";
        12 INCOMING_BYTES "queue.incoming.bytes" Gauge Bytes, "Size of the queue files in incoming.", "queue directory: incoming";
        13 ACTIVE_BYTES "queue.active.bytes" Gauge Bytes, "Size of the queue files in active.", "queue directory: active";
        14 DEFERRED_BYTES "queue.deferred.bytes" Gauge Bytes, "Size of the queue files in deferred.", "queue directory: deferred";
        15 HOLD_BYTES "queue.hold.bytes" Gauge Bytes, "Size of the queue files in hold.", "queue directory: hold";
    }
    group QUEUE_AGE {
        16 INCOMING_AGE_LT_5M "queue.incoming.age.lt_5m" Gauge Messages, "Messages in incoming that arrived 0 to 5 minutes ago.", "queue directory: arrival time, never mtime";
        17 INCOMING_AGE_LT_10M "queue.incoming.age.lt_10m" Gauge Messages, "Messages in incoming that arrived 5 to 10 minutes ago.", "queue directory: arrival time, never mtime";
        18 INCOMING_AGE_LT_20M "queue.incoming.age.lt_20m" Gauge Messages, "Messages in incoming that arrived 10 to 20 minutes ago.", "queue directory: arrival time, never mtime";
        19 INCOMING_AGE_LT_40M "queue.incoming.age.lt_40m" Gauge Messages, "Messages in incoming that arrived 20 to 40 minutes ago.", "queue directory: arrival time, never mtime";
        20 INCOMING_AGE_LT_80M "queue.incoming.age.lt_80m" Gauge Messages, "Messages in incoming that arrived 40 to 80 minutes ago.", "queue directory: arrival time, never mtime";
        21 INCOMING_AGE_LT_160M "queue.incoming.age.lt_160m" Gauge Messages, "Messages in incoming that arrived 80 to 160 minutes ago.", "queue directory: arrival time, never mtime";
        22 INCOMING_AGE_LT_320M "queue.incoming.age.lt_320m" Gauge Messages, "Messages in incoming that arrived 160 to 320 minutes ago.", "queue directory: arrival time, never mtime";
        23 INCOMING_AGE_LT_640M "queue.incoming.age.lt_640m" Gauge Messages, "Messages in incoming that arrived 320 to 640 minutes ago.", "queue directory: arrival time, never mtime";
        24 INCOMING_AGE_LT_1280M "queue.incoming.age.lt_1280m" Gauge Messages, "Messages in incoming that arrived 640 to 1280 minutes ago.", "queue directory: arrival time, never mtime";
        25 INCOMING_AGE_GE_1280M "queue.incoming.age.ge_1280m" Gauge Messages, "Messages in incoming that arrived 1280 minutes ago or earlier.", "queue directory: arrival time, never mtime";
        26 ACTIVE_AGE_LT_5M "queue.active.age.lt_5m" Gauge Messages, "Messages in active that arrived 0 to 5 minutes ago.", "queue directory: arrival time, never mtime";
        27 ACTIVE_AGE_LT_10M "queue.active.age.lt_10m" Gauge Messages, "Messages in active that arrived 5 to 10 minutes ago.", "queue directory: arrival time, never mtime";
        28 ACTIVE_AGE_LT_20M "queue.active.age.lt_20m" Gauge Messages, "Messages in active that arrived 10 to 20 minutes ago.", "queue directory: arrival time, never mtime";
        29 ACTIVE_AGE_LT_40M "queue.active.age.lt_40m" Gauge Messages, "Messages in active that arrived 20 to 40 minutes ago.", "queue directory: arrival time, never mtime";
        30 ACTIVE_AGE_LT_80M "queue.active.age.lt_80m" Gauge Messages, "Messages in active that arrived 40 to 80 minutes ago.", "queue directory: arrival time, never mtime";
        31 ACTIVE_AGE_LT_160M "queue.active.age.lt_160m" Gauge Messages, "Messages in active that arrived 80 to 160 minutes ago.", "queue directory: arrival time, never mtime";
        32 ACTIVE_AGE_LT_320M "queue.active.age.lt_320m" Gauge Messages, "Messages in active that arrived 160 to 320 minutes ago.", "queue directory: arrival time, never mtime";
        33 ACTIVE_AGE_LT_640M "queue.active.age.lt_640m" Gauge Messages, "Messages in active that arrived 320 to 640 minutes ago.", "queue directory: arrival time, never mtime";
        34 ACTIVE_AGE_LT_1280M "queue.active.age.lt_1280m" Gauge Messages, "Messages in active that arrived 640 to 1280 minutes ago.", "queue directory: arrival time, never mtime";
        35 ACTIVE_AGE_GE_1280M "queue.active.age.ge_1280m" Gauge Messages, "Messages in active that arrived 1280 minutes ago or earlier.", "queue directory: arrival time, never mtime";
        36 DEFERRED_AGE_LT_5M "queue.deferred.age.lt_5m" Gauge Messages, "Messages in deferred that arrived 0 to 5 minutes ago.", "queue directory: arrival time, never mtime";
        37 DEFERRED_AGE_LT_10M "queue.deferred.age.lt_10m" Gauge Messages, "Messages in deferred that arrived 5 to 10 minutes ago.", "queue directory: arrival time, never mtime";
        38 DEFERRED_AGE_LT_20M "queue.deferred.age.lt_20m" Gauge Messages, "Messages in deferred that arrived 10 to 20 minutes ago.", "queue directory: arrival time, never mtime";
        39 DEFERRED_AGE_LT_40M "queue.deferred.age.lt_40m" Gauge Messages, "Messages in deferred that arrived 20 to 40 minutes ago.", "queue directory: arrival time, never mtime";
        40 DEFERRED_AGE_LT_80M "queue.deferred.age.lt_80m" Gauge Messages, "Messages in deferred that arrived 40 to 80 minutes ago.", "queue directory: arrival time, never mtime";
        41 DEFERRED_AGE_LT_160M "queue.deferred.age.lt_160m" Gauge Messages, "Messages in deferred that arrived 80 to 160 minutes ago.", "queue directory: arrival time, never mtime";
        42 DEFERRED_AGE_LT_320M "queue.deferred.age.lt_320m" Gauge Messages, "Messages in deferred that arrived 160 to 320 minutes ago.", "queue directory: arrival time, never mtime";
        43 DEFERRED_AGE_LT_640M "queue.deferred.age.lt_640m" Gauge Messages, "Messages in deferred that arrived 320 to 640 minutes ago.", "queue directory: arrival time, never mtime";
        44 DEFERRED_AGE_LT_1280M "queue.deferred.age.lt_1280m" Gauge Messages, "Messages in deferred that arrived 640 to 1280 minutes ago.", "queue directory: arrival time, never mtime";
        45 DEFERRED_AGE_GE_1280M "queue.deferred.age.ge_1280m" Gauge Messages, "Messages in deferred that arrived 1280 minutes ago or earlier.", "queue directory: arrival time, never mtime";
        46 HOLD_AGE_LT_5M "queue.hold.age.lt_5m" Gauge Messages, "Messages in hold that arrived 0 to 5 minutes ago.", "queue directory: arrival time, never mtime";
        47 HOLD_AGE_LT_10M "queue.hold.age.lt_10m" Gauge Messages, "Messages in hold that arrived 5 to 10 minutes ago.", "queue directory: arrival time, never mtime";
        48 HOLD_AGE_LT_20M "queue.hold.age.lt_20m" Gauge Messages, "Messages in hold that arrived 10 to 20 minutes ago.", "queue directory: arrival time, never mtime";
        49 HOLD_AGE_LT_40M "queue.hold.age.lt_40m" Gauge Messages, "Messages in hold that arrived 20 to 40 minutes ago.", "queue directory: arrival time, never mtime";
        50 HOLD_AGE_LT_80M "queue.hold.age.lt_80m" Gauge Messages, "Messages in hold that arrived 40 to 80 minutes ago.", "queue directory: arrival time, never mtime";
        51 HOLD_AGE_LT_160M "queue.hold.age.lt_160m" Gauge Messages, "Messages in hold that arrived 80 to 160 minutes ago.", "queue directory: arrival time, never mtime";
        52 HOLD_AGE_LT_320M "queue.hold.age.lt_320m" Gauge Messages, "Messages in hold that arrived 160 to 320 minutes ago.", "queue directory: arrival time, never mtime";
        53 HOLD_AGE_LT_640M "queue.hold.age.lt_640m" Gauge Messages, "Messages in hold that arrived 320 to 640 minutes ago.", "queue directory: arrival time, never mtime";
        54 HOLD_AGE_LT_1280M "queue.hold.age.lt_1280m" Gauge Messages, "Messages in hold that arrived 640 to 1280 minutes ago.", "queue directory: arrival time, never mtime";
        55 HOLD_AGE_GE_1280M "queue.hold.age.ge_1280m" Gauge Messages, "Messages in hold that arrived 1280 minutes ago or earlier.", "queue directory: arrival time, never mtime";
        56 MAILDROP_OLDEST_S "queue.maildrop.oldest" Gauge Seconds, "Age of the oldest message in maildrop; 0 if there is none.", "queue directory: mtime, as maildrop has no arrival time";
        57 INCOMING_OLDEST_S "queue.incoming.oldest" Gauge Seconds, "Age of the oldest message in incoming; 0 if there is none.", "queue directory: arrival time";
        58 ACTIVE_OLDEST_S "queue.active.oldest" Gauge Seconds, "Age of the oldest message in active; 0 if there is none.", "queue directory: arrival time";
        59 DEFERRED_OLDEST_S "queue.deferred.oldest" Gauge Seconds, "Age of the oldest message in deferred; 0 if there is none.", "queue directory: arrival time";
        60 HOLD_OLDEST_S "queue.hold.oldest" Gauge Seconds, "Age of the oldest message in hold; 0 if there is none.", "queue directory: arrival time";
        61 DEFERRED_OVER_24H "queue.deferred.over_24h" Gauge Messages, "Messages in deferred that arrived more than 24 hours ago.", "queue directory: arrival time";
    }
    group QUEUE_RETRY {
        62 DEFERRED_DUE "queue.deferred.due" Gauge Messages, "Deferred messages whose next try is due.", "queue directory: mtime of deferred files, which is the time of the next try";
        63 DEFERRED_EXPIRING_24H "queue.deferred.expiring_24h" Gauge Messages, "Deferred messages that will be returned to their senders within 24 hours.", "arrival time and maximal_queue_lifetime";
    }
    group QUEUE_DOMAINS {
        64 SAMPLED_MESSAGES "queue.sampled.messages" Gauge Messages, "Messages looked at for the figures by domain.", "showq";
        65 SAMPLED_RECIPIENTS "queue.sampled.recipients" Gauge Recipients, "Waiting recipients of those messages.", "showq";
    }
    group CONFIG {
        66 ACTIVE_LIMIT "config.active_limit" Gauge Messages, "Most messages that may be in active.", "postconf: qmgr_message_active_limit";
        67 QUEUE_LIFETIME_S "config.queue_lifetime" Gauge Seconds, "How long a message is tried before it is returned.", "postconf: maximal_queue_lifetime";
    }
}

/// Age buckets of a queue: how many there are, as qshape has them by default.
pub const AGE_BUCKETS: usize = 10;

/// Upper bounds of all age buckets but the last, which has none, in minutes.
pub const AGE_BOUNDS_MINUTES: [u32; AGE_BUCKETS - 1] = [5, 10, 20, 40, 80, 160, 320, 640, 1280];

/// The metric of age bucket `bucket` of the queue whose first bucket is `first` ([`INCOMING_AGE_LT_5M`],
/// [`ACTIVE_AGE_LT_5M`], [`DEFERRED_AGE_LT_5M`] or [`HOLD_AGE_LT_5M`]): their ids follow one another.
#[expect(clippy::cast_possible_truncation, reason = "at most nine")]
pub const fn age_bucket(first: MetricId, bucket: usize) -> MetricId {
    let last = AGE_BUCKETS - 1;
    let place = if bucket < last { bucket } else { last };
    MetricId(first.0 + place as u16)
}

keys! {
    /// When deferred messages are tried again, or how soon they expire.
    moment {
        0 DUE "due";
        1 LT_5M "lt_5m";
        2 LT_15M "lt_15m";
        3 LT_1H "lt_1h";
        4 LT_6H "lt_6h";
        5 LT_24H "lt_24h";
        6 LATER "later";
    }
}

measures! {
    /// Counts by [`moment`].
    wave {
        0 RETRY "retry" Gauge Messages;
        1 EXPIRE "expire" Gauge Messages;
    }
}

keys! {
    /// What an operator did to queued messages.
    operation {
        0 DELETED "deleted";
        1 REQUEUED "requeued";
        2 HELD "held";
        3 RELEASED "released";
        4 EXPIRED "expired";
    }
}

measures! {
    /// Counts by [`operation`].
    operated {
        0 MESSAGES "messages" Counter Messages;
    }
}

measures! {
    /// Waiting recipients of a domain by age, as qshape counts them, and what was looked at.
    waiting {
        0 LT_5M "lt_5m" Gauge Recipients;
        1 LT_10M "lt_10m" Gauge Recipients;
        2 LT_20M "lt_20m" Gauge Recipients;
        3 LT_40M "lt_40m" Gauge Recipients;
        4 LT_80M "lt_80m" Gauge Recipients;
        5 LT_160M "lt_160m" Gauge Recipients;
        6 LT_320M "lt_320m" Gauge Recipients;
        7 LT_640M "lt_640m" Gauge Recipients;
        8 LT_1280M "lt_1280m" Gauge Recipients;
        9 GE_1280M "ge_1280m" Gauge Recipients;
    }
}

dimensions! {
    0 WAITING_DOMAIN "waiting_domain" QUEUE_DOMAINS waiting::MEASURES, Keys::Open, "Recipients waiting in deferred and active, by domain and age.", "showq, sampled";
    1 RETRY_WAVE "retry_wave" QUEUE_RETRY wave::MEASURES, Keys::Closed(moment::KEYS), "When deferred messages are tried again and when they expire.", "queue directory: mtime of deferred files; maximal_queue_lifetime";
    2 QUEUE_OPERATION "queue_operation" MESSAGE operated::MEASURES, Keys::Closed(operation::KEYS), "What operators did with postsuper.", "postsuper: `Deleted: N messages` and its like; else `QID: placed on hold` and its like";
}
