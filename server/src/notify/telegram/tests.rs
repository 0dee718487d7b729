//! Messages as Telegram takes them, whatever a host is called.

use proptest::prelude::*;

use super::*;
use crate::notify::render::tests::{errand_of, hostile, hostile_names};

#[test]
fn an_incident_reads_as_the_golden_message() {
    errand_of("opened", |errand| insta::assert_snapshot!("opened", text(&errand.notice.message)));
    errand_of("resolved", |errand| {
        insta::assert_snapshot!("resolved", text(&errand.notice.message));
    });
}

#[test]
fn hostile_names_stay_data_and_fit() {
    for name in hostile_names() {
        hostile(&name, |errand| {
            let text = text(&errand.notice.message);
            if let Err(problem) = mailvane_lab::telegram::check_html(&text) {
                panic!("{problem} in {text}");
            }
        });
    }
}

#[test]
fn plain_text_for_the_last_resort_is_what_people_read() {
    assert_eq!(bare("<b>a &lt;b&gt; &amp;amp;</b>\nx"), "a <b> &amp;\nx");
}

proptest! {
    #[test]
    fn any_text_is_data(name in "\\PC{0,300}") {
        hostile(&name, |errand| {
            let text = text(&errand.notice.message);
            assert!(mailvane_lab::telegram::check_html(&text).is_ok(), "{text}");
        });
    }
}
