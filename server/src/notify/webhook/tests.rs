//! Signatures as the receivers of Standard Webhooks check them.

use super::*;
use crate::notify::render::tests::errand_of;

/// The vector of the specification.
#[test]
fn the_published_vector_comes_out() {
    let signed = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
    );
    assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert_eq!(sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "m", 1, b""), None);
    assert_eq!(sign("whsec_!", "m", 1, b""), None);
}

#[test]
fn the_facts_are_fields() {
    errand_of("opened", |errand| insta::assert_json_snapshot!("opened", body(errand)));
    errand_of("resolved", |errand| insta::assert_json_snapshot!("resolved", body(errand)));
}
