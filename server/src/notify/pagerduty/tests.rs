//! Events as `PagerDuty` takes them, whatever a host is called.

use super::*;
use crate::notify::render::tests::{errand_of, hostile, hostile_names};

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn an_incident_is_opened_acknowledged_and_resolved_under_one_key() {
    errand_of("opened", |errand| insta::assert_json_snapshot!("opened", body(KEY, errand)));
    errand_of("acknowledged", |errand| {
        insta::assert_json_snapshot!("acknowledged", body(KEY, errand));
    });
    errand_of("resolved", |errand| insta::assert_json_snapshot!("resolved", body(KEY, errand)));
    errand_of("test", |errand| insta::assert_json_snapshot!("test", body(KEY, errand)));
}

#[test]
fn hostile_names_stay_data_and_fit() {
    for name in hostile_names() {
        hostile(&name, |errand| {
            let event = body(KEY, errand);
            if let Err(refusal) = mailvane_lab::pagerduty::check(&event) {
                panic!("{refusal:?} in {event:#}");
            }
            assert!(fitted(event).len() <= EVENT_BYTES_MAX);
        });
    }
}
