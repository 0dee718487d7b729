//! Clients signing in: who succeeds, who fails, and from where.

use super::Keys;

metrics! {
    group SASL {
        156 SUCCEEDED "sasl.succeeded" Counter Events, "Sign-ins that succeeded.", "smtpd: auth= of `disconnect from`";
        157 FAILED "sasl.failed" Counter Events, "Sign-ins that failed.", "smtpd: `SASL METHOD authentication failed`";
        158 ABORTED "sasl.aborted" Counter Events, "Sign-ins that the client gave up.", "smtpd: `SASL METHOD authentication aborted`";
        159 REFUSED "sasl.refused" Counter Commands, "AUTH commands not accepted; also those where no sign-in is offered.", "smtpd: auth=0/N of `disconnect from`";
        160 MESSAGES "sasl.messages" Counter Messages, "Messages of signed-in clients.", "smtpd: sasl_username= of `client=`";
    }
}

keys! {
    /// Mechanisms.
    method {
        0 PLAIN "plain";
        1 LOGIN "login";
        2 CRAM_MD5 "cram_md5";
        3 DIGEST_MD5 "digest_md5";
        4 NTLM "ntlm";
        5 GSSAPI "gssapi";
        6 SCRAM "scram";
        7 OAUTH "oauth";
        8 EXTERNAL "external";
        9 OTHER "other";
    }
}

measures! {
    /// How sign-ins went.
    outcome {
        0 SUCCEEDED "succeeded" Counter Events;
        1 FAILED "failed" Counter Events;
    }
}

measures! {
    /// Failed sign-ins.
    failure {
        0 FAILED "failed" Counter Events;
        1 ABORTED "aborted" Counter Events;
    }
}

measures! {
    /// What a signed-in user sent.
    user {
        0 MESSAGES "messages" Counter Messages;
        1 RECIPIENTS "recipients" Counter Recipients;
        2 BOUNCED "bounced" Counter Recipients;
        3 NETWORKS "networks" Gauge Entries;
        4 FAILED "failed" Counter Events;
    }
}

dimensions! {
    23 SASL_METHOD "sasl_method" SASL outcome::MEASURES, Keys::Closed(method::KEYS), "Sign-ins by mechanism.", "smtpd: sasl_method= of `client=`; `SASL METHOD authentication failed`";
    24 SASL_FAILURE_NETWORK "sasl_failure_network" SASL failure::MEASURES, Keys::Open, "Failed sign-ins by client network (/24, /48), or by whole address where the tenant asked for it.", "smtpd: `name[ip]: SASL METHOD authentication failed`";
    25 SASL_FAILURE_USER "sasl_failure_user" SASL failure::MEASURES, Keys::Open, "Failed sign-ins by user, as a hash whose key stays on the host.", "smtpd: sasl_username= of the failure, where Postfix has it";
    26 SASL_USER "sasl_user" SASL user::MEASURES, Keys::Open, "What signed-in users sent, each as a hash whose key stays on the host.", "smtpd: sasl_username= of `client=`; qmgr: nrcpt=";
}
