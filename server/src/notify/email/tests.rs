//! Mails as people read them, whatever a host is called.

use proptest::prelude::*;

use super::*;
use crate::notify::render::tests::{errand_of, hostile, hostile_names};

#[test]
fn an_incident_reads_as_the_golden_mail() {
    errand_of("opened", |errand| {
        insta::assert_snapshot!("opened_text", text(errand));
        insta::assert_snapshot!(
            "opened_html",
            html(errand, Some("https://mailvane.example.com/out"))
        );
    });
    errand_of("resolved", |errand| insta::assert_snapshot!("resolved_text", text(errand)));
}

#[test]
fn the_subject_stays_the_same_over_the_life_of_an_incident() {
    let mut subjects = Vec::new();
    for kind in ["opened", "reminded", "resolved"] {
        errand_of(kind, |errand| subjects.push(subject(&errand.notice.message, errand.tenant)));
    }
    assert_eq!(
        subjects[0],
        "[Example Post] Mail piles up in the deferred queue – mx1.example.net / postfix-out"
    );
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
}

fn harmless(html: &str) -> bool {
    let ours = html.matches('<').count();
    let tags = [
        "<!doctype",
        "<html",
        "</html",
        "<head",
        "</head",
        "<meta",
        "<body",
        "</body",
        "<div",
        "</div",
        "<p",
        "</p",
        "<table",
        "</table",
        "<tr",
        "</tr",
        "<th",
        "</th",
        "<td",
        "</td",
        "<h2",
        "</h2",
        "<a ",
        "</a",
        "<em",
        "</em",
        "<br",
    ];
    ours == html
        .match_indices('<')
        .filter(|(at, _)| tags.iter().any(|tag| html[*at..].starts_with(tag)))
        .count()
        && !html.contains("<script")
        && !html.contains("<img")
}

#[test]
fn hostile_names_stay_data_and_begin_no_header() {
    for name in hostile_names() {
        hostile(&name, |errand| {
            assert!(harmless(&html(errand, None)), "{name}");
            let subject = subject(&errand.notice.message, errand.tenant);
            assert!(
                !subject.chars().any(char::is_control) && subject.chars().count() <= 200,
                "{subject:?}"
            );
        });
    }
}

proptest! {
    #[test]
    fn any_text_is_data(name in "\\PC{0,300}") {
        hostile(&name, |errand| assert!(harmless(&html(errand, None)), "{name}"));
    }
}
