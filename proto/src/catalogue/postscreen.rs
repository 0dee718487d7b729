//! Clients looked over before they reach smtpd, and the block lists that are asked.

use super::Keys;

metrics! {
    group POSTSCREEN {
        171 CONNECTIONS "postscreen.connections" Counter Connections, "Clients that came.", "postscreen: `CONNECT from`";
        172 PASSED_NEW "postscreen.passed_new" Counter Connections, "Clients that passed all tests.", "postscreen: `PASS NEW`";
        173 PASSED_OLD "postscreen.passed_old" Counter Connections, "Clients known to have passed before.", "postscreen: `PASS OLD`";
        174 ALLOWLISTED "postscreen.allowlisted" Counter Connections, "Clients on the allow list.", "postscreen: `ALLOWLISTED`, `WHITELISTED`";
        175 DENYLISTED "postscreen.denylisted" Counter Connections, "Clients on the deny list.", "postscreen: `DENYLISTED`, `BLACKLISTED`";
        176 PREGREETED "postscreen.pregreeted" Counter Connections, "Clients that spoke before their turn.", "postscreen: `PREGREET`";
        177 BLOCKLISTED "postscreen.blocklisted" Counter Connections, "Clients over the block list threshold.", "postscreen: `DNSBL rank`";
        178 HUNG_UP "postscreen.hung_up" Counter Connections, "Clients that left during the tests.", "postscreen: `HANGUP`";
        179 REJECTED "postscreen.rejected" Counter Events, "Refusals, *try again later* left out.", "postscreen: `reject:`";
        180 POSTPONED "postscreen.postponed" Counter Events, "Clients told to come back, as the deep tests need.", "postscreen: `reject:` with 450 4.3.2";
        181 BUSY "postscreen.busy" Counter Connections, "Clients sent away because every port was taken.", "postscreen: `all … ports busy`, `too many connections`";
        182 CACHE_ENTRIES "postscreen.cache_entries" Gauge Entries, "Clients remembered, in the reports of the interval; 0 without one.", "postscreen: `full cleanup: retained=`";
        183 DNSBL_LISTED "dnsbl.listed" Counter Events, "Answers that a client is on a block list.", "dnsblog: `addr IP listed by domain`";
        184 DNSBL_FAILED "dnsbl.failed" Counter Events, "Questions to block lists that failed.", "dnsblog: `lookup error for DNS query`";
    }
}

keys! {
    /// Tests that a client can fail.
    test {
        0 PREGREET "pregreet";
        1 DNSBL "dnsbl";
        2 HANGUP_BEFORE "hangup_before_handshake";
        3 HANGUP_AFTER "hangup_after_handshake";
        4 TIME_LIMIT "command_time_limit";
        5 COUNT_LIMIT "command_count_limit";
        6 LENGTH_LIMIT "command_length_limit";
        7 PIPELINING "command_pipelining";
        8 NON_SMTP "non_smtp_command";
        9 BARE_NEWLINE "bare_newline";
        10 DATA_WITHOUT_RCPT "data_without_rcpt";
        11 ALLOWLIST_VETO "allowlist_veto";
    }
}

measures! {
    /// Failed tests.
    screened {
        0 FAILED "failed" Counter Events;
    }
}

measures! {
    /// Answers of a block list.
    zone {
        0 LISTED "listed" Counter Events;
        1 REJECTED "rejected" Counter Events;
        2 FAILED "failed" Counter Events;
    }
}

dimensions! {
    31 POSTSCREEN_TEST "postscreen_test" POSTSCREEN screened::MEASURES, Keys::Closed(test::KEYS), "Tests that clients failed.", "postscreen";
    32 DNSBL_ZONE "dnsbl_zone" POSTSCREEN zone::MEASURES, Keys::Open, "What block lists answered, by list.", "dnsblog: `listed by domain`, `lookup error`; smtpd: `blocked using`";
}
